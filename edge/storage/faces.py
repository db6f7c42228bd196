"""Templates of faces (step 4): encrypted at rest under a key outside the database.

The command line writes, the desk reads; nothing of it ever leaves the station.
"""

import json
import os
import sqlite3
import struct
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from edge.core.consent import Consent, ConsentText, Crop, Enrolment, Erasure
from edge.core.errors import BrokenInvariant, ConfigError, StorageCorrupt
from edge.core.faces import Enrolled, Vector
from edge.core.ids import Digest, PersonId
from edge.storage.db import WriterLock, open_database, open_if_made, transaction, translated

MIGRATIONS = "faces"
CONSENT_VERSION = "face-1"
_KEY_BYTES = 32
_NONCE_BYTES = 12
_KEY_MODE = 0o600
_CROP = b"crop"


def consent_text(version: str = CONSENT_VERSION) -> tuple[ConsentText, str]:
    """A shipped text of consent with the digest of its bytes."""
    content = (files("edge.storage") / "consent" / f"{version}.txt").read_bytes()
    return ConsentText(version, Digest(sha256(content).hexdigest())), content.decode()


class FaceKey:
    """The key of the templates: 32 random bytes in a file of its own, mode 0600."""

    def __init__(self, path: Path) -> None:
        """Raise ConfigError `face_key_absent`, `key_readable_by_others` or `face_key_malformed`."""
        try:
            mode, content = path.stat().st_mode, path.read_bytes()
        except OSError as error:
            raise ConfigError("face_key_absent", file=str(path), why=error.strerror) from error
        if mode & 0o077:
            raise ConfigError("key_readable_by_others", file=str(path))
        if len(content) != _KEY_BYTES:
            raise ConfigError("face_key_malformed", file=str(path))
        self._cipher = AESGCM(content)

    @classmethod
    def made(cls, path: Path) -> "FaceKey":
        """The key of a file, made when there is none."""
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _KEY_MODE)
        except FileExistsError:
            return cls(path)
        with os.fdopen(descriptor, "wb") as file:
            file.write(AESGCM.generate_key(_KEY_BYTES * 8))
            file.flush()
            os.fsync(file.fileno())
        return cls(path)

    def seal(self, vector: Vector, *, person: PersonId, engine: str) -> bytes:
        """Nonce and ciphertext, bound to the person and the engine."""
        nonce = os.urandom(_NONCE_BYTES)
        content = struct.pack(f"!{len(vector)}f", *vector)
        return nonce + self._cipher.encrypt(nonce, content, _bound(person, engine))

    def seal_crop(self, content: bytes) -> bytes:
        """Nonce and ciphertext of a picture."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, content, _CROP)

    def open_crop(self, sealed: bytes) -> bytes:
        """The picture; StorageCorrupt `face_crop_changed` for another key."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _CROP)
        except (InvalidTag, ValueError) as error:
            raise StorageCorrupt("face_crop_changed") from error

    def open(self, sealed: bytes, *, person: PersonId, engine: str) -> Vector:
        """The vector; StorageCorrupt `face_template_changed` for another key, person or engine."""
        nonce, content = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            plain = self._cipher.decrypt(nonce, content, _bound(person, engine))
        except (InvalidTag, ValueError) as error:
            raise StorageCorrupt("face_template_changed", engine=engine) from error
        return struct.unpack(f"!{len(plain) // 4}f", plain)


