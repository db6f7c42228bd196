"""What the platform's engine asks of its store; SQLite today, a server database for a city."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from edge.core.ids import DeliveryId, Digest, EpochId
from edge.core.platform import Alarm, Received, Settled, Suspect
from edge.wire.downlink import Mark


class EventStore(Protocol):
    """Events, quarantine and watermarks."""

    def transaction(self) -> AbstractContextManager[None]:
        """Everything inside is on the disk at its end, or nothing is."""
        ...

    def store_id(self) -> str:
        """The identity of this store; another after a restore."""
        ...

    def note_station(self, station: str) -> None:
        """A station was heard."""
        ...

    def stations(self) -> tuple[str, ...]:
        """Every station that was ever heard."""
        ...

    def marks(self, station: str) -> Mapping[EpochId, Mark]:
        """The watermarks of a station."""
        ...

    def set_mark(self, station: str, epoch: EpochId, mark: Mark) -> None:
        """Move a watermark."""
        ...

    def event_at(self, station: str, epoch: EpochId, sequence: int) -> Received | None:
        """The event at a place."""
        ...

    def suspect_at(self, station: str, epoch: EpochId, sequence: int) -> Digest | None:
        """The digest of the first quarantined bytes at a place."""
        ...

    def next_above(self, station: str, epoch: EpochId, upto: int) -> int | None:
        """The lowest stored place above the watermark."""
        ...

    def keep_event(self, event: Received, *, at: datetime) -> None:
        """Keep a verified event; its place must be free."""
        ...

    def keep_suspect(self, suspect: Suspect, *, at: datetime) -> bool:
        """Put bytes into quarantine, once; whether they were new there."""
        ...

    def count_redelivery(self, station: str) -> None:
        """The same bytes came once more."""
        ...

    def raise_alarm(self, alarm: Alarm) -> None:
        """Note something that a person must look at."""
        ...


class DeliveryStore(Protocol):
    """What is made of events: deliveries with the platform's word."""

    def events_of(self, delivery: DeliveryId, kind: str) -> tuple[Received, ...]:
        """Events of one type that belong to a delivery, in order."""
        ...

    def has_suspects_between(self, station: str, epoch: EpochId, first: int, last: int) -> bool:
        """Whether something between two places lies in quarantine instead of among the events."""
        ...

    def settled(self, delivery: DeliveryId) -> Settled | None:
        """A closed delivery with the platform's word."""
        ...

    def settle(self, settled: Settled) -> None:
        """Keep the platform's word on a delivery."""
        ...


class RowStore(Protocol):
    """Reference rows, and the versions that stations pull."""

    def transaction(self) -> AbstractContextManager[None]:
        """Everything inside is on the disk at its end, or nothing is."""
        ...

    def lines(self, name: str, *, lab: str | None = None) -> tuple[bytes, ...]:
        """Rows of a set as lines; with `lab` only those for it or for all."""
        ...

    def find_lines(self, name: str, found_by: str) -> tuple[bytes, ...]:
        """Rows of a set by any of their keys."""
        ...

    def put_line(self, name: str, keys: tuple[str, ...], *, lab: str | None, line: bytes) -> bool:
        """Keep a reference row by its first key; whether it changed anything."""
        ...

    def drop_line(self, name: str, key: str) -> bool:
        """Remove a reference row; whether it was there."""
        ...

    def newest_version(self, lab: str, name: str) -> int:
        """The newest version of a set for a lab, 0 before the first."""
        ...

    def pages(self, lab: str, name: str, version: int) -> tuple[bytes, ...]:
        """The pages of a version in order."""
        ...

    def publish_version(
        self, lab: str, name: str, version: int, pages: Iterable[tuple[Digest, bytes]]
    ) -> None:
        """Keep a new version; the one before it stays, older ones go."""
        ...


class PlatformStore(EventStore, DeliveryStore, RowStore, Protocol):
    """All of it."""
