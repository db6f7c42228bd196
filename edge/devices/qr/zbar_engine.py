"""The door to libzbar through pyzbar's wrapper, which can ask for raw bytes: second engine.

`pyzbar.decode()` hands out text that libzbar re-encoded by guessing; Chinese becomes mojibake.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import c_void_p, cast, create_string_buffer, string_at
from typing import Any

from pyzbar import wrapper

from edge.devices.pixels import Grey
from edge.devices.qr.engine import CodeRead, Point

_ALL = 0
_QRCODE = 64
_CFG_ENABLE = 0
_CFG_BINARY = 4
_CFG_TEST_INVERTED = 0x81
_FOURCC_GREY = int.from_bytes(b"Y800", "little")
_CORNERS = 4


class ZbarEngine:
    """libzbar for QR codes alone, dark on light and light on dark, bytes as they are stored."""

    name = "zbar"

    def read(self, grey: Grey) -> tuple[CodeRead, ...]:
        """Every QR code of `grey` with a payload."""
        height, width = grey.shape
        pixels = create_string_buffer(grey.tobytes(), grey.size)
        with _scanner() as scanner, _image() as image:
            wrapper.zbar_image_set_format(image, _FOURCC_GREY)
            wrapper.zbar_image_set_size(image, width, height)
            wrapper.zbar_image_set_data(image, cast(pixels, c_void_p), grey.size, None)
            if wrapper.zbar_scan_image(scanner, image) <= 0:
                return ()
            return tuple(_reads(image))


@contextmanager
def _scanner() -> Iterator[Any]:
    scanner = wrapper.zbar_image_scanner_create()
    try:
        for symbology, config, value in (
            (_ALL, _CFG_ENABLE, 0),
            (_QRCODE, _CFG_ENABLE, 1),
            (_QRCODE, _CFG_BINARY, 1),
            (_ALL, _CFG_TEST_INVERTED, 1),
        ):
            wrapper.zbar_image_scanner_set_config(scanner, symbology, config, value)
        yield scanner
    finally:
        wrapper.zbar_image_scanner_destroy(scanner)


@contextmanager
def _image() -> Iterator[Any]:
    image = wrapper.zbar_image_create()
    try:
        yield image
    finally:
        wrapper.zbar_image_destroy(image)


def _reads(image: Any) -> Iterator[CodeRead]:
    symbol = wrapper.zbar_image_first_symbol(image)
    while symbol:
        size = wrapper.zbar_symbol_get_data_length(symbol)
        payload = string_at(wrapper.zbar_symbol_get_data(symbol), size)
        corners = wrapper.zbar_symbol_get_loc_size(symbol)
        if payload and symbol.contents.type == _QRCODE and corners == _CORNERS:
            # libzbar lists corners counter-clockwise.
            a, d, c, b = (_point(symbol, index) for index in range(_CORNERS))
            yield CodeRead(payload, "QRCode", ZbarEngine.name, (a, b, c, d))
        symbol = wrapper.zbar_symbol_next(symbol)


def _point(symbol: Any, index: int) -> Point:
    x = wrapper.zbar_symbol_get_loc_x(symbol, index)
    y = wrapper.zbar_symbol_get_loc_y(symbol, index)
    return float(x), float(y)
