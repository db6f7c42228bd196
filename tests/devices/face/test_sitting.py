from collections.abc import Iterator

import numpy as np
import pytest

from edge.core.faces import Box, Described, Flaw, Measures
from edge.devices.face.sitting import APART_S, Sitter, Sitting
from edge.devices.pixels import Picture

GOOD = Described((1.0, 0.0), Measures(Box(0, 0, 200, 200), 0.0, 240.0, 80.0, 200.0, 120.0, 0.0))
PICTURE = np.zeros((2, 2, 3), np.uint8)
FRAME_S = 0.1


class Person:
    """Somebody before a camera of ten frames a second; what each frame would say is told."""

    def __init__(self, frames: Iterator[Described | Flaw | None]) -> None:
        self.frames = frames
        self.now_s = 0.0
        self.number = 0
        self.said: list[Flaw | None] = []
        self.looked: list[float] = []
        self.shown: Described | Flaw = Flaw.NO_FACE
        sitter = Sitter(self.next_frame, self.describe, lambda: self.now_s, self.said.append)
        self.sitting = Sitting(sitter, patience_s=5.0)

    def next_frame(self, after: int, timeout_s: float) -> tuple[int, Picture] | None:
        assert after == self.number
        shown = next(self.frames, None)
        if shown is None:
            self.now_s += timeout_s
            return None
        self.now_s += FRAME_S
        self.shown = shown
        self.number += 1
        return self.number, PICTURE

    def describe(self, _: Picture) -> Described | Flaw:
        self.looked.append(self.now_s)
        return self.shown


def forever(*frames: Described | Flaw) -> Iterator[Described | Flaw]:
    while True:
        yield from frames


def test_photographs_lie_apart_in_time() -> None:
    person = Person(forever(GOOD))
    taken = [person.sitting.photograph(number) for number in range(5)]
    assert taken == [GOOD] * 5
    gaps = np.diff(person.looked)
    assert all(gap >= APART_S - 1e-9 for gap in gaps)
    assert person.said == [None] * 5


def test_what_is_wrong_is_said_once_until_it_changes() -> None:
    frames = iter([Flaw.TOO_SMALL] * 3 + [Flaw.BLURRED] * 2 + [GOOD])
    person = Person(frames)
    assert person.sitting.photograph(0) == GOOD
    assert person.said == [Flaw.TOO_SMALL, Flaw.BLURRED, None]


@pytest.mark.parametrize(
    ("frames", "flaw"),
    [((Flaw.TOO_DARK,), Flaw.TOO_DARK), ((), Flaw.NO_FACE)],
)
def test_patience_ends_with_the_last_reason(frames: tuple[Flaw, ...], flaw: Flaw) -> None:
    person = Person(forever(*frames) if frames else iter(()))
    assert person.sitting.photograph(0) is flaw
    assert person.now_s >= 5
