"""Whether a mask or dark glasses hide a face: no mouth is seen, or eyes far darker than the nose.

Measured on 880 uncovered faces and on the same ones painted over: plain masks of four colours and
dark glasses are found, 1 uncovered face in 100 is refused. A patterned mask is not found.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.devices.face.plain_pixels import lightness, smoothed, warped
from edge.devices.pixels import Picture

_EYES_PX = 60
"""From eye to eye in the upright view; everything else is told in this distance."""
_LEFT, _TOP, _WIDTH, _HEIGHT = 1.2, 1.0, 2.4, 2.9
"""The view: so far to the left of the middle of the eyes and above them, and its size."""
_SMOOTH_PX = 2.0
_PLAIN_MOUTH = 0.06
"""Rows of an uncovered mouth differ by 0.08 of the contrast of the face at least, a mask's by
0.01."""
_DARK_EYES = 110.0
"""Lightness 0..255 by which eyes lie below the nose; 104 at most in 99 of 100 faces."""

_Grey = NDArray[np.float64]


class Point(NamedTuple):
    """A place in a picture, pixels."""

    x: float
    y: float


def is_covered(bgr: Picture, eyes: tuple[Point, Point]) -> bool:
    """Whether mouth or eyes are hidden; the eyes as seen in the picture."""
    light = _view(bgr, *eyes)
    mouth = _part(light, across=(-0.4, 0.4), down=(0.72, 1.25))
    contrast = float(light.std()) or 1.0
    if float(mouth.mean(axis=1).std()) / contrast < _PLAIN_MOUTH:
        return True
    sides = ((-0.75, -0.25), (0.25, 0.75))
    both = [_part(light, across=side, down=(-0.22, 0.22)).ravel() for side in sides]
    nose = np.median(_part(light, across=(-0.12, 0.12), down=(0.15, 0.45)))
    return bool(nose - np.median(np.concatenate(both)) > _DARK_EYES)


def _view(bgr: Picture, one: Point, other: Point) -> _Grey:
    """The face upright, in lightness, slightly smoothed."""
    right = ((other.x - one.x) / _EYES_PX, (other.y - one.y) / _EYES_PX)
    down = (-right[1], right[0])
    middle = ((one.x + other.x) / 2, (one.y + other.y) / 2)
    start = [middle[axis] - _EYES_PX * (_LEFT * right[axis] + _TOP * down[axis]) for axis in (0, 1)]
    back = np.array([(right[0], down[0], start[0]), (right[1], down[1], start[1])])
    width, height = round(_WIDTH * _EYES_PX), round(_HEIGHT * _EYES_PX)
    upright = warped(bgr, back, width=width, height=height)
    return smoothed(lightness(upright), _SMOOTH_PX)


def _part(light: _Grey, *, across: tuple[float, float], down: tuple[float, float]) -> _Grey:
    rows = slice(round((down[0] + _TOP) * _EYES_PX), round((down[1] + _TOP) * _EYES_PX))
    columns = slice(round((across[0] + _LEFT) * _EYES_PX), round((across[1] + _LEFT) * _EYES_PX))
    return light[rows, columns]
