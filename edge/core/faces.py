"""Faces as numbers (step 4): which measured face counts, and whom it resembles."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import dist, sqrt
from operator import mul

from edge.core.ids import PersonId

Vector = tuple[float, ...]
"""A face as a point on the unit sphere of one engine; never printed, never sent."""


class Flaw(StrEnum):
    """Why a picture does not count; the first that applies."""

    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    TOO_SMALL = "too_small"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    TURNED = "turned"
    NODDED = "nodded"
    BLURRED = "blurred"
    EYES_CLOSED = "eyes_closed"
    COVERED = "covered"
    ATTACK = "attack_suspected"


@dataclass(frozen=True, slots=True)
class Box:
    """Where a face lies, in pixels of the whole picture."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Measures:
    """What the engine measured of a face.

    beside: width of the next largest face as a share of this one, 0..1; face_px: side of the
    square that is compared; eyes_px: from eye to eye; sharpness: variance of the Laplacian of the
    face at 150 px; brightness: mean grey, 0..255; turn: nose from the middle of the eyes, along
    their line, in eye distances (0 = frontal); nod: how far the nose lies below or above where it
    lies in a frontal face, as a share of that; clipped: share of the face that is black or white;
    openness: of the eyes, height to width, None when nobody measured it.
    """

    box: Box
    beside: float
    face_px: float
    eyes_px: float
    sharpness: float
    brightness: float
    turn: float
    nod: float = 0.0
    clipped: float = 0.0
    openness: float | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What a picture must keep to before it is compared (house rule).

    Measured: sharpness of 98 % of webcam faces is above 120, of old press photographs above 12.
    faint: look once more, for faces that the finder doubts; bare: no mask, no dark glasses.
    """

    face_px: float = 100.0
    eyes_px: float = 0.0
    beside: float = 0.5
    sharpness: float = 12.0
    darkest: float = 45.0
    brightest: float = 225.0
    turn: float = 0.35
    nod: float = 0.5
    clipped: float = 0.5
    faint: bool = False
    bare: bool = False


DESK = Limits()
"""At the desk: people in the background do not matter."""

ENROLMENT = Limits(
    eyes_px=60.0, beside=0.0, sharpness=30.0, turn=0.25, nod=0.3, clipped=0.4, faint=True, bare=True
)
"""For a template: one face alone, larger and sharper."""

ANY_FACE = Limits(
    face_px=0.0,
    beside=1.0,
    sharpness=0.0,
    darkest=0.0,
    brightest=255.0,
    turn=float("inf"),
    nod=float("inf"),
    clipped=1.0,
    faint=True,
)
"""For measuring: everything that has a face."""


@dataclass(frozen=True, slots=True)
class Described:
    """A face that kept to the limits; alive: 0..1 by a network, None where there is none."""

    vector: Vector = field(repr=False)
    measures: Measures
    alive: float | None = None


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A person and the averaged template made by one engine."""

    person: PersonId
    vector: Vector = field(repr=False)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much a face resembles the nearest person; score: 0..1, larger is surer.

    margin: what the nearest person is ahead of the next one; None when there is no other.
    """

    person: PersonId
    score: float
    margin: float | None


def flaw_of(measures: Measures, limits: Limits) -> Flaw | None:
    """The first limit that a measured face breaks, None when it counts."""
    checks = (
        (measures.beside > limits.beside, Flaw.SEVERAL_FACES),
        (measures.face_px < limits.face_px, Flaw.TOO_SMALL),
        (measures.eyes_px < limits.eyes_px, Flaw.TOO_SMALL),
        (measures.brightness < limits.darkest, Flaw.TOO_DARK),
        (measures.brightness > limits.brightest, Flaw.TOO_BRIGHT),
        (measures.clipped > limits.clipped, _lost(measures)),
        (abs(measures.turn) > limits.turn, Flaw.TURNED),
        (abs(measures.nod) > limits.nod, Flaw.NODDED),
        (measures.sharpness < limits.sharpness, Flaw.BLURRED),
    )
    return next((flaw for broken, flaw in checks if broken), None)


def _lost(measures: Measures) -> Flaw:
    """Which end of the scale a face without detail has fallen off."""
    return Flaw.TOO_DARK if measures.brightness < _MIDDLE_GREY else Flaw.TOO_BRIGHT


_MIDDLE_GREY = 128.0


def likeness(one: Vector, other: Vector) -> float:
    """Cosine of two vectors of one engine, below 0 cut to 0: 0..1, larger is surer.

    Of length 1 both, so the distance tells the angle; it is the quicker of the two to compute.
    """
    return max(0.0, 1.0 - dist(one, other) ** 2 / 2)


def average(vectors: Sequence[Vector]) -> Vector:
    """The direction that several faces of one person share, length 1."""
    sums = [sum(column) for column in zip(*vectors, strict=True)]
    length = sqrt(sum(map(mul, sums, sums))) or 1.0
    return tuple(value / length for value in sums)


def nearest(vector: Vector, gallery: Iterable[Enrolled]) -> Likeness | None:
    """1:N: the most similar person and the distance to the runner-up; None without people."""
    ranked = sorted(
        ((likeness(vector, each.vector), each.person) for each in gallery), reverse=True
    )
    if not ranked:
        return None
    score, person = ranked[0]
    margin = score - ranked[1][0] if len(ranked) > 1 else None
    return Likeness(person, score, margin)
