"""Keyboard-wedge scanners: kernel input events into codes, with shift, caps lock and control.

A wedge can only type what is on a keyboard: no Chinese. A key that cannot be told spoils its code,
and so do events that the kernel had to drop; a spoiled code is never emitted.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from edge.devices.scanner.frames import LONGEST_BYTES, Code, Dropped, Frame, Loss

EVENT: Final = struct.Struct("@llHHi")
"""`struct input_event`: two longs of time, type, code, value; 24 bytes on a 64-bit kernel."""

_SYNC, _KEY = 0, 1
_DROPPED_BY_KERNEL: Final = 3
_RELEASED, _PRESSED = 0, 1
_ENDS: Final = frozenset({28, 96, 15})
_SHIFTS, _CONTROLS, _ALTS = frozenset({42, 54}), frozenset({29, 97}), frozenset({56, 100})
_CAPS, _NUM = 58, 69
_ROWS: Final = (
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (55, "*", "*"),
    (57, " ", " "),
    (71, "789-456+1230.", "789-456+1230."),
    (98, "/", "/"),
)
_KEYS: Final = {
    first + at: (plain, shifted[at])
    for first, row, shifted in _ROWS
    for at, plain in enumerate(row)
}
_CONTROL_KEYS: Final = frozenset("@[\\]^_") | frozenset(map(chr, range(ord("A"), ord("Z") + 1)))


@dataclass(frozen=True, slots=True)
class InputEvent:
    """What the kernel tells of an input device, without its time."""

    type: int
    code: int
    value: int


def events_of(data: bytes) -> Iterator[InputEvent]:
    """Whole events of a buffer."""
    for _, _, type_, code, value in EVENT.iter_unpack(data):
        yield InputEvent(type_, code, value)


class KeyFramer:
    """Keys to codes; Enter or Tab ends one. `caps` is the state of caps lock at opening."""

    def __init__(self, *, caps: bool = False, longest_bytes: int = LONGEST_BYTES) -> None:
        self._caps = caps
        self._longest_bytes = longest_bytes
        self._buffer = b""
        self._text = bytearray()
        self._held: set[int] = set()
        self._spoilt: Loss | None = None
        self._settled = False

    @property
    def is_idle(self) -> bool:
        """Whether no code is half typed."""
        return not self._text

    def feed(self, data: bytes) -> tuple[Frame, ...]:
        """Codes that are whole now; an event cut in two is waited for."""
        self._buffer += data
        whole = len(self._buffer) - len(self._buffer) % EVENT.size
        taken, self._buffer = self._buffer[:whole], self._buffer[whole:]
        frames = (self._take(event) for event in events_of(taken))
        return tuple(frame for frame in frames if frame is not None)

    def settle(self) -> None:
        """What comes next begins at its start, unless something already began before it."""
        self._settled = True

    def quiet(self) -> tuple[Frame, ...]:
        """Give up a code without an end; its tail may still come."""
        if not self._text:
            return ()
        size = len(self._text)
        self._text.clear()
        self._spoilt = Loss.UNENDED
        return (Dropped(Loss.UNENDED, size),)

    def _take(self, event: InputEvent) -> Frame | None:
        if event.type == _SYNC and event.code == _DROPPED_BY_KERNEL:
            self._spoilt = Loss.EVENTS_LOST
            self._held.clear()
        if event.type != _KEY:
            return None
        if event.code in _SHIFTS | _CONTROLS | _ALTS:
            (self._held.discard if event.value == _RELEASED else self._held.add)(event.code)
            return None
        return self._press(event.code) if event.value == _PRESSED else None

    def _press(self, key: int) -> Frame | None:
        if key in _ENDS:
            return self._end()
        if not self._settled:
            self._spoilt = self._spoilt or Loss.BEFORE_START
        if key == _CAPS:
            self._caps = not self._caps
        elif key != _NUM:
            self._type(key)
        return None

    def _type(self, key: int) -> None:
        plain, shifted = _KEYS.get(key, ("", ""))
        upper = bool(self._held & _SHIFTS) ^ (self._caps and plain.isalpha())
        text = shifted if upper else plain
        if self._held & _CONTROLS:
            is_control = text.upper() in _CONTROL_KEYS
            text = chr(ord(text.upper()) & 0x1F) if is_control else ""
        if not text or self._held & _ALTS:
            self._spoilt = self._spoilt or Loss.UNKNOWN_KEY
        elif len(self._text) >= self._longest_bytes:
            self._spoilt = self._spoilt or Loss.TOO_LONG
        else:
            self._text += text.encode("ascii")

    def _end(self) -> Frame | None:
        payload, spoilt = bytes(self._text), self._spoilt
        self._text.clear()
        self._spoilt, self._settled = None, True
        if spoilt is not None:
            return Dropped(spoilt, len(payload))
        return Code(payload) if payload else None
