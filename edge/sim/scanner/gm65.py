"""A module of the GM65 family as its hosts see it: zones in memory and flash, frames with CRC."""

import re
from binascii import crc_hqx
from dataclasses import dataclass, field
from typing import Final

_READ, _WRITE, _SAVE, _BEAT = 0x07, 0x08, 0x09, 0x0A
_HEAD: Final = b"\x7e\x00"
_UNCHECKED: Final = b"\xab\xcd"
_FIXED_BYTES: Final = 8
_MODE, _TRIGGER, _LOCK, _OUTPUT, _BAUD, _TAIL, _AIM, _RESET, _VERSION = (
    0x00,
    0x02,
    0x03,
    0x0D,
    0x2A,
    0x60,
    0xD0,
    0xD9,
    0xE2,
)
_DEFAULTS: Final = {
    _MODE: 0xD6,
    0x05: 0x0A,
    0x06: 0x32,
    _OUTPUT: 0xA0,
    0x13: 0x85,
    _BAUD: 0x39,
    _BAUD + 1: 0x01,
    0x2C: 0x05,
    0x3F: 0x01,
    _TAIL: 0x01,
    _VERSION: 0x69,
}
_TAILS: Final = {0x00: b"\r", 0x20: b"\r\n", 0x40: b"\t", 0x60: b""}
_SETUP = re.compile(rb"\.SETUP ([0-9A-F]{4}) ([0-9A-F]{2})\.")
_FACTORY_CODE: Final = b".SETUP FACTORY."


def setup_code(zone: int, value: int) -> bytes:
    """A configuration code of this simulator; the real ones are the maker's."""
    return b".SETUP %04X %02X." % (zone, value)


def _defaults() -> bytearray:
    zones = bytearray(256)
    for zone, value in _DEFAULTS.items():
        zones[zone] = value
    return zones


@dataclass
class Faults:
    """What the module does wrong next; counters run down by themselves."""

    silent: int = 0
    corrupt: int = 0
    refuse_saves: bool = False
    forgets: frozenset[int] = frozenset()
    """Zones whose writes are acknowledged and not kept (seen with 002C, firmware 0.87)."""


@dataclass
class Gm65Module:
    """Sans-IO; `lock_mask` are the bits of zone 0003 that turn configuration codes off."""

    lock_mask: int = 0x02
    faults: Faults = field(default_factory=Faults)
    writes: int = 0
    saves: int = 0
    reads: int = 0
    beats: int = 0
    zones: bytearray = field(default_factory=_defaults)
    flash: bytes = field(default_factory=lambda: bytes(_defaults()))
    _buffer: bytes = b""
    _baud: int = 9600
    _asleep: bool = False

    @property
    def baud(self) -> int:
        """Speed of its side; a new one counts after the answer to its setting."""
        return self._baud

    def power_on(self) -> None:
        """Zones from flash."""
        self.zones = bytearray(self.flash)
        self._buffer, self._asleep = b"", False
        self._take_baud()

    def factory_reset(self) -> None:
        """Defaults in flash and memory: 9600 baud, configuration codes on."""
        self.flash = bytes(_defaults())
        self.power_on()

    def see(self, code: bytes) -> bytes:
        """The code as the zones say; an unlocked module obeys configuration codes instead."""
        if self._asleep:
            return b""
        if self.zones[_LOCK] & self.lock_mask == 0 and self._is_setup(code):
            return b""
        aim = b"]Q1" if self.zones[_AIM] == 0x80 else b""  # noqa: PLR2004 - the zone's bit 7
        tail = self.zones[_TAIL]
        if tail & 0x80:
            body = aim + code
            return b"\x03" + len(body).to_bytes(2, "big") + body
        return aim + code + (_TAILS[tail & 0x60] if tail & 0x01 else b"")

    def hear(self, data: bytes) -> bytes:
        """Answers to whole frames; anything else is swallowed."""
        self._buffer += data
        answers = b""
        while True:
            at = self._buffer.find(_HEAD)
            if at < 0:
                self._buffer = self._buffer[-1:] if self._buffer.endswith(b"\x7e") else b""
                return answers
            self._buffer = self._buffer[at:]
            if len(self._buffer) < _FIXED_BYTES:
                return answers
            end = _FIXED_BYTES + self._buffer[3]
            if len(self._buffer) < end:
                return answers
            frame, self._buffer = self._buffer[:end], self._buffer[end:]
            answers += self._answer(frame)

    def _answer(self, frame: bytes) -> bytes:
        body, check = frame[2:-2], frame[-2:]
        if check not in (_crc(body), _UNCHECKED):
            self._buffer = frame[1:] + self._buffer
            return b""
        answer = self._obey(body[0], int.from_bytes(body[2:4], "big"), body[4:])
        self._take_baud()
        if self.faults.silent:
            self.faults.silent -= 1
            return b""
        if self.faults.corrupt and answer:
            self.faults.corrupt -= 1
            return answer[:-1] + bytes([answer[-1] ^ 0x40])
        return answer

    def _obey(self, type_: int, zone: int, data: bytes) -> bytes:
        self._asleep = False
        match type_:
            case 0x07:
                self.reads += 1
                return _reply(bytes(self.zones[zone : zone + (data[0] or 256)]))
            case 0x08:
                return self._write(zone, data)
            case 0x09:
                return self._save()
            case 0x0A:
                self.beats += 1
                return _reply(b"\x00", head=3)
            case _:
                return b""

    def _write(self, zone: int, data: bytes) -> bytes:
        if zone == _RESET:
            self._act(data[0])
            return _reply(b"\x00")
        self.writes += 1
        for at, byte in enumerate(data, start=zone):
            if at not in self.faults.forgets and at < len(self.zones):
                self.zones[at] = byte
        return _reply(b"\x00")

    def _act(self, action: int) -> None:
        match action:
            case 0x50:
                self.flash = bytes(_defaults())
                self.zones = bytearray(self.flash)
            case 0xA5:
                self._asleep = True

    def _save(self) -> bytes:
        if self.faults.refuse_saves:
            return _reply(b"\x01")
        self.saves += 1
        self.flash = bytes(self.zones)
        return _reply(b"\x00")

    def _is_setup(self, code: bytes) -> bool:
        if code == _FACTORY_CODE:
            self.factory_reset()
            return True
        asked = _SETUP.fullmatch(code)
        if asked is None:
            return False
        self.zones[int(asked[1], 16)] = int(asked[2], 16)
        self.flash = bytes(self.zones)
        self._take_baud()
        return True

    def _take_baud(self) -> None:
        divisor = int.from_bytes(self.zones[_BAUD : _BAUD + 2], "little") or 1
        speeds = (1200, 2400, 4800, 9600, 14400, 19200, 38400, 57600, 115200)
        self._baud = min(speeds, key=lambda each: abs(round(3_000_000 / each) - divisor))


def _crc(body: bytes) -> bytes:
    return crc_hqx(body, 0).to_bytes(2, "big")


def _reply(data: bytes, *, head: int = 2) -> bytes:
    body = b"\x00\x00" + bytes([len(data) & 0xFF]) + data
    return bytes([head]) + body + _crc(body)
