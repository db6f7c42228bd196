"""Tells a picture that lives from one that is blank or frozen; pure."""

import numpy as np

from edge.devices.camera.feed import Why
from edge.devices.pixels import Picture

BLANK_AFTER_NS = 2_000_000_000
FROZEN_AFTER_NS = 5_000_000_000
_BLANK_LEVELS = 12
_SPARSE = 16
_GAP_NS = 1_000_000_000


class Watch:
    """Follows a stream; one pixel in 256 is looked at (25 us a frame of 1280 x 720).

    `recorded`: a recording shows what it shows, so it cannot freeze.
    """

    def __init__(self, *, recorded: bool) -> None:
        self._recorded = recorded
        self._sample: Picture | None = None
        self._same_since_ns = 0
        self._blank_since_ns: int | None = None
        self._judged_ns = 0
        self._frozen = False

    def judge(self, picture: Picture, now_ns: int) -> Why:
        """LIVE, BLANK after 2 s of one colour, or FROZEN after 5 s of equal pictures."""
        sample = picture[::_SPARSE, ::_SPARSE].copy()
        self._follow(sample, now_ns)
        if self._frozen:
            return Why.FROZEN
        if not _is_blank(sample):
            self._blank_since_ns = None
            return Why.LIVE
        if self._blank_since_ns is None:
            self._blank_since_ns = now_ns
        return Why.BLANK if now_ns - self._blank_since_ns >= BLANK_AFTER_NS else Why.LIVE

    def _follow(self, sample: Picture, now_ns: int) -> None:
        is_same = self._sample is not None and np.array_equal(sample, self._sample)
        is_gap = now_ns - self._judged_ns > _GAP_NS and not self._frozen
        if not is_same or is_gap:
            self._same_since_ns = now_ns
        self._sample, self._judged_ns = sample, now_ns
        is_old = now_ns - self._same_since_ns >= FROZEN_AFTER_NS
        self._frozen = is_same and is_old and not self._recorded


def _is_blank(sample: Picture) -> bool:
    spread = sample.max(axis=(0, 1)).astype(int) - sample.min(axis=(0, 1))
    return int(spread.max()) < _BLANK_LEVELS
