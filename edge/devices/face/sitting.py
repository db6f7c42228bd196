"""Photographs for an enrolment from the live camera: the good ones of a few seconds (step 4)."""

from collections.abc import Callable
from dataclasses import dataclass

from edge.core.faces import Described, Flaw
from edge.devices.pixels import Picture

APART_S = 0.7
"""Between two photographs: neighbouring frames show nothing new of a face."""
PATIENCE_S = 20.0
_FRAME_WAIT_S = 0.5


@dataclass(frozen=True, slots=True)
class Sitter:
    """What a sitting is joined to.

    next_frame: the newest frame after a number, None when none comes in time; say: what is wrong
    with what is seen now, None when a photograph was taken.
    """

    next_frame: Callable[[int, float], tuple[int, Picture] | None]
    describe: Callable[[Picture], Described | Flaw]
    mono_s: Callable[[], float]
    say: Callable[[Flaw | None], None]


class Sitting:
    """Takes one photograph after another; nothing is kept but their descriptions."""

    def __init__(self, sitter: Sitter, *, patience_s: float = PATIENCE_S) -> None:
        self._sitter = sitter
        self._patience_s = patience_s
        self._frame = 0
        self._taken_s: float | None = None
        self._said: Flaw | None = None

    def photograph(self, _: int) -> Described | Flaw:
        """The next frame that counts, or what was wrong with the last when patience ends."""
        begun = self._sitter.mono_s()
        flaw = Flaw.NO_FACE
        while self._sitter.mono_s() - begun < self._patience_s:
            frame = self._sitter.next_frame(self._frame, _FRAME_WAIT_S)
            if frame is None:
                continue
            self._frame, picture = frame
            if self._is_too_soon():
                continue
            told = self._sitter.describe(picture)
            if isinstance(told, Described):
                self._taken_s = self._sitter.mono_s()
                self._tell(None)
                return told
            flaw = told
            self._tell(flaw)
        return flaw

    def _is_too_soon(self) -> bool:
        return self._taken_s is not None and self._sitter.mono_s() - self._taken_s < APART_S

    def _tell(self, flaw: Flaw | None) -> None:
        if flaw is None or flaw is not self._said:
            self._sitter.say(flaw)
        self._said = flaw
