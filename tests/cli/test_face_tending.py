"""What starting a desk does to the store of faces, and which check a desk's settings lead to."""

from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import samples
from heard_journal import HeardJournal

from edge.compose.face import enrolling, equipment_of, proof_of, tend_gallery
from edge.core.consent import Consent
from edge.core.errors import ConfigError
from edge.core.faces import Enrolled
from edge.core.ids import PersonId
from edge.core.liveness import Means
from edge.settings import Settings, load_settings
from edge.storage.faces import FaceGallery, FaceKey, FaceReader, consent_text

ANN, BEN, STAFF = PersonId("p-ann"), PersonId("p-ben"), PersonId("p-staff")


def settings(folder: Path, face: str = "") -> Settings:
    config = folder / "edge.toml"
    config.write_text(
        f'state_dir = "{folder}/state"\nmodels_dir = "{folder}/models"\n'
        f'[station]\ncity = "nanchang"\nlab = "lab-1"\ndevice = "desk-1"\n[face]\n{face}\n',
        encoding="utf-8",
    )
    return load_settings(config)


def enrol(site: Settings, person: PersonId, *, engine: str, days: int) -> None:
    text, _ = consent_text()
    with closing(FaceGallery(site.faces_db, FaceKey.made(site.face_key))) as gallery:
        gallery.agree(Consent(person, text, samples.NOW, "paper", STAFF))
        until = samples.NOW + timedelta(days=days)
        gallery.keep(
            Enrolled(person, (1.0, 0.0)), engine=engine, photographs=3, at=samples.NOW, until=until
        )


def tended(site: Settings, now: datetime = samples.NOW) -> HeardJournal:
    journal = HeardJournal()
    tend_gallery(site, "engine-1", now=now, journal=journal)
    return journal


def test_what_has_expired_is_erased_and_who_is_due_is_counted(tmp_path: Path) -> None:
    site = settings(tmp_path)
    enrol(site, ANN, engine="engine-1", days=10)
    enrol(site, BEN, engine="engine-0", days=300)
    (told,) = tended(site).named("face.enrol_again")
    assert (told["ends_soon"], told["of_another_engine"]) == (1, 1)
    later = tended(site, samples.NOW + timedelta(days=20))
    assert later.named("face.expired")[0]["templates"] == 1
    reader = FaceReader(site.faces_db, site.face_key)
    assert [each.person for each in reader.enrolments()] == [BEN]
    assert [each.reason for each in reader.erasures()] == ["expired"]
    assert ANN not in str(later.lines)


def test_a_desk_without_faces_has_nothing_to_tend(tmp_path: Path) -> None:
    assert tended(settings(tmp_path)).lines == []


@pytest.mark.parametrize(
    ("face", "means"),
    [
        ("", Means.CHALLENGE),
        ('liveness = "none"', Means.NONE),
        ('liveness = "challenge"', Means.CHALLENGE),
        ('population = "rendered"', Means.NONE),
    ],
)
def test_without_networks_a_desk_asks_for_acts(tmp_path: Path, face: str, means: Means) -> None:
    equipment = equipment_of(settings(tmp_path, face))
    assert equipment.means is means
    assert equipment.eyes is (means is Means.CHALLENGE)
    assert proof_of(means).means is means
    assert not enrolling(equipment_of(settings(tmp_path, 'population = "rendered"'))).eyes


def test_networks_that_are_asked_for_and_absent_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="face_model_absent"):
        equipment_of(settings(tmp_path, 'liveness = "network"'))


def test_a_rate_picks_its_threshold(tmp_path: Path) -> None:
    usual = equipment_of(settings(tmp_path)).population
    lenient = equipment_of(settings(tmp_path, "target_fmr = 0.01")).population
    assert lenient.threshold < usual.threshold
    assert lenient.point is not None
    assert lenient.point.target_fmr == 0.01
    by_hand = equipment_of(settings(tmp_path, "threshold = 0.7")).population
    assert (by_hand.threshold, by_hand.point) == (0.7, None)
    with pytest.raises(ConfigError, match="face_target_unknown"):
        equipment_of(settings(tmp_path, "target_fmr = 0.5"))
