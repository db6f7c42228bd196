"""Bytes of a serial line into codes and answers, by terminator or by length and never by time.

A silence ends nothing: it only drops. After a drop everything up to the next certain boundary is
dropped too, so that the tail of a code is never taken for a code.
"""

from dataclasses import dataclass
from typing import Final, Protocol

from edge.devices.scanner.frames import (
    LONGEST_BYTES,
    Answer,
    AnswerTaker,
    Dropped,
    Frame,
    Loss,
    Taking,
    code_of,
    no_answer,
)

LINE_ENDS: Final = b"\r\n"
_LINE_NOISE: Final = b"\x00\xff"
_STX: Final = b"\x02"
_FRAMED_HEAD: Final = 0x03
_FRAMED_HEAD_BYTES: Final = 3


@dataclass(frozen=True, slots=True)
class Cut:
    """A whole code at the start of a buffer: its body, and how many bytes it took there."""

    body: bytes
    size_bytes: int
    resent: bool = False


class Cutter(Protocol):
    """How one module says where a code ends."""

    def lead(self, buffer: bytes) -> int:
        """How many bytes between two codes mean nothing."""
        ...

    def cut(self, buffer: bytes) -> Cut | Loss | None:
        """The code that a buffer begins with, None while its end is not there."""
        ...

    def resume(self, buffer: bytes) -> int:
        """Behind which byte a code certainly begins; -1 when nothing in the buffer proves it."""
        ...


@dataclass(frozen=True, slots=True)
class LineCutter:
    """Codes that end with one of the bytes of `ends`; a leading STX is no part of them."""

    ends: bytes = LINE_ENDS
    longest_bytes: int = LONGEST_BYTES

    def lead(self, buffer: bytes) -> int:
        """Ends before a code: CR LF ends one code, not two."""
        return len(buffer) - len(buffer.lstrip(self.ends))

    def cut(self, buffer: bytes) -> Cut | Loss | None:
        """Up to the first end."""
        size = self._end(buffer)
        if size > self.longest_bytes or (size < 0 and len(buffer) > self.longest_bytes):
            return Loss.TOO_LONG
        return None if size < 0 else Cut(buffer[:size].removeprefix(_STX), size + 1)

    def resume(self, buffer: bytes) -> int:
        """Behind the first end."""
        return self._end(buffer) + 1 or -1

    def _end(self, buffer: bytes) -> int:
        places = (buffer.find(bytes([end])) for end in self.ends)
        return min((at for at in places if at >= 0), default=-1)


@dataclass(frozen=True, slots=True)
class LengthCutter:
    """Codes framed as `03`, their length in two bytes, and that many bytes (GM65 family).

    The published example shows lengths below 256; that the first byte is the high one is our
    reading of it, to be confirmed on a module with a longer code.
    """

    longest_bytes: int = LONGEST_BYTES

    def lead(self, buffer: bytes) -> int:
        """Nothing lies between two frames."""
        del buffer
        return 0

    def cut(self, buffer: bytes) -> Cut | Loss | None:
        """A frame of the length it names."""
        if buffer[0] != _FRAMED_HEAD:
            return Loss.UNFRAMED
        if len(buffer) < _FRAMED_HEAD_BYTES:
            return None
        size = int.from_bytes(buffer[1:_FRAMED_HEAD_BYTES], "big")
        if not 0 < size <= self.longest_bytes:
            return Loss.TOO_LONG
        end = _FRAMED_HEAD_BYTES + size
        return None if len(buffer) < end else Cut(buffer[_FRAMED_HEAD_BYTES:end], end)

    def resume(self, buffer: bytes) -> int:
        """Only an answer proves where a frame begins."""
        del buffer
        return -1


