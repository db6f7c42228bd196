"""A serial reader of the desk: one thread a port, and a way back from every trouble; step 1."""

import os
import queue
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Thread
from typing import TypeAlias

from edge.core.carriers import Carrier, Reading
from edge.core.errors import DeviceError, DeviceGone
from edge.devices.scanner.board import Board, ScannerState
from edge.devices.scanner.frames import Code, Dropped, Loss
from edge.devices.scanner.framing import AnswerFinder
from edge.devices.scanner.link import SETTLE_S, Link
from edge.devices.scanner.manner import Framing, Manner
from edge.devices.scanner.repeats import Repeats
from edge.devices.scanner.transport import Transport
from edge.ports import Clock, Journal

_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 0.5
_LISTEN_S = 1.0
_WITHIN_CODE_S = 0.1
_SETTLE_ROUNDS = 10
_RETRY_NS = 500_000_000
_STOP_LIMIT_S = 3.0
_SUSPECT = frozenset({Loss.UNFRAMED, Loss.UNENDED})


@dataclass(frozen=True, slots=True)
class Port:
    """Where a reader is: its name in events, its place in the settings, and its line."""

    name: str
    place: str
    transport: Transport
    carrier: Carrier = Carrier.QR


Prepare: TypeAlias = Callable[[Link], Framing]
"""Brings a module that answers into its wanted state, and says how it frames codes now."""


