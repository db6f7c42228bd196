"""The camera as a door of the desk: codes become readings, layers become photographs."""

import threading
from collections.abc import Callable, Iterator
from functools import partial

from edge.core.carriers import BadgeCode, Carrier, ChipCode, FormCode, Reading, ScannedCode, Trust
from edge.core.errors import StorageError
from edge.core.evidence import Evidence
from edge.core.intake.state import Phase
from edge.devices.camera.agreement import Outline
from edge.devices.camera.capture import Camera
from edge.devices.camera.frame import Frame
from edge.devices.camera.live import Accepted, LiveReader
from edge.devices.camera.preview import Preview
from edge.flows.intake import Intake, Photo
from edge.flows.moment import Moment
from edge.ports import Clock, Journal
from edge.runtime.desk import DeskLoop

NAME = "camera"
SETTLE_S = 0.8
"""A layer is photographed once nothing new was read for so long."""
POLL_S = 0.2
_LAYERS = frozenset({Phase.SCANNING, Phase.BLIND})
_PAPERS = frozenset({Phase.READY, Phase.OPENED})


def proves_itself(code: ScannedCode) -> bool:
    """Whether one read is enough: a valid signature or check character."""
    match code:
        case ChipCode(trust=trust) | BadgeCode(trust=trust):
            return trust in {Trust.SIGNED, Trust.CHECKED}
        case FormCode():
            return True
        case _:
            return False


class DeskEye:
    """Joins the live camera with the desk's loop."""

    def __init__(
        self,
        camera: Camera,
        loop: DeskLoop,
        intake: Intake,
        *,
        identify: Callable[[bytes], ScannedCode],
        clock: Clock,
        journal: Journal,
    ) -> None:
        self.camera = camera
        self._loop = loop
        self._intake = intake
        self._identify = identify
        self._clock = clock
        self._journal = journal
        self._outlines: tuple[Outline, ...] = ()
        self._fresh: Frame | None = None
        self._fresh_ns = 0
        self._is_paused = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="desk-eye", daemon=True)
        self._reader = LiveReader(
            camera,
            proves=lambda payload: proves_itself(identify(payload)),
            report=self._accept,
            show=self._outline,
            journal=journal,
        )
        self._preview = Preview(camera, outlines=lambda: self._outlines)
        self._end_listening: Callable[[], object] = lambda: None

    def start(self) -> None:
        """Open the camera and read."""
        self.camera.start()
        self._reader.start()
        self._thread.start()
        self._end_listening = self._loop.listen(self._follow)

    def stop(self) -> None:
        """Close everything within seconds."""
        self._end_listening()
        self._stop.set()
        self._reader.stop()
        self.camera.stop()
        self._thread.join(2.0)

    def shoot(self) -> bytes | None:
        """The whole picture in view as JPEG; None while there is none."""
        frame = self.camera.latest()
        if frame is None or not self.camera.state.live:
            return None
        return self._preview.still(frame)

    def frames(self, ended: Callable[[], bool]) -> Iterator[bytes]:
        """Preview pictures until `ended` or until the eye closes."""
        for picture in self._preview.frames(self._stop):
            if ended():
                return
            yield picture

    def _follow(self, moment: Moment) -> None:
        """While the deliverer's face is looked at, no codes are read."""
        is_looking = moment.view.phase == Phase.IDENTIFY
        if is_looking and not self._is_paused:
            self._reader.pause()
        elif self._is_paused and not is_looking:
            self._reader.resume()
        self._is_paused = is_looking

    def _outline(self, outlines: tuple[Outline, ...], number: int) -> None:
        del number
        self._outlines = outlines

    def _accept(self, accepted: tuple[Accepted, ...]) -> None:
        """Badges and sheets change what the desk is at: each has its turn before the chips."""
        chips: list[Reading] = []
        for each in accepted:
            reading = Reading(NAME, Carrier.QR, each.payload, each.frame.taken)
            if isinstance(self._identify(each.payload), BadgeCode | FormCode):
                self._loop.read(reading, partial(self._keep_paper, each.payload, each.frame))
            else:
                chips.append(reading)
        if chips:
            self._loop.read_layer(tuple(chips))
        self._fresh, self._fresh_ns = accepted[-1].frame, self._clock.mono_ns()

    def _keep_paper(self, payload: bytes, frame: Frame) -> tuple[Evidence, ...]:
        """The picture of a sheet that is shown, once for each sheet."""
        is_paper = isinstance(self._identify(payload), FormCode)
        if not is_paper or self._intake.desk.phase not in _PAPERS:
            return ()
        return (self._intake.photograph_form(self._photo(frame)),)

    def _watch(self) -> None:
        """Photograph a layer when reading it has settled."""
        while not self._stop.wait(POLL_S):
            frame = self._fresh
            quiet_s = (self._clock.mono_ns() - self._fresh_ns) / 1e9
            if frame is not None and quiet_s > SETTLE_S:
                self._fresh = None
                self._loop.submit(partial(self._photograph, frame), touch=False)

    def _photograph(self, frame: Frame) -> None:
        if self._intake.desk.phase in _LAYERS:
            try:
                self._intake.photograph_layer(self._photo(frame))
            except StorageError as error:
                self._journal.warning("layer.not_kept", error=str(error))

    def _photo(self, frame: Frame) -> Photo:
        return Photo(self._preview.still(frame), "image/jpeg", frame.taken.at)
