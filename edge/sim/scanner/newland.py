"""A Newland module that knows `~ SOH 0000` commands: settings as tags with values."""

import re
from dataclasses import dataclass, field

_DEFAULTS = {"SCNMOD": "0", "AIMENA": "0", "TSUENA": "0", "TSUSET": "0A"}
_COMMAND = re.compile(rb"\x7e\x010000([@#])([A-Z0-9]{6})([^;]*);\x03")


@dataclass
class NewlandModule:
    """Sans-IO; `@` keeps a value in flash, `#` only in memory."""

    speed: int = 9600
    kept: dict[str, str] = field(default_factory=lambda: dict(_DEFAULTS))
    now: dict[str, str] = field(default_factory=dict)
    writes: int = 0
    saves: int = 0
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
        """The code with the terminator that is set, behind an AIM identifier where that is on."""
        aim = b"]Q1" if self.now["AIMENA"] == "1" else b""
        tail = bytes.fromhex(self.now["TSUSET"]) if self.now["TSUENA"] == "1" else b""
        return aim + code + tail

    def hear(self, data: bytes) -> bytes:
        """Answers to whole commands."""
        self._buffer += data
        answers = b""
        while (found := _COMMAND.search(self._buffer)) is not None:
            self._buffer = self._buffer[found.end() :]
            tag, value = found[2].decode(), found[3].decode("ascii", "replace")
            said = self._obey(tag, value, is_kept=found[1] == b"@")
            answers += b"\x02\x010000" + found[1] + said + b";\x03"
        return answers

    def _obey(self, tag: str, value: str, *, is_kept: bool) -> bytes:
        if tag not in self.now:
            return f"{tag}{value}".encode() + b"\x05"
        if value == "*":
            return f"{tag}{self.now[tag]}".encode() + b"\x06"
        self.writes += 1
        self.now[tag] = value
        if is_kept:
            self.saves += 1
            self.kept[tag] = value
        return f"{tag}{value}".encode() + b"\x06"