class Scanner:
    """Reports each code once; opens the port again whenever the module went."""

    def __init__(
        self,
        port: Port,
        manner: Manner,
        *,
        report: Callable[[Reading], None],
        clock: Clock,
        journal: Journal,
        prepare: Prepare | None = None,
    ) -> None:
        self._port = port
        self._manner = manner
        self._report = report
        self._clock = clock
        self._prepare = prepare or self._leave_as_it_is
        self._link = Link(
            port.transport,
            AnswerFinder(manner.dialect.take_answer),
            mono_ns=clock.mono_ns,
            hear=self._hear,
        )
        self._repeats = Repeats(manner.same_code_s)
        self._last = b""
        self._wishes: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._board = Board(port.name, port.place, clock=clock, journal=journal)
        self._suspect = False
        self._beat_ns = 0
        self._missed = 0
        self._good_baud = 0
        self._stop = Event()
        self._thread: Thread | None = None

    @property
    def state(self) -> ScannerState:
        """What the reader does now."""
        return self._board.state

    def start(self) -> None:
        """Begin to read; a device that is not there is waited for."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._stop = Event()
        self._board.start()
        name = f"scanner-{self._port.name}"
        self._thread = Thread(target=self._run, args=(self._stop,), name=name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End within a second and let the port go."""
        thread, self._thread = self._thread, None
        self._stop.set()
        self._port.transport.wake()
        if thread is not None:
            thread.join(_STOP_LIMIT_S)
        self._board.stop()

    def beep(self) -> bool:
        """Sound the module's own beeper; False when it has none that can be asked for."""
        if not self._manner.dialect.beep or not self.state.live:
            return False
        self._wishes.put(self._manner.dialect.beep)
        self._port.transport.wake()
        return True

    def _run(self, stop: Event) -> None:
        pause_s = _FIRST_PAUSE_S
        while not stop.is_set():
            try:
                self._follow(stop)
            except DeviceError as error:
                if self.state.live:
                    pause_s = _FIRST_PAUSE_S
                if not stop.is_set():
                    self._board.lose(error)
            finally:
                self._link.close()
            stop.wait(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    def _follow(self, stop: Event) -> None:
        """One life of the port, until it fails or `stop`."""
        self._find()
        framing = self._greet()
        self._come_alive()
        while not stop.is_set():
            self._link.listen(self._patience_s())
            self._obey()
            if self._is_beat_due():
                self._beat()
                framing = self._look_again(framing)

    def _find(self) -> None:
        """Open at the speed at which the module answers; one that is never asked has one speed."""
        dialect = self._manner.dialect
        bauds = sorted(self._manner.bauds, key=lambda each: each != self._good_baud)
        for baud in bauds if dialect.probe else self._manner.bauds[:1]:
            if self._stop.is_set():
                break
            self._link.framer = AnswerFinder(dialect.take_answer)
            self._link.open(baud)
            if not dialect.probe or self._link.ask(dialect.probe, self._manner.answer_s):
                return
        raise DeviceGone("scanner_unanswered", path=self._port.place)

    def _greet(self) -> Framing:
        """The module as wanted, and a framer that loses nothing of what it already began to say."""
        if self._manner.dialect.start:
            self._link.send(self._manner.dialect.start)
        if not self._manner.dialect.probe:
            framing = self._manner.framing
            self._link.framer = self._manner.dialect.framer(framing, settled=False)
            self._settle()
            return framing
        finder = AnswerFinder(self._manner.dialect.take_answer)
        self._link.framer = finder
        if self._link.ask(self._manner.dialect.probe, self._manner.answer_s) is None:
            raise DeviceGone("scanner_unanswered", path=self._port.place)
        framing = self._prepare(self._link)
        self._reframe(framing, finder.rest)
        return framing

    def _settle(self) -> None:
        """Let what was already on its way pass; a line that never falls silent settles later."""
        for _ in range(_SETTLE_ROUNDS):
            self._link.listen(SETTLE_S)
            if self._link.is_silent:
                return

    def _leave_as_it_is(self, link: Link) -> Framing:
        del link
        return self._manner.framing

    def _reframe(self, framing: Framing, rest: bytes) -> None:
        framer = self._manner.dialect.framer(framing, settled=True)
        self._link.framer = framer
        for frame in framer.feed(rest):
            if isinstance(frame, Code | Dropped):
                self._hear(frame)

    def _look_again(self, framing: Framing) -> Framing:
        """What the module sent fits its settings no more: set it again, once it answers."""
        if not self._suspect or self._missed:
            return framing
        self._suspect = False
        now = self._prepare(self._link)
        if now != framing:
            self._reframe(now, b"")
        return now

    def _is_beat_due(self) -> bool:
        """A question within a code would have its answer taken for a part of the code."""
        is_due = self._manner.dialect.beat and self._clock.mono_ns() >= self._beat_ns
        return bool(is_due) and self._link.framer.is_idle

    def _patience_s(self) -> float:
        if not self._manner.dialect.beat:
            return _LISTEN_S
        if not self._link.framer.is_idle:
            return _WITHIN_CODE_S
        left_s = (self._beat_ns - self._clock.mono_ns()) / 1e9
        return min(max(left_s, 0.0), _LISTEN_S)

    def _beat(self) -> None:
        """Ask whether it is still there; silences in a row, without a code between, are a loss."""
        dialect = self._manner.dialect
        patience_s = self._manner.answer_s * (1 + self._missed)
        if self._link.ask(dialect.beat, patience_s) is not None:
            self._missed = 0
            self._beat_ns = self._clock.mono_ns() + int(self._manner.beat_s * 1e9)
            if dialect.start:
                self._link.send(dialect.start)
            return
        self._missed += 1
        self._beat_ns = self._clock.mono_ns() + _RETRY_NS
        if self._missed >= self._manner.misses:
            raise DeviceGone("scanner_unanswered", path=self._port.place)

    def _obey(self) -> None:
        with suppress(queue.Empty):
            while True:
                self._link.send(self._wishes.get_nowait())

    def _hear(self, frame: Code | Dropped) -> None:
        at = self._clock.read()
        if isinstance(frame, Dropped):
            self._beat_ns = at.mono_ns
            self._suspect = self._suspect or frame.why in _SUSPECT
            self._board.drop(frame.why, at.mono_ns)
            return
        self._missed = 0
        if self._manner.dialect.thanks:
            self._link.send(self._manner.dialect.thanks)
        is_resent = frame.resent and frame.payload == self._last
        self._last = frame.payload
        if self._repeats.holds(frame.payload, at.mono_ns) or is_resent:
            self._board.repeat()
            return
        self._board.read(frame.aim)
        self._report(Reading(self._port.name, self._port.carrier, frame.payload, at))

    def _come_alive(self) -> None:
        self._missed, self._suspect = 0, False
        self._good_baud = self._link.baud
        self._beat_ns = self._clock.mono_ns() + int(self._manner.beat_s * 1e9)
        node = os.path.realpath(self._port.place) if self._port.place.startswith("/") else ""
        self._board.come_alive(node=node, baud=self._link.baud)
