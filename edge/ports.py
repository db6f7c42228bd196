"""Ports: what flows ask of the world, as small Protocols; an implementation's name says how."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Protocol

from edge.core.commission import Binding, Commission, Contract
from edge.core.curing.alarm import Alarm
from edge.core.curing.climate import Quantity
from edge.core.curing.places import Spot
from edge.core.curing.record import Aggregate, Incident, LoggedReading
from edge.core.curing.state import NO_CHANGE, Book, Standing
from edge.core.custody import Custody
from edge.core.documents import Document
from edge.core.envelope import Sealed, Tip
from edge.core.evidence import Evidence, EvidenceKind, Still
from edge.core.ids import (
    CommissionId,
    DeliveryId,
    Digest,
    EpochId,
    EventId,
    GroupId,
    KeyId,
    LabId,
    PersonId,
    ProjectId,
    RoomId,
    SensorId,
    SpecimenId,
)
from edge.core.keys import Succession
from edge.core.moments import Instant
from edge.core.nfc import (
    SignatureState,
    SunMessage,
    SunProof,
    TagCounter,
    TagPassword,
    TagUid,
)
from edge.core.people import Grant, Person


class Clock(Protocol):
    """The two clocks of the machine and how far the wall clock can be trusted."""

    def now(self) -> datetime:
        """Aware UTC wall time."""
        ...

    def mono_ns(self) -> int:
        """Monotonic nanoseconds; for intervals only."""
        ...

    def read(self) -> Instant:
        """Both clocks with the time quality."""
        ...


class Ids(Protocol):
    """Fresh identities, ordered by time."""

    def event_id(self, at: datetime) -> EventId:
        """A new event id."""
        ...

    def epoch_id(self, at: datetime) -> EpochId:
        """A new epoch id."""
        ...

    def delivery_id(self, at: datetime) -> DeliveryId:
        """A new delivery id."""
        ...


class Journal(Protocol):
    """The log: an event name first, then fields; never a person's data."""

    def info(self, event: str, /, **fields: object) -> None:
        """Something worth a line."""
        ...

    def warning(self, event: str, /, **fields: object) -> None:
        """Something a human should look at."""
        ...


class Signer(Protocol):
    """A private key that never leaves its process."""

    @property
    def key_id(self) -> KeyId:
        """The pinned name of the key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Ed25519 signature, 64 bytes."""
        ...


class KeyRing(Protocol):
    """Pinned public keys; never filled by trust on first use."""

    def verifies(self, key_id: KeyId, *, purpose: str, message: bytes, signature: bytes) -> bool:
        """Whether a listed key of that purpose, valid now, signed the message."""
        ...

    def signed(
        self, key_id: KeyId, *, purpose: str, message: bytes, signature: bytes, at: datetime
    ) -> bool:
        """Whether a listed key of that purpose, valid at that time, signed the message.

        A key that another has followed counts by place (`ended`), whatever the time.
        """
        ...

    def knows(self, key_id: KeyId, *, purpose: str) -> bool:
        """Whether such a key is listed."""
        ...

    def counts(self, key_id: KeyId, *, purpose: str) -> bool:
        """Whether such a key is listed and valid now; its codes are revoked when it is not."""
        ...

    def owner(self, key_id: KeyId) -> str | None:
        """Whose key it is: `{city}/{lab}/{device}` for a station's, None when shared or unknown."""
        ...

    def ended(self, key_id: KeyId, *, epoch: EpochId, sequence: int) -> bool:
        """Whether another key had taken its place before that event."""
        ...


class EventKeys(KeyRing, Protocol):
    """Pinned keys that take in a change which a listed key has sealed."""

    def succeed(self, succession: Succession) -> str:
        """Pin a station's new key, once; why not, empty when it is pinned. Raises StorageError.

        The caller has verified that the old key sealed it.
        """
        ...


class Registry(Protocol):
    """Reference data as last verified; unknown is an answer, not an error."""

    def person(self, person: PersonId) -> Person | None:
        """A registered person."""
        ...

    def staff(self, lab: LabId) -> tuple[Person, ...]:
        """Everybody who works for a lab."""
        ...

    def deliverers(self, project: ProjectId) -> tuple[Person, ...]:
        """Everybody who holds a grant for a project, valid or not."""
        ...

    def grants(self, project: ProjectId) -> tuple[Grant, ...]:
        """Grants of a project."""
        ...

    def commission(self, commission: CommissionId) -> Commission | None:
        """A commission by its id."""
        ...

    def commission_by_form(self, code: str) -> Commission | None:
        """The commission whose 委托单 or 见证记录单 carries a code."""
        ...

    def bindings(self, specimen: SpecimenId) -> tuple[Binding, ...]:
        """Every group a chip is bound to; more than one is a BIND_CONFLICT."""
        ...

    def contract(self, project: ProjectId) -> Contract | None:
        """This lab's contract for a project."""
        ...

    def custody(self, specimen: SpecimenId) -> Custody | None:
        """Where the platform last knew a specimen, over all stations."""
        ...

    def decision(self, delivery: DeliveryId) -> str | None:
        """The platform's word on a delivery: `confirmed`, `disputed` or none yet."""
        ...

    def age_h(self, name: str, now: datetime) -> float:
        """Hours since the platform last vouched for a set; infinite when never received."""
        ...


class CommissionList(Protocol):
    """Which commissions the registry has."""

    def commission_names(self) -> tuple[CommissionId, ...]:
        """Their ids; what an id stands for counts only once it was looked up."""
        ...


