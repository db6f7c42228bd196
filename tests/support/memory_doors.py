"""Doors without a world behind them: a clock that is set, ids that count, a registry in memory."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

import samples

from edge.core.commission import Binding, Commission, Contract
from edge.core.custody import Custody
from edge.core.errors import StorageError
from edge.core.evidence import Evidence, EvidenceKind
from edge.core.ids import (
    CommissionId,
    DeliveryId,
    Digest,
    EpochId,
    EventId,
    LabId,
    PersonId,
    ProjectId,
    SpecimenId,
    uuid7,
)
from edge.core.moments import Instant, TimeQuality
from edge.core.nfc import (
    NO_SUN,
    SignatureState,
    SunMessage,
    SunProof,
    TagPassword,
    TagUid,
)
from edge.core.people import Grant, Person


class SetClock:
    """Stands still until it is moved."""

    def __init__(self, at: datetime = samples.NOW) -> None:
        self.at = at
        self.elapsed_ns = 0
        self.quality = TimeQuality.SYNCED

    def now(self) -> datetime:
        return self.at

    def mono_ns(self) -> int:
        return self.elapsed_ns

    def read(self) -> Instant:
        return Instant(self.at, self.elapsed_ns, self.quality)

    def move(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.elapsed_ns += int(seconds * 1e9)


class CountingIds:
    """Valid UUIDv7 texts whose random part counts."""

    def __init__(self) -> None:
        self.count = 0

    def _next(self, at: datetime) -> str:
        self.count += 1
        return uuid7(at, self.count.to_bytes(10, "big"))

    def event_id(self, at: datetime) -> EventId:
        return EventId.parse(self._next(at))

    def epoch_id(self, at: datetime) -> EpochId:
        return EpochId.parse(self._next(at))

    def delivery_id(self, at: datetime) -> DeliveryId:
        return DeliveryId.parse(self._next(at))


class QuietJournal:
    """Remembers the names of what was noted."""

    def __init__(self) -> None:
        self.noted: list[str] = []

    def info(self, event: str, /, **_: object) -> None:
        self.noted.append(event)

    def warning(self, event: str, /, **_: object) -> None:
        self.noted.append(event)


class MemoryEvidence:
    """Files in a dictionary."""

    def __init__(self) -> None:
        self.files: dict[Digest, bytes] = {}

    def put(
        self, content: bytes, *, kind: EvidenceKind, media_type: str, taken_at: datetime
    ) -> Evidence:
        name = Digest(sha256(content).hexdigest())
        self.files[name] = content
        return Evidence(kind, name, len(content), media_type, taken_at)

    def get(self, sha256: Digest) -> bytes | None:
        return self.files.get(sha256)

    def names(self) -> Iterator[Digest]:
        return iter(self.files)


@dataclass
class MemoryRegistry:
    """Reference data as a test sets it."""

    people: tuple[Person, ...] = ()
    all_grants: tuple[Grant, ...] = ()
    commissions: tuple[Commission, ...] = ()
    contracts: tuple[Contract, ...] = ()
    extra_bindings: tuple[Binding, ...] = ()
    places: dict[SpecimenId, Custody] = field(default_factory=dict)
    decisions: dict[DeliveryId, str] = field(default_factory=dict)
    hours: float = 1.0

    def person(self, person: PersonId) -> Person | None:
        return next((each for each in self.people if each.person == person), None)

    def staff(self, lab: LabId) -> tuple[Person, ...]:
        return tuple(each for each in self.people if each.lab == lab)

    def deliverers(self, project: ProjectId) -> tuple[Person, ...]:
        named = {grant.person for grant in self.grants(project)}
        return tuple(each for each in self.people if each.person in named)

    def grants(self, project: ProjectId) -> tuple[Grant, ...]:
        return tuple(each for each in self.all_grants if each.project == project)

    def commission(self, commission: CommissionId) -> Commission | None:
        return next((each for each in self.commissions if each.commission == commission), None)

    def commission_names(self) -> tuple[CommissionId, ...]:
        return tuple(each.commission for each in self.commissions)

    def commission_by_form(self, code: str) -> Commission | None:
        return next(
            (each for each in self.commissions if code in {each.form_code, each.witness_form_code}),
            None,
        )

    def bindings(self, specimen: SpecimenId) -> tuple[Binding, ...]:
        found = [
            samples.binding(specimen, each)
            for each in self.commissions
            if each.group_of(specimen) is not None
        ]
        extra = [each for each in self.extra_bindings if each.specimen == specimen]
        return (*found, *extra)

    def contract(self, project: ProjectId) -> Contract | None:
        return next((each for each in self.contracts if each.project == project), None)

    def custody(self, specimen: SpecimenId) -> Custody | None:
        return self.places.get(specimen)

    def decision(self, delivery: DeliveryId) -> str | None:
        return self.decisions.get(delivery)

    def age_h(self, name: str, now: datetime) -> float:
        del name, now
        return self.hours


@dataclass
class SetLink:
    """The way to the platform, as a test sets it."""

    is_online: bool = True

    def online(self) -> bool:
        return self.is_online


@dataclass
class StackedInbox:
    """Messages as the shipper keeps them."""

    messages: list[tuple[int, str, bytes]] = field(default_factory=list)
    trouble: StorageError | None = None

    def put(self, tail: str, payload: bytes) -> None:
        self.messages.append((len(self.messages) + 1, tail, payload))

    def newest(self, topic_tail: str) -> bytes | None:
        return next((each for _, tail, each in reversed(self.messages) if tail == topic_tail), None)

    def after(self, position: int, *, limit: int = 100) -> tuple[tuple[int, str, bytes], ...]:
        if self.trouble:
            raise self.trouble
        return tuple(each for each in self.messages if each[0] > position)[:limit]


@dataclass
class SetTagKeys:
    """What tags prove is what a test says."""

    proof: SunProof = NO_SUN
    signature: SignatureState = SignatureState.VALID

    def sun(self, message: SunMessage | None) -> SunProof:
        return self.proof if message else NO_SUN

    def originality(self, uid: TagUid, signature: bytes | None) -> SignatureState:
        del uid
        return self.signature if signature else SignatureState.ABSENT

    def password(self, uid: TagUid) -> TagPassword | None:
        del uid
        return None
