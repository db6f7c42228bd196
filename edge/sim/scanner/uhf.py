"""A UHF reader of the M100 family: while it polls, each tag in the field is told repeatedly."""

from binascii import crc_hqx
from dataclasses import dataclass

_RSSI = 0xC9
_TAIL_BYTES = 2
_HEAD_BYTES = 5


@dataclass
class UhfModule:
    """Sans-IO; `see` takes the bytes of an EPC, told `sightings` times."""

    speed: int = 115200
    sightings: int = 3
    polling: bool = False
    polls: int = 0
    _buffer: bytes = b""

    @property
    def baud(self) -> int:
        """Its fixed speed."""
        return self.speed

    def power_on(self) -> None:
        """It looks for nothing until told."""
        self.polling, self._buffer = False, b""

    def see(self, code: bytes) -> bytes:
        """Notices of a tag with this EPC."""
        if not self.polling:
            return b""
        tag = bytes([(len(code) // 2) << 3, 0]) + code
        crc = (crc_hqx(tag, 0xFFFF) ^ 0xFFFF).to_bytes(2, "big")
        return _frame(0x02, 0x22, bytes([_RSSI]) + tag + crc) * self.sightings

    def hear(self, data: bytes) -> bytes:
        """Answers to whole frames."""
        self._buffer += data
        answers = b""
        while (at := self._buffer.find(b"\xbb")) >= 0:
            self._buffer = self._buffer[at:]
            end = _HEAD_BYTES + int.from_bytes(self._buffer[3:5], "big") + _TAIL_BYTES
            if len(self._buffer) < max(end, _HEAD_BYTES + _TAIL_BYTES):
                return answers
            whole, self._buffer = self._buffer[:end], self._buffer[end:]
            if sum(whole[1:-2]) & 0xFF == whole[-2]:
                answers += self._obey(whole[2])
        self._buffer = b""
        return answers

    def _obey(self, command: int) -> bytes:
        if command == 0x03:  # noqa: PLR2004 - version
            return _frame(0x01, 0x03, b"\x00SIM-UHF V1.0")
        if command == 0x27:  # noqa: PLR2004 - poll many times
            self.polling = True
            self.polls += 1
            return b""
        return _frame(0x01, 0xFF, b"\x17")


def _frame(type_: int, command: int, data: bytes) -> bytes:
    body = bytes([type_, command]) + len(data).to_bytes(2, "big") + data
    return b"\xbb" + body + bytes([sum(body) & 0xFF, 0x7E])