class Store(Protocol):
    """The station's own store: state and events of one step, in one durable transaction."""

    def tip(self) -> Tip:
        """The end of the current epoch's chain."""
        ...

    def commit(
        self,
        *,
        events: tuple[Sealed, ...] = (),
        documents: tuple[Document, ...] = (),
        custody: tuple[Custody, ...] = (),
        counters: tuple[TagCounter, ...] = (),
        book: Book = NO_CHANGE,
    ) -> None:
        """Keep all or nothing, on the disk at return; raise StorageError.

        Events must continue `tip()`; a document replaces the one of its kind and id; a tag's
        counter never goes back.
        """
        ...

    def tag_counter(self, uid: TagUid) -> int | None:
        """The highest counter that a tag has proved at this station."""
        ...

    def accept_counter(self, counter: TagCounter) -> bool:
        """Advance a tag's counter durably; False for one that was seen before: a replay."""
        ...

    def document(self, kind: str, id_: str) -> Document | None:
        """One document."""
        ...

    def documents(self, kind: str, *, phases: tuple[str, ...] = ()) -> tuple[Document, ...]:
        """Documents of a kind, oldest first, optionally only those in given phases."""
        ...

    def custody(self, specimen: SpecimenId) -> Custody | None:
        """This station's own last word on a specimen."""
        ...

    def events(self, epoch: EpochId, *, after: int = 0, limit: int = 1000) -> tuple[Sealed, ...]:
        """Events in order."""
        ...

    def epochs(self) -> tuple[EpochId, ...]:
        """All epochs of this store, oldest first."""
        ...


class RoomBook(Protocol):
    """The book of the curing room: where every block is."""

    def standing(self, specimen: SpecimenId) -> Standing | None:
        """The line of one block."""
        ...

    def group(self, group: GroupId) -> tuple[Standing, ...]:
        """The lines of a group's blocks that were ever seen at this door."""
        ...

    def on(self, spot: Spot) -> tuple[Standing, ...]:
        """What lies in a place, or anywhere within it."""
        ...

    def groups_inside(self, room: RoomId) -> tuple[GroupId, ...]:
        """Groups of which any block lies in a room."""
        ...


class EvidenceStore(Protocol):
    """Files named by their digest."""

    def put(
        self, content: bytes, *, kind: EvidenceKind, media_type: str, taken_at: datetime
    ) -> Evidence:
        """Keep a file durably, once; raise StorageError."""
        ...

    def get(self, sha256: Digest) -> bytes | None:
        """The content, verified against its name; None when absent, StorageCorrupt when changed."""
        ...

    def names(self) -> Iterator[Digest]:
        """Every stored digest."""
        ...


class StillCamera(Protocol):
    """A camera that looks at a door, in a process of its own."""

    def shoot(self) -> Still:
        """A picture of now, within its deadline; raise DeviceError saying why there is none."""
        ...


class TagKeys(Protocol):
    """The keys of tags; what they verify, never what they are."""

    def sun(self, message: SunMessage | None) -> SunProof:
        """What a tag's message for this tap proves."""
        ...

    def originality(self, uid: TagUid, signature: bytes | None) -> SignatureState:
        """What the maker's signature of a tag proves."""
        ...

    def password(self, uid: TagUid) -> TagPassword | None:
        """The password of an own tag."""
        ...


class FaceCheck(Protocol):
    """Looks at the deliverer: 1:N proposes, 1:1 decides, among these few people only.

    The answer comes later, as `Intake.judge_face`.
    """

    def begin(self, people: tuple[Person, ...]) -> bool:
        """Start looking; False when nobody can be recognised: then the face-free path at once."""
        ...

    def end(self) -> None:
        """Stop looking; the camera is on only while a check runs."""
        ...


class Link(Protocol):
    """What the shipper says about the way to the platform."""

    def online(self) -> bool:
        """Whether the broker was reachable a moment ago."""
        ...


class Inbox(Protocol):
    """What the shipper has brought down: bytes that the reader verifies."""

    def newest(self, topic_tail: str) -> bytes | None:
        """The last message of a kind of which only the newest counts: `ack`."""
        ...

    def after(self, position: int, *, limit: int = 100) -> tuple[tuple[int, str, bytes], ...]:
        """Messages in order of arrival: position, topic tail, payload."""
        ...


class ClimateRecord(Protocol):
    """What was measured in rooms and at cages, and what others wrote down."""

    def hourly_means(self, sensor: SensorId, on: date) -> dict[int, int]:
        """Mean temperature of each local hour of a day, hundredths, where anything was believed."""
        ...

    def ledger_days(self, place: str) -> tuple[tuple[date, int, str], ...]:
        """Daily means of others for a place, tenths, with their source."""
        ...


class ClimateStore(ClimateRecord, Protocol):
    """The climate's own file: minutes, their sums, alarms and incidents."""

    def keep(
        self,
        readings: Iterable[LoggedReading],
        *,
        alarms: Iterable[tuple[SensorId, Quantity, Alarm]] = (),
        incidents: Iterable[Incident] = (),
    ) -> None:
        """Keep all or nothing; raise StorageError."""
        ...

    def latest(self, sensor: SensorId) -> LoggedReading | None:
        """The last minute that was kept."""
        ...

    def hours(self, sensor: SensorId, since: datetime, until: datetime) -> tuple[Aggregate, ...]:
        """The hours that begin in a span."""
        ...

    def days(self, sensor: SensorId, since: date, until: date) -> tuple[Aggregate, ...]:
        """The local days of a span, both ends included."""
        ...

    def alarms(self) -> tuple[tuple[SensorId, Quantity, Alarm], ...]:
        """Every alarm as it stood last."""
        ...
