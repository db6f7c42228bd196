"""Frames of the PN532's serial line (user manual 6.2): bytes of the host become commands."""

from dataclasses import dataclass, field
from enum import StrEnum

ACK = bytes.fromhex("0000ff00ff00")
NACK = bytes.fromhex("0000ffff0000")
ERROR_FRAME = bytes.fromhex("0000ff01ff7f8100")
HOST, CHIP = 0xD4, 0xD5
GAP_S = 0.02
"""A frame that pauses for longer than this is given up."""

_START = b"\x00\xff"
_LONGEST_SHORT_BODY = 255


class Kind(StrEnum):
    """What stands in a frame of the host."""

    ACK = "ack"
    NACK = "nack"
    COMMAND = "command"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame of the host; `body` is the command code and its data."""

    kind: Kind
    body: bytes = b""


def answer_frame(body: bytes) -> bytes:
    """The frame that carries an answer of the chip: code + 1 and data."""
    framed = bytes([CHIP]) + body
    size = len(framed)
    if size > _LONGEST_SHORT_BODY:
        high, low = divmod(size, 256)
        head = bytes([0, 0, 0xFF, 0xFF, 0xFF, high, low, -(high + low) & 0xFF])
    else:
        head = bytes([0, 0, 0xFF, size, -size & 0xFF])
    return head + framed + bytes([-sum(framed) & 0xFF, 0])


@dataclass(slots=True)
class FrameReader:
    """Collects bytes until frames are whole; anything in front of a start code is skipped."""

    buffer: bytearray = field(default_factory=bytearray)
    last_s: float = 0.0

    def feed(self, data: bytes, now_s: float) -> tuple[Frame, ...]:
        """The frames that these bytes complete."""
        if now_s - self.last_s > GAP_S:
            self.buffer.clear()
        self.last_s = now_s
        self.buffer += data
        found = []
        while (frame := self._next()) is not None:
            found.append(frame)
        return tuple(found)

    def clear(self) -> None:
        """Forget what was collected."""
        self.buffer.clear()

    def _next(self) -> Frame | None:
        start = self.buffer.find(_START)
        if start < 0:
            del self.buffer[: max(0, len(self.buffer) - 1)]
            return None
        rest = bytes(self.buffer[start + 2 :])
        taken = _parse(rest)
        if taken is None:
            return None
        frame, used = taken
        del self.buffer[: start + 2 + used]
        return frame


def _parse(rest: bytes) -> tuple[Frame, int] | None:
    """The frame behind a start code and its length in bytes; None while it is not whole."""
    match rest[:2]:
        case b"\x00\xff":
            return Frame(Kind.ACK), 2
        case b"\xff\x00":
            return Frame(Kind.NACK), 2
        case b"\xff\xff":
            return _parse_body(rest, head=5, size=rest[2:4], check=rest[2:5])
        case _:
            return _parse_body(rest, head=2, size=rest[:1], check=rest[:2])


def _parse_body(rest: bytes, *, head: int, size: bytes, check: bytes) -> tuple[Frame, int] | None:
    if len(rest) < head:
        return None
    if sum(check) & 0xFF:
        return Frame(Kind.BROKEN), head
    length = int.from_bytes(size, "big")
    end = head + length + 1
    if len(rest) < end:
        return None
    framed = rest[head:end]
    if sum(framed) & 0xFF or length < 2 or framed[0] != HOST:  # noqa: PLR2004 - TFI and code
        return Frame(Kind.BROKEN), end
    return Frame(Kind.COMMAND, framed[1:-1]), end
