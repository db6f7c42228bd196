"""Consent of a person to be recognised by face: recorded before any template exists (PIPL 29)."""

from dataclasses import dataclass, field
from datetime import datetime

from edge.core.ids import Digest, PersonId


@dataclass(frozen=True, slots=True)
class ConsentText:
    """What the person read, in the version shown."""

    version: str
    sha256: Digest


@dataclass(frozen=True, slots=True)
class Consent:
    """Who agreed to which text, when and how, and which staff member recorded it."""

    person: PersonId
    text: ConsentText
    at: datetime
    how: str
    recorded_by: PersonId


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What may be shown of a stored template: everything but the template."""

    person: PersonId
    engine: str
    photographs: int
    made_at: datetime
    expires_at: datetime
    consent: Consent


@dataclass(frozen=True, slots=True)
class Erasure:
    """The proof that a template is gone: the digest of its sealed bytes, when, and why."""

    person: PersonId
    engine: str
    sealed_sha256: Digest
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Crop:
    """The face of one check, JPEG, kept where the operator asked for it."""

    at: datetime
    purge_at: datetime
    verdict: str
    content: bytes = field(repr=False)
