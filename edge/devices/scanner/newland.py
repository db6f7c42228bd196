"""Newland's serial commands: `~ SOH 0000`, a storage letter, tag and subtag, `; ETX`."""

from typing import Final

from edge.devices.scanner.frames import Answer, Taking

HEAD: Final = b"\x7e\x010000"
TAIL: Final = b";\x03"
KEPT, FLEETING = b"@", b"#"
_ANSWER_HEAD: Final = b"\x02\x010000"
_ACCEPTED: Final = 0x06
_LONGEST_BYTES: Final = 512


def command(text: str, *, storage: bytes = FLEETING) -> bytes:
    """A command; `*` behind a tag asks for its value, storage `@` survives power-off."""
    return HEAD + storage + text.encode("ascii") + TAIL


def take_answer(buffer: bytes) -> Answer | Taking:
    """An answer repeats the command and ends with accepted (06) or not, `; ETX`."""
    head = buffer[: len(_ANSWER_HEAD)]
    if head != _ANSWER_HEAD[: len(head)]:
        return Taking.NO_ANSWER
    at = buffer.find(TAIL)
    if at < 0:
        return Taking.NEEDS_MORE if len(buffer) < _LONGEST_BYTES else Taking.BROKEN
    if at <= len(_ANSWER_HEAD):
        return Taking.BROKEN
    data = buffer[len(_ANSWER_HEAD) + 1 : at - 1]
    return Answer(buffer[: at + len(TAIL)], data, accepted=buffer[at - 1] == _ACCEPTED)
