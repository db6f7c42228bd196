"""Sheets of paper as PDF, in Chinese and English; the door to fpdf2."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from edge.core.errors import ConfigError, StorageError

INSTALL = 'pip install "specimen-edge[paper]"'
FONT_PACKAGE = "fonts-noto-cjk"
FONTS = (
    Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc"),
)
_SIMPLIFIED = 2
"""Which font of the collection: JP, KR, SC, TC, HK."""
_FAMILY = "sheet"
_A4_MM = (210.0, 297.0)
_EDGE_MM, _CUT_MM = 12.0, 6.0
_LABEL_MM, _TITLE_MM, _LINE_MM, _FOOT_MM = 46.0, 9.0, 5.8, 4.5


@dataclass(frozen=True, slots=True)
class SheetSection:
    """A heading, and lines of label and value."""

    heading: str
    rows: tuple[tuple[str, str], ...]


def font_of(fonts: Sequence[Path]) -> Path:
    """The first font that is here; ConfigError when library or font are absent."""
    if find_spec("fpdf") is None:
        raise ConfigError("pdf_library_absent", library="fpdf2", install=INSTALL)
    font = next((each for each in fonts if each.is_file()), None)
    if font is None:
        wanted = ",".join(map(str, fonts))
        raise ConfigError("pdf_font_absent", fonts=wanted, install=FONT_PACKAGE)
    return font


def write_sheet(
    path: Path,
    title: str,
    sections: Sequence[SheetSection],
    *,
    foot: str,
    fonts: Sequence[Path] = FONTS,
) -> None:
    """Write a sheet of A4 pages.

    Raises ConfigError `pdf_library_absent` or `pdf_font_absent`, StorageError `pdf_unwritable`.
    """
    font = font_of(fonts)
    from fpdf import FPDF  # noqa: PLC0415 - the extra may be absent
    from fpdf.enums import XPos, YPos  # noqa: PLC0415 - as above

    class Sheet(FPDF):
        """A page that is written line under line."""

        def put(self, height_mm: float, text: str, *, rule: bool = False) -> None:
            """A paragraph over the rest of the line."""
            below = YPos.NEXT
            self.multi_cell(0, height_mm, text, align="L", new_x=XPos.LMARGIN, new_y=below)
            if rule:
                self.line(self.l_margin, self.y, self.w - self.r_margin, self.y)

    sheet = Sheet(format="A4")
    sheet.set_title(title)
    sheet.set_margin(16)
    sheet.set_auto_page_break(auto=True, margin=12)
    sheet.add_font(_FAMILY, fname=font, collection_font_number=_SIMPLIFIED)
    sheet.add_page()
    sheet.set_font(_FAMILY, size=16)
    sheet.put(_TITLE_MM, title)
    for section in sections:
        sheet.ln(2)
        sheet.set_font(_FAMILY, size=12)
        sheet.put(7, section.heading, rule=True)
        sheet.set_font(_FAMILY, size=10)
        for label, value in section.rows:
            sheet.set_text_color(90, 90, 90)
            sheet.cell(_LABEL_MM, _LINE_MM, label)
            sheet.set_text_color(0, 0, 0)
            sheet.put(_LINE_MM, value)
    sheet.ln(4)
    sheet.set_font(_FAMILY, size=8)
    sheet.put(_FOOT_MM, foot)
    try:
        sheet.output(str(path))
    except OSError as error:
        raise StorageError("pdf_unwritable", file=str(path), why=error.strerror) from error


@dataclass(frozen=True, slots=True)
class PrintedCode:
    """A code on a sheet: its modules with quiet zone and outline, row by row, and words below."""

    rows: tuple[tuple[bool, ...], ...]
    caption: str
    words: str = ""


def write_codes(
    path: Path,
    codes: Sequence[PrintedCode],
    *,
    side_mm: float,
    foot: str,
    fonts: Sequence[Path] = FONTS,
) -> int:
    """Lay codes of one size on A4 pages with cut marks; how many pages it took.

    Raises as `write_sheet`.
    """
    font = font_of(fonts)
    from fpdf import FPDF  # noqa: PLC0415 - the extra may be absent

    sheet = FPDF(format="A4")
    sheet.set_auto_page_break(auto=False)
    sheet.add_font(_FAMILY, fname=font, collection_font_number=_SIMPLIFIED)
    step_x, step_y = side_mm + _CUT_MM, side_mm + _CUT_MM + 2 * _FOOT_MM
    columns = max(1, int((_A4_MM[0] - 2 * _EDGE_MM) // step_x))
    lines = max(1, int((_A4_MM[1] - 2 * _EDGE_MM - _FOOT_MM) // step_y))
    for number, code in enumerate(codes):
        place = number % (columns * lines)
        if place == 0:
            sheet.add_page()
            sheet.set_font(_FAMILY, size=7)
            sheet.text(_EDGE_MM, _A4_MM[1] - _EDGE_MM / 2, foot)
        left = _EDGE_MM + place % columns * step_x
        top = _EDGE_MM + place // columns * step_y
        module = side_mm / len(code.rows)
        sheet.set_fill_color(0, 0, 0)
        for y, row in enumerate(code.rows):
            for x, width in _runs(row):
                sheet.rect(left + x * module, top + y * module, width * module, module, style="F")
        sheet.set_font(_FAMILY, size=11)
        sheet.text(left, top + side_mm + _FOOT_MM - 1, code.words or code.caption)
        sheet.set_font(_FAMILY, size=6)
        sheet.text(left, top + side_mm + 2 * _FOOT_MM - 2, code.caption if code.words else "")
    try:
        sheet.output(str(path))
    except OSError as error:
        raise StorageError("pdf_unwritable", file=str(path), why=error.strerror) from error
    return len(sheet.pages)


def _runs(row: tuple[bool, ...]) -> Iterator[tuple[int, int]]:
    """Dark modules side by side as one: first and how many, so that no seam is printed."""
    begun: int | None = None
    for x, dark in enumerate((*row, False)):
        if dark and begun is None:
            begun = x
        elif not dark and begun is not None:
            yield begun, x - begun
            begun = None


@dataclass(frozen=True, slots=True)
class SheetTable:
    """A table on pages of its own: labelled lines above, columns by their `shares`, notes below."""

    title: str
    above: tuple[tuple[str, str], ...]
    headings: tuple[str, ...]
    shares: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]
    below: tuple[str, ...]


def write_tables(
    path: Path, tables: Sequence[SheetTable], *, foot: str, fonts: Sequence[Path] = FONTS
) -> int:
    """Write tables on A4 pages, headings and foot on each; how many pages it took.

    Raises as `write_sheet`.
    """
    font = font_of(fonts)
    from fpdf import FPDF  # noqa: PLC0415 - the extra may be absent
    from fpdf.enums import XPos, YPos  # noqa: PLC0415 - as above
    from fpdf.fonts import FontFace  # noqa: PLC0415 - as above

    class Pages(FPDF):
        """Pages with a foot."""

        def footer(self) -> None:
            """What every page says at its end."""
            self.set_y(-_EDGE_MM)
            self.set_font(_FAMILY, size=8)
            self.cell(0, _FOOT_MM, f"{foot}    {self.page_no()}/{{nb}}", align="R")

        def put(self, height_mm: float, text: str, align: str = "L") -> None:
            """A paragraph over the rest of the line."""
            self.multi_cell(0, height_mm, text, align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    pages = Pages(format="A4")
    pages.set_margin(_EDGE_MM)
    pages.set_auto_page_break(auto=True, margin=16)
    pages.add_font(_FAMILY, fname=font, collection_font_number=_SIMPLIFIED)
    heads = FontFace(emphasis="", fill_color=(235, 235, 235))
    for table in tables:
        pages.add_page()
        pages.set_font(_FAMILY, size=14)
        pages.put(_TITLE_MM, table.title, align="C")
        pages.set_font(_FAMILY, size=9)
        for label, value in table.above:
            pages.cell(_LABEL_MM, _LINE_MM, label)
            pages.put(_LINE_MM, value)
        pages.ln(2)
        rows = (table.headings, *table.rows)
        with pages.table(
            rows,
            col_widths=table.shares,
            line_height=5.2,
            headings_style=heads,
            text_align="CENTER",
        ):
            pass
        pages.ln(3)
        for note in table.below:
            pages.put(_LINE_MM, note)
    try:
        pages.output(str(path))
    except OSError as error:
        raise StorageError("pdf_unwritable", file=str(path), why=error.strerror) from error
    return pages.page_no()
