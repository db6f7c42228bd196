"""Code labels as pictures, for printers and the simulated world: QR in alphanumeric mode.

A label is the symbol, its quiet zone of four modules and a straight outline one module wide.
"""

import struct
import zlib
from dataclasses import dataclass
from html import escape

import segno

from edge.core.errors import DecodeError

QUIET_MODULES = 4
OUTLINE_MODULES = 1
MARGIN_MODULES = QUIET_MODULES + OUTLINE_MODULES
HIGH_UP_TO_VERSION = 8
"""Level H stays within 59 modules with its margins: 30 mm at 0.5 mm a module."""

_CAPTION_MM = 3.0
_GREY_8_BIT = (8, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Label:
    """A symbol without margins: `modules` row by row, dark is True; `level` is H or M."""

    text: str
    level: str
    version: int
    modules: tuple[tuple[bool, ...], ...]

    @property
    def side_modules(self) -> int:
        """Side of the label with quiet zone and outline."""
        return len(self.modules) + 2 * MARGIN_MODULES

    def rows(self) -> tuple[tuple[bool, ...], ...]:
        """The whole label row by row: outline, quiet zone and symbol."""
        side, inner = self.side_modules, self.side_modules - 2 * OUTLINE_MODULES
        line = (True,) * side
        blank = (True, *(False,) * inner, True)
        quiet = (False,) * QUIET_MODULES
        middle = tuple((True, *quiet, *row, *quiet, True) for row in self.modules)
        return (line, *(blank,) * QUIET_MODULES, *middle, *(blank,) * QUIET_MODULES, line)


def label(text: str, *, high_up_to: int = HIGH_UP_TO_VERSION) -> Label:
    """The label of a code: level H where its version is at most `high_up_to`, else M.

    Raises DecodeError `label_impossible` for text outside the alphanumeric set or too long.
    """
    try:
        symbol = segno.make_qr(text, error="H", mode="alphanumeric", boost_error=False)
        if int(symbol.version) > high_up_to:
            symbol = segno.make_qr(text, error="M", mode="alphanumeric", boost_error=False)
    except ValueError as error:
        raise DecodeError("label_impossible", text=text[:60]) from error
    rows = tuple(tuple(bool(module) for module in row) for row in symbol.matrix)
    return Label(text, str(symbol.error), int(symbol.version), rows)


def label_svg(of: Label, *, module_mm: float = 0.5, caption: str = "") -> str:
    """An SVG document in millimetres; the caption stands below the outline."""
    side = of.side_modules
    width = side * module_mm
    height = width + (_CAPTION_MM if caption else 0)
    path = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(of.rows()) for x, dark in enumerate(row) if dark
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}mm" height="{height:g}mm" '
        f'viewBox="0 0 {side} {height / module_mm:g}" shape-rendering="crispEdges">'
        f'<rect width="100%" height="100%" fill="#fff"/><path d="{path}"/>'
        f'<text x="{side / 2:g}" y="{side + 4}" font-size="4" font-family="monospace" '
        f'text-anchor="middle">{escape(caption)}</text></svg>\n'
    )


def label_png(of: Label, *, module_px: int = 8) -> bytes:
    """A grey PNG without caption."""
    side = of.side_modules * module_px
    lines = (
        b"\0" + b"".join((b"\0" if dark else b"\xff") * module_px for dark in row)
        for row in of.rows()
    )
    pixels = b"".join(line * module_px for line in lines)
    header = struct.pack(">II5B", side, side, *_GREY_8_BIT)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _png_chunk(kind, body)
        for kind, body in (
            (b"IHDR", header),
            (b"IDAT", zlib.compress(pixels, 9)),
            (b"IEND", b""),
        )
    )


def _png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
