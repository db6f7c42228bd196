"""What a reader shows of itself: its state, its counts, and the few lines it puts into the log."""

from dataclasses import dataclass, replace
from enum import StrEnum
from threading import Lock

from edge.core.errors import DeviceBusy, DeviceDenied, DeviceError
from edge.devices.scanner.frames import Loss
from edge.ports import Clock, Journal

_TELL_EVERY_NS = 60_000_000_000


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


class Board:
    """Written by the reader's thread, read by any; gone and back are one line each."""

    def __init__(self, name: str, place: str, *, clock: Clock, journal: Journal) -> None:
        self._place = place
        self._clock = clock
        self._journal = journal
        self._lock = Lock()
        self._state = ScannerState(name, live=False, why=Why.STOPPED, since_mono_ns=0)
        self._gone_ns: int | None = None
        self._untold = 0
        self._tell_ns = 0

    @property
    def state(self) -> ScannerState:
        """As it is now."""
        with self._lock:
            return self._state

    def start(self) -> None:
        """The reader begins to look for its device."""
        self._show(Why.STARTING)

    def stop(self) -> None:
        """The reader was told to end."""
        self._gone_ns = None
        self._show(Why.STOPPED)

    def come_alive(self, *, node: str, baud: int) -> None:
        """Codes come from now on."""
        self._show(Why.LIVE, node=node, baud=baud)
        gone_ns, self._gone_ns = self._gone_ns, None
        facts = {"name": self._state.name, "node": node, "baud": baud}
        if gone_ns is None:
            self._journal.info("scanner.live", **facts)
        else:
            seconds = round((self._clock.mono_ns() - gone_ns) / 1e9, 1)
            self._journal.info("scanner.back", **facts, seconds=seconds)

    def lose(self, error: DeviceError) -> None:
        """The device went; said once, and again when the reason changes."""
        why = _why(error)
        if self._gone_ns is None:
            self._gone_ns = self._clock.mono_ns()
        if self._state.why is not why:
            self._show(why)
            self._journal.warning(
                "scanner.gone", name=self._state.name, place=self._place, why=str(why)
            )

    def read(self, aim: str) -> None:
        """A code was reported."""
        with self._lock:
            old = self._state
            self._state = replace(old, codes=old.codes + 1, last_aim=aim or old.last_aim)

    def repeat(self) -> None:
        """A code was the one before, still lying there."""
        with self._lock:
            self._state = replace(self._state, repeats=self._state.repeats + 1)

    def drop(self, why: Loss, now_ns: int) -> None:
        """Bytes were no code; one line a minute at most, a noisy line drops thousands of times."""
        with self._lock:
            self._state = replace(self._state, dropped=self._state.dropped + 1)
        self._untold += 1
        if now_ns >= self._tell_ns:
            facts = {"name": self._state.name, "why": str(why), "times": self._untold}
            self._journal.info("scanner.dropped", **facts)
            self._untold, self._tell_ns = 0, now_ns + _TELL_EVERY_NS

    def _show(self, why: Why, *, node: str = "", baud: int = 0) -> None:
        with self._lock:
            self._state = replace(
                self._state,
                live=why is Why.LIVE,
                why=why,
                since_mono_ns=self._clock.mono_ns(),
                node=node,
                baud=baud,
            )


def _why(error: DeviceError) -> Why:
    match error:
        case DeviceBusy():
            return Why.BUSY
        case DeviceDenied():
            return Why.DENIED
        case _ if error.code == "scanner_unanswered":
            return Why.UNANSWERED
        case _:
            return Why.ABSENT
