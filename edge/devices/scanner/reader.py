"""A serial reader of the desk: one thread a port, and a way back from every trouble; step 1."""

import os
import queue
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from threading import Event, Lock, Thread
from typing import TypeAlias

from edge.core.carriers import Carrier, Reading
from edge.core.errors import DeviceBusy, DeviceDenied, DeviceError, DeviceGone
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
_SETTLE_ROUNDS = 10
_RETRY_NS = 500_000_000
_STOP_LIMIT_S = 3.0
_SUSPECT = frozenset({Loss.UNFRAMED, Loss.UNENDED})


class Why(StrEnum):
    """What a reader is doing, or why it gives no codes."""

    STOPPED = "stopped"
    STARTING = "starting"
    LIVE = "live"
    ABSENT = "absent"
    BUSY = "busy"
    DENIED = "denied"
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True)
class ScannerState:
    """A reader as doctor and the page show it; `node` is where its stable name led."""

    name: str
    live: bool
    why: Why
    since_mono_ns: int
    node: str = ""
    baud: int = 0
    codes: int = 0
    repeats: int = 0
    dropped: int = 0
    last_aim: str = ""


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
        self._journal = journal
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
        self._lock = Lock()
        self._state = ScannerState(port.name, live=False, why=Why.STOPPED, since_mono_ns=0)
        self._gone_ns: int | None = None
        self._suspect = False
        self._beat_ns = 0
        self._missed = 0
        self._good_baud = 0
        self._stop = Event()
        self._thread: Thread | None = None

    @property
    def state(self) -> ScannerState:
        """What the reader does now."""
        with self._lock:
            return self._state

    def start(self) -> None:
        """Begin to read; a device that is not there is waited for."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._stop = Event()
        self._show(why=Why.STARTING)
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
        self._gone_ns = None
        self._show(why=Why.STOPPED)

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
                if self._state.live:
                    pause_s = _FIRST_PAUSE_S
                if not stop.is_set():
                    self._lose(error)
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
            if self._manner.dialect.beat and self._clock.mono_ns() >= self._beat_ns:
                self._beat()
                framing = self._look_again(framing)

    def _find(self) -> None:
        """Open at the speed at which the module answers; one that is never asked has one speed."""
        dialect = self._manner.dialect
        bauds = sorted(self._manner.bauds, key=lambda each: each != self._good_baud)
        for baud in bauds if dialect.probe else self._manner.bauds[:1]:
            self._link.framer = AnswerFinder(dialect.take_answer)
            self._link.open(baud)
            if not dialect.probe or self._link.ask(dialect.probe, self._manner.answer_s):
                return
        raise DeviceGone("scanner_unanswered", path=self._port.place, why=Why.UNANSWERED)

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
            raise DeviceGone("scanner_unanswered", path=self._port.place, why=Why.UNANSWERED)
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

    def _patience_s(self) -> float:
        if not self._manner.dialect.beat:
            return _LISTEN_S
        left_s = (self._beat_ns - self._clock.mono_ns()) / 1e9
        return min(max(left_s, 0.0), _LISTEN_S)

    def _beat(self) -> None:
        """Ask whether it is still there; three silences in a row are a loss."""
        dialect = self._manner.dialect
        if self._link.ask(dialect.beat, self._manner.answer_s) is not None:
            self._missed = 0
            self._beat_ns = self._clock.mono_ns() + int(self._manner.beat_s * 1e9)
            if dialect.start:
                self._link.send(dialect.start)
            return
        self._missed += 1
        self._beat_ns = self._clock.mono_ns() + _RETRY_NS
        if self._missed >= self._manner.misses:
            raise DeviceGone("scanner_unanswered", path=self._port.place, why=Why.UNANSWERED)

    def _obey(self) -> None:
        with suppress(queue.Empty):
            while True:
                self._link.send(self._wishes.get_nowait())

    def _hear(self, frame: Code | Dropped) -> None:
        at = self._clock.read()
        if isinstance(frame, Dropped):
            self._beat_ns = at.mono_ns
            self._suspect = self._suspect or frame.why in _SUSPECT
            self._count(dropped=1)
            self._journal.info("scanner.dropped", name=self._port.name, why=str(frame.why))
            return
        if self._manner.dialect.thanks:
            self._link.send(self._manner.dialect.thanks)
        is_resent = frame.resent and frame.payload == self._last
        self._last = frame.payload
        if self._repeats.holds(frame.payload, at.mono_ns) or is_resent:
            self._count(repeats=1)
            return
        self._count(codes=1, aim=frame.aim)
        self._report(Reading(self._port.name, self._port.carrier, frame.payload, at))

    def _come_alive(self) -> None:
        now_ns = self._clock.mono_ns()
        self._missed, self._suspect = 0, False
        self._good_baud = self._link.baud
        self._beat_ns = now_ns + int(self._manner.beat_s * 1e9)
        node = os.path.realpath(self._port.place) if self._port.place.startswith("/") else ""
        self._show(why=Why.LIVE, node=node)
        gone_ns, self._gone_ns = self._gone_ns, None
        facts = {"name": self._port.name, "node": node, "baud": self._link.baud}
        if gone_ns is None:
            self._journal.info("scanner.live", **facts)
        else:
            self._journal.info("scanner.back", **facts, seconds=round((now_ns - gone_ns) / 1e9, 1))

    def _lose(self, error: DeviceError) -> None:
        """Say once that it is gone, and again when the reason changes."""
        why = _why(error)
        if self._gone_ns is None:
            self._gone_ns = self._clock.mono_ns()
        if self._state.why is not why:
            self._show(why=why)
            self._journal.warning(
                "scanner.gone", name=self._port.name, place=self._port.place, why=str(why)
            )

    def _show(self, *, why: Why, node: str = "") -> None:
        live = why is Why.LIVE
        with self._lock:
            self._state = replace(
                self._state,
                live=live,
                why=why,
                since_mono_ns=self._clock.mono_ns(),
                node=node,
                baud=self._link.baud if live else 0,
            )

    def _count(self, *, codes: int = 0, repeats: int = 0, dropped: int = 0, aim: str = "") -> None:
        with self._lock:
            old = self._state
            self._state = replace(
                old,
                codes=old.codes + codes,
                repeats=old.repeats + repeats,
                dropped=old.dropped + dropped,
                last_aim=aim or old.last_aim,
            )


def _why(error: DeviceError) -> Why:
    match error:
        case DeviceBusy():
            return Why.BUSY
        case DeviceDenied():
            return Why.DENIED
        case _ if error.facts.get("why") is Why.UNANSWERED:
            return Why.UNANSWERED
        case _:
            return Why.ABSENT
