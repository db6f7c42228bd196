"""The serial language of the GM65 family (GM65, GM67, GM805, GM861, Waveshare): frames and zones.

A frame is `7E 00 | type | length | zone | data | CRC`, an answer `02 00 00 | length | data | CRC`
with CRC-16/XMODEM behind the head; the reply tail that public drivers call a constant is that CRC.
"""

from binascii import crc_hqx
from typing import Final

from edge.devices.scanner.frames import Answer, Taking

READ, WRITE, SAVE, BEAT = 0x07, 0x08, 0x09, 0x0A
REQUEST_HEAD: Final = b"\x7e\x00"
UNCHECKED: Final = b"\xab\xcd"
"""Accepted by the module instead of a CRC; never sent by us."""

ZONE_MODE, ZONE_TRIGGER, ZONE_LOCK, ZONE_OUTPUT = 0x0000, 0x0002, 0x0003, 0x000D
ZONE_SAME_CODE, ZONE_BAUD, ZONE_TAIL, ZONE_AIM = 0x0013, 0x002A, 0x0060, 0x00D0
ZONE_RESET, ZONE_VERSION = 0x00D9, 0x00E2
TAIL_FRAMED, TAIL_KIND, TAIL_TAB, TAIL_ON = 0x80, 0x60, 0x40, 0x01
"""Bits of the tail zone: codes framed by length; which tail; a tail behind each code."""

BAUD_CLOCK: Final = 3_000_000
"""The baud zone holds 3 MHz / speed, halves rounded up, little endian."""

_ANSWER_HEAD: Final = b"\x02\x00\x00"
_BEAT_HEAD: Final = b"\x03\x00\x00"
_CHECK_BYTES: Final = 2
_SHORTEST_HEAD: Final = 4


def checksum(data: bytes) -> bytes:
    """CRC-16/XMODEM, high byte first."""
    return crc_hqx(data, 0).to_bytes(2, "big")


def request(type_: int, zone: int, data: bytes) -> bytes:
    """A frame to the module."""
    body = bytes([type_, len(data)]) + zone.to_bytes(2, "big") + data
    return REQUEST_HEAD + body + checksum(body)


def read_zones(zone: int, count: int) -> bytes:
    """Ask for `count` zones from one on, 1 to 255."""
    return request(READ, zone, bytes([count]))


def write_zones(zone: int, data: bytes) -> bytes:
    """Set zones from one on; lost at power-off unless saved."""
    return request(WRITE, zone, data)


def save() -> bytes:
    """Keep all zones in flash; each call wears it."""
    return request(SAVE, 0, b"\x00")


def beat() -> bytes:
    """Ask whether the module is there."""
    return request(BEAT, 0, b"\x00")


def baud_zone(baud: int) -> bytes:
    """The content of the baud zone for a speed in bit/s."""
    return ((2 * BAUD_CLOCK + baud) // (2 * baud)).to_bytes(2, "little")


def answer(data: bytes, *, head: bytes = _ANSWER_HEAD) -> bytes:
    """What a module sends back: the CRC covers everything behind the first byte."""
    body = head[1:] + bytes([len(data)]) + data
    return head[:1] + body + checksum(body)


def take_answer(buffer: bytes) -> Answer | Taking:
    """An answer at the start of a buffer; a code framed by length is none."""
    head = buffer[:3]
    if head not in (_ANSWER_HEAD[: len(head)], _BEAT_HEAD[: len(head)]):
        return Taking.NO_ANSWER
    if len(buffer) < _SHORTEST_HEAD:
        return Taking.NEEDS_MORE
    end = _SHORTEST_HEAD + buffer[3] + _CHECK_BYTES
    if len(buffer) < end:
        return Taking.NEEDS_MORE
    if checksum(buffer[1 : end - _CHECK_BYTES]) != buffer[end - _CHECK_BYTES : end]:
        return Taking.BROKEN
    return Answer(buffer[:end], buffer[_SHORTEST_HEAD : end - _CHECK_BYTES])
