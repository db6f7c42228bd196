"""What a serial reader says, as values: codes, answers to our questions, and what was dropped."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol, TypeAlias

LONGEST_BYTES: Final = 8192
"""No symbol holds more: the largest QR code carries 7089 digits."""

_AIM = re.compile(rb"\][A-Za-z][0-9A-Za-z]")


@dataclass(frozen=True, slots=True)
class Code:
    """A whole code, bytes as they came; `aim` is its symbology identifier where the module sent it.

    `resent` says that the module repeats what it saw no thanks for.
    """

    payload: bytes
    aim: str = ""
    resent: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The module's answer to a question: `raw` with its head and check, `data` without them."""

    raw: bytes
    data: bytes
    accepted: bool = True


class Loss(StrEnum):
    """Why bytes were dropped instead of becoming a code."""

    BEFORE_START = "before_start"
    UNENDED = "unended"
    TOO_LONG = "too_long"
    BAD_ANSWER = "bad_answer"
    BAD_SUM = "bad_sum"
    UNFRAMED = "unframed"
    UNKNOWN_KEY = "unknown_key"
    EVENTS_LOST = "events_lost"


@dataclass(frozen=True, slots=True)
class Dropped:
    """Bytes that are no whole code; never shown to anybody, only counted."""

    why: Loss
    size_bytes: int


Frame: TypeAlias = Code | Answer | Dropped


class Taking(StrEnum):
    """What a buffer is when it is no whole answer."""

    NO_ANSWER = "no_answer"
    NEEDS_MORE = "needs_more"
    BROKEN = "broken"


AnswerTaker: TypeAlias = Callable[[bytes], Answer | Taking]
"""Judges whether a buffer begins with an answer of one dialect."""


class Framer(Protocol):
    """Turns a byte stream into frames; the cuts between the pieces it is fed never matter."""

    @property
    def is_idle(self) -> bool:
        """Whether no code is half heard, so that a question may be asked."""
        ...

    def feed(self, data: bytes) -> tuple[Frame, ...]:
        """Frames that are whole now."""
        ...

    def settle(self) -> None:
        """The line was silent for a moment after opening: what comes next begins at its start."""
        ...

    def quiet(self) -> tuple[Frame, ...]:
        """The line has been silent for long: drop what has no end, and distrust its tail."""
        ...


def no_answer(buffer: bytes) -> Taking:
    """A module that is never asked anything."""
    del buffer
    return Taking.NO_ANSWER


def code_of(body: bytes, *, with_aim: bool, resent: bool = False) -> Code:
    """A code, its AIM identifier (`]Q1`) taken off and kept where the module sends one."""
    if with_aim and _AIM.match(body):
        return Code(body[3:], aim=body[:3].decode("ascii"), resent=resent)
    return Code(body, resent=resent)
