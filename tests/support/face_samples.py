"""Invented people before an invented camera, for the tests of the face check."""

from collections.abc import Mapping
from functools import cache
from random import Random

import numpy as np
from numpy.typing import NDArray

from edge.core.faces import ENROLMENT, Described, Enrolled, average
from edge.core.ids import PersonId
from edge.devices.face.dlib_engine import DlibEngine
from edge.devices.face.models import find_models
from edge.devices.face.populations import Population
from edge.sim.face_look import FaceLook
from edge.sim.faces import cast_faces, face_space, portraits, render_face, strangers

Picture = NDArray[np.uint8]
ANN, BEN = PersonId("p-ann"), PersonId("p-ben")


@cache
def rendered() -> Population:
    """The population of drawn faces."""
    space = face_space()
    return Population("rendered", 1 - space.threshold, 0.05, mean=space.mean)


@cache
def engine() -> DlibEngine:
    return DlibEngine(find_models(), rendered())


@cache
def looks() -> Mapping[PersonId, FaceLook]:
    return cast_faces((ANN, BEN), Random(7))


@cache
def portraits_of(person: PersonId, *, n: int = 3) -> tuple[Picture, ...]:
    return portraits(looks()[person], n, np.random.default_rng(len(person) + n))


@cache
def at_desk(
    person: PersonId | None, *, seed: int = 1, size: tuple[int, int] = (640, 480)
) -> Picture:
    """Somebody at the desk; None is a stranger."""
    look = strangers()[0] if person is None else looks()[person]
    return render_face(look, rng=np.random.default_rng(seed), size=size)


@cache
def enrolled(person: PersonId) -> Enrolled:
    """A person with a template of three portraits."""
    told = [engine().describe(each, ENROLMENT, mirrored=True) for each in portraits_of(person)]
    vectors = [each.vector for each in told if isinstance(each, Described)]
    assert len(vectors) == len(told), told
    return Enrolled(person, average(vectors))
