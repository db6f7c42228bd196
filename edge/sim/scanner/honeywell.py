"""A Honeywell module that knows menu commands: settings as tags with values."""

import re
from dataclasses import dataclass, field

_COMMAND = re.compile(rb"\x16M\r([A-Z0-9]{6})([^.!]*)([.!])")
_BEEP = b"\x16\x07\r"


@dataclass
class HoneywellModule:
    """Sans-IO; `.` keeps a value in flash, `!` only in memory."""

    speed: int = 9600
    kept: dict[str, str] = field(default_factory=lambda: {"TRGMOD": "0", "SUFBK2": ""})
    now: dict[str, str] = field(default_factory=dict)
    writes: int = 0
    saves: int = 0
    beeps: int = 0
    _buffer: bytes = b""

    @property
    def baud(self) -> int:
        """Its fixed speed."""
        return self.speed

    def power_on(self) -> None:
        """What was not kept is gone."""
        self.now = dict(self.kept)
        self._buffer = b""

    def see(self, code: bytes) -> bytes:
        """The code and the suffix that is set."""
        return code + bytes.fromhex(self.now["SUFBK2"][2:])

    def hear(self, data: bytes) -> bytes:
        """Answers to whole commands."""
        self._buffer += data
        self.beeps += self._buffer.count(_BEEP)
        self._buffer = self._buffer.replace(_BEEP, b"")
        answers = b""
        while (found := _COMMAND.search(self._buffer)) is not None:
            self._buffer = self._buffer[found.end() :]
            tag, value, storage = found[1].decode(), found[2].decode("ascii", "replace"), found[3]
            answers += self._obey(tag, value, is_kept=storage == b".") + storage
        return answers

    def _obey(self, tag: str, value: str, *, is_kept: bool) -> bytes:
        if tag not in self.now:
            return f"{tag}{value}".encode() + b"\x05"
        if value == "?":
            return f"{tag}{self.now[tag]}".encode() + b"\x06"
        self.writes += 1
        self.now[tag] = value
        if is_kept:
            self.saves += 1
            self.kept[tag] = value
        return f"{tag}{value}".encode() + b"\x06"
