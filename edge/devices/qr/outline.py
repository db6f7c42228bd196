"""Bright quadrilaterals that may be the paper of a label: where repair begins."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.devices.pixels import Grey

_LONGEST_PX = 640
_CLOSINGS_PX = (9, 17, 33)
_MIN_SIDE_PX = 40
_MAX_SHARE = 0.9
_MIN_SOLIDITY = 0.85
_CORNERS = 4
_TOLERANCES = (0.02, 0.035, 0.05)


def find_labels(grey: Grey, *, limit: int) -> list[NDArray[np.float32]]:
    """At most `limit` quads, 4x2 clockwise, the largest first, none twice."""
    shrink = max(1.0, max(grey.shape) / _LONGEST_PX)
    size = (max(1, round(grey.shape[1] / shrink)), max(1, round(grey.shape[0] / shrink)))
    small = grey if shrink == 1 else cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    kept: list[NDArray[np.float32]] = []
    for quad in sorted(_quads(np.asarray(small, np.uint8)), key=cv2.contourArea, reverse=True):
        if len(kept) < limit and all(_apart(quad, other) for other in kept):
            kept.append(quad)
    return [quad * np.float32(shrink) for quad in kept]


def _quads(grey: Grey) -> Iterator[NDArray[np.float32]]:
    """Closing fills the dark modules; what stays dark is not paper."""
    soft = cv2.GaussianBlur(grey, (0, 0), 1.0)
    for size in _CLOSINGS_PX:
        closed = cv2.morphologyEx(soft, cv2.MORPH_CLOSE, np.ones((size, size), np.uint8))
        middle, bright = np.percentile(np.asarray(closed)[::4, ::4], (50, 99))
        otsu, _ = cv2.threshold(closed, 0, 255, cv2.THRESH_OTSU)
        for level in (otsu, (middle + bright) / 2, 0.25 * middle + 0.75 * bright):
            _, paper = cv2.threshold(closed, level, 255, cv2.THRESH_BINARY)
            contours, _ = cv2.findContours(paper, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
            for contour in contours:
                yield from _quad(np.asarray(contour, np.int32), grey.size)


def _quad(contour: NDArray[np.int32], frame_px: int) -> Iterator[NDArray[np.float32]]:
    area = cv2.contourArea(contour)
    if not _MIN_SIDE_PX**2 < area < _MAX_SHARE * frame_px:
        return
    hull = cv2.convexHull(contour)
    if area < _MIN_SOLIDITY * cv2.contourArea(hull):
        return
    around = cv2.arcLength(hull, closed=True)
    for tolerance in _TOLERANCES:
        corners = np.asarray(cv2.approxPolyDP(hull, tolerance * around, closed=True))
        if len(corners) == _CORNERS:
            yield corners.reshape(_CORNERS, 2).astype(np.float32)
            return


def _apart(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    """Whether two quads differ by more than a few pixels at some corner."""
    away = np.linalg.norm(one[:, None] - other[None, :], axis=2).min(axis=1).max()
    return bool(away > 0.04 * np.sqrt(cv2.contourArea(other)))
