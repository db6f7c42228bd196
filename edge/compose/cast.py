"""The cast of the demonstration: invented people with rendered faces, enrolled like real ones."""

from collections.abc import Mapping
from functools import partial
from random import Random

import numpy as np
from numpy.typing import NDArray

from edge.compose.face import population_of
from edge.core.consent import Consent
from edge.core.faces import ENROLMENT, Described, Enrolled, Flaw
from edge.core.ids import PersonId
from edge.devices.face.models import find_models, why_absent
from edge.flows.enrol import Applicant, Engine, enrol
from edge.host.clock import SystemClock
from edge.settings import Settings
from edge.sim.face_look import FaceLook
from edge.sim.faces import cast_faces, portraits
from edge.sim.world import World
from edge.storage.faces import FaceGallery, FaceKey, consent_text

PORTRAITS = 4
FEWEST = 8
"""So many people at least, so that the matcher has somebody to confuse a courier with."""


def cast_of(world: World, *, seed: int) -> Mapping[PersonId, FaceLook]:
    """A face for everybody who holds a grant, and for others of the city up to `FEWEST`."""
    couriers = sorted({grant.person for grant in world.grants})
    others = [each.person for each in world.population.people if each.person not in couriers]
    people = [*couriers, *others[: max(0, FEWEST - len(couriers))]]
    return cast_faces(people, Random(seed))  # noqa: S311 - a cast that comes back


def enrol_cast(
    settings: Settings, faces: Mapping[PersonId, FaceLook], world: World, *, seed: int
) -> int:
    """Enrol the whole cast from rendered portraits; how many, 0 without the engine."""
    if why_absent(settings.models_dir) is not None:
        return 0
    from edge.devices.face.dlib_engine import DlibEngine  # noqa: PLC0415 - the extra may be absent

    population = population_of(settings)
    engine = DlibEngine(find_models(settings.models_dir), population)
    gallery = FaceGallery(settings.faces_db, FaceKey.made(settings.face_key))
    rng = np.random.default_rng(seed)
    text, _ = consent_text()
    by, now = world.receivers[0].person, SystemClock().now()

    def describe(pictures: tuple[NDArray[np.uint8], ...], number: int) -> Described | Flaw:
        return engine.describe(pictures[number], ENROLMENT)

    enrolled = 0
    try:
        for person, look in faces.items():
            pictures = portraits(look, PORTRAITS, rng)
            kept = enrol(
                Applicant(Consent(person, text, now, "screen", by), len(pictures)),
                engine=Engine(engine.engine_id, population.threshold, partial(describe, pictures)),
                gallery=gallery,
            )
            enrolled += isinstance(kept, Enrolled)
    finally:
        gallery.close()
    return enrolled
