"""Finder patterns that no read explains: the sign that a picture holds a code still unread."""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.devices.pixels import Grey
from edge.devices.qr.engine import Point, Quad
from edge.devices.qr.sightings import centre, contains

_LONGEST_PX = 1000
_BLOCKS = 16
_MIN_AREA_PX = 30
# Outer 7x7 to inner 3x3 modules is 49 : 9; the rest is room for blur, tilt and ink spread.
_MIN_RATIO, _MAX_RATIO = 2.5, 12.0
_MAX_OFFSET = 0.2
_MARGIN = 1.35
_CORNERS = 4


def has_unread_finder(grey: Grey, quads: Sequence[Quad]) -> bool:
    """Whether a finder pattern stands outside all `quads` (each widened by a third)."""
    widened = [_widened(quad) for quad in quads]
    return any(not any(contains(quad, point) for quad in widened) for point in find_finders(grey))


def find_finders(grey: Grey) -> Iterator[Point]:
    """Centres of dark squares within light within dark, in pixels of `grey`."""
    for square in find_squares(grey):
        x, y = (square.min(axis=0) + square.max(axis=0)) / 2
        yield float(x), float(y)


def find_squares(grey: Grey) -> Iterator[NDArray[np.float32]]:
    """Corners (4x2) of the outer squares of finder patterns, in pixels of `grey`."""
    shrink = max(1.0, max(grey.shape) / _LONGEST_PX)
    size = (max(1, round(grey.shape[1] / shrink)), max(1, round(grey.shape[0] / shrink)))
    small = grey if shrink == 1 else cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    block = max(3, max(size) // _BLOCKS) | 1
    dark = cv2.adaptiveThreshold(
        small, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, block, 8
    )
    contours, tree = cv2.findContours(dark, cv2.RETR_TREE, cv2.CHAIN_APPROX_SIMPLE)
    if not contours:
        return
    child = np.asarray(tree).reshape(-1, 4)[:, 2]
    grandchild = np.where(child >= 0, child[child], -1)
    for outer in np.flatnonzero(grandchild >= 0):
        ring = np.asarray(contours[int(outer)], np.int32)
        if _is_concentric(ring, np.asarray(contours[int(grandchild[outer])], np.int32)):
            yield _corners(ring) * np.float32(shrink)


def _is_concentric(ring: NDArray[np.int32], core: NDArray[np.int32]) -> bool:
    ring_area, core_area = cv2.contourArea(ring), cv2.contourArea(core)
    if ring_area < _MIN_AREA_PX or not core_area:
        return False
    if not _MIN_RATIO < ring_area / core_area < _MAX_RATIO:
        return False
    (x, y, width, height), (cx, cy, cw, ch) = cv2.boundingRect(ring), cv2.boundingRect(core)
    across = abs(x + width / 2 - cx - cw / 2) / width
    down = abs(y + height / 2 - cy - ch / 2) / height
    return max(across, down) < _MAX_OFFSET


def _corners(ring: NDArray[np.int32]) -> NDArray[np.float32]:
    """The hull as a quadrilateral, else the tightest turned rectangle."""
    hull = cv2.convexHull(ring)
    around = cv2.arcLength(hull, closed=True)
    corners = np.asarray(cv2.approxPolyDP(hull, 0.08 * around, closed=True))
    if len(corners) != _CORNERS:
        corners = np.asarray(cv2.boxPoints(cv2.minAreaRect(ring)))
    return corners.reshape(_CORNERS, 2).astype(np.float32)


def _widened(quad: Quad) -> Quad:
    x, y = centre(quad)
    a, b, c, d = ((x + (px - x) * _MARGIN, y + (py - y) * _MARGIN) for px, py in quad)
    return a, b, c, d
