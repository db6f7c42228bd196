"""Views of one picture that make codes readable which the plain picture hides.

Each view keeps its way back, so that every read lies in the coordinates of the picture itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.devices.pixels import Grey
from edge.devices.qr.engine import Quad

Matrix: TypeAlias = NDArray[np.float64]
Draw: TypeAlias = Callable[[Grey], "View"]

_ENLARGED_MAX_PX = 1600
_BACKGROUND_SHRINK = 8


@dataclass(frozen=True, slots=True)
class View:
    """A picture derived from another, and the homography from it back to the other."""

    grey: Grey
    back: Matrix


def plain(grey: Grey) -> View:
    """The picture itself."""
    return View(grey, np.eye(3))


def fitted(grey: Grey, longest_px: int) -> View:
    """Shrunk so that the longer side is at most `longest_px`."""
    factor = longest_px / max(grey.shape)
    return plain(grey) if factor >= 1 else _resized(grey, factor, factor)


def to_origin(quad: Quad, back: Matrix) -> Quad:
    """`quad` carried through `back`."""
    points = np.asarray(quad, dtype=np.float64).reshape(-1, 1, 2)
    a, b, c, d = cv2.perspectiveTransform(points, back).reshape(-1, 2).tolist()
    return (a[0], a[1]), (b[0], b[1]), (c[0], c[1]), (d[0], d[1])


def within(grey: Grey, *, longest_px: int, draw: Draw) -> View:
    """`draw` on a copy of at most `longest_px` (engines whose cost grows with the area)."""
    small = fitted(grey, longest_px)
    view = draw(small.grey)
    return View(view.grey, small.back @ view.back)


def equalised(grey: Grey) -> View:
    """Local contrast evened out in 16x16 tiles (low contrast, shadow)."""
    return View(_clahe(grey), np.eye(3))


def flattened(grey: Grey) -> View:
    """Slow light removed and the rest amplified (glare skirts, shadow edges)."""
    near = _array(cv2.GaussianBlur(grey, (0, 0), 1.0))
    light = _background(grey)
    lifted = cv2.addWeighted(near, 3.0, light, -3.0, 128.0)
    return View(_array(lifted), np.eye(3))


def gained(grey: Grey, *, gain: float, dark: float) -> View:
    """Grey levels from `dark` upwards stretched by `gain` (one half of the range is lost)."""
    levels = np.clip((np.arange(256) - dark) * gain, 0, 255).astype(np.uint8)
    return View(_array(cv2.LUT(grey, levels)), np.eye(3))


def softened(grey: Grey, sigma_px: float) -> View:
    """Gaussian blur (screens, print dots, coarse noise)."""
    return View(_array(cv2.GaussianBlur(grey, (0, 0), sigma_px)), np.eye(3))


def despeckled(grey: Grey) -> View:
    """Median over 5x5 (dust, scratches)."""
    return View(_array(cv2.medianBlur(grey, 5)), np.eye(3))


def thresholded(grey: Grey, *, block_px: int) -> View:
    """Black and white by the mean around each pixel."""
    mode, kind = cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY
    return View(_array(cv2.adaptiveThreshold(grey, 255, mode, kind, block_px, 5)), np.eye(3))


def sharpened(grey: Grey) -> View:
    """Unsharp mask (defocus)."""
    return View(_unsharp(grey, 2.0, 1.5), np.eye(3))


def shrunk(grey: Grey, factor: float) -> View:
    """Scaled down by area (large codes with damage or noise)."""
    return _resized(grey, factor, factor)


def squeezed(grey: Grey, *, across: float = 1.0, down: float = 1.0) -> View:
    """One side shortened: undoes the other side's foreshortening (tilt)."""
    return _resized(grey, across, down)


def enlarged(grey: Grey, factor: float) -> View:
    """Scaled up, to at most 1600 px on the longer side (small codes)."""
    factor = min(factor, max(1.0, _ENLARGED_MAX_PX / max(grey.shape)))
    return _resized(grey, factor, factor)


def enlarged_equalised(grey: Grey) -> View:
    """Enlarged, then local contrast evened out."""
    view = enlarged(grey, 3.0)
    return View(_clahe(view.grey), view.back)


def enlarged_sharpened(grey: Grey) -> View:
    """Enlarged, then a strong unsharp mask (small and out of focus)."""
    view = enlarged(grey, 4.0)
    return View(_unsharp(view.grey, 6.0, 3.0), view.back)


def enlarged_closed(grey: Grey) -> View:
    """Enlarged, then dark specks closed (specks in finders, dotted print)."""
    view = enlarged(grey, 2.0)
    kernel = np.ones((3, 3), np.uint8)
    return View(_array(cv2.morphologyEx(view.grey, cv2.MORPH_CLOSE, kernel)), view.back)


def shrunk_softened(grey: Grey) -> View:
    """Half size and a light blur (gaps between modules)."""
    view = _resized(grey, 0.5, 0.5)
    return View(softened(view.grey, 1.0).grey, view.back)


def turned(grey: Grey, degrees: float) -> View:
    """Rotated about the middle on a white sheet that holds it whole."""
    height, width = grey.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    cos, sin = abs(turn[0, 0]), abs(turn[0, 1])
    across, down = int(width * cos + height * sin), int(height * cos + width * sin)
    turn[:, 2] += ((across - width) / 2, (down - height) / 2)
    drawn = cv2.warpAffine(grey, turn, (across, down), borderValue=255)
    return View(_array(drawn), np.linalg.inv(np.vstack([turn, (0.0, 0.0, 1.0)])))


def _resized(grey: Grey, across: float, down: float) -> View:
    method = cv2.INTER_CUBIC if across * down > 1 else cv2.INTER_AREA
    height, width = grey.shape
    size = (max(1, round(width * across)), max(1, round(height * down)))
    drawn = cv2.resize(grey, size, interpolation=method)
    back = np.diag([width / size[0], height / size[1], 1.0])
    return View(_array(drawn), back)


def _clahe(grey: Grey) -> Grey:
    return _array(cv2.createCLAHE(4.0, (16, 16)).apply(grey))


def _unsharp(grey: Grey, sigma_px: float, amount: float) -> Grey:
    soft = cv2.GaussianBlur(grey, (0, 0), sigma_px)
    return _array(cv2.addWeighted(grey, 1 + amount, soft, -amount, 0))


def _background(grey: Grey) -> Grey:
    """Mean light over about 15 px, through a small copy: a tenth of a full blur's cost."""
    height, width = grey.shape
    size = (max(1, width // _BACKGROUND_SHRINK), max(1, height // _BACKGROUND_SHRINK))
    small = cv2.GaussianBlur(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), (0, 0), 1.8)
    return _array(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR))


def _array(drawn: object) -> Grey:
    return np.asarray(drawn, dtype=np.uint8)
