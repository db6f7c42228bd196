"""The station's store (step 10): state and events of one step in one durable transaction."""

from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from edge.core.archive import PRUNED_AT, ArchiveHead
from edge.core.curing.state import NO_CHANGE, Book
from edge.core.custody import Custody
from edge.core.documents import Document
from edge.core.envelope import GENESIS, Sealed, Tip
from edge.core.errors import BrokenInvariant, StorageCorrupt
from edge.core.ids import (
    DeliveryId,
    DeviceId,
    Digest,
    EpochId,
    EventId,
    KeyId,
    LabId,
    SpecimenId,
)
from edge.core.nfc import TagCounter, TagUid
from edge.core.specimen import SpecimenState
from edge.storage.db import WriterLock, open_database, open_if_made, transaction, translated
from edge.storage.places import Places, put_book

_EVENT_COLUMNS = (
    "event_id, epoch, sequence, type, subject, recorded_at, body, digest, key_id, signature"
)


class StationReader:
    """Reads a station's store beside its writer: shipper, verifier, doctor."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db = open_database(path, migrations="station", read_only=True)

    @classmethod
    def open_if_made(cls, path: Path) -> Self | None:
        """A reader once capture has made the store with its tables, None before."""
        made = open_if_made(path, migrations="station")
        if made is None:
            return None
        made.close()
        return cls(path)

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

    def change_mark(self) -> int:
        """A number that changes when another process has committed."""
        (mark,) = self._one("PRAGMA data_version") or (0,)
        return int(mark)

    def epochs(self) -> tuple[EpochId, ...]:
        """All epochs, oldest first."""
        return tuple(
            EpochId(row[0]) for row in self._all("SELECT epoch FROM epochs ORDER BY rowid")
        )

    def strays(self) -> tuple[EpochId, ...]:
        """Epochs that events name and that were never opened; a whole store has none."""
        rows = self._all(
            "SELECT DISTINCT epoch FROM events WHERE epoch NOT IN (SELECT epoch FROM epochs)"
        )
        return tuple(EpochId(row[0]) for row in rows)

    def tip_of(self, epoch: EpochId) -> Tip:
        """The end of an epoch's chain."""
        row = self._one(
            "SELECT sequence, digest FROM events WHERE epoch=? ORDER BY sequence DESC LIMIT 1",
            epoch,
        )
        return Tip(epoch, row[0], Digest(row[1])) if row else Tip(epoch, 0, GENESIS)

    def events(self, epoch: EpochId, *, after: int = 0, limit: int = 1000) -> tuple[Sealed, ...]:
        """Events in order."""
        rows = self._all(
            f"SELECT {_EVENT_COLUMNS} FROM events "  # noqa: S608 - a constant column list
            "WHERE epoch=? AND sequence>? ORDER BY sequence LIMIT ?",
            epoch,
            after,
            limit,
        )
        return tuple(self._sealed(row) for row in rows)

    def oldest(self, epoch: EpochId) -> int:
        """The first sequence of an epoch that is still kept; 1 before any is."""
        (first,) = self._one("SELECT min(sequence) FROM events WHERE epoch=?", epoch)
        return int(first) if first is not None else 1

    def pruned(self) -> Sealed | None:
        """The newest statement of what was forgotten; None when nothing was."""
        place = self.document(*PRUNED_AT)
        if place is None:
            return None
        epoch, _, sequence = place.body.decode().partition("/")
        if not sequence.isdecimal():
            raise StorageCorrupt("row_malformed", file=str(self._path), document="archive")
        found = self.events(EpochId(epoch), after=int(sequence) - 1, limit=1)
        return found[0] if found else None

    def last_before(self, epoch: EpochId, at: datetime, *, upto: int) -> Tip | None:
        """The last event that was recorded before a moment, and all before it too; None if none."""
        text = at.astimezone(UTC).isoformat()
        row = self._one(
            "SELECT sequence FROM events WHERE epoch=? AND sequence<=? AND recorded_at>=? "
            "ORDER BY sequence LIMIT 1",
            epoch,
            upto,
            text,
        )
        last = row[0] - 1 if row else upto
        found = self._one("SELECT digest FROM events WHERE epoch=? AND sequence=?", epoch, last)
        return Tip(epoch, last, Digest(found[0])) if found else None

    def document(self, kind: str, id_: str) -> Document | None:
        """One document."""
        row = self._one("SELECT phase, body FROM documents WHERE kind=? AND id=?", kind, id_)
        return Document(kind, id_, row[0], row[1]) if row else None

    def documents(self, kind: str, *, phases: tuple[str, ...] = ()) -> tuple[Document, ...]:
        """Documents of a kind, oldest first, optionally only those in given phases."""
        marks = ",".join("?" * len(phases))
        chosen = f"AND phase IN ({marks})" if phases else ""
        rows = self._all(
            f"SELECT id, phase, body FROM documents WHERE kind=? {chosen} ORDER BY born",  # noqa: S608 - only marks are built
            kind,
            *phases,
        )
        return tuple(Document(kind, *row) for row in rows)

    def custody(self, specimen: SpecimenId) -> Custody | None:
        """This station's own last word on a specimen."""
        row = self._one(
            "SELECT state, at, lab, device, place, delivery FROM custody WHERE specimen=?", specimen
        )
        if row is None:
            return None
        return Custody(
            specimen=specimen,
            state=SpecimenState(row[0]),
            at=datetime.fromisoformat(row[1]),
            lab=LabId(row[2]),
            device=DeviceId(row[3]),
            place=row[4],
            delivery=DeliveryId(row[5]) if row[5] else None,
            own=True,
        )

    @property
    def places(self) -> Places:
        """The book of the curing room."""
        return Places(self._db, self._path)

    def tag_counter(self, uid: TagUid) -> int | None:
        """The highest counter that a tag has proved here."""
        row = self._one("SELECT counter FROM tag_counters WHERE uid=?", uid)
        return int(row[0]) if row else None

    def _sealed(self, row: Any) -> Sealed:
        """A row as an event; StorageCorrupt `row_malformed` when its instant is not as we write."""
        try:
            recorded_at = datetime.fromisoformat(row[5])
        except ValueError as error:
            raise StorageCorrupt("row_malformed", file=str(self._path), sequence=row[2]) from error
        if recorded_at.tzinfo is None or recorded_at.isoformat() != row[5]:
            raise StorageCorrupt("row_malformed", file=str(self._path), sequence=row[2])
        return Sealed(
            event_id=EventId(row[0]),
            epoch=EpochId(row[1]),
            sequence=row[2],
            type=row[3],
            subject=row[4],
            recorded_at=recorded_at,
            body=row[6],
            digest=Digest(row[7]),
            key_id=KeyId(row[8]),
            signature=row[9],
        )

    def _all(self, sql: str, *values: Any) -> list[Any]:
        with translated(self._path):
            return self._db.execute(sql, values).fetchall()

    def _one(self, sql: str, *values: Any) -> Any:
        with translated(self._path):
            return self._db.execute(sql, values).fetchone()


