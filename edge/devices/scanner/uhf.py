"""UHF readers of the M100 family (YRM100, JRD-100): `BB`, type, command, length, data, sum, `7E`.

A tag's payload is its EPC as upper-case hexadecimal text; an EPC whose CRC fails is dropped.
"""

from binascii import crc_hqx
from dataclasses import dataclass
from typing import Final

from edge.devices.scanner.frames import LONGEST_BYTES, Answer, Loss, Taking
from edge.devices.scanner.framing import Cut

ASK_VERSION, POLL_MANY, SEEN = 0x03, 0x27, 0x22
_ORDER, _ANSWER, _NOTICE = 0x00, 0x01, 0x02
_HEAD: Final = 0xBB
_END: Final = 0x7E
_HEAD_BYTES: Final = 5
_TAIL_BYTES: Final = 2
_PC_BYTES: Final = 2
_CRC_BYTES: Final = 2


def frame(type_: int, command: int, data: bytes = b"") -> bytes:
    """A frame under its sum (low byte of all bytes from the type on)."""
    body = bytes([type_, command]) + len(data).to_bytes(2, "big") + data
    return bytes([_HEAD]) + body + bytes([sum(body) & 0xFF, _END])


def order(command: int, data: bytes = b"") -> bytes:
    """A command of the host."""
    return frame(_ORDER, command, data)


def poll_many() -> bytes:
    """Look for tags 65535 times, a notice for each sighting."""
    return order(POLL_MANY, b"\x22\xff\xff")


def epc_crc(protocol_and_epc: bytes) -> bytes:
    """CRC-16 of the air interface (CRC-16/GENIBUS) over protocol word and EPC."""
    return (crc_hqx(protocol_and_epc, 0xFFFF) ^ 0xFFFF).to_bytes(2, "big")


def take_answer(buffer: bytes) -> Answer | Taking:
    """An answer to a command; notices of tags are codes."""
    if buffer[0] != _HEAD or (len(buffer) > 1 and buffer[1] != _ANSWER):
        return Taking.NO_ANSWER
    end = _end_of(buffer)
    if len(buffer) < end <= LONGEST_BYTES:
        return Taking.NEEDS_MORE
    if end > LONGEST_BYTES or not _is_sound(buffer[:end]):
        return Taking.BROKEN
    data = buffer[_HEAD_BYTES : end - _TAIL_BYTES]
    return Answer(buffer[:end], data, accepted=buffer[2] != 0xFF)  # noqa: PLR2004 - the error answer


@dataclass(frozen=True, slots=True)
class UhfCutter:
    """Notices of tags."""

    def lead(self, buffer: bytes) -> int:
        """Nothing lies between two frames."""
        del buffer
        return 0

    def cut(self, buffer: bytes) -> Cut | Loss | None:
        """The EPC of a sighting, if sum and CRC are right."""
        if buffer[0] != _HEAD or (len(buffer) > 1 and buffer[1] != _NOTICE):
            return Loss.UNFRAMED
        end = _end_of(buffer)
        if end > LONGEST_BYTES:
            return Loss.TOO_LONG
        if len(buffer) < end:
            return None
        data = buffer[_HEAD_BYTES + 1 : end - _TAIL_BYTES]
        tag, crc = data[:-_CRC_BYTES], data[-_CRC_BYTES:]
        is_tag = len(data) > _PC_BYTES + _CRC_BYTES and epc_crc(tag) == crc
        if not is_tag or not _is_sound(buffer[:end]):
            return Loss.BAD_SUM
        size = 2 * (tag[0] >> 3)
        return Cut(tag[2 : 2 + size].hex().upper().encode("ascii"), end)

    def resume(self, buffer: bytes) -> int:
        """Only an answer proves where a frame begins."""
        del buffer
        return -1


def _end_of(buffer: bytes) -> int:
    """Where a frame ends; at least behind its head while the length is not there yet."""
    return _HEAD_BYTES + int.from_bytes(buffer[3:_HEAD_BYTES], "big") + _TAIL_BYTES


def _is_sound(whole: bytes) -> bool:
    return whole[-1] == _END and sum(whole[1:-_TAIL_BYTES]) & 0xFF == whole[-_TAIL_BYTES]
