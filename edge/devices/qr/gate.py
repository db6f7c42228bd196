"""Change gate for live video: a still scene costs a thumbnail, not a decode."""

import cv2
import numpy as np

from edge.devices.pixels import Grey

_SIZE = (160, 90)
_STEP_GREY_LEVELS = 12
_MIN_CHANGED_CELLS = 30


class ChangeGate:
    """Opens when the picture changes and stays open for `open_frames` frames.

    The reference is the frame that opened the gate last, so slow drift of light opens it too.
    A gate that stays open lets the variants of the cascade take their turns on a still label.
    """

    def __init__(self, *, open_frames: int = 24) -> None:
        self._open_frames = open_frames
        self._left = 0
        self._reference: Grey | None = None

    def changed(self, grey: Grey) -> bool:
        """Whether this frame is worth reading."""
        small = np.asarray(cv2.resize(grey, _SIZE, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        if self._reference is None or _differ(small, self._reference):
            self._reference = small
            self._left = self._open_frames
        self._left = max(-1, self._left - 1)
        return self._left >= 0


def _differ(one: Grey, other: Grey) -> bool:
    step = np.asarray(cv2.absdiff(one, other)) > _STEP_GREY_LEVELS
    return int(np.count_nonzero(step)) >= _MIN_CHANGED_CELLS
