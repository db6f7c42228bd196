"""The door to zxing-cpp: fast first engine, QR model 1 and 2 only."""

from collections.abc import Iterator

import numpy as np
import zxingcpp

from edge.devices.pixels import Grey
from edge.devices.qr.engine import CodeRead, Point

_MIN_SIDE_PX = 10


class ZxingEngine:
    """zxing-cpp with its local threshold, or with one threshold a row (`histogram=True`)."""

    name = "zxing-cpp"

    def __init__(self, *, histogram: bool = False) -> None:
        self._threshold = "GlobalHistogram" if histogram else "LocalAverage"

    def read(self, grey: Grey) -> tuple[CodeRead, ...]:
        """Every valid code of `grey` with a payload."""
        if min(grey.shape) < _MIN_SIDE_PX:
            return ()
        # Objects of the library that outlive it are reported as leaks at exit: none is kept.
        found = zxingcpp.read_barcodes(
            np.ascontiguousarray(grey),
            formats=zxingcpp.BarcodeFormats(_formats()),
            binarizer=getattr(zxingcpp.Binarizer, self._threshold),
        )
        return tuple(_reads(found))


def read_pure(bitmap: Grey) -> bytes | None:
    """Payload of a clean upright symbol that fills `bitmap` but for its quiet zone."""
    # 3.1 reads nothing pure when asked for the models by name.
    found = zxingcpp.read_barcode(
        np.ascontiguousarray(bitmap),
        formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode]),
        is_pure=True,
    )
    # A pure symbol beyond repair also comes back, invalid or without content.
    return bytes(found.bytes) if found is not None and found.valid and found.bytes else None


def _formats() -> list[zxingcpp.BarcodeFormat]:
    """Plain `QRCode` would read Micro QR and rMQR too, and take noise for them (3.x)."""
    models = ("QRCodeModel1", "QRCodeModel2")
    if all(hasattr(zxingcpp.BarcodeFormat, model) for model in models):
        return [getattr(zxingcpp.BarcodeFormat, model) for model in models]
    return [zxingcpp.BarcodeFormat.QRCode]


def _reads(found: list[zxingcpp.Barcode]) -> Iterator[CodeRead]:
    for code in found:
        if not (code.valid and code.bytes):
            continue
        at = code.position
        corners = (at.top_left, at.top_right, at.bottom_right, at.bottom_left)
        a, b, c, d = (_point(corner) for corner in corners)
        yield CodeRead(bytes(code.bytes), "QRCode", ZxingEngine.name, (a, b, c, d))


def _point(corner: zxingcpp.Point) -> Point:
    return float(corner.x), float(corner.y)
