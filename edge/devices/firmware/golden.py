"""The golden code: one printed text that tells whether a module sends Chinese unharmed."""

from enum import StrEnum


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
