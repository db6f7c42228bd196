"""The wall station's one consumer: scans, tags, polls and time become calls of its flows, in order.

There is no screen: each answer is a pattern of light and sound, and a line in the journal.
"""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

from edge.core.carriers import Reading
from edge.core.codes import Code
from edge.core.errors import DecodeError, DeviceError, StorageError
from edge.core.intake.step import Outcome, Signal
from edge.core.nfc import TagSeen
from edge.devices.signals import Pattern, Signals
from edge.flows.curing import Curing, Said
from edge.flows.outcomes import LIGHTS
from edge.ports import Clock, Journal
from edge.runtime.signalling import READY, pattern_of

QUEUE_LIMIT = 256
TICK_S = 1.0
_TOLD_FACTS = frozenset(
    {"missing", "outstanding", "bound", "way", "due", "booked", "place", "blocks", "why", "limit"}
    | {"quantity", "worst_centi", "change", "fault", "days", "minutes"}
)
"""Facts that are no person's."""
_GRAVITY = tuple(Outcome)
UNSENT = Pattern("", LIGHTS["purple-slow"])
RINGING = Pattern("", LIGHTS["red-fast"])


@dataclass(frozen=True, slots=True)
class Mood:
    """What the lamp shows while nothing happens."""

    rings: bool = False
    unsent: bool = False

    @property
    def pattern(self) -> Pattern:
        """An alarm before a queue before white."""
        return RINGING if self.rings else UNSENT if self.unsent else READY


class Voice:
    """Says every answer: lamp, buzzer and beeper where there are any, the journal always."""

    def __init__(self, signals: Signals | None, journal: Journal) -> None:
        self._signals = signals
        self._journal = journal
        self._mood = Mood()

    def say(self, said: Said) -> None:
        """Notices first; the answer to the person is what stays on the lamp."""
        notices = sorted(said.notices, key=lambda each: _GRAVITY.index(each.outcome))
        for notice in notices:
            self._say("room", notice)
        if said.signal is not None:
            self._say(said.about, said.signal)

    def rest(self, mood: Mood) -> None:
        """What is shown from now on while nothing happens."""
        if mood != self._mood and self._signals is not None:
            self._signals.rest(mood.pattern)
        self._mood = mood

    def _say(self, about: str, signal: Signal) -> None:
        pattern = pattern_of(signal.outcome)
        told = {key: value for key, value in signal.facts if key in _TOLD_FACTS}
        if about != "badge" and signal.subject:
            told["subject"] = signal.subject
        self._journal.info(
            "door.answer",
            about=about,
            outcome=signal.outcome.value,
            codes=[code.value for code in signal.codes],
            shown=pattern.text,
            **told,
        )
        if self._signals is not None:
            self._signals.give(pattern)


class WallLoop:
    """Runs orders one by one in one thread; between them time passes and the world is looked at."""

    def __init__(
        self,
        curing: Curing,
        *,
        voice: Voice,
        hear: Callable[[], tuple[Said, ...]],
        mood: Callable[[], Mood],
        clock: Clock,
        journal: Journal,
    ) -> None:
        self._curing = curing
        self._voice = voice
        self._hear = hear
        self._mood = mood
        self._clock = clock
        self._journal = journal
        self._orders: queue.Queue[Callable[[], Said] | None] = queue.Queue(maxsize=QUEUE_LIMIT)
        self._ticked_ns = clock.mono_ns()
        self._is_over = False

    def read(self, reading: Reading) -> None:
        """One payload from a scanner's thread."""
        self.submit(lambda: self._curing.read(reading))

    def tap(self, tag: TagSeen) -> None:
        """One tag from a tag reader's thread."""
        self.submit(lambda: self._curing.tap(tag))

    def submit(self, order: Callable[[], Said]) -> None:
        """Run an order in its turn; waits while the queue is full."""
        self._orders.put(order)

    def run(self, stop: threading.Event, *, version: str) -> None:
        """Work until `stop` is set or `end` was called."""
        self._voice.say(self._curing.start(version))
        self._journal.info("wall.ready", version=version)
        self._look()
        while not stop.is_set() and not self._is_over:
            left_s = TICK_S - (self._clock.mono_ns() - self._ticked_ns) / 1e9
            try:
                order = self._orders.get(timeout=max(0.0, left_s)) if left_s > 0 else None
            except queue.Empty:
                order = None
            if order is not None:
                self._voice.say(self._obey(order))
            if (self._clock.mono_ns() - self._ticked_ns) / 1e9 >= TICK_S:
                self._look()

    def end(self) -> None:
        """End after the order that is being carried out."""
        self._is_over = True

    def _look(self) -> None:
        """Time passes, what others ordered is obeyed, and the lamp of rest follows."""
        self._ticked_ns = self._clock.mono_ns()
        self._voice.say(self._obey(self._curing.tick))
        try:
            for said in self._hear():
                self._voice.say(said)
            self._voice.rest(self._mood())
        except StorageError as error:
            self._journal.warning("wall.store", error=str(error))

    def _obey(self, order: Callable[[], Said]) -> Said:
        try:
            return order()
        except (DecodeError, DeviceError, StorageError) as error:
            self._journal.warning("step.refused", error=str(error))
            facts = (("why", error.code),)
            return Said("trouble", Signal(Outcome.REFUSE, (Code.NOT_RECORDED,), facts=facts))
