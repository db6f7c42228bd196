"""What the platform keeps (after step 11): received events, quarantine, alarms, counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from edge.core.ids import DeliveryId, Digest, EpochId, EventId, KeyId

Chain = tuple[str, EpochId]
"""The events of a station in one epoch."""
Slot = tuple[str, EpochId, int]
"""A place in a chain: station, epoch, sequence."""


@dataclass(frozen=True, slots=True)
class Received:
    """A verified event of a station, `{city}/{lab}/{device}`, with its bytes as they came."""

    station: str
    epoch: EpochId
    sequence: int
    event_id: EventId
    type: str
    subject: str
    delivery: DeliveryId | None
    prev: Digest
    digest: Digest
    key_id: KeyId
    body: bytes
    envelope: bytes


@dataclass(frozen=True, slots=True)
class Suspect:
    """Bytes that are kept and not believed; the place is None where it could not be read."""

    station: str
    epoch: EpochId | None
    sequence: int | None
    digest: Digest
    reason: str
    envelope: bytes


@dataclass(frozen=True, slots=True)
class Stored:
    """A verified event with the moment at which the platform stored it."""

    event: Received
    received_at: datetime


@dataclass(frozen=True, slots=True)
class StoredSuspect:
    """What lies in quarantine at a place, without its bytes."""

    station: str
    epoch: EpochId
    sequence: int
    digest: Digest
    reason: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something a person must look at."""

    at: datetime
    station: str
    code: str
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Settled:
    """A closed delivery with the platform's word on it."""

    delivery: DeliveryId
    station: str
    outcome: str
    specimens: int
    word: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of the platform's store; duplicates are rows of the same place or the same event id."""

    events: int
    quarantined: int
    redeliveries: int
    duplicates_stored: int
