"""What every face engine can do: find, align, encode; and what of a picture counts (step 4).

An engine's vectors are compared with its own only: `engine_id` names models, alignment, centring.
"""

from dataclasses import dataclass, field
from math import hypot
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edge.core.faces import DESK, Box, Described, Flaw, Limits, Measures, Vector, flaw_of
from edge.devices.face.covering import Point, is_covered
from edge.devices.face.plain_pixels import sharpness
from edge.devices.pixels import Grey, Picture


@dataclass(frozen=True, slots=True)
class Found:
    """The largest face in pixels of the whole picture, and the next largest as a share of it.

    points: eyes, nose and corners of the mouth where the finder tells them, else empty.
    """

    box: Box
    beside: float
    points: tuple[Point, ...] = field(default=(), repr=False)


@dataclass(frozen=True, eq=False, slots=True)
class Aligned:
    """A face turned upright: the crops that its engine encodes, the eyes, and what was measured.

    eyes: in pixels of the whole picture, the one to the left in the picture first.
    """

    crops: tuple[Picture, ...] = field(repr=False)
    eyes: tuple[Point, Point] = field(repr=False)
    measures: Measures


class FaceEngine(Protocol):
    """One way from a picture to a vector."""

    @property
    def engine_id(self) -> str:
        """Names models, alignment and centring: what makes vectors comparable."""
        ...

    def find(self, bgr: Picture, *, alone: bool = False, faint: bool = False) -> Found | None:
        """The largest face; `alone` looks for others of every size, `faint` for doubtful ones."""
        ...

    def align(self, bgr: Picture, found: Found) -> Aligned:
        """The face turned upright, with what was measured of it."""
        ...

    def raws(self, aligned: Aligned, *, mirrored: bool = False) -> NDArray[np.float64]:
        """What the network says of each crop, uncentred: crops x numbers; `mirrored` for templates.

        An engine that gains nothing from mirror images may leave them out.
        """
        ...

    def encode(self, aligned: Aligned, *, mirrored: bool = False) -> Vector:
        """The face as a centred vector of length 1; `mirrored` for templates."""
        ...


def describe(
    engine: FaceEngine, bgr: Picture, limits: Limits = DESK, *, mirrored: bool = False
) -> tuple[Described | Flaw, Aligned | None]:
    """The face of a picture as a vector, or the first reason why it does not count; and the face.

    `mirrored` averages it with its mirror image, for templates: twice the time.
    """
    found = engine.find(bgr, alone=limits.beside == 0, faint=limits.faint)
    if found is None:
        return Flaw.NO_FACE, None
    aligned = engine.align(bgr, found)
    flaw = flaw_of(aligned.measures, limits)
    if limits.bare and flaw in _HIDDEN_BY_COVER and is_covered(bgr, aligned.eyes):
        flaw = Flaw.COVERED
    if flaw is not None:
        return flaw, aligned
    return Described(engine.encode(aligned, mirrored=mirrored), aligned.measures), aligned


@dataclass(frozen=True, slots=True)
class Posture:
    """Where eyes and nose lie, and how far below the eyes the nose of a frontal face lies.

    frontal_drop: in eye distances; each finder puts its nose point elsewhere.
    """

    eyes: tuple[Point, Point]
    nose: Point
    frontal_drop: float


def measured(found: Found, face: Grey, *, face_px: float, posture: Posture) -> Measures:
    """What the gates ask of a face; `face` is its upright grey square of 150 px."""
    eyes, nose = posture.eyes, posture.nose
    one, other = eyes
    along = (other.x - one.x, other.y - one.y)
    eyes_px = hypot(*along)
    off = (nose.x - (one.x + other.x) / 2, nose.y - (one.y + other.y) / 2)
    square = eyes_px**2 or 1.0
    drop = (off[1] * along[0] - off[0] * along[1]) / square
    return Measures(
        found.box,
        found.beside,
        face_px,
        eyes_px,
        sharpness=sharpness(face),
        brightness=float(face.mean()),
        turn=(off[0] * along[0] + off[1] * along[1]) / square,
        nod=drop / posture.frontal_drop - 1,
        clipped=float(np.mean((face < _BLACK) | (face > _WHITE))),
    )


_BLACK, _WHITE = 8, 247
"""Grey values at which a face has lost its detail."""
_HIDDEN_BY_COVER = (None, Flaw.TURNED, Flaw.NODDED)
"""What a mask may look like: it moves the nose that the finder believes to see."""
