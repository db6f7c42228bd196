"""The face check of a desk: the built-in engine where it is installed and a camera is there."""

from collections.abc import Callable

from edge.core.errors import ConfigError, StorageError
from edge.core.events import FaceScore
from edge.core.face_judging import Hint
from edge.core.faces import Enrolled
from edge.core.ids import PersonId
from edge.devices.camera.capture import Camera
from edge.devices.camera.frame import Picture
from edge.devices.face.looker import FaceLooker, Looking
from edge.devices.face.models import why_absent
from edge.devices.face.populations import Population, shipped_population
from edge.devices.face.process import FaceWorker
from edge.devices.face.worker import Equipment
from edge.ports import Clock, Journal
from edge.settings import Settings
from edge.sim.faces import face_space
from edge.storage.faces import FaceReader

RENDERED = "rendered"
"""The demonstration's people, a population of their own."""
RENDERED_MARGIN = 0.05


def population_of(settings: Settings) -> Population:
    """Whom the engine is calibrated for; raise ConfigError `face_population_unknown`."""
    name = settings.face.population
    if name != RENDERED:
        return shipped_population(name)
    space = face_space()
    return Population(name, 1.0 - space.threshold, RENDERED_MARGIN, mean=space.mean)


def face_looker(
    settings: Settings,
    camera: Camera,
    *,
    tell: Callable[[PersonId | None, FaceScore | None], None],
    hint: Callable[[Hint | None], None],
    clock: Clock,
    journal: Journal,
) -> FaceLooker | None:
    """The built-in engine; None where it is switched off or not installed, which is noted."""
    if not settings.face.enabled:
        return None
    problem = why_absent(settings.models_dir)
    if problem is not None:
        journal.warning("face.engine_absent", error=str(problem))
        return None
    population = population_of(settings)
    reader = FaceReader(settings.faces_db, settings.face_key)

    def templates(people: tuple[PersonId, ...], engine: str) -> tuple[Enrolled, ...]:
        try:
            return reader.templates(people, engine=engine, now=clock.now())
        except (StorageError, ConfigError) as error:
            journal.warning("face.gallery_unreadable", error=str(error))
            return ()

    def next_frame(after: int, timeout_s: float) -> tuple[int, Picture] | None:
        frame = camera.next_after(after, timeout_s)
        return None if frame is None else (frame.number, frame.bgr)

    return FaceLooker(
        FaceWorker(
            Equipment(population, settings.models_dir),
            journal=journal,
            deadline_s=settings.face.deadline_s,
        ),
        Looking(next_frame, templates, tell, hint),
        terms=settings.face.terms(threshold=population.threshold, margin=population.margin),
        clock=clock,
        journal=journal,
    )
