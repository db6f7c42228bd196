"""The desk's one consumer: every door's input becomes a call of the intake flow, in order."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import replace
from typing import Protocol, TypeVar

from edge.core.carriers import BadgeCode, Carrier, Reading, ScannedCode
from edge.core.errors import DecodeError, DeviceError, StorageError
from edge.core.evidence import Evidence
from edge.core.ids import PersonId
from edge.core.intake.state import Phase
from edge.core.intake.step import Signal
from edge.core.nfc import TagSeen
from edge.flows.intake import Intake
from edge.flows.moment import Moment, Surroundings
from edge.ports import Clock, Journal

QUEUE_LIMIT = 256
POLL_S = 0.1
REMEMBERED = 64
"""Moments kept for a page that comes back after a break."""

_Answer = TypeVar("_Answer")
Order = Callable[[], object]
Listener = Callable[[Moment], None]


class Door(Protocol):
    """Something that brings input: a console, a page, a camera."""

    def start(self) -> None:
        """Begin to bring input."""
        ...

    def stop(self) -> None:
        """Cease within seconds."""
        ...


class Consumer(Protocol):
    """The one thread that carries out what doors bring."""

    def run(self, stop: threading.Event, *, version: str) -> None:
        """Work until `stop` is set."""
        ...


class DeskLoop:
    """Runs orders one by one in one thread, and tells what the desk is like after each."""

    def __init__(
        self,
        intake: Intake,
        *,
        hear: Callable[[], bool],
        look_around: Callable[[], Surroundings],
        identify: Callable[[bytes], ScannedCode],
        clock: Clock,
        journal: Journal,
    ) -> None:
        self._intake = intake
        self._hear = hear
        self._look_around = look_around
        self._identify = identify
        self._clock = clock
        self._journal = journal
        self._orders: queue.Queue[Callable[[], None] | None] = queue.Queue(maxsize=QUEUE_LIMIT)
        self._listeners: set[Listener] = set()
        self._moments: tuple[Moment, ...] = ()
        self._number = 0
        self._touched_ns = clock.mono_ns()
        self._locked = False
        self._is_over = False
        self.idle_lock_s = 0.0
        self.tidy: Callable[[], object] = lambda: None
        """Small work for moments in which nothing waits."""

    @property
    def latest(self) -> Moment:
        """The desk as it is; before the first step, an idle one."""
        if self._moments:
            return self._moments[-1]
        return Moment(0, self._intake.view(), Surroundings())

    def after(self, number: int) -> tuple[Moment, ...]:
        """Moments after one that a page has seen; only the latest when that was long ago."""
        newer = tuple(each for each in self._moments if each.number > number)
        is_whole = bool(newer) and newer[0].number == number + 1
        return newer if is_whole else newer[-1:]

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Hear of every moment, in the consumer's thread; the answer ends it."""
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)

    def submit(self, order: Order, *, touch: bool = True) -> "Future[Moment]":
        """Run an order in its turn; the future gives the desk as it was afterwards.

        `touch` says that a person is there, so that the desk does not lock itself.
        """
        done: Future[Moment] = Future()

        def run() -> None:
            if touch:
                self._touched_ns = self._clock.mono_ns()
            _settle(done, self._obey(order))

        self._orders.put(run)
        return done

    def ask(self, question: Callable[[], _Answer]) -> "Future[_Answer]":
        """Ask something in the consumer's thread, where stores may be read."""
        done: Future[_Answer] = Future()

        def run() -> None:
            try:
                _settle(done, question())
            except (StorageError, DecodeError) as error:
                with suppress(InvalidStateError):
                    done.set_exception(error)

        self._orders.put(run)
        return done

    def read(
        self, reading: Reading, evidence: Callable[[], tuple[Evidence, ...]] = tuple
    ) -> "Future[Moment]":
        """One payload from a door; the operator's own badge opens a locked desk."""
        return self.submit(lambda: self._read(reading, evidence))

    def read_layer(self, readings: tuple[Reading, ...]) -> "Future[Moment]":
        """Chips of one picture, kept in one transaction; a moment for each answer."""
        return self.submit(lambda: self._read_layer(readings))

    def tap(self, tag: TagSeen) -> "Future[Moment]":
        """A tag on a reader; the operator's own badge opens a locked desk."""
        if not self._locked:
            return self.submit(lambda: self._intake.tap(tag))
        return self.read(Reading(tag.device, Carrier.NFC, tag.payload, tag.at))

    def unlock(self, person: PersonId, pin: str) -> "Future[Moment]":
        """The operator's PIN opens a locked desk; anybody else's does nothing."""
        return self.submit(lambda: self._unlock_by_pin(person, pin))

    def run(self, stop: threading.Event, *, version: str) -> None:
        """Work until `stop` is set or `finish` was called."""
        self._intake.start(version)
        self._publish()
        while not stop.is_set() and not self._is_over:
            try:
                run = self._orders.get(timeout=POLL_S)
            except queue.Empty:
                self._idle()
                continue
            if run is None:
                return
            self._hear()
            run()

    def end(self) -> None:
        """End after the order that is being carried out."""
        self._is_over = True

    def finish(self) -> None:
        """End once everything ordered so far is done."""
        self._orders.put(None)

    def _idle(self) -> None:
        idle_s = (self._clock.mono_ns() - self._touched_ns) / 1e9
        is_taken = self._intake.desk.operator is not None
        if self.idle_lock_s and idle_s > self.idle_lock_s and is_taken and not self._locked:
            self._locked = True
            self._journal.info("desk.locked")
        if self._hear() or self._around() != self.latest.around:
            self._publish()
        self.tidy()

    def _obey(self, order: Order) -> Moment:
        error = ""
        try:
            order()
        except (DecodeError, DeviceError, StorageError) as refused:
            self._journal.warning("command.refused", error=str(refused))
            error = refused.code
        return self._publish(error)

    def _publish(self, error: str = "", answer: Signal | None = None) -> Moment:
        self._number += 1
        moment = Moment(self._number, self._intake.view(answer), self._around(), error)
        if not error:
            self._moments = (*self._moments, moment)[-REMEMBERED:]
            for listener in tuple(self._listeners):
                listener(moment)
        return moment

    def _around(self) -> Surroundings:
        if self._intake.desk.phase is Phase.IDLE:
            self._locked = False
        return replace(self._look_around(), locked=self._locked)

    def _read(self, reading: Reading, evidence: Callable[[], tuple[Evidence, ...]]) -> None:
        code = self._identify(reading.payload)
        operator = self._intake.desk.operator
        is_own = isinstance(code, BadgeCode) and operator and code.person == operator.person
        if not self._locked:
            self._intake.read(reading, evidence())
        elif is_own:
            self._locked = False

    def _read_layer(self, readings: tuple[Reading, ...]) -> None:
        if self._locked:
            return
        for answer in self._intake.read_layer(readings)[:-1]:
            self._publish(answer=answer)

    def _unlock_by_pin(self, person: PersonId, pin: str) -> None:
        operator = self._intake.desk.operator
        if operator and operator.person == person and self._intake.proves_pin(person, pin):
            self._locked = False


def _settle(done: "Future[_Answer]", answer: _Answer) -> None:
    """Give an answer to somebody who may have gone."""
    with suppress(InvalidStateError):
        done.set_result(answer)


class DeskProcess:
    """The loop with its doors: they open before it runs and close after it."""

    def __init__(self, loop: Consumer, doors: tuple[Door, ...], *, version: str) -> None:
        self._loop = loop
        self._doors = doors
        self._version = version

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set or the console is closed."""
        opened: list[Door] = []
        try:
            for door in self._doors:
                door.start()
                opened.append(door)
            self._loop.run(stop, version=self._version)
        finally:
            for door in reversed(opened):
                door.stop()
