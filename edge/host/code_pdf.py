"""Codes on A4 sheets as PDF: cut out, laminated, and read at arm's length."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.core.errors import StorageError
from edge.host.pdf import FONTS, font_of

FAMILY, SIMPLIFIED = "sheet", 2
"""The font of both languages; 2 is simplified Chinese in the collection."""
_A4_MM = (210.0, 297.0)
_EDGE_MM, _CUT_MM, _LINE_MM = 12.0, 6.0, 4.5


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
    sheet.add_font(FAMILY, fname=font, collection_font_number=SIMPLIFIED)
    step_x, step_y = side_mm + _CUT_MM, side_mm + _CUT_MM + 2 * _LINE_MM
    columns = max(1, int((_A4_MM[0] - 2 * _EDGE_MM) // step_x))
    lines = max(1, int((_A4_MM[1] - 2 * _EDGE_MM - _LINE_MM) // step_y))
    for number, code in enumerate(codes):
        place = number % (columns * lines)
        if place == 0:
            sheet.add_page()
            sheet.set_font(FAMILY, size=7)
            sheet.text(_EDGE_MM, _A4_MM[1] - _EDGE_MM / 2, foot)
        left = _EDGE_MM + place % columns * step_x
        top = _EDGE_MM + place // columns * step_y
        module = side_mm / len(code.rows)
        sheet.set_fill_color(0, 0, 0)
        for y, row in enumerate(code.rows):
            for x, width in _runs(row):
                sheet.rect(left + x * module, top + y * module, width * module, module, style="F")
        sheet.set_font(FAMILY, size=11)
        sheet.text(left, top + side_mm + _LINE_MM - 1, code.words or code.caption)
        sheet.set_font(FAMILY, size=6)
        sheet.text(left, top + side_mm + 2 * _LINE_MM - 2, code.caption if code.words else "")
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
