"""The door to OpenCV's capture: V4L2 devices, video files and numbered pictures."""

import os
from pathlib import Path
from threading import Event
from time import monotonic

import cv2
import numpy as np

from edge.devices.camera.feed import Why, Wishes, gone
from edge.devices.camera.source import DeviceSource, FileSource
from edge.devices.pixels import Picture

_COLOUR_AXES = 3
_FASTEST_FPS = 120.0


class DeviceFeed:
    """A V4L2 device with its own JPEG compression and one buffer, so that frames are new."""

    def __init__(self, source: DeviceSource, wishes: Wishes) -> None:
        self._source = source
        self._wishes = wishes
        self._capture = cv2.VideoCapture()

    def open(self) -> None:
        """Open the device; DeviceGone when it is not there, busy, or no camera."""
        # Read by OpenCV at its first wait only: its own default keeps a stalled device for 10 s.
        os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "2")
        _hush()
        device = self._source.device
        if not self._capture.open(device, cv2.CAP_V4L2):
            path = Path(device if isinstance(device, str) else f"/dev/video{device}")
            raise gone(Why.REFUSED if path.exists() else Why.ABSENT)
        for name, value in (
            (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG")),
            (cv2.CAP_PROP_FRAME_WIDTH, self._wishes.width),
            (cv2.CAP_PROP_FRAME_HEIGHT, self._wishes.height),
            (cv2.CAP_PROP_FPS, self._wishes.fps),
            (cv2.CAP_PROP_BUFFERSIZE, 1),
        ):
            self._capture.set(name, value)

    def grab(self) -> Picture | None:
        """The next picture, after at most 2 s; DeviceGone."""
        picture = _read(self._capture)
        if picture is None:
            raise gone(Why.LOST)
        return picture

    def interrupt(self) -> None:
        """A read inside the driver cannot be woken; it ends by itself after 2 s."""

    def close(self) -> None:
        """Give the device back."""
        self._capture.release()


class FileFeed:
    """A recording at its own pace; numbered pictures at the wished one."""

    def __init__(self, source: FileSource, wishes: Wishes) -> None:
        self._source = source
        self._fps = wishes.fps
        self._capture = cv2.VideoCapture()
        self._interrupted = Event()
        self._next_at = 0.0

    def open(self) -> None:
        """Open the file; DeviceGone when there is none."""
        if not self._begin():
            raise gone(Why.ABSENT)
        self._next_at = monotonic()
        if not self._source.numbered:
            own = self._capture.get(cv2.CAP_PROP_FPS)
            self._fps = own if 0 < own <= _FASTEST_FPS else self._fps

    def grab(self) -> Picture | None:
        """The next picture when its time has come; None at the end; DeviceGone."""
        self._interrupted.wait(max(0.0, self._next_at - monotonic()))
        self._next_at = max(self._next_at + 1 / self._fps, monotonic())
        picture = _read(self._capture)
        if picture is not None or not self._source.loop:
            return picture
        picture = _read(self._capture) if self._begin() else None
        if picture is None:
            raise gone(Why.LOST)
        return picture

    def interrupt(self) -> None:
        """End the wait for the next picture's time."""
        self._interrupted.set()

    def close(self) -> None:
        """Close the file."""
        self._capture.release()

    def _begin(self) -> bool:
        backend = cv2.CAP_IMAGES if self._source.numbered else cv2.CAP_FFMPEG
        _hush()
        return self._capture.open(self._source.path, backend)


def _read(capture: cv2.VideoCapture) -> Picture | None:
    """One picture in three colours; None when there is none."""
    try:
        is_there, raw = capture.read()
    except cv2.error:
        return None
    if not is_there or not raw.size:
        return None
    picture = np.asarray(raw, dtype=np.uint8)
    if picture.ndim == _COLOUR_AXES:
        return picture
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR), dtype=np.uint8)


def _hush() -> None:
    """OpenCV would tell stderr in its own words what the journal says in ours."""
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