class FaceGallery:
    """The writer; one at a time."""

    def __init__(self, path: Path, key: FaceKey) -> None:
        self._path = path
        self._key = key
        self._lock = WriterLock(path)
        try:
            self._db = open_database(path, migrations=MIGRATIONS)
            self._db.execute("PRAGMA secure_delete=ON")
            path.chmod(_KEY_MODE)
        except BaseException:
            self._lock.release()
            raise

    def close(self) -> None:
        """Let another process write."""
        self._db.close()
        self._lock.release()

    def agree(self, consent: Consent) -> None:
        """Record a consent; an older one becomes history, its templates follow the new."""
        with transaction(self._db, self._path):
            self._db.execute(
                "UPDATE consents SET withdrawn_at = ? WHERE person = ? AND withdrawn_at IS NULL",
                (_text(consent.at), consent.person),
            )
            added = self._db.execute(
                "INSERT INTO consents (person, text_version, text_sha256, at, how, recorded_by)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    consent.person,
                    consent.text.version,
                    consent.text.sha256,
                    _text(consent.at),
                    consent.how,
                    consent.recorded_by,
                ),
            )
            self._db.execute(
                "UPDATE templates SET consent = ? WHERE person = ?",
                (added.lastrowid, consent.person),
            )

    def keep(
        self, enrolled: Enrolled, *, engine: str, photographs: int, at: datetime, until: datetime
    ) -> None:
        """Keep a template, in place of an older one; BrokenInvariant without a consent."""
        sealed = self._key.seal(enrolled.vector, person=enrolled.person, engine=engine)
        with transaction(self._db, self._path):
            row = self._db.execute(
                "SELECT id FROM consents WHERE person = ? AND withdrawn_at IS NULL",
                (enrolled.person,),
            ).fetchone()
            if row is None:
                raise BrokenInvariant("face_without_consent")
            self._db.execute(
                "INSERT OR REPLACE INTO templates"
                " (person, engine, consent, photographs, made_at, expires_at, sealed)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (enrolled.person, engine, row[0], photographs, _text(at), _text(until), sealed),
            )

    def take_answer(self, corr: str, at: datetime) -> bool:
        """Note that an answer of the platform is used; False when it was before."""
        with transaction(self._db, self._path):
            added = self._db.execute(
                "INSERT OR IGNORE INTO answers (corr, at) VALUES (?, ?)", (corr, _text(at))
            )
            return added.rowcount == 1

    def took_answer(self, corr: str) -> bool:
        """Whether an answer of the platform was used."""
        with translated(self._path):
            found = self._db.execute("SELECT 1 FROM answers WHERE corr = ?", (corr,)).fetchone()
        return found is not None

    def withdrawn_at(self, person: PersonId) -> datetime | None:
        """When a person last withdrew or agreed anew; None for never."""
        with translated(self._path):
            (at,) = self._db.execute(
                "SELECT max(coalesce(withdrawn_at, at)) FROM consents WHERE person = ?", (person,)
            ).fetchone()
        return None if at is None else _when(at)

    def withdraw(self, person: PersonId, at: datetime) -> int:
        """Erase every template of a person and mark the consent withdrawn; how many there were."""
        with transaction(self._db, self._path):
            self._prove("person = ?", person, at=at, reason="withdrawn")
            gone = self._db.execute("DELETE FROM templates WHERE person = ?", (person,)).rowcount
            self._db.execute(
                "UPDATE consents SET withdrawn_at = ? WHERE person = ? AND withdrawn_at IS NULL",
                (_text(at), person),
            )
        self._forget()
        return gone

    def purge(self, now: datetime) -> int:
        """Erase what has expired; how many templates."""
        with transaction(self._db, self._path):
            self._prove("expires_at <= ?", _text(now), at=now, reason="expired")
            gone = self._db.execute(
                "DELETE FROM templates WHERE expires_at <= ?", (_text(now),)
            ).rowcount
            crops = self._db.execute(
                "DELETE FROM crops WHERE purge_at <= ?", (_text(now),)
            ).rowcount
        if gone or crops:
            self._forget()
        return gone

    def keep_crop(self, crop: bytes, *, verdict: str, engine: str, at: datetime, days: int) -> None:
        """Keep the face of a check for so many days, where the operator asked for it."""
        with transaction(self._db, self._path):
            self._db.execute(
                "INSERT INTO crops (at, purge_at, verdict, engine, sealed) VALUES (?, ?, ?, ?, ?)",
                (
                    _text(at),
                    _text(at + timedelta(days=days)),
                    verdict,
                    engine,
                    self._key.seal_crop(crop),
                ),
            )

    def _prove(self, which: str, value: str, *, at: datetime, reason: str) -> None:
        """Note what is about to be erased, in the same transaction."""
        rows = self._db.execute(
            f"SELECT person, engine, sealed FROM templates WHERE {which}",  # noqa: S608 - a clause of ours
            (value,),
        ).fetchall()
        self._db.executemany(
            "INSERT INTO erasures (person, engine, sealed_sha256, at, reason)"
            " VALUES (?, ?, ?, ?, ?)",
            [
                (person, engine, sha256(sealed).hexdigest(), _text(at), reason)
                for person, engine, sealed in rows
            ],
        )

    def _forget(self) -> None:
        """Nothing erased stays in the file or in its log."""
        with translated(self._path):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


