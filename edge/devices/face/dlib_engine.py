"""The built-in face engine: dlib finds, aligns and encodes; the only door to dlib."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import hypot
from typing import Any

import cv2
import dlib
import numpy as np

from edge.core.faces import (
    DESK,
    Box,
    Described,
    Flaw,
    Limits,
    Measures,
    Vector,
    average,
    flaw_of,
)
from edge.devices.camera.frame import Picture
from edge.devices.face.models import ModelPaths
from edge.devices.face.populations import CHIP_PADDING, CHIP_PX, Population, engine_id_of

_Face = Any  # dlib's own values: a rectangle, a set of points

_FIND_AT_PX = (320, 640, 1280)
"""Long sides at which faces are looked for; HOG sees faces from 80 px (6, 23, 72 ms)."""


@dataclass(frozen=True, slots=True)
class _Found:
    """The largest face in pixels of the whole picture, and the next largest as a share of it."""

    box: Box
    beside: float


@dataclass(frozen=True, eq=False)
class Aligned:
    """A face of 150 x 150 px, red first, eyes level."""

    face: Picture = field(repr=False)
    measures: Measures

    def mirrored(self) -> Picture:
        """Its mirror image."""
        return np.ascontiguousarray(self.face[:, ::-1])


class DlibEngine:
    """HOG, 5 points and the ResNet of dlib; vectors are centred on a population and of length 1."""

    def __init__(self, models: ModelPaths, population: Population) -> None:
        cv2.setNumThreads(1)
        self._detect = dlib.get_frontal_face_detector()
        self._points = dlib.shape_predictor(str(models.points))
        self._network = dlib.face_recognition_model_v1(str(models.network))
        self._mean = np.array(population.mean or (0.0,))
        self.engine_id = engine_id_of(population)

    def describe(
        self, bgr: Picture, limits: Limits = DESK, *, mirrored: bool = False
    ) -> Described | Flaw:
        """The face of a picture as a vector, or the first reason why it does not count.

        `mirrored` averages it with its mirror image, for templates: twice the time.
        """
        aligned = self.align(bgr, alone=limits.beside == 0)
        if aligned is None:
            return Flaw.NO_FACE
        flaw = flaw_of(aligned.measures, limits)
        if flaw is not None:
            return flaw
        vector = self.encode(aligned.face)
        if mirrored:
            vector = average([vector, self.encode(aligned.mirrored())])
        return Described(vector, aligned.measures)

    def align(self, bgr: Picture, *, alone: bool = False) -> Aligned | None:
        """The largest face, turned upright; `alone` looks for others of every size."""
        rgb = np.ascontiguousarray(bgr[:, :, ::-1])
        found = self._find(rgb, alone=alone)
        if found is None:
            return None
        points = self._points(rgb, _rectangle(found.box))
        square = dlib.get_face_chip_details(points, CHIP_PX, CHIP_PADDING)
        face = np.asarray(dlib.extract_image_chip(rgb, square), np.uint8)
        return Aligned(face, _measures(found, points, face, square.rect.width()))

    def encode(self, face: Picture) -> Vector:
        """The vector of an aligned face."""
        raw = np.array(self._network.compute_face_descriptor(face))
        return average([tuple((raw - self._mean).tolist())])

    def _find(self, rgb: Picture, *, alone: bool) -> _Found | None:
        """Small pictures first: most faces at a desk are large. `alone` looks at every size."""
        found: _Found | None = None
        for scale, upsample in _passes(*rgb.shape[:2]):
            if found is not None and (upsample or not alone):
                break
            found = _largest(self._detect(_smaller(rgb, scale), upsample), scale) or found
        return found


def _smaller(rgb: Picture, scale: float) -> Picture:
    if scale == 1:
        return rgb
    small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def _passes(height: int, width: int) -> Iterator[tuple[float, int]]:
    """Scale and upsampling of each search, cheapest first; the last one doubles the picture."""
    long_side = max(height, width)
    done = 0
    for side in _FIND_AT_PX:
        if min(side, long_side) > done:
            done = min(side, long_side)
            yield done / long_side, 0
    yield done / long_side, 1


def _largest(boxes: Any, scale: float) -> _Found | None:  # dlib's own list
    widest = sorted(boxes, key=lambda box: box.width(), reverse=True)
    if not widest:
        return None
    first = widest[0]
    beside = widest[1].width() / first.width() if len(widest) > 1 else 0.0
    sides = (first.left(), first.top(), first.width(), first.height())
    return _Found(Box(*(round(side / scale) for side in sides)), beside)


def _rectangle(box: Box) -> _Face:
    return dlib.rectangle(box.left, box.top, box.left + box.width - 1, box.top + box.height - 1)


def _measures(found: _Found, points: _Face, face: Picture, face_px: float) -> Measures:
    corners = [(points.part(i).x, points.part(i).y) for i in range(5)]
    eye_x, eye_y = _middle(corners[0], corners[1])
    other_x, other_y = _middle(corners[2], corners[3])
    along = (eye_x - other_x, eye_y - other_y)
    eyes_px = hypot(*along)
    nose = (corners[4][0] - (eye_x + other_x) / 2, corners[4][1] - (eye_y + other_y) / 2)
    turn = (nose[0] * along[0] + nose[1] * along[1]) / (eyes_px**2 or 1.0)
    grey = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)
    return Measures(
        found.box,
        found.beside,
        face_px,
        eyes_px,
        sharpness=float(cv2.Laplacian(grey, cv2.CV_64F).var()),
        brightness=float(grey.mean()),
        turn=turn,
    )


def _middle(one: tuple[int, int], other: tuple[int, int]) -> tuple[float, float]:
    return (one[0] + other[0]) / 2, (one[1] + other[1]) / 2
