"""The live picture for a screen: small JPEGs with outlines, made only while somebody looks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Event, Lock
from time import monotonic

import cv2
import numpy as np

from edge.devices.camera.agreement import Outline, Sight
from edge.devices.camera.capture import Camera
from edge.devices.camera.frame import Frame
from edge.devices.pixels import Picture

_PREVIEW_QUALITY = 75
_EVIDENCE_QUALITY = 90
_WAIT_S = 1.0
_GREEN, _AMBER = (80, 200, 60), (0, 180, 255)
_WIDTH_PX = {Sight.SEEN: 2, Sight.ACCEPTED: 3}
_COLOUR = {Sight.SEEN: _AMBER, Sight.ACCEPTED: _GREEN}
_PLATE_GREY, _PLATE_LINE = 48, (96, 96, 96)


@dataclass(frozen=True, slots=True)
class _Coded:
    """A preview picture, counted; `made_s` on the monotonic clock."""

    count: int
    frame_number: int
    jpeg: bytes
    made_s: float


class Preview:
    """Pictures of at most width x height and `fps` a second; viewers share each of them."""

    def __init__(
        self,
        camera: Camera,
        *,
        outlines: Callable[[], tuple[Outline, ...]],
        width: int = 640,
        height: int = 360,
        fps: float = 10.0,
    ) -> None:
        self._camera = camera
        self._outlines = outlines
        self._size = (width, height)
        self._interval_s = 1 / fps
        self._coding = Lock()
        self._coded = _Coded(0, 0, b"", 0.0)
        self._plate = _jpeg(_plate(width, height), _PREVIEW_QUALITY)

    @property
    def encoded(self) -> int:
        """Pictures made so far, for all viewers together."""
        return self._coded.count

    def frames(self, stop: Event) -> Iterator[bytes]:
        """JPEG files until `stop`; a crossed plate each second while there is no picture."""
        seen = 0
        while not stop.is_set():
            coded = self._next(seen)
            if coded is None:
                yield self._plate
                continue
            seen = coded.count
            yield coded.jpeg
            stop.wait(max(0.0, coded.made_s + self._interval_s - monotonic()))

    def still(self, frame: Frame) -> bytes:
        """The whole frame as a JPEG file for evidence, without outlines."""
        return _jpeg(frame.bgr, _EVIDENCE_QUALITY)

    def _next(self, seen: int) -> _Coded | None:
        """The shared picture if this viewer has not seen it, else a new one."""
        coded = self._coded
        if coded.count > seen and monotonic() - coded.made_s < self._interval_s:
            return coded
        frame = self._camera.next_after(coded.frame_number, _WAIT_S)
        if frame is None:
            return None
        with self._coding:
            if self._coded.frame_number < frame.number:
                self._coded = _Coded(
                    self._coded.count + 1, frame.number, self._draw(frame), monotonic()
                )
            return self._coded

    def _draw(self, frame: Frame) -> bytes:
        height, width = frame.bgr.shape[:2]
        scale = min(self._size[0] / width, self._size[1] / height, 1.0)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = np.asarray(cv2.resize(frame.bgr, size, interpolation=cv2.INTER_AREA), np.uint8)
        for outline in self._outlines():
            corners = np.rint(np.asarray(outline.quad) * scale).astype(np.int32)
            cv2.polylines(
                small,
                [corners.reshape(-1, 1, 2)],
                isClosed=True,
                color=_COLOUR[outline.state],
                thickness=_WIDTH_PX[outline.state],
                lineType=cv2.LINE_AA,
            )
        return _jpeg(small, _PREVIEW_QUALITY)


def _jpeg(picture: Picture, quality: int) -> bytes:
    _, coded = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, quality))
    return bytes(coded)


def _plate(width: int, height: int) -> Picture:
    """What a viewer sees without a camera."""
    plate = np.full((height, width, 3), _PLATE_GREY, np.uint8)
    cv2.line(plate, (0, 0), (width, height), _PLATE_LINE, 2, cv2.LINE_AA)
    cv2.line(plate, (0, height), (width, 0), _PLATE_LINE, 2, cv2.LINE_AA)
    return plate