class FaceReader:
    """Reads templates for the desk; each call sees what was enrolled meanwhile."""

    def __init__(self, path: Path, key_file: Path) -> None:
        self._path = path
        self._key_file = key_file

    def templates(
        self, people: tuple[PersonId, ...], *, engine: str, now: datetime
    ) -> tuple[Enrolled, ...]:
        """Templates of these people by this engine that have consent and have not expired."""
        db = open_if_made(self._path, migrations=MIGRATIONS)
        if db is None or not people:
            _close(db)
            return ()
        with closing(db), translated(self._path):
            rows = db.execute(
                "SELECT t.person, t.sealed FROM templates t JOIN consents c ON c.id = t.consent"
                " WHERE t.person IN (SELECT value FROM json_each(?)) AND t.engine = ?"
                " AND t.expires_at > ? AND c.withdrawn_at IS NULL ORDER BY t.person",
                (json.dumps(people), engine, _text(now)),
            ).fetchall()
        if not rows:
            return ()
        key = FaceKey(self._key_file)
        return tuple(
            Enrolled(PersonId(person), key.open(sealed, person=PersonId(person), engine=engine))
            for person, sealed in rows
        )

    def erasures(self, person: PersonId | None = None) -> tuple[Erasure, ...]:
        """The proofs of what was erased, the oldest first; of one person, or of all."""
        db = open_if_made(self._path, migrations=MIGRATIONS)
        if db is None:
            return ()
        with closing(db), translated(self._path):
            rows = db.execute(
                "SELECT person, engine, sealed_sha256, at, reason FROM erasures"
                " WHERE ? IS NULL OR person = ? ORDER BY id",
                (person, person),
            ).fetchall()
        return tuple(
            Erasure(PersonId(who), engine, Digest(digest), _when(at), reason)
            for who, engine, digest, at, reason in rows
        )

    def crops(self, now: datetime) -> tuple[Crop, ...]:
        """Faces of checks that are still to be seen."""
        db = open_if_made(self._path, migrations=MIGRATIONS)
        if db is None:
            return ()
        with closing(db), translated(self._path):
            rows = db.execute(
                "SELECT at, purge_at, verdict, sealed FROM crops WHERE purge_at > ? ORDER BY id",
                (_text(now),),
            ).fetchall()
        key = FaceKey(self._key_file) if rows else None
        return tuple(
            Crop(_when(at), _when(purge_at), verdict, key.open_crop(sealed))
            for at, purge_at, verdict, sealed in rows
            if key is not None
        )

    def enrolments(self) -> tuple[Enrolment, ...]:
        """What is stored about whom, without any template."""
        db = open_if_made(self._path, migrations=MIGRATIONS)
        if db is None:
            return ()
        with closing(db), translated(self._path):
            rows = db.execute(
                "SELECT t.person, t.engine, t.photographs, t.made_at, t.expires_at,"
                " c.text_version, c.text_sha256, c.at, c.how, c.recorded_by"
                " FROM templates t JOIN consents c ON c.id = t.consent ORDER BY t.person, t.engine"
            ).fetchall()
        return tuple(_enrolment(row) for row in rows)


def _enrolment(row: tuple[object, ...]) -> Enrolment:
    person, engine, photographs, made_at, expires_at, version, digest, at, how, by = map(str, row)
    text = ConsentText(version, Digest(digest))
    consent = Consent(PersonId(person), text, _when(at), how, PersonId(by))
    return Enrolment(
        PersonId(person), engine, int(photographs), _when(made_at), _when(expires_at), consent
    )


def _bound(person: PersonId, engine: str) -> bytes:
    return f"{engine}|{person}".encode()


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _when(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _close(db: sqlite3.Connection | None) -> None:
    if db is not None:
        db.close()
