"""How to deal with one kind of module: its dialect, its framing, its speeds and its patience."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from edge.devices.scanner.frames import LONGEST_BYTES, AnswerTaker, Framer, no_answer
from edge.devices.scanner.framing import LINE_ENDS, Cutter, LengthCutter, LineCutter, StreamFramer


class Style(StrEnum):
    """How a module marks the end of a code."""

    LINE = "line"
    LENGTH = "length"
    PACKET = "packet"


@dataclass(frozen=True, slots=True)
class Framing:
    """Where codes end; `ends` counts only for lines, packets are their dialect's own."""

    style: Style = Style.LINE
    ends: bytes = LINE_ENDS
    longest_bytes: int = LONGEST_BYTES
    with_aim: bool = False


@dataclass(frozen=True, slots=True)
class Dialect:
    """What can be said to a module; an empty command is one that it does not have.

    `probe` and `beat` are questions that change nothing; `start` is sent on opening and with each
    beat, `thanks` for each code.
    """

    name: str
    take_answer: AnswerTaker = no_answer
    probe: bytes = b""
    beat: bytes = b""
    start: bytes = b""
    thanks: bytes = b""
    beep: bytes = b""
    packets: Cutter | None = None
    of_keys: Callable[[], Framer] | None = None

    def framer(self, framing: Framing, *, settled: bool) -> Framer:
        """A fresh framer; `settled` when the line is known to be between two codes."""
        if self.of_keys is not None:
            return self.of_keys()
        return StreamFramer(
            self._cutter(framing),
            take_answer=self.take_answer,
            with_aim=framing.with_aim,
            settled=settled,
        )

    def _cutter(self, framing: Framing) -> Cutter:
        if self.packets is not None:
            return self.packets
        if framing.style is Style.LENGTH:
            return LengthCutter(framing.longest_bytes)
        return LineCutter(framing.ends, framing.longest_bytes)


GENERIC: Final = Dialect("generic")
"""Any scanner that ends its codes with a line end and is never asked anything."""


@dataclass(frozen=True, slots=True)
class Manner:
    """Everything a reader must know of its module; bauds in bit/s, the likeliest first."""

    dialect: Dialect = GENERIC
    framing: Framing = Framing()
    bauds: tuple[int, ...] = (9600,)
    beat_s: float = 10.0
    misses: int = 3
    answer_s: float = 0.25
    same_code_s: float = 1.5
