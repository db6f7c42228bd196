"""What is read of the platform's store, in SQL that both engines understand; a door runs it."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol, Self

from edge.core.ids import DeliveryId, Digest, EpochId, EventId, KeyId
from edge.core.platform import (
    Alarm,
    Chain,
    Received,
    Settled,
    Slot,
)
from edge.wire.downlink import Mark

EVENT_COLUMNS = (
    "station, epoch, sequence, event_id, type, subject, delivery, prev, digest, key_id, body, "
    "envelope"
)
Row = tuple[Any, ...]


class SqlDoor(Protocol):
    """One connection; `?` stands for a value, errors are ours."""

    def all(self, sql: str, *values: object) -> list[Row]:
        """Every row of an answer."""
        ...

    def among(self, sql: str, types: str, keys: Iterable[Row]) -> list[Row]:
        """Every row of an answer whose `{keys}` is a table of these keys: t text, i integer.

        SQLite looks keys up one by one only where they stand left of a CROSS JOIN.
        """
        ...

    def run(self, sql: str, *values: object) -> int:
        """Change something; how many rows."""
        ...

    def run_many(self, sql: str, rows: Iterable[Row]) -> None:
        """The same change with many rows."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...


class CentralReads:
    """Reads the platform's store."""

    def __init__(self, door: SqlDoor) -> None:
        self._door = door

    def __enter__(self) -> Self:
        """Use as a context manager."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the store."""
        self.close()

    def close(self) -> None:
        """Close the store."""
        self._door.close()

    def settled(self, delivery: DeliveryId) -> Settled | None:
        """A closed delivery with the platform's word."""
        rows = self._door.all(
            "SELECT station, outcome, specimens, word, at FROM deliveries WHERE delivery=?",
            delivery,
        )
        if not rows:
            return None
        station, outcome, specimens, word, at = rows[0]
        return Settled(delivery, station, outcome, specimens, word, datetime.fromisoformat(at))

    def has_alarm(self, alarm: Alarm) -> bool:
        """Whether the same was noted before, at whatever time."""
        rows = self._door.all(
            "SELECT 1 FROM alarms WHERE station=? AND code=? AND facts=? LIMIT 1",
            alarm.station,
            alarm.code,
            facts_text(alarm),
        )
        return bool(rows)

    def store_id(self) -> str:
        """The identity of this store."""
        return str(self._door.all("SELECT store_id FROM platform")[0][0])

    def stations(self) -> tuple[str, ...]:
        """Every station that was ever heard."""
        rows = self._door.all("SELECT station FROM stations ORDER BY station")
        return tuple(row[0] for row in rows)

    def marks(self, station: str) -> Mapping[EpochId, Mark]:
        """The watermarks of a station."""
        rows = self._door.all("SELECT epoch, upto, digest FROM marks WHERE station=?", station)
        return {EpochId(row[0]): Mark(row[1], Digest(row[2])) for row in rows}

    def every_mark(self) -> Mapping[Chain, Mark]:
        """The watermarks of every chain; asked once."""
        rows = self._door.all("SELECT station, epoch, upto, digest FROM marks")
        return {(row[0], EpochId(row[1])): Mark(row[2], Digest(row[3])) for row in rows}

    def marks_of(self, chains: Iterable[Chain]) -> Mapping[Chain, Mark]:
        """The watermarks of chains; one without events has none."""
        rows = self._door.among(
            "WITH keys (s, e) AS {keys} SELECT station, epoch, upto, digest "
            "FROM keys CROSS JOIN marks WHERE station=s AND epoch=e",
            "tt",
            chains,
        )
        return {(row[0], EpochId(row[1])): Mark(row[2], Digest(row[3])) for row in rows}

    def events_at(self, slots: Iterable[Slot]) -> tuple[Received, ...]:
        """The events at these places, as far as there are any."""
        rows = self._door.among(
            f"WITH keys (s, e, n) AS {{keys}} SELECT {EVENT_COLUMNS} "  # noqa: S608 - a constant column list
            "FROM keys CROSS JOIN events WHERE station=s AND epoch=e AND sequence=n",
            "tti",
            slots,
        )
        return tuple(received(row) for row in rows)

    def event_at(self, station: str, epoch: EpochId, sequence: int) -> Received | None:
        """The event at a place."""
        found = self.events_at([(station, epoch, sequence)])
        return found[0] if found else None

    def suspects_at(self, slots: Iterable[Slot]) -> Mapping[Slot, Digest]:
        """The digest of the first quarantined bytes at each of these places."""
        rows = self._door.among(
            "WITH keys (s, e, n) AS {keys} SELECT station, epoch, sequence, digest "
            "FROM keys CROSS JOIN quarantine WHERE station=s AND epoch=e AND sequence=n "
            "ORDER BY id DESC",
            "tti",
            slots,
        )
        return {(row[0], EpochId(row[1]), row[2]): Digest(row[3]) for row in rows}

    def suspect_at(self, station: str, epoch: EpochId, sequence: int) -> Digest | None:
        """The digest of the first quarantined bytes at a place."""
        slot = (station, epoch, sequence)
        return self.suspects_at([slot]).get(slot)

    def lowest_above(self, upto: Mapping[Chain, int]) -> Mapping[Chain, int]:
        """The lowest stored place above a point of each chain that has one."""
        lowest: dict[Chain, int] = {}
        for table in ("events", "quarantine"):
            rows = self._door.among(
                "WITH keys (s, e, upto) AS {keys} "  # noqa: S608 - one of two constant names
                "SELECT s, e, (SELECT min(sequence) "
                f"FROM {table} WHERE station=s AND epoch=e AND sequence>upto) FROM keys",
                "tti",
                [(*chain, point) for chain, point in upto.items()],
            )
            for station, epoch, sequence in rows:
                if sequence is not None:
                    chain = (station, EpochId(epoch))
                    lowest[chain] = min(sequence, lowest.get(chain, sequence))
        return lowest

    def next_above(self, station: str, epoch: EpochId, upto: int) -> int | None:
        """The lowest stored place above the watermark."""
        return self.lowest_above({(station, epoch): upto}).get((station, epoch))

    def events_of(self, delivery: DeliveryId, kind: str) -> tuple[Received, ...]:
        """Events of one type that belong to a delivery, in order."""
        rows = self._door.all(
            f"SELECT {EVENT_COLUMNS} FROM events WHERE delivery=? AND type=? "  # noqa: S608 - a constant column list
            "ORDER BY epoch, sequence",
            delivery,
            kind,
        )
        return tuple(received(row) for row in rows)

    def has_suspects_between(self, station: str, epoch: EpochId, first: int, last: int) -> bool:
        """Whether something between two places lies in quarantine instead of among the events."""
        rows = self._door.all(
            "SELECT 1 FROM quarantine q WHERE station=? AND epoch=? AND sequence BETWEEN ? AND ? "
            "AND NOT EXISTS (SELECT 1 FROM events e WHERE e.station=q.station "
            "AND e.epoch=q.epoch AND e.sequence=q.sequence) LIMIT 1",
            station,
            epoch,
            first,
            last,
        )
        return bool(rows)

    def lines(self, name: str, *, lab: str | None = None) -> tuple[bytes, ...]:
        """Rows of a set as lines; with `lab` only those for it or for all."""
        if lab is None:
            rows = self._door.all("SELECT line FROM rows WHERE name=? ORDER BY key", name)
        else:
            rows = self._door.all(
                "SELECT line FROM rows WHERE name=? AND (lab IS NULL OR lab=?) ORDER BY key",
                name,
                lab,
            )
        return tuple(row[0] for row in rows)

    def keyed_lines(self, name: str, lab: str) -> tuple[tuple[str, bytes], ...]:
        """Rows of a set for all labs and for this one, each with its identity; "" is no lab."""
        rows = self._door.all(
            "SELECT key, line FROM rows WHERE name=? AND (lab IS NULL OR lab=?)", name, lab
        )
        return tuple((row[0], row[1]) for row in rows)

    def labs_apart(self, name: str) -> frozenset[str]:
        """Labs that have rows or versions of a set for themselves."""
        rows = self._door.all(
            "SELECT lab FROM rows WHERE name=? AND lab IS NOT NULL UNION "
            "SELECT lab FROM newest WHERE name=? AND lab<>''",
            name,
            name,
        )
        return frozenset(row[0] for row in rows)

    def find_lines(self, name: str, found_by: str) -> tuple[bytes, ...]:
        """Rows of a set by any of their keys."""
        rows = self._door.all(
            "SELECT r.line FROM row_keys k JOIN rows r ON r.name=k.name AND r.key=k.key "
            "WHERE k.name=? AND k.found_by=? ORDER BY r.key",
            name,
            found_by,
        )
        return tuple(row[0] for row in rows)

    def changes(self, after: int) -> tuple[int, frozenset[tuple[str, str | None]]]:
        """The newest change of any consumer, and what changed since: set and lab, None for all."""
        rows = self._door.all("SELECT name, lab, number FROM changes WHERE number>?", after)
        newest = max((row[2] for row in rows), default=after)
        return newest, frozenset((row[0], row[1] or None) for row in rows)

    def newest_version(self, lab: str, name: str) -> int:
        """The newest version of a set for a lab, 0 before the first."""
        rows = self._door.all("SELECT version FROM newest WHERE lab=? AND name=?", lab, name)
        return rows[0][0] if rows else 0

    def page_names(self, lab: str, name: str, version: int) -> tuple[Digest, ...]:
        """The digests of the pages of a version in order."""
        rows = self._door.all(
            "SELECT sha256 FROM versions WHERE lab=? AND name=? AND version=? ORDER BY number",
            lab,
            name,
            version,
        )
        return tuple(Digest(row[0]) for row in rows)

    def pages(self, lab: str, name: str, version: int) -> tuple[bytes, ...]:
        """The pages of a version in order."""
        rows = self._door.all(
            "SELECT p.body FROM versions v JOIN pages p ON p.sha256=v.sha256 "
            "WHERE v.lab=? AND v.name=? AND v.version=? ORDER BY v.number",
            lab,
            name,
            version,
        )
        return tuple(row[0] for row in rows)


def facts_text(alarm: Alarm) -> str:
    """The facts of an alarm as they are stored."""
    return json.dumps(dict(alarm.facts), ensure_ascii=False, sort_keys=True)


def received(row: Row) -> Received:
    """An event from the columns of `EVENT_COLUMNS`."""
    return Received(
        station=row[0],
        epoch=EpochId(row[1]),
        sequence=row[2],
        event_id=EventId(row[3]),
        type=row[4],
        subject=row[5],
        delivery=DeliveryId(row[6]) if row[6] else None,
        prev=Digest(row[7]),
        digest=Digest(row[8]),
        key_id=KeyId(row[9]),
        body=row[10],
        envelope=row[11],
    )