class StreamFramer:
    """Frames of one stream: answers first, told by head and check, then codes as the cutter says.

    What came before `settle`, and what follows a drop, is skipped: up to a valid answer where the
    module answers questions, else up to the next boundary that the cutter is sure of.
    """

    def __init__(
        self,
        cutter: Cutter,
        *,
        take_answer: AnswerTaker = no_answer,
        with_aim: bool = False,
        settled: bool = False,
    ) -> None:
        self._cutter = cutter
        self._take_answer = take_answer
        self._answers = take_answer is not no_answer
        self._with_aim = with_aim
        self._settled = settled
        self._skipping = False
        self._buffer = b""

    @property
    def is_idle(self) -> bool:
        """Whether no code is half heard."""
        return self._skipping or not self._buffer

    def feed(self, data: bytes) -> tuple[Frame, ...]:
        """Frames that are whole now."""
        if not self._settled:
            data = data.lstrip(_LINE_NOISE)
            self._skipping = self._skipping or bool(data)
        self._buffer += data
        frames: list[Frame] = []
        while (frame := self._next()) is not None:
            frames.append(frame)
        return tuple(frames)

    def settle(self) -> None:
        """What comes next begins at its start, unless something already began before it."""
        self._settled = True

    def quiet(self) -> tuple[Frame, ...]:
        """Drop what has no end; its tail may still come, so skip to the next boundary."""
        return (self._drop(Loss.UNENDED),) if self._buffer and not self._skipping else ()

    def _next(self) -> Frame | None:
        if self._skipping:
            return self._skip()
        self._buffer = self._buffer[self._cutter.lead(self._buffer) :]
        if not self._buffer:
            return None
        match self._take_answer(self._buffer):
            case Answer() as answer:
                return self._answered(answer, at=0)
            case Taking.NEEDS_MORE:
                return None
            case Taking.BROKEN:
                return self._drop(Loss.BAD_ANSWER)
            case Taking.NO_ANSWER:
                return self._code()

    def _code(self) -> Frame | None:
        cut = self._cutter.cut(self._buffer)
        if cut is None:
            return None
        if isinstance(cut, Loss):
            return self._drop(cut)
        self._buffer = self._buffer[cut.size_bytes :]
        return code_of(cut.body, with_aim=self._with_aim, resent=cut.resent)

    def _drop(self, why: Loss) -> Dropped:
        """Distrust all that is there; what stays in the buffer is skipped to a boundary."""
        self._skipping = True
        at = -1 if self._answers else self._cutter.resume(self._buffer)
        size = len(self._buffer) if at < 0 else at - 1
        self._buffer = self._buffer[size:]
        return Dropped(why, size)

    def _skip(self) -> Frame | None:
        if self._answers:
            found = find_answer(self._buffer, self._take_answer)
            if not isinstance(found, int):
                at, answer = found
                return self._answered(answer, at=at)
            self._buffer = self._buffer[found:]
            return None
        at = self._cutter.resume(self._buffer)
        size = len(self._buffer) if at < 0 else at
        self._buffer = self._buffer[size:]
        self._skipping = at < 0
        self._settled = self._settled or at >= 0
        return Dropped(Loss.BEFORE_START, size) if size else None

    def _answered(self, answer: Answer, *, at: int) -> Answer:
        self._skipping, self._settled = False, True
        self._buffer = self._buffer[at + len(answer.raw) :]
        return answer


class AnswerFinder:
    """Looks for answers only, wherever they stand: for the time before the framing is known."""

    def __init__(self, take_answer: AnswerTaker) -> None:
        self._take_answer = take_answer
        self._buffer = b""

    @property
    def rest(self) -> bytes:
        """What came after the last answer: the beginning of whatever comes next."""
        return self._buffer

    @property
    def is_idle(self) -> bool:
        """Questions are all that it is for."""
        return True

    def feed(self, data: bytes) -> tuple[Frame, ...]:
        """Answers that are whole now."""
        self._buffer = (self._buffer + data)[-LONGEST_BYTES:]
        frames: list[Frame] = []
        while not isinstance(found := find_answer(self._buffer, self._take_answer), int):
            at, answer = found
            frames.append(answer)
            self._buffer = self._buffer[at + len(answer.raw) :]
        return tuple(frames)

    def settle(self) -> None:
        """Nothing depends on it here."""

    def quiet(self) -> tuple[Frame, ...]:
        """Nothing is dropped here."""
        return ()


def find_answer(buffer: bytes, take_answer: AnswerTaker) -> tuple[int, Answer] | int:
    """The first whole answer and where it begins; else where an unfinished one may begin."""
    waiting = len(buffer)
    for at in range(len(buffer)):
        taken = take_answer(buffer[at:])
        if isinstance(taken, Answer):
            return at, taken
        if taken is Taking.NEEDS_MORE:
            waiting = min(waiting, at)
    return waiting
