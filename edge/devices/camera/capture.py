"""The live camera: one thread, the newest picture, and a way back from every trouble; step 1."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Condition, Event, Thread

from edge.core.errors import DeviceGone
from edge.core.moments import Instant
from edge.devices.camera.cv_feed import DeviceFeed, FileFeed
from edge.devices.camera.feed import Feed, Why, Wishes, gone, why_of
from edge.devices.camera.frame import Frame
from edge.devices.camera.mjpeg_feed import MjpegFeed
from edge.devices.camera.source import DeviceSource, FileSource, MjpegSource, Source
from edge.devices.camera.watch import Watch
from edge.devices.pixels import Picture
from edge.ports import Journal

_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 2.0
_STOP_LIMIT_S = 1.8
_OLD_NS = 3_000_000_000


@dataclass(frozen=True, slots=True)
class CameraState:
    """Whether pictures come; if not, why (a value of `Why`), and since when."""

    live: bool
    why: str
    since_mono_ns: int


class Camera:
    """Holds the newest frame of a source and opens the source again whenever it went."""

    def __init__(
        self,
        source: Source,
        *,
        read_clock: Callable[[], Instant],
        journal: Journal,
        width: int = 1280,
        height: int = 720,
        fps: float = 15.0,
    ) -> None:
        self._source = source
        self._wishes = Wishes(width, height, fps)
        self._read_clock = read_clock
        self._journal = journal
        self._watch = Watch(recorded=isinstance(source, FileSource))
        self._changed = Condition()
        self._frame: Frame | None = None
        self._number = 0
        self._state = CameraState(live=False, why=Why.STOPPED, since_mono_ns=0)
        self._gone_ns: int | None = None
        self._stop = Event()
        self._feed: Feed | None = None
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin to capture; a device that is not there is waited for."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._stop = Event()
        self._set_state(Why.STARTING, self._read_clock().mono_ns)
        self._thread = Thread(target=self._run, args=(self._stop,), name="camera", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End capturing within 2 s; a thread that a driver holds ends when the driver lets go."""
        thread, self._thread = self._thread, None
        with self._changed:
            self._stop.set()
            feed = self._feed
        if feed is not None:
            feed.interrupt()
        if thread is not None:
            thread.join(_STOP_LIMIT_S)
        self._gone_ns = None
        self._set_state(Why.STOPPED, self._read_clock().mono_ns)

    def latest(self) -> Frame | None:
        """The newest frame; None while the camera is not live, so nothing stale is taken."""
        return self._frame if self.state.live else None

    def next_after(self, number: int, timeout_s: float) -> Frame | None:
        """The newest frame with a number above `number`, waiting for it; None when it is late."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_newer(number), timeout_s)
            return self._frame if self._is_newer(number) else None

    @property
    def state(self) -> CameraState:
        """What the camera does now; a driver that holds the thread for 3 s shows as stalled."""
        with self._changed:
            state, frame = self._state, self._frame
        if state.live and frame is not None:
            due_ns = frame.taken.mono_ns + _OLD_NS
        elif state.why == Why.STARTING:
            due_ns = state.since_mono_ns + _OLD_NS
        else:
            return state
        if self._read_clock().mono_ns <= due_ns:
            return state
        return CameraState(live=False, why=Why.STALLED, since_mono_ns=due_ns)

    def _is_newer(self, number: int) -> bool:
        return self._frame is not None and self._frame.number > number

    def _run(self, stop: Event) -> None:
        pause_s = _FIRST_PAUSE_S
        while not stop.is_set():
            before = self._number
            try:
                self._follow(stop)
            except DeviceGone as error:
                why = why_of(error)
                if not stop.is_set():
                    self._lose(why)
                if why is Why.ENDED:
                    return
            if self._number > before:
                pause_s = _FIRST_PAUSE_S
            stop.wait(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    def _follow(self, stop: Event) -> None:
        """One opening of the source, until it fails or `stop`."""
        feed = open_feed(self._source, self._wishes)
        with self._changed:
            if stop.is_set():
                return
            self._feed = feed
        try:
            feed.open()
            while not stop.is_set():
                picture = feed.grab()
                if picture is None:
                    raise gone(Why.ENDED)
                self._take(picture, stop)
        finally:
            feed.close()
            with self._changed:
                if self._feed is feed:
                    self._feed = None

    def _take(self, picture: Picture, stop: Event) -> None:
        taken = self._read_clock()
        why = self._watch.judge(picture, taken.mono_ns)
        if why is Why.FROZEN:
            raise gone(why)
        if why is not Why.LIVE:
            self._lose(why)
            return
        with self._changed:
            if stop.is_set():
                return
            self._number += 1
            self._frame = Frame(self._number, picture, taken)
            if not self._state.live:
                self._state = CameraState(live=True, why=Why.LIVE, since_mono_ns=taken.mono_ns)
            self._changed.notify_all()
        self._say_back(taken.mono_ns)

    def _lose(self, why: Why) -> None:
        """Say once that it is gone; until it is back only the reason may change."""
        now_ns = self._read_clock().mono_ns
        if self._state.why != why:
            self._set_state(why, now_ns)
        if self._gone_ns is None and why is not Why.ENDED:
            self._gone_ns = now_ns
            self._journal.warning("camera.gone", why=str(why))

    def _say_back(self, now_ns: int) -> None:
        gone_ns, self._gone_ns = self._gone_ns, None
        if gone_ns is not None:
            self._journal.info("camera.back", seconds=round((now_ns - gone_ns) / 1e9, 1))

    def _set_state(self, why: Why, now_ns: int) -> None:
        """Not live, for a reason; the last frame is given up with it."""
        with self._changed:
            self._frame = None
            self._state = CameraState(live=False, why=why, since_mono_ns=now_ns)
            self._changed.notify_all()


def open_feed(source: Source, wishes: Wishes) -> Feed:
    """The reader of a source, not yet opened."""
    match source:
        case DeviceSource():
            return DeviceFeed(source, wishes)
        case FileSource():
            return FileFeed(source, wishes)
        case MjpegSource():
            return MjpegFeed(source, wishes)
