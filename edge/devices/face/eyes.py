"""How wide the eyes of a face are open, by dlib's 68 points: for acts and for enrolment."""

from collections.abc import Callable
from math import hypot
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.core.faces import Box
from edge.devices.face.covering import Point
from edge.devices.face.engine import Aligned
from edge.devices.face.many_points import ManyPoints
from edge.devices.pixels import Picture

_EYES = (36, 42)
"""First of the six points of each eye: corner, two above, corner, two below."""
_SQUARE_IN_EYES = 2.44
_BELOW_EYES = 0.52
"""dlib's own square of a face, in distances from eye to eye: its points expect it."""


class EyeGauge:
    """The model weighs 100 MB on disk; 3 ms a face.

    lean: 36 MB in memory instead of 70, but 4 s to read instead of 0.5: for a process that stays.
    """

    def __init__(self, model: Path, *, lean: bool = False) -> None:
        self._points = ManyPoints(model).within if lean else _by_dlib(model)

    def openness(self, bgr: Picture, aligned: Aligned) -> float:
        """Height to width of both eyes on average; 0.25 open for half of East Asian faces."""
        told = self._points(bgr, _square(*aligned.eyes))
        points = [Point(x, y) for x, y in told.tolist()]
        return sum(_ratio(points[first : first + 6]) for first in _EYES) / len(_EYES)


def _by_dlib(model: Path) -> Callable[[Picture, Box], NDArray[np.float64]]:
    import dlib  # noqa: PLC0415 - the lean process is spared its 6 MB

    predictor = dlib.shape_predictor(str(model))

    def within(bgr: Picture, square: Box) -> NDArray[np.float64]:
        right, below = square.left + square.width - 1, square.top + square.height - 1
        told = predictor(bgr, dlib.rectangle(square.left, square.top, right, below))
        return np.array([(told.part(at).x, told.part(at).y) for at in range(68)], np.float64)

    return within


def _ratio(eye: list[Point]) -> float:
    width = _apart(eye[0], eye[3])
    return (_apart(eye[1], eye[5]) + _apart(eye[2], eye[4])) / (2 * width or 1.0)


def _apart(one: Point, other: Point) -> float:
    return hypot(one.x - other.x, one.y - other.y)


def _square(one: Point, other: Point) -> Box:
    eyes = _apart(one, other)
    side = _SQUARE_IN_EYES * eyes
    middle_x, middle_y = (one.x + other.x) / 2, (one.y + other.y) / 2 + _BELOW_EYES * eyes
    return Box(round(middle_x - side / 2), round(middle_y - side / 2), round(side), round(side))
