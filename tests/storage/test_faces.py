import os
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from time import monotonic

import pytest
import samples

from edge.core.consent import Consent
from edge.core.errors import BrokenInvariant, ConfigError, StorageCorrupt, StorageError
from edge.core.faces import Enrolled, Vector
from edge.core.ids import PersonId
from edge.storage.faces import FaceGallery, FaceKey, FaceReader, consent_text

ANN, BEN, STAFF = PersonId("p-ann"), PersonId("p-ben"), PersonId("p-staff")
ENGINE = "engine-1"
YEAR = timedelta(days=365)
VECTOR: Vector = tuple((place - 64) / 512 for place in range(128))


def consent(person: PersonId = ANN) -> Consent:
    text, _ = consent_text()
    return Consent(person, text, samples.NOW, "paper", STAFF)


class Site:
    def __init__(self, folder: Path) -> None:
        self.db = folder / "faces.db"
        self.key = folder / "keys" / "face.key"
        self.reader = FaceReader(self.db, self.key)

    @contextmanager
    def writing(self) -> Iterator[FaceGallery]:
        with closing(FaceGallery(self.db, FaceKey.made(self.key))) as gallery:
            yield gallery

    def enrol(self, person: PersonId, *, engine: str = ENGINE) -> None:
        with self.writing() as gallery:
            gallery.agree(consent(person))
            keep(gallery, person, engine)

    def found(self, *people: PersonId, engine: str = ENGINE, days: float = 0) -> list[PersonId]:
        now = samples.NOW + timedelta(days=days)
        return [each.person for each in self.reader.templates(people, engine=engine, now=now)]

    def bytes_on_disk(self) -> bytes:
        return b"".join(path.read_bytes() for path in sorted(self.db.parent.glob("faces.db*")))


def keep(gallery: FaceGallery, person: PersonId, engine: str = ENGINE) -> None:
    gallery.keep(
        Enrolled(person, VECTOR),
        engine=engine,
        photographs=3,
        at=samples.NOW,
        until=samples.NOW + YEAR,
    )


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_what_is_kept_is_read_back(site: Site) -> None:
    site.enrol(ANN)
    (found,) = site.reader.templates((ANN, BEN), engine=ENGINE, now=samples.NOW)
    assert found.person == ANN
    assert found.vector == pytest.approx(VECTOR)


def test_templates_of_another_engine_are_never_given_out(site: Site) -> None:
    site.enrol(ANN, engine="engine-0")
    assert site.found(ANN) == []
    site.enrol(ANN)
    assert site.found(ANN) == [ANN]


def test_an_expired_template_is_not_given_out_and_purged(site: Site) -> None:
    site.enrol(ANN)
    assert site.found(ANN, days=364.9) == [ANN]
    assert site.found(ANN, days=365) == []
    with site.writing() as gallery:
        assert gallery.purge(samples.NOW) == 0
        assert gallery.purge(samples.NOW + YEAR) == 1
    assert site.reader.enrolments() == ()


def test_no_template_without_consent(site: Site) -> None:
    with site.writing() as gallery:
        with pytest.raises(BrokenInvariant, match="face_without_consent"):
            keep(gallery, ANN)
        gallery.agree(consent())
        gallery.withdraw(ANN, samples.NOW)
        with pytest.raises(BrokenInvariant, match="face_without_consent"):
            keep(gallery, ANN)


def test_withdrawal_erases_every_byte_and_leaves_the_proof(site: Site) -> None:
    site.enrol(ANN)
    site.enrol(BEN)
    with closing(sqlite3.connect(site.db)) as db:
        (sealed,) = db.execute("SELECT sealed FROM templates WHERE person = ?", (ANN,)).fetchone()
    assert sealed in site.bytes_on_disk()
    with site.writing() as gallery:
        assert gallery.withdraw(ANN, samples.NOW) == 1
        assert sealed not in site.bytes_on_disk()
    assert site.found(ANN, BEN) == [BEN]
    with closing(sqlite3.connect(site.db)) as db:
        kept = db.execute("SELECT withdrawn_at FROM consents WHERE person = ?", (ANN,)).fetchall()
    assert [row[0] is not None for row in kept] == [True]


def test_a_second_consent_takes_the_template_over(site: Site) -> None:
    site.enrol(ANN)
    with site.writing() as gallery:
        gallery.agree(consent())
    assert site.found(ANN) == [ANN]


def test_neither_vector_nor_key_lies_in_the_database(site: Site) -> None:
    site.enrol(ANN)
    stored = site.bytes_on_disk()
    key = site.key.read_bytes()
    assert key not in stored
    for form in ("!16f", "<16f", "!16d", "<16d"):
        assert struct.pack(form, *VECTOR[:16]) not in stored
    assert site.key.stat().st_mode & 0o777 == 0o600
    assert site.db.stat().st_mode & 0o077 == 0


