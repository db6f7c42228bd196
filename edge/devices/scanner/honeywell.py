"""Honeywell's menu commands: `SYN M CR`, tag and subtag, `.` to keep or `!` for now."""

import re
from typing import Final

from edge.devices.scanner.frames import Answer, Taking

HEAD: Final = b"\x16M\r"
BEEP: Final = b"\x16\x07\r"
TRIGGER, UNTRIGGER = b"\x16T\r", b"\x16U\r"
KEPT, FLEETING = b".", b"!"
_LONGEST_BYTES: Final = 128
_TAG = re.compile(rb"[A-Z0-9]{1,6}")
_STOP = re.compile(rb"[\x05\x06\x15\r\n]")
_ACCEPTED: Final = b"\x06"


def command(text: str, *, storage: bytes = FLEETING) -> bytes:
    """A menu command; `?` behind a tag asks for its value."""
    return HEAD + text.encode("ascii") + storage


def take_answer(buffer: bytes) -> Answer | Taking:
    """An answer repeats the tag and ends with 06, 05 or 15 and the storage mark, a code never."""
    if _TAG.match(buffer) is None:
        return Taking.NO_ANSWER
    stop = _STOP.search(buffer, 0, _LONGEST_BYTES)
    if stop is None:
        return Taking.NEEDS_MORE if len(buffer) < _LONGEST_BYTES else Taking.NO_ANSWER
    if stop.group() in b"\r\n":
        return Taking.NO_ANSWER
    end = stop.end() + 1
    if len(buffer) < end:
        return Taking.NEEDS_MORE
    if buffer[end - 1 : end] not in (KEPT, FLEETING):
        return Taking.NO_ANSWER
    return Answer(buffer[:end], buffer[: stop.start()], accepted=stop.group() == _ACCEPTED)
