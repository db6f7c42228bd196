"""The face check of a desk: the built-in engine where it is installed and a camera is there."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta

from edge.core.errors import ConfigError, EdgeError, StorageError
from edge.core.events import FaceScore
from edge.core.face_judging import Hint, Judged
from edge.core.faces import Enrolled
from edge.core.ids import PersonId
from edge.core.liveness import Means, Proof
from edge.core.lockout import Lockout
from edge.devices.camera.capture import Camera
from edge.devices.face.engines import Equipment
from edge.devices.face.looker import FaceLooker, Looking
from edge.devices.face.models import BUILT_IN, find_liveness, why_absent
from edge.devices.face.populations import Population, shipped_population
from edge.devices.face.process import FaceWorker
from edge.devices.pixels import Picture
from edge.ports import Clock, Journal
from edge.settings import Settings
from edge.sim.faces import face_space
from edge.storage.faces import FaceGallery, FaceKey, FaceReader

RENDERED = "rendered"
"""The demonstration's people, a population of their own."""
RENDERED_MARGIN = 0.05
NETWORKS = "minifasnet-v2-v1se"
NETWORK_LIMIT = 0.25
CHALLENGE = "turn-blink"


def population_of(settings: Settings) -> Population:
    """Whom the engine is calibrated for; ConfigError `face_population_unknown` and its like."""
    face = settings.face
    if face.population != RENDERED:
        known = shipped_population(face.population, engine=face.engine, target_fmr=face.target_fmr)
        return known.at(face.threshold)
    space = face_space()
    return Population(face.population, 1.0 - space.threshold, RENDERED_MARGIN, mean=space.mean)


def equipment_of(settings: Settings) -> Equipment:
    """What the engine of a desk is built from; ConfigError when it cannot be.

    Drawn people are neither alive nor dead: their liveness is not checked, and the event says so.
    """
    face, population = settings.face, population_of(settings)
    engine = BUILT_IN if face.population == RENDERED else face.engine
    means = _means(settings)
    eyes = means is Means.CHALLENGE and why_absent(settings.models_dir) is None
    return Equipment(population, settings.models_dir, engine=engine, means=means, eyes=eyes)


def enrolling(equipment: Equipment) -> Equipment:
    """The same for photographs: prints are looked for where the networks are, eyes are measured."""
    networks = find_liveness(equipment.models_dir)
    rendered = equipment.population.name == RENDERED
    return replace(
        equipment,
        means=Means.NETWORK if networks and not rendered else Means.NONE,
        eyes=not rendered and why_absent(equipment.models_dir) is None,
    )


def proof_of(means: Means) -> Proof:
    """What a check must prove beside the likeness."""
    match means:
        case Means.NETWORK:
            return Proof(means, NETWORKS, NETWORK_LIMIT)
        case Means.CHALLENGE:
            return Proof(means, CHALLENGE)
        case Means.NONE:
            return Proof()


def _means(settings: Settings) -> Means:
    wanted = settings.face.liveness
    if wanted == "auto" and settings.face.population == RENDERED:
        return Means.NONE
    if wanted == "auto":
        return Means.NETWORK if find_liveness(settings.models_dir) else Means.CHALLENGE
    if wanted == "network" and not find_liveness(settings.models_dir):
        raise ConfigError("face_model_absent", folder=str(settings.models_dir), serves="liveness")
    return Means(wanted)


def face_rates(settings: Settings) -> tuple[float, float] | None:
    """FMR and FNMR with three photographs as measured, for the screen; None if never measured."""
    try:
        point = population_of(settings).point if settings.face.enabled else None
    except ConfigError:
        return None
    return None if point is None else (point.fmr_three, point.fnmr_three)


def tend_gallery(settings: Settings, engine: str, *, now: datetime, journal: Journal) -> None:
    """Erase what has expired, and say how many people must be enrolled again, soon or at once."""
    if not settings.faces_db.is_file():
        return
    try:
        with closing(FaceGallery(settings.faces_db, FaceKey(settings.face_key))) as gallery:
            gone = gallery.purge(now)
        entries = FaceReader(settings.faces_db, settings.face_key).enrolments()
    except EdgeError as error:
        journal.warning("face.gallery_unreadable", error=error.code)
        return
    if gone:
        journal.info("face.expired", templates=gone)
    soon = now + timedelta(days=settings.face.remind_days)
    due = sum(each.expires_at <= soon for each in entries)
    usable = {each.person for each in entries if each.engine == engine}
    stale = len({each.person for each in entries} - usable)
    if due or stale:
        journal.warning("face.enrol_again", ends_soon=due, of_another_engine=stale)


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
    problem = why_absent(settings.models_dir, settings.face.engine)
    try:
        equipment = equipment_of(settings)
    except ConfigError as error:
        problem = problem or error
    if problem is not None:
        journal.warning("face.engine_absent", error=str(problem))
        return None
    population = equipment.population
    reader = FaceReader(settings.faces_db, settings.face_key)
    tend_gallery(settings, equipment.engine_id, now=clock.now(), journal=journal)

    def templates(people: tuple[PersonId, ...], engine: str) -> tuple[Enrolled, ...]:
        try:
            return reader.templates(people, engine=engine, now=clock.now())
        except (StorageError, ConfigError) as error:
            journal.warning("face.gallery_unreadable", error=str(error))
            return ()

    def audit(crop: bytes, judged: Judged) -> None:
        try:
            key = FaceKey(settings.face_key)
            with closing(FaceGallery(settings.faces_db, key)) as gallery:
                now, score = clock.now(), judged.score
                gallery.purge(now)
                days = settings.face.audit_days
                gallery.keep_crop(
                    crop, verdict=score.verdict, engine=score.engine, at=now, days=days
                )
        except EdgeError as error:
            journal.warning("face.audit_skipped", error=error.code)

    def next_frame(after: int, timeout_s: float) -> tuple[int, Picture] | None:
        frame = camera.next_after(after, timeout_s)
        return None if frame is None else (frame.number, frame.bgr)

    return FaceLooker(
        FaceWorker(
            equipment,
            journal=journal,
            deadline_s=settings.face.deadline_s,
        ),
        Looking(next_frame, templates, tell, hint, audit if settings.face.audit_crops else None),
        terms=settings.face.terms(
            threshold=population.threshold,
            margin=population.margin,
            proof=proof_of(equipment.means),
        ),
        clock=clock,
        journal=journal,
        lockout=Lockout(settings.face.lockout_after, settings.face.lockout_s),
    )
