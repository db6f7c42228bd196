"""The golden code: one printed text that tells whether a module sends Chinese unharmed."""

import io
from enum import StrEnum

import segno


class Golden(StrEnum):
    """In which encoding the golden text arrived, or that it did not."""

    UTF_8 = "utf-8"
    GB18030 = "gb18030"
    GARBLED = "garbled"


def judge_golden(payload: bytes, text: str) -> Golden:
    """The encoding in which `payload` is `text`; both are read later, garbled is not."""
    for encoding in (Golden.UTF_8, Golden.GB18030):
        if payload == text.encode(encoding):
            return encoding
    return Golden.GARBLED


def golden_svg(text: str) -> str:
    """The golden code as a picture to print: QR, level M, UTF-8 bytes."""
    drawn = io.BytesIO()
    symbol = segno.make_qr(text, error="M", mode="byte", encoding="utf-8")
    symbol.save(drawn, kind="svg", scale=8, border=4, xmldecl=False)
    return drawn.getvalue().decode("utf-8")
