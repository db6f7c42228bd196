"""A Zebra module that speaks SSI: it sends a decode again until somebody thanks for it."""

from dataclasses import dataclass, field

_ACK, _NAK, _ASK_REVISION, _REVISION, _DECODED = 0xD0, 0xD1, 0xA3, 0xA4, 0xF3
_ENABLE, _DISABLE = 0xE9, 0xEA
_QR_KIND = 0x1C
_SUM_BYTES = 2


@dataclass
class SsiModule:
    """Sans-IO; `impatient` makes it send each decode twice, as when a thanks was lost."""

    speed: int = 9600
    impatient: bool = False
    enabled: bool = True
    thanks: int = 0
    unthanked: list[bytes] = field(default_factory=list)
    _buffer: bytes = b""

    @property
    def baud(self) -> int:
        """Its fixed speed."""
        return self.speed

    def power_on(self) -> None:
        """Nothing is owed any more."""
        self._buffer = b""
        self.unthanked.clear()

    def see(self, code: bytes) -> bytes:
        """A decode packet."""
        if not self.enabled:
            return b""
        self.unthanked.append(code)
        said = _packet(_DECODED, bytes([_QR_KIND]) + code)
        again = _packet(_DECODED, bytes([_QR_KIND]) + code, status=1)
        return said + again if self.impatient else said

    def hear(self, data: bytes) -> bytes:
        """Answers to whole packets."""
        self._buffer += data
        answers = b""
        while self._buffer:
            end = self._buffer[0] + _SUM_BYTES
            if len(self._buffer) < end:
                return answers
            whole, self._buffer = self._buffer[:end], self._buffer[end:]
            if sum(whole[:-_SUM_BYTES]) + int.from_bytes(whole[-_SUM_BYTES:], "big") & 0xFFFF:
                self._buffer = b""
                return answers
            answers += self._obey(whole[1])
        return answers

    def _obey(self, opcode: int) -> bytes:
        if opcode == _ACK:
            self.thanks += 1
            self.unthanked = self.unthanked[1:]
            return b""
        if opcode == _ASK_REVISION:
            return _packet(_REVISION, b"SIM-SSI")
        if opcode in (_ENABLE, _DISABLE):
            self.enabled = opcode == _ENABLE
            return _packet(_ACK)
        return _packet(_NAK, b"\x02")


def _packet(opcode: int, data: bytes = b"", *, status: int = 0) -> bytes:
    body = bytes([4 + len(data), opcode, 0, status]) + data
    return body + (-sum(body) & 0xFFFF).to_bytes(2, "big")
