"""What the platform's engine asks of its store: SQLite for a lab, PostgreSQL for a city."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from edge.core.ids import DeliveryId, Digest, EpochId
from edge.core.platform import Alarm, Chain, Received, Settled, Slot, Suspect
from edge.wire.downlink import Mark


class EventStore(Protocol):
    """Events, quarantine and watermarks; asked in bulk, because a server is a round trip away."""

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

    def every_mark(self) -> Mapping[Chain, Mark]:
        """The watermarks of every chain; asked once."""
        ...

    def marks_of(self, chains: Iterable[Chain]) -> Mapping[Chain, Mark]:
        """The watermarks of chains; one without events has none."""
        ...

    def set_marks(self, marks: Mapping[Chain, Mark]) -> None:
        """Move watermarks, never backwards."""
        ...

    def events_at(self, slots: Iterable[Slot]) -> tuple[Received, ...]:
        """The events at these places, as far as there are any."""
        ...

    def suspects_at(self, slots: Iterable[Slot]) -> Mapping[Slot, Digest]:
        """The digest of the first quarantined bytes at each of these places."""
        ...

    def lowest_above(self, upto: Mapping[Chain, int]) -> Mapping[Chain, int]:
        """The lowest stored place above a point of each chain that has one."""
        ...

    def keep_events(self, events: Iterable[Received], *, at: datetime) -> None:
        """Keep verified events; their places must be free."""
        ...

    def keep_suspect(self, suspect: Suspect, *, at: datetime) -> bool:
        """Put bytes into quarantine, once; whether they were new there."""
        ...

    def count_redeliveries(self, station: str, number: int) -> None:
        """Bytes that were stored before came once more."""
        ...

    def raise_alarm(self, alarm: Alarm) -> None:
        """Note something that a person must look at."""
        ...

    def has_alarm(self, alarm: Alarm) -> bool:
        """Whether the same was noted before, at whatever time."""
        ...


class DeliveryStore(Protocol):
    """What is made of events: deliveries with the platform's word."""

    def hold_reference(self) -> None:
        """Until this transaction ends, no other consumer changes reference rows or custody."""
        ...

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

    def hold_reference(self) -> None:
        """Until this transaction ends, no other consumer changes reference rows or custody."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """Everything inside is on the disk at its end, or nothing is."""
        ...

    def lines(self, name: str, *, lab: str | None = None) -> tuple[bytes, ...]:
        """Rows of a set as lines; with `lab` only those for it or for all."""
        ...

    def keyed_lines(self, name: str, lab: str) -> tuple[tuple[str, bytes], ...]:
        """Rows of a set for all labs and for this one, each with its identity; "" is no lab."""
        ...

    def labs_apart(self, name: str) -> frozenset[str]:
        """Labs that have rows or versions of a set for themselves."""
        ...

    def find_lines(self, name: str, found_by: str) -> tuple[bytes, ...]:
        """Rows of a set by any of their keys."""
        ...

    def put_lines(
        self, name: str, rows: Iterable[tuple[tuple[str, ...], str | None, bytes]]
    ) -> int:
        """Keep rows (keys, lab, line) by their first keys; how many changed anything."""
        ...

    def drop_line(self, name: str, key: str) -> bool:
        """Remove a reference row; whether it was there."""
        ...

    def changes(self, after: int) -> tuple[int, frozenset[tuple[str, str | None]]]:
        """The newest change of any consumer, and what changed since: set and lab, None for all."""
        ...

    def newest_version(self, lab: str, name: str) -> int:
        """The newest version of a set for a lab, 0 before the first."""
        ...

    def pages(self, lab: str, name: str, version: int) -> tuple[bytes, ...]:
        """The pages of a version in order."""
        ...

    def page_names(self, lab: str, name: str, version: int) -> tuple[Digest, ...]:
        """The digests of the pages of a version in order."""
        ...

    def publish_version(
        self, lab: str, name: str, version: int, pages: Iterable[tuple[Digest, bytes]]
    ) -> None:
        """Keep a new version; the one before it stays, older ones go."""
        ...


class PlatformStore(EventStore, DeliveryStore, RowStore, Protocol):
    """All of it."""
