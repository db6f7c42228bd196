"""Sheets of paper as PDF, in Chinese and English; the door to fpdf2."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from edge.core.errors import ConfigError, StorageError

INSTALL = 'pip install "specimen-edge[fact-sheet]"'
FONT_PACKAGE = "fonts-noto-cjk"
FONTS = (
    Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc"),
)
_SIMPLIFIED = 2
"""Which font of the collection: JP, KR, SC, TC, HK."""
_FAMILY = "sheet"
_LABEL_MM, _TITLE_MM, _LINE_MM, _FOOT_MM = 46.0, 9.0, 5.8, 4.5


@dataclass(frozen=True, slots=True)
class SheetSection:
    """A heading, and lines of label and value."""

    heading: str
    rows: tuple[tuple[str, str], ...]


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
    if find_spec("fpdf") is None:
        raise ConfigError("pdf_library_absent", library="fpdf2", install=INSTALL)
    font = next((each for each in fonts if each.is_file()), None)
    if font is None:
        wanted = ",".join(map(str, fonts))
        raise ConfigError("pdf_font_absent", fonts=wanted, install=FONT_PACKAGE)
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
