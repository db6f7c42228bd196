"""The facts of a station's face check, gathered from its settings and its store."""

from datetime import datetime, timedelta

from edge.compose.face import equipment_of
from edge.core.face_facts import ExpectedRates, FaceFacts
from edge.devices.face.populations import Population
from edge.settings import Settings
from edge.storage.faces import FaceReader, consent_text


def face_facts(settings: Settings, now: datetime) -> FaceFacts:
    """What the check is now; ConfigError when its settings do not fit."""
    face, station = settings.face, settings.station
    equipment = equipment_of(settings)
    reader = FaceReader(settings.faces_db, settings.face_key)
    entries = [each for each in reader.enrolments() if each.expires_at > now]
    usable = {each.person for each in entries if each.engine == equipment.engine_id}
    soon = now + timedelta(days=face.remind_days)
    text, _ = consent_text()
    return FaceFacts(
        station=f"{station.city}/{station.lab}/{station.device}",
        at=now,
        enabled=face.enabled,
        engine=equipment.engine_id,
        population=equipment.population.name,
        threshold=equipment.population.threshold,
        expected=_expected(equipment.population),
        means=equipment.means,
        people=len({each.person for each in entries}),
        other_engines=len({each.person for each in entries} - usable),
        renew=len({each.person for each in entries if each.expires_at <= soon}),
        withdrawn=len(reader.erasures()),
        valid_days=face.valid_days,
        audit_days=face.audit_days if face.audit_crops else None,
        consent_version=text.version,
        consent_sha256=text.sha256,
        lockout_after=face.lockout_after,
        lockout_s=face.lockout_s,
    )


def _expected(population: Population) -> ExpectedRates | None:
    point = population.point
    if point is None:
        return None
    return ExpectedRates(point.target_fmr, point.fmr, point.fnmr, point.fmr_three, point.fnmr_three)
