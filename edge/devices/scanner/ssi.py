"""Zebra SSI: packets of length, opcode, source, status and data under a 16-bit sum.

A decode must be thanked for, or the decoder sends it again. A decode spread over several packets
(more than 250 bytes) is dropped whole.
"""

from dataclasses import dataclass
from typing import Final

from edge.devices.scanner.frames import Answer, Loss, Taking
from edge.devices.scanner.framing import Cut

ACK, ASK_REVISION, DECODED = 0xD0, 0xA3, 0xF3
NAK: Final = 0xD1
START, STOP, ENABLE, DISABLE = 0xE4, 0xE5, 0xE9, 0xEA
_ANSWERS: Final = frozenset({0xA4, 0xC6, ACK, NAK})
_HOST, _DECODER = 0x04, 0x00
_HEAD_BYTES: Final = 4
_SUM_BYTES: Final = 2
_RESENT, _CONTINUED = 0x01, 0x02
_KIND_BYTES: Final = 1


def packet(opcode: int, data: bytes = b"", *, source: int = _HOST, status: int = 0) -> bytes:
    """A packet under its sum (two's complement of the sum of all bytes)."""
    body = bytes([_HEAD_BYTES + len(data), opcode, source, status]) + data
    return body + checksum(body)


def checksum(body: bytes) -> bytes:
    """What makes the sum of a packet zero, high byte first."""
    return (-sum(body) & 0xFFFF).to_bytes(2, "big")


def take_answer(buffer: bytes) -> Answer | Taking:
    """A packet of the decoder that is no decode."""
    if buffer[0] < _HEAD_BYTES or any(
        at < len(buffer) and buffer[at] not in allowed
        for at, allowed in ((1, _ANSWERS), (2, (_DECODER,)))
    ):
        return Taking.NO_ANSWER
    end = buffer[0] + _SUM_BYTES
    if len(buffer) < end:
        return Taking.NEEDS_MORE if len(buffer) > 1 else Taking.NO_ANSWER
    if checksum(buffer[: buffer[0]]) != buffer[buffer[0] : end]:
        return Taking.BROKEN
    return Answer(buffer[:end], buffer[_HEAD_BYTES : buffer[0]], accepted=buffer[1] != NAK)


@dataclass(frozen=True, slots=True)
class SsiCutter:
    """Decodes; the first data byte names the symbology in the maker's own numbers."""

    def lead(self, buffer: bytes) -> int:
        """Nothing lies between two packets."""
        del buffer
        return 0

    def cut(self, buffer: bytes) -> Cut | Loss | None:
        """A decode whose sum is right."""
        if len(buffer) < _HEAD_BYTES:
            return None
        size, opcode, source, status = buffer[:_HEAD_BYTES]
        if opcode != DECODED or source != _DECODER or size < _HEAD_BYTES + _KIND_BYTES:
            return Loss.UNFRAMED
        end = size + _SUM_BYTES
        if len(buffer) < end:
            return None
        if checksum(buffer[:size]) != buffer[size:end]:
            return Loss.BAD_SUM
        if status & _CONTINUED:
            return Loss.TOO_LONG
        body = buffer[_HEAD_BYTES + _KIND_BYTES : size]
        return Cut(body, end, resent=bool(status & _RESENT))

    def resume(self, buffer: bytes) -> int:
        """Only an answer proves where a packet begins."""
        del buffer
        return -1
