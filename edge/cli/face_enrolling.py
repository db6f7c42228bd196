"""What enrolling shares, whether photographs come from files, a camera or the platform."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

from edge.core.faces import Described, Enrolled, Flaw
from edge.devices.face.engines import Equipment, Eyeing
from edge.flows.enrol import Applicant, Engine, Refused, enrol
from edge.host.clock import SystemClock
from edge.settings import Settings
from edge.storage.faces import FaceGallery, FaceKey, FaceReader


def terms_of(
    settings: Settings,
    equipment: Equipment,
    engine: Eyeing,
    look: Callable[[int], Described | Flaw],
) -> Engine:
    """What enrolment asks of an engine; `look` describes a photograph by its number."""
    return Engine(
        engine.engine_id,
        equipment.population.threshold,
        look,
        live_limit=0.0 if engine.network is None else engine.network.threshold,
        valid_for=timedelta(days=settings.face.valid_days),
    )


@contextmanager
def gallery_of(settings: Settings) -> Iterator[FaceGallery]:
    """The store of faces, to write."""
    with closing(FaceGallery(settings.faces_db, FaceKey.made(settings.face_key))) as gallery:
        yield gallery


def enrol_in(settings: Settings, applicant: Applicant, engine: Engine) -> Enrolled | Refused:
    """Enrolled, or one reason; what has expired is erased on the way."""
    reader, now = FaceReader(settings.faces_db, settings.face_key), SystemClock().now()
    with gallery_of(settings) as gallery:
        gallery.purge(now)
        known = tuple({entry.person for entry in reader.enrolments()})
        others = reader.templates(known, engine=engine.engine_id, now=now)
        return enrol(applicant, engine=engine, gallery=gallery, others=others)