class SqliteStation(StationReader):
    """The one writer: WAL with synchronous=FULL, so what `commit` returned from is on the disk."""

    def __init__(self, path: Path) -> None:
        self._lock = WriterLock(path)
        self._path = path
        try:
            self._db = open_database(path, migrations="station", synchronous="FULL")
            epochs = self.epochs()
            self._tip = self.tip_of(epochs[-1]) if epochs else None
        except BaseException:
            self._lock.release()
            raise

    def close(self) -> None:
        """Close the database and let another process write."""
        self._db.close()
        self._lock.release()

    @property
    def is_new(self) -> bool:
        """Whether no epoch has begun yet."""
        return self._tip is None

    def tip(self) -> Tip:
        """The end of the current epoch's chain; BrokenInvariant `no_epoch` before the first."""
        if self._tip is None:
            raise BrokenInvariant("no_epoch", file=str(self._path))
        return self._tip

    def open_epoch(self, epoch: EpochId, first: Sealed) -> None:
        """Begin an epoch with its first event; the one before it ends where it stands."""
        if first.epoch != epoch or first.sequence != 1:
            raise BrokenInvariant("sequence_broken", sequence=first.sequence)
        with transaction(self._db, self._path):
            self._db.execute(
                "INSERT INTO epochs VALUES (?, ?)", (epoch, first.recorded_at.isoformat())
            )
            self._insert_event(first)
        self._tip = first.tip

    def commit(
        self,
        *,
        events: tuple[Sealed, ...] = (),
        documents: tuple[Document, ...] = (),
        custody: tuple[Custody, ...] = (),
        counters: tuple[TagCounter, ...] = (),
        book: Book = NO_CHANGE,
    ) -> None:
        """Keep all or nothing, on the disk at return; raise StorageError."""
        tip = self.tip()
        for event in events:
            if (event.epoch, event.sequence) != (tip.epoch, tip.sequence + 1):
                raise BrokenInvariant("sequence_broken", sequence=event.sequence)
            tip = event.tip
        with transaction(self._db, self._path):
            for event in events:
                self._insert_event(event)
            for document in documents:
                self._put_document(document)
            for each in custody:
                self._put_custody(each)
            for counter in counters:
                self._put_counter(counter)
            put_book(self._db, book)
        self._tip = tip

    def accept_counter(self, counter: TagCounter) -> bool:
        """Advance a tag's counter, on the disk at return; False for one that was seen before."""
        with transaction(self._db, self._path):
            return self._put_counter(counter)

    def forget(self, head: ArchiveHead, *, limit: int) -> int:
        """Delete the oldest events up to a stated head; how many went."""
        with transaction(self._db, self._path):
            gone = self._db.execute(
                "DELETE FROM events WHERE epoch=? AND sequence<=? AND sequence IN "
                "(SELECT sequence FROM events WHERE epoch=? ORDER BY sequence LIMIT ?)",
                (head.epoch, head.upto, head.epoch, limit),
            )
            return gone.rowcount

    def _insert_event(self, event: Sealed) -> None:
        self._db.execute(
            f"INSERT INTO events ({_EVENT_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?)",  # noqa: S608 - a constant column list
            (
                event.event_id,
                event.epoch,
                event.sequence,
                event.type,
                event.subject,
                event.recorded_at.isoformat(),
                event.body,
                event.digest,
                event.key_id,
                event.signature,
            ),
        )

    def _put_document(self, document: Document) -> None:
        self._db.execute(
            "INSERT INTO documents VALUES (?, ?, ?, ?, "
            "(SELECT coalesce(max(born), 0) + 1 FROM documents)) "
            "ON CONFLICT (kind, id) DO UPDATE SET phase=excluded.phase, body=excluded.body",
            (document.kind, document.id, document.phase, document.body),
        )

    def _put_counter(self, each: TagCounter) -> bool:
        """Never goes back; whether it went on."""
        written = self._db.execute(
            "INSERT INTO tag_counters VALUES (?, ?, ?) ON CONFLICT (uid) DO UPDATE "
            "SET counter=excluded.counter, at=excluded.at WHERE excluded.counter>counter",
            (each.uid, each.counter, each.at.isoformat()),
        )
        return written.rowcount > 0

    def _put_custody(self, each: Custody) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO custody VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                each.specimen,
                each.state.value,
                each.at.isoformat(),
                each.lab,
                each.device,
                each.place,
                each.delivery,
            ),
        )
