"""The built-in face engine: dlib finds, aligns and encodes; the only door to dlib."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import dlib
import numpy as np
from numpy.typing import NDArray

from edge.core.faces import DESK, Box, Described, Flaw, Limits, Vector
from edge.devices.face.centring import centring_of
from edge.devices.face.covering import Point
from edge.devices.face.engine import Aligned, Found, Posture, describe, measured
from edge.devices.face.models import ModelPaths
from edge.devices.face.plain_pixels import grey_of, smaller
from edge.devices.face.populations import CHIP_PADDING, CHIP_PX, Population, engine_id_of
from edge.devices.pixels import Picture

_Face = Any  # dlib's own values: a rectangle, a set of points

_FIND_AT_PX = (320, 640, 1280)
"""Long sides at which faces are looked for; HOG sees faces from 80 px (6, 23, 72 ms)."""
_DOUBLED_AT_MOST_PX = 640
_DOUBTFUL = -0.5
"""How far below its own limit the finder goes for a faint face: it then found every live face of
a press archive of 700 pictures, of which it misses 4 at its own limit."""
_FRONTAL_DROP = 0.75
"""Median of 900 faces of the press and of webcams."""


class _Pass(NamedTuple):
    scale: float
    upsample: int
    limit: float = 0.0


class DlibEngine:
    """HOG, 5 points and the ResNet of dlib; vectors are centred on a population and of length 1."""

    def __init__(self, models: ModelPaths, population: Population) -> None:
        self._detect = dlib.get_frontal_face_detector()
        self._points = dlib.shape_predictor(str(models.points))
        self._network = dlib.face_recognition_model_v1(str(models.network))
        self._centring = centring_of(population)
        self.engine_id = engine_id_of(population)

    def find(self, bgr: Picture, *, alone: bool = False, faint: bool = False) -> Found | None:
        """The largest face. Small pictures first: most faces at a desk are large.

        `alone` looks at every size; `faint` once more for faces that the finder doubts.
        """
        rgb = _red_first(bgr)
        found: Found | None = None
        for each in _passes(*rgb.shape[:2], faint=faint):
            if found is not None and (each.upsample or each.limit or not alone):
                break
            small = rgb if each.scale == 1 else smaller(rgb, each.scale)
            boxes, scores, _ = self._detect.run(small, each.upsample, each.limit)
            if each.limit and len(boxes):
                boxes = [max(zip(scores, boxes, strict=True), key=lambda told: told[0])[1]]
            found = _largest(boxes, each.scale) or found
        return found

    def align(self, bgr: Picture, found: Found) -> Aligned:
        """The face at 150 px, red first, eyes level; its points are measured on the way."""
        rgb = _red_first(bgr)
        points = self._points(rgb, _rectangle(found.box))
        square = dlib.get_face_chip_details(points, CHIP_PX, CHIP_PADDING)
        face = np.asarray(dlib.extract_image_chip(rgb, square), np.uint8)
        posture = _posture(points)
        grey = grey_of(face)
        measures = measured(found, grey, face_px=square.rect.width(), posture=posture)
        return Aligned((face,), posture.eyes, measures)

    def raws(self, aligned: Aligned, *, mirrored: bool = False) -> NDArray[np.float64]:
        """What the network says of the face; with its mirror image it costs twice the time."""
        (face,) = aligned.crops
        both = (face, np.ascontiguousarray(face[:, ::-1])) if mirrored else (face,)
        return np.array([self._network.compute_face_descriptor(each) for each in both])

    def encode(self, aligned: Aligned, *, mirrored: bool = False) -> Vector:
        """The vector of an aligned face."""
        return tuple(self._centring.joined(self.raws(aligned, mirrored=mirrored)).tolist())

    def describe(
        self, bgr: Picture, limits: Limits = DESK, *, mirrored: bool = False
    ) -> Described | Flaw:
        """The face of a picture as a vector, or the first reason why it does not count."""
        return describe(self, bgr, limits, mirrored=mirrored)[0]

    def by_default(self, bgr: Picture) -> NDArray[np.float64] | None:
        """The same face as `face_recognition` describes it when it is told nothing.

        The whole picture doubled, 5 points, one encoding; None when it finds no face.
        """
        rgb = _red_first(bgr)
        boxes = self._detect(rgb, 1)
        if not len(boxes):
            return None
        points = self._points(rgb, max(boxes, key=lambda box: box.width()))
        return np.array(self._network.compute_face_descriptor(rgb, points, 1))


def _red_first(bgr: Picture) -> Picture:
    return np.ascontiguousarray(bgr[:, :, ::-1])


def _passes(height: int, width: int, *, faint: bool) -> Iterator[_Pass]:
    """Each search, cheapest first; the later ones double the picture, or doubt.

    At the desk a large picture is not doubled: faces below 80 px would be too small anyway, and
    the search would take 40 MB for itself.
    """
    long_side = max(height, width)
    done = 0
    for side in _FIND_AT_PX:
        if min(side, long_side) > done:
            done = min(side, long_side)
            yield _Pass(done / long_side, 0)
    scale = done / long_side
    if faint or done <= _DOUBLED_AT_MOST_PX:
        yield _Pass(scale, 1)
    if faint:
        yield _Pass(scale, 0, _DOUBTFUL)
        yield _Pass(scale, 1, _DOUBTFUL)


def _largest(boxes: Any, scale: float) -> Found | None:  # dlib's own list
    widest = sorted(boxes, key=lambda box: box.width(), reverse=True)
    if not widest:
        return None
    first = widest[0]
    beside = widest[1].width() / first.width() if len(widest) > 1 else 0.0
    sides = (first.left(), first.top(), first.width(), first.height())
    return Found(Box(*(round(side / scale) for side in sides)), beside)


def _rectangle(box: Box) -> _Face:
    return dlib.rectangle(box.left, box.top, box.left + box.width - 1, box.top + box.height - 1)


def _posture(points: _Face) -> Posture:
    corners = [Point(points.part(i).x, points.part(i).y) for i in range(5)]
    eyes = sorted((_middle(corners[0], corners[1]), _middle(corners[2], corners[3])))
    return Posture((eyes[0], eyes[1]), corners[4], _FRONTAL_DROP)


def _middle(one: Point, other: Point) -> Point:
    return Point((one.x + other.x) / 2, (one.y + other.y) / 2)
