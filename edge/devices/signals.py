"""Light and sound of an outcome at the door: patterns given as data, played in one thread.

Each pattern is also a line of text, so that a station without lamps says the same.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Protocol, TypeAlias

from edge.core.errors import DeviceError
from edge.ports import Journal

Light: TypeAlias = tuple[tuple[str, int], ...]
"""Runs of (colour, milliseconds); a last run of 0 ms stays."""
Sound: TypeAlias = tuple[tuple[int, int], ...]
"""Runs of (hertz, milliseconds); 0 hertz is silence."""
_STOP_LIMIT_S = 2.0


class Panel(Protocol):
    """Something with a lamp and a buzzer."""

    def light(self, colour: str) -> None:
        """Show a colour."""
        ...

    def sound(self, *, on: bool) -> None:
        """Sound or fall silent."""
        ...

    def close(self) -> None:
        """Go dark and silent for good."""
        ...


@dataclass(frozen=True, slots=True)
class Pattern:
    """An outcome as lamp and buzzer give it, and the same as a line of text."""

    text: str
    light: Light
    sound: Sound = ()


@dataclass(frozen=True, slots=True)
class Step:
    """What changes at a moment of a pattern; None where nothing does."""

    at_ms: int
    colour: str | None = None
    tone: bool | None = None


def timeline(pattern: Pattern) -> tuple[Step, ...]:
    """Lamp and buzzer side by side, in the order of time; the buzzer ends silent."""
    steps: list[Step] = []
    at_ms = 0
    for colour, span_ms in pattern.light:
        steps.append(Step(at_ms, colour=colour))
        at_ms += span_ms
    steps.append(Step(at_ms))
    at_ms = 0
    for hertz, span_ms in pattern.sound:
        steps.append(Step(at_ms, tone=hertz > 0))
        at_ms += span_ms
    if pattern.sound:
        steps.append(Step(at_ms, tone=False))
    return tuple(sorted(steps, key=lambda step: step.at_ms))


class Signals:
    """Plays the newest pattern at once, then goes back to the pattern of rest, which repeats.

    The buzzer may be muted, the lamp not. `beeps` are scanners' own: each is asked once a tone.
    """

    def __init__(
        self,
        open_panel: Callable[[], Panel] | None,
        *,
        rest: Pattern,
        tell: Callable[[str], None],
        journal: Journal,
        beeps: tuple[Callable[[], bool], ...] = (),
    ) -> None:
        self._open_panel = open_panel
        self._rest = rest
        self._tell = tell
        self._journal = journal
        self._beeps = beeps
        self._panel: Panel | None = None
        self._changed = threading.Condition()
        self._wanted: Pattern | None = None
        self._running = False
        self._thread: threading.Thread | None = None
        self.muted = False

    def start(self) -> None:
        """Show rest; without a panel only text and beepers are left."""
        if self._open_panel is not None:
            try:
                self._panel = self._open_panel()
            except DeviceError as error:
                self._journal.warning("signals.absent", error=str(error))
        self._running = True
        self._thread = threading.Thread(target=self._run, name="signals", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Dark and silent."""
        with self._changed:
            self._running = False
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(_STOP_LIMIT_S)
        panel, self._panel = self._panel, None
        if panel is not None:
            panel.close()

    def give(self, pattern: Pattern) -> None:
        """Say it, and play it in place of what is playing."""
        self._tell(pattern.text)
        with self._changed:
            self._wanted = pattern
            self._changed.notify_all()

    def rest(self, pattern: Pattern) -> None:
        """What is shown while nothing happens, e.g. that a queue is unsent."""
        with self._changed:
            self._rest = pattern
            self._changed.notify_all()

    def _run(self) -> None:
        while self._running:
            with self._changed:
                wanted, self._wanted = self._wanted, None
                resting = self._rest
            self._play(wanted or resting, is_rest=wanted is None)

    def _play(self, pattern: Pattern, *, is_rest: bool) -> None:
        begun_s = monotonic()
        for step in timeline(pattern):
            if not self._wait_until(begun_s + step.at_ms / 1000, pattern, is_rest=is_rest):
                break
            self._do(step)
        self._do(Step(0, tone=False))
        if is_rest and not sum(span_ms for _, span_ms in pattern.light):
            self._wait_until(None, pattern, is_rest=True)

    def _wait_until(self, due_s: float | None, pattern: Pattern, *, is_rest: bool) -> bool:
        """Whether the time came with nothing newer; without a time, wait for what is newer."""

        def is_overtaken() -> bool:
            is_new_rest = is_rest and self._rest is not pattern
            return not self._running or self._wanted is not None or is_new_rest

        with self._changed:
            left_s = None if due_s is None else max(0.0, due_s - monotonic())
            return not self._changed.wait_for(is_overtaken, left_s)

    def _do(self, step: Step) -> None:
        panel = self._panel
        if step.colour is not None and panel is not None:
            panel.light(step.colour)
        if step.tone is None:
            return
        is_on = step.tone and not self.muted
        if panel is not None:
            panel.sound(on=is_on)
        if is_on:
            for beep in self._beeps:
                beep()
