"""Reads the live picture: gate, cascade, agreement, and each accepted payload told once; step 1."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, RLock, Thread

from edge.devices.camera.agreement import Agreed, Agreement, How, LiveRead, Outline
from edge.devices.camera.capture import Camera
from edge.devices.camera.frame import Frame
from edge.devices.qr.cascade import QrReader
from edge.devices.qr.engine import Quad
from edge.devices.qr.gate import ChangeGate
from edge.ports import Journal

_WAIT_S = 0.25
_STOP_LIMIT_S = 1.8


@dataclass(frozen=True, slots=True)
class Accepted:
    """A payload that is believed, with the frame that completed the belief."""

    payload: bytes
    quad: Quad
    engine: str
    frame: Frame
    how: How


class LiveReader:
    """Takes the newest frame, never a queue; `workers` threads with one reader each.

    proves: whether a payload vouches for itself (signature or check character); report and
    show are called from a worker, one call at a time: all payloads that a frame made believed,
    each once while it stays in view (2 s), and the outlines of a frame with its number.
    """

    def __init__(
        self,
        camera: Camera,
        *,
        proves: Callable[[bytes], bool],
        report: Callable[[tuple[Accepted, ...]], None],
        show: Callable[[tuple[Outline, ...], int], None],
        journal: Journal,
        workers: int = 1,
    ) -> None:
        self._camera = camera
        self._report = report
        self._show = show
        self._journal = journal
        self._workers = workers
        self._agreement = Agreement(proves)
        self._gate = ChangeGate()
        self._turn = RLock()  # `report` may pause the reader
        self._taken = 0
        self._paused_until = 0
        self._shown: tuple[Outline, ...] = ()
        self._stop = Event()
        self._awake = Event()
        self._awake.set()
        self._threads: tuple[Thread, ...] = ()

    def start(self) -> None:
        """Begin to read."""
        if self._threads:
            return
        self._stop = Event()
        self._threads = tuple(
            Thread(target=self._run, args=(self._stop,), name=f"live-reader-{turn}", daemon=True)
            for turn in range(self._workers)
        )
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End reading within 2 s."""
        self._stop.set()
        for thread in self._threads:
            thread.join(_STOP_LIMIT_S / self._workers)
        self._threads = ()

    def pause(self) -> None:
        """Decode nothing until `resume`; at return nothing more is reported."""
        with self._turn:
            self._awake.clear()
            self._publish((), self._taken)

    def resume(self) -> None:
        """Read again, as if everything in view had just been laid there; no frame of the pause."""
        latest = self._camera.latest()
        with self._turn:
            self._paused_until = self._taken = max(self._taken, latest.number if latest else 0)
            self._gate = ChangeGate()
            self._agreement.clear()
            self._awake.set()

    def _run(self, stop: Event) -> None:
        reader = QrReader()
        while not stop.is_set():
            if not self._awake.wait(_WAIT_S):
                continue
            frame = self._camera.next_after(self._taken, _WAIT_S)
            if frame is None:
                continue
            try:
                self._handle(frame, reader)
            except Exception as error:  # noqa: BLE001 - a device thread outlives one bad frame
                self._journal.warning("camera.frame_failed", error=type(error).__name__)

    def _handle(self, frame: Frame, reader: QrReader) -> None:
        if not self._claim(frame):
            return
        reads = tuple(LiveRead(each, plain=plain) for each, plain in reader.read_live(frame.grey))
        with self._turn:
            if not self._awake.is_set() or frame.number <= self._paused_until:
                return
            agreed = self._agreement.look(reads, frame.taken.mono_ns)
            self._publish(self._agreement.outlines(), frame.number)
            if agreed:
                self._report(tuple(_accepted(each, frame) for each in agreed))

    def _claim(self, frame: Frame) -> bool:
        """Whether this worker reads the frame; a still one only keeps what is in view."""
        with self._turn:
            if frame.number <= self._taken or not self._awake.is_set():
                return False
            self._taken = frame.number
            if self._gate.changed(frame.grey):
                return True
            self._agreement.rest(frame.taken.mono_ns)
            outlines = self._agreement.outlines()
            if outlines != self._shown:
                self._publish(outlines, frame.number)
            return False

    def _publish(self, outlines: tuple[Outline, ...], number: int) -> None:
        self._shown = outlines
        self._show(outlines, number)


def _accepted(agreed: Agreed, frame: Frame) -> Accepted:
    return Accepted(agreed.payload, agreed.quad, agreed.engine, frame, agreed.how)
