"""The platform's store on SQLite: every event once, with the watermark that speaks of it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from types import TracebackType
from typing import Any, Self

from edge.core.ids import DeliveryId, Digest, EpochId, EventId, KeyId
from edge.core.platform import Alarm, Counts, Received, Settled, Suspect
from edge.storage.db import WriterLock, open_database, transaction, translated
from edge.wire.downlink import Mark
from edge.wire.topics import Station

_COLUMNS = (
    "station, epoch, sequence, event_id, type, subject, delivery, prev, digest, key_id, body, "
    "envelope"
)


class CentralReader:
    """Reads the platform's store beside its writer."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db = open_database(path, migrations="central", read_only=True)

    def __enter__(self) -> Self:
        """Use as a context manager."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the database."""
        self.close()

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def counts(self) -> Counts:
        """How many rows; duplicates are counted in the stored rows themselves."""
        ((events, places, ids),) = self._all(
            "SELECT count(*), count(DISTINCT station || epoch || sequence), "
            "count(DISTINCT event_id) FROM events"
        )
        ((suspects,),) = self._all("SELECT count(*) FROM quarantine")
        ((again,),) = self._all("SELECT coalesce(sum(number), 0) FROM redeliveries")
        return Counts(events, suspects, again, max(events - places, events - ids))

    def digests(self, station: Station) -> Iterator[tuple[EpochId, int, Digest]]:
        """Place and digest of every event of a station."""
        rows = self._all("SELECT epoch, sequence, digest FROM events WHERE station=?", station.name)
        return ((EpochId(row[0]), row[1], Digest(row[2])) for row in rows)

    def deliveries_by_outcome(self) -> Mapping[str, int]:
        """Closed deliveries by how they ended."""
        return dict(
            self._all("SELECT outcome, count(*) FROM deliveries GROUP BY outcome ORDER BY outcome")
        )

    def settled(self, delivery: DeliveryId) -> Settled | None:
        """A closed delivery with the platform's word."""
        rows = self._all(
            "SELECT station, outcome, specimens, word, at FROM deliveries WHERE delivery=?",
            delivery,
        )
        if not rows:
            return None
        station, outcome, specimens, word, at = rows[0]
        return Settled(delivery, station, outcome, specimens, word, datetime.fromisoformat(at))

    def alarms(self) -> tuple[Alarm, ...]:
        """Everything that a person must look at, oldest first."""
        rows = self._all("SELECT at, station, code, facts FROM alarms ORDER BY id")
        return tuple(
            Alarm(datetime.fromisoformat(row[0]), row[1], row[2], json.loads(row[3]))
            for row in rows
        )

    def suspects(self) -> tuple[Suspect, ...]:
        """What lies in quarantine."""
        rows = self._all(
            "SELECT station, epoch, sequence, digest, reason, envelope FROM quarantine ORDER BY id"
        )
        return tuple(Suspect(*row) for row in rows)

    def store_id(self) -> str:
        """The identity of this store."""
        return str(self._all("SELECT store_id FROM platform")[0][0])

    def stations(self) -> tuple[str, ...]:
        """Every station that was ever heard."""
        return tuple(row[0] for row in self._all("SELECT station FROM stations ORDER BY station"))

    def marks(self, station: str) -> Mapping[EpochId, Mark]:
        """The watermarks of a station."""
        rows = self._all("SELECT epoch, upto, digest FROM marks WHERE station=?", station)
        return {EpochId(row[0]): Mark(row[1], Digest(row[2])) for row in rows}

    def event_at(self, station: str, epoch: EpochId, sequence: int) -> Received | None:
        """The event at a place."""
        rows = self._all(
            f"SELECT {_COLUMNS} FROM events WHERE station=? AND epoch=? AND sequence=?",  # noqa: S608 - a constant column list
            station,
            epoch,
            sequence,
        )
        return _received(rows[0]) if rows else None

    def suspect_at(self, station: str, epoch: EpochId, sequence: int) -> Digest | None:
        """The digest of the first quarantined bytes at a place."""
        rows = self._all(
            "SELECT digest FROM quarantine WHERE station=? AND epoch=? AND sequence=? ORDER BY id",
            station,
            epoch,
            sequence,
        )
        return Digest(rows[0][0]) if rows else None

    def next_above(self, station: str, epoch: EpochId, upto: int) -> int | None:
        """The lowest stored place above the watermark."""
        rows = self._all(
            "SELECT min(sequence) FROM ("
            "SELECT sequence FROM events WHERE station=:s AND epoch=:e AND sequence>:u UNION "
            "SELECT sequence FROM quarantine WHERE station=:s AND epoch=:e AND sequence>:u)",
            {"s": station, "e": epoch, "u": upto},
        )
        return rows[0][0] if rows else None

    def events_of(self, delivery: DeliveryId, kind: str) -> tuple[Received, ...]:
        """Events of one type that belong to a delivery, in order."""
        rows = self._all(
            f"SELECT {_COLUMNS} FROM events WHERE delivery=? AND type=? ORDER BY epoch, sequence",  # noqa: S608 - a constant column list
            delivery,
            kind,
        )
        return tuple(_received(row) for row in rows)

    def has_suspects_between(self, station: str, epoch: EpochId, first: int, last: int) -> bool:
        """Whether something between two places lies in quarantine instead of among the events."""
        rows = self._all(
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
            rows = self._all("SELECT line FROM rows WHERE name=? ORDER BY key", name)
        else:
            rows = self._all(
                "SELECT line FROM rows WHERE name=? AND (lab IS NULL OR lab=?) ORDER BY key",
                name,
                lab,
            )
        return tuple(row[0] for row in rows)

    def find_lines(self, name: str, found_by: str) -> tuple[bytes, ...]:
        """Rows of a set by any of their keys."""
        rows = self._all(
            "SELECT r.line FROM row_keys k JOIN rows r ON r.name=k.name AND r.key=k.key "
            "WHERE k.name=? AND k.found_by=? ORDER BY r.key",
            name,
            found_by,
        )
        return tuple(row[0] for row in rows)

    def newest_version(self, lab: str, name: str) -> int:
        """The newest version of a set for a lab, 0 before the first."""
        rows = self._all("SELECT version FROM newest WHERE lab=? AND name=?", lab, name)
        return rows[0][0] if rows else 0

    def pages(self, lab: str, name: str, version: int) -> tuple[bytes, ...]:
        """The pages of a version in order."""
        rows = self._all(
            "SELECT p.body FROM versions v JOIN pages p ON p.sha256=v.sha256 "
            "WHERE v.lab=? AND v.name=? AND v.version=? ORDER BY v.number",
            lab,
            name,
            version,
        )
        return tuple(row[0] for row in rows)

    def _all(self, sql: str, *values: object) -> list[Any]:
        given: Any = values[0] if len(values) == 1 and isinstance(values[0], dict) else values
        with translated(self._path):
            return list(self._db.execute(sql, given).fetchall())


class SqliteCentral(CentralReader):
    """The one writer; everything between `transaction` and its end is kept together or not."""

    def __init__(self, path: Path) -> None:
        self._lock = WriterLock(path)
        self._path = path
        try:
            self._db = open_database(path, migrations="central", synchronous="FULL")
            with transaction(self._db, path):
                self._db.execute("INSERT OR IGNORE INTO platform VALUES (1, ?)", (token_hex(8),))
        except BaseException:
            self._lock.release()
            raise

    def close(self) -> None:
        """Close the database and let another process write."""
        super().close()
        self._lock.release()

    def transaction(self) -> AbstractContextManager[None]:
        """Everything inside is on the disk at its end, or nothing is."""
        return transaction(self._db, self._path)

    def note_station(self, station: str) -> None:
        """A station was heard."""
        self._db.execute("INSERT OR IGNORE INTO stations VALUES (?)", (station,))

    def keep_event(self, event: Received, *, at: datetime) -> None:
        """Keep a verified event; its place must be free."""
        self._db.execute(
            f"INSERT INTO events ({_COLUMNS}, received_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",  # noqa: S608 - a constant column list
            (
                event.station,
                event.epoch,
                event.sequence,
                event.event_id,
                event.type,
                event.subject,
                event.delivery,
                event.prev,
                event.digest,
                event.key_id,
                event.body,
                event.envelope,
                at.isoformat(),
            ),
        )

    def keep_suspect(self, suspect: Suspect, *, at: datetime) -> bool:
        """Put bytes into quarantine, once; whether they were new there."""
        done = self._db.execute(
            "INSERT OR IGNORE INTO quarantine "
            "(station, epoch, sequence, digest, reason, envelope, received_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                suspect.station,
                suspect.epoch,
                suspect.sequence,
                suspect.digest,
                suspect.reason,
                suspect.envelope,
                at.isoformat(),
            ),
        )
        return done.rowcount == 1

    def count_redelivery(self, station: str) -> None:
        """The same bytes came once more."""
        self._db.execute(
            "INSERT INTO redeliveries VALUES (?, 1) "
            "ON CONFLICT (station) DO UPDATE SET number = number + 1",
            (station,),
        )

    def set_mark(self, station: str, epoch: EpochId, mark: Mark) -> None:
        """Move a watermark."""
        self._db.execute(
            "INSERT OR REPLACE INTO marks VALUES (?, ?, ?, ?)",
            (station, epoch, mark.upto, mark.digest),
        )

    def raise_alarm(self, alarm: Alarm) -> None:
        """Note something that a person must look at."""
        facts = json.dumps(dict(alarm.facts), ensure_ascii=False)
        self._db.execute(
            "INSERT INTO alarms (at, station, code, facts) VALUES (?, ?, ?, ?)",
            (alarm.at.isoformat(), alarm.station, alarm.code, facts),
        )

    def settle(self, settled: Settled) -> None:
        """Keep the platform's word on a delivery."""
        self._db.execute(
            "INSERT OR REPLACE INTO deliveries VALUES (?, ?, ?, ?, ?, ?)",
            (
                settled.delivery,
                settled.station,
                settled.outcome,
                settled.specimens,
                settled.word,
                settled.at.isoformat(),
            ),
        )

    def put_line(self, name: str, keys: tuple[str, ...], *, lab: str | None, line: bytes) -> bool:
        """Keep a reference row by its first key; whether it changed anything."""
        key = keys[0]
        known = self._all("SELECT line FROM rows WHERE name=? AND key=?", name, key)
        if known and known[0][0] == line:
            return False
        self.drop_line(name, key)
        self._db.execute("INSERT INTO rows VALUES (?, ?, ?, ?)", (name, key, lab, line))
        self._db.executemany(
            "INSERT OR IGNORE INTO row_keys VALUES (?, ?, ?)",
            [(name, each, key) for each in keys],
        )
        return True

    def drop_line(self, name: str, key: str) -> bool:
        """Remove a reference row; whether it was there."""
        self._db.execute("DELETE FROM row_keys WHERE name=? AND key=?", (name, key))
        return self._db.execute("DELETE FROM rows WHERE name=? AND key=?", (name, key)).rowcount > 0

    def publish_version(
        self, lab: str, name: str, version: int, pages: Iterable[tuple[Digest, bytes]]
    ) -> None:
        """Keep a new version; the one before it stays, older ones go."""
        for number, (sha256, body) in enumerate(pages):
            self._db.execute("INSERT OR IGNORE INTO pages VALUES (?, ?)", (sha256, body))
            self._db.execute(
                "INSERT INTO versions VALUES (?, ?, ?, ?, ?)", (lab, name, version, number, sha256)
            )
        self._db.execute("INSERT OR REPLACE INTO newest VALUES (?, ?, ?)", (lab, name, version))
        self._db.execute(
            "DELETE FROM versions WHERE lab=? AND name=? AND version<?", (lab, name, version - 1)
        )
        self._db.execute("DELETE FROM pages WHERE sha256 NOT IN (SELECT sha256 FROM versions)")


def _received(row: Any) -> Received:
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