def test_another_key_or_a_swapped_row_opens_nothing(site: Site, tmp_path: Path) -> None:
    site.enrol(ANN)
    site.enrol(BEN)
    other = FaceReader(site.db, tmp_path / "other.key")
    FaceKey.made(tmp_path / "other.key")
    with pytest.raises(StorageCorrupt, match="face_template_changed"):
        other.templates((ANN,), engine=ENGINE, now=samples.NOW)
    with closing(sqlite3.connect(site.db)) as db, db:
        db.execute(
            "UPDATE templates SET sealed = (SELECT sealed FROM templates WHERE person = 'p-ben')"
            " WHERE person = 'p-ann'"
        )
    with pytest.raises(StorageCorrupt, match="face_template_changed"):
        site.found(ANN)


def test_a_key_that_others_can_read_is_refused(site: Site) -> None:
    FaceKey.made(site.key)
    site.key.chmod(0o644)
    with pytest.raises(ConfigError, match="key_readable_by_others"):
        FaceKey(site.key)
    site.key.chmod(0o600)
    site.key.write_bytes(os.urandom(16))
    with pytest.raises(ConfigError, match="face_key_malformed"):
        FaceKey(site.key)


def test_no_store_is_nobody(site: Site) -> None:
    assert site.found(ANN) == []
    assert site.reader.enrolments() == ()


def test_one_writer_at_a_time(site: Site) -> None:
    with site.writing(), pytest.raises(StorageError, match="store_in_use"), site.writing():
        pass


def test_the_list_shows_consent_and_no_template(site: Site) -> None:
    site.enrol(ANN)
    (entry,) = site.reader.enrolments()
    assert (entry.person, entry.engine, entry.photographs) == (ANN, ENGINE, 3)
    assert entry.expires_at == samples.NOW + YEAR
    assert entry.consent.recorded_by == STAFF
    assert entry.consent.text == consent_text()[0]
    assert "vector" not in repr(entry)


def test_the_text_of_consent_is_shipped_in_both_languages() -> None:
    _, text = consent_text()
    assert "撤回" in text
    assert "withdraw" in text


def test_every_erasure_is_proven_and_the_proof_stays(site: Site) -> None:
    site.enrol(ANN)
    site.enrol(BEN)
    with site.writing() as gallery:
        gallery.withdraw(ANN, samples.NOW)
        gallery.purge(samples.NOW + YEAR)
        gallery.withdraw(ANN, samples.NOW)
    proofs = site.reader.erasures()
    assert [(each.person, each.reason) for each in proofs] == [(ANN, "withdrawn"), (BEN, "expired")]
    assert site.reader.erasures(BEN) == proofs[1:]
    assert len({each.sealed_sha256 for each in proofs}) == 2
    with closing(sqlite3.connect(site.db)) as db, pytest.raises(sqlite3.IntegrityError):
        db.execute("DELETE FROM erasures")


def test_a_thousand_people_are_withdrawn_from_in_less_than_a_second(site: Site) -> None:
    with site.writing() as gallery:
        for number in range(1000):
            person = PersonId(f"p-{number}")
            gallery.agree(consent(person))
            keep(gallery, person)
        begun = monotonic()
        assert gallery.withdraw(PersonId("p-500"), samples.NOW) == 1
        assert monotonic() - begun < 1


def test_faces_of_checks_are_sealed_and_purged_in_time(site: Site) -> None:
    site.enrol(ANN)
    picture = b"\xff\xd8\xff a face \xff\xd9"
    with site.writing() as gallery:
        gallery.keep_crop(picture, verdict="no_match", engine=ENGINE, at=samples.NOW, days=7)
    (crop,) = site.reader.crops(samples.NOW)
    assert (crop.content, crop.verdict) == (picture, "no_match")
    assert crop.purge_at == samples.NOW + timedelta(days=7)
    assert "a face" not in repr(crop)
    assert b"a face" not in site.bytes_on_disk()
    with site.writing() as gallery:
        gallery.purge(samples.NOW + timedelta(days=7))
    assert site.reader.crops(samples.NOW) == ()
    site.key.write_bytes(os.urandom(32))
    with site.writing() as gallery:
        gallery.keep_crop(picture, verdict="match", engine=ENGINE, at=samples.NOW, days=1)
    site.key.write_bytes(os.urandom(32))
    with pytest.raises(StorageCorrupt, match="face_crop_changed"):
        site.reader.crops(samples.NOW)
