"""The shipper's own store (steps 11 and 12): watermarks, its pulse, and messages for capture.

A lost mark only means a repeated event, so commits need no wait for the disk (EVENTS 2.2).
"""

from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from edge.core.errors import StorageError
from edge.core.evidence import Blob, EvidenceKind
from edge.core.ids import Digest, EpochId
from edge.ports import Clock
from edge.storage.db import WriterLock, open_database, open_if_made, transaction, translated
from edge.wire.downlink import Mark

INBOX_LIMIT = 2_000
"""Messages kept for capture: it takes them within seconds, so more are a flood."""
COMMANDS_KEPT = 1_000
FRESH_S = 15.0


@dataclass(frozen=True, slots=True)
class Pulse:
    """What the shipper last said of itself; `note` names what stops it, empty when nothing does."""

    connected: bool
    boot_id: str
    mono_ns: int
    note: str = ""


class LinkReader:
    """Reads beside the shipper; a store that is not there yet is a station that never shipped."""

    def __init__(self, path: Path, *, clock: Clock, boot_id: str) -> None:
        self._path = path
        self._clock = clock
        self._boot_id = boot_id
        self._db: Any = None

    def close(self) -> None:
        """Close the database."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def online(self) -> bool:
        """Whether the broker was reachable a moment ago; a store that cannot be read says no."""
        try:
            pulse = self.pulse()
        except StorageError:
            return False
        if pulse is None or pulse.boot_id != self._boot_id:
            return False
        age_s = (self._clock.mono_ns() - pulse.mono_ns) / 1e9
        return pulse.connected and age_s < FRESH_S

    def pulse(self) -> Pulse | None:
        """The shipper's last sign of life."""
        rows = self._all("SELECT connected, boot_id, mono_ns, note FROM pulse")
        return Pulse(bool(rows[0][0]), *rows[0][1:]) if rows else None

    def marks(self) -> Mapping[EpochId, Mark]:
        """What the platform has confirmed, by epoch."""
        rows = self._all("SELECT epoch, upto, digest FROM marks")
        return {EpochId(row[0]): Mark(row[1], Digest(row[2])) for row in rows}

    def blobs_waiting(self) -> int:
        """How many photographs are still to go."""
        rows = self._all("SELECT count(*) FROM blobs WHERE state='waiting'")
        return int(rows[0][0]) if rows else 0

    def confirmed_at(self) -> datetime | None:
        """When the platform last confirmed something new."""
        rows = self._all("SELECT max(at) FROM marks")
        return datetime.fromisoformat(rows[0][0]) if rows and rows[0][0] else None

    def newest(self, topic_tail: str) -> bytes | None:
        """The last message of a kind of which only the newest counts: `ack`."""
        rows = self._all("SELECT payload FROM newest WHERE tail=?", topic_tail)
        return rows[0][0] if rows else None

    def after(self, position: int, *, limit: int = 100) -> tuple[tuple[int, str, bytes], ...]:
        """Messages in order of arrival: position, topic tail, payload."""
        rows = self._all(
            "SELECT position, tail, payload FROM inbox WHERE position>? ORDER BY position LIMIT ?",
            position,
            limit,
        )
        return tuple((row[0], row[1], row[2]) for row in rows)

    def _all(self, sql: str, *values: object) -> list[Any]:
        if self._db is None:
            self._db = open_if_made(self._path, migrations="link")
        if self._db is None:
            return []
        with translated(self._path):
            return list(self._db.execute(sql, values).fetchall())


def erase_received(path: Path, tails: Iterable[str]) -> None:
    """Take used messages out of the inbox beside the shipper, overwritten in the file and its log.

    Raises StorageError; `inbox_busy` when a long reader kept the log from being emptied.
    """
    with closing(open_database(path, migrations="link")) as db:
        with translated(path):
            db.execute("PRAGMA secure_delete=ON")
        with transaction(db, path):
            db.executemany("DELETE FROM inbox WHERE tail=?", [(tail,) for tail in tails])
        with translated(path):
            (is_busy, *_) = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if is_busy:
        raise StorageError("inbox_busy", file=str(path), remedy="specimen-edge face accept")


class SqliteLink(LinkReader):
    """The one writer."""

    def __init__(self, path: Path, *, clock: Clock, boot_id: str) -> None:
        super().__init__(path, clock=clock, boot_id=boot_id)
        self._lock = WriterLock(path)
        try:
            self._db = open_database(path, migrations="link", synchronous="NORMAL")
        except BaseException:
            self._lock.release()
            raise

    def close(self) -> None:
        """Close the database and let another process write."""
        super().close()
        self._lock.release()

    def beat(self, *, connected: bool, note: str = "") -> None:
        """A sign of life."""
        values = (int(connected), self._boot_id, self._clock.mono_ns(), note)
        self._write("INSERT OR REPLACE INTO pulse VALUES (1, ?, ?, ?, ?)", values)

    def platform(self) -> tuple[str, datetime] | None:
        """The platform's store behind the marks, and when it last spoke."""
        rows = self._all("SELECT store_id, issued FROM platform")
        return (rows[0][0], datetime.fromisoformat(rows[0][1])) if rows else None

    def keep_marks(self, marks: Mapping[EpochId, Mark], *, store_id: str, issued: datetime) -> None:
        """Watermarks with the store that they are of, together."""
        now = self._clock.now().isoformat()
        before, known = self.platform(), self.marks()
        is_another = before is not None and before[0] != store_id
        fell = any(each in known and mark.upto < known[each].upto for each, mark in marks.items())
        with transaction(self._db, self._path):
            if is_another or fell:
                # A restored platform may have lost photographs; it says at once which it has.
                self._db.execute("UPDATE blobs SET state='waiting' WHERE state='stored'")
            self._db.execute(
                "INSERT OR REPLACE INTO platform VALUES (1, ?, ?)", (store_id, issued.isoformat())
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO marks VALUES (?, ?, ?, ?)",
                [(epoch, mark.upto, mark.digest, now) for epoch, mark in marks.items()],
            )

    def receive(self, topic_tail: str, payload: bytes) -> None:
        """Keep a message for capture; beyond the limit the oldest go."""
        with transaction(self._db, self._path):
            self._db.execute(
                "INSERT INTO inbox (tail, payload) VALUES (?, ?)", (topic_tail, payload)
            )
            self._db.execute(
                "DELETE FROM inbox WHERE position <= (SELECT max(position) FROM inbox) - ?",
                (INBOX_LIMIT,),
            )

    def keep_newest(self, topic_tail: str, payload: bytes) -> None:
        """Keep a message in place of the one before it."""
        self._write("INSERT OR REPLACE INTO newest VALUES (?, ?)", (topic_tail, payload))

    def blob_cursor(self, epoch: EpochId) -> int:
        """How far an epoch was searched for photographs."""
        rows = self._all("SELECT upto FROM blob_cursors WHERE epoch=?", epoch)
        return int(rows[0][0]) if rows else 0

    def queue_blobs(self, epoch: EpochId, upto: int, blobs: tuple[Blob, ...]) -> None:
        """Photographs that go, found up to there; one that is known is not queued again."""
        with transaction(self._db, self._path):
            self._db.executemany(
                "INSERT INTO blobs (sha256, kind, media_type, state) VALUES (?, ?, ?, 'waiting') "
                "ON CONFLICT (sha256) DO NOTHING",
                [(each.sha256, each.kind.value, each.media_type) for each in blobs],
            )
            self._db.execute("INSERT OR REPLACE INTO blob_cursors VALUES (?, ?)", (epoch, upto))

    def next_blob(self) -> Blob | None:
        """The oldest photograph that waits."""
        rows = self._all(
            "SELECT sha256, kind, media_type FROM blobs WHERE state='waiting' "
            "ORDER BY position LIMIT 1"
        )
        return Blob(Digest(rows[0][0]), EvidenceKind(rows[0][1]), rows[0][2]) if rows else None

    def settle_blob(self, sha256: Digest, *, stored: bool) -> None:
        """It has arrived, or it cannot be sent any more."""
        state = "stored" if stored else "gone"
        self._write("UPDATE blobs SET state=? WHERE sha256=?", (state, sha256))

    def note_command(self, corr: str, name: str) -> None:
        """A command is carried out from now on; the oldest are forgotten."""
        with transaction(self._db, self._path):
            self._db.execute(
                "INSERT OR IGNORE INTO commands (corr, name, heard_at) VALUES (?, ?, ?)",
                (corr, name, self._clock.now().isoformat()),
            )
            self._db.execute(
                "DELETE FROM commands WHERE position <= (SELECT max(position) FROM commands) - ?",
                (COMMANDS_KEPT,),
            )

    def knows_command(self, corr: str) -> bool:
        """Whether it was heard before."""
        return bool(self._all("SELECT 1 FROM commands WHERE corr=?", corr))

    def keep_result(self, corr: str, result: bytes) -> None:
        """What became of a command."""
        self._write("UPDATE commands SET result=? WHERE corr=?", (result, corr))

    def result_of(self, corr: str) -> bytes | None:
        """What became of it; None while it is carried out, or when that was cut short."""
        rows = self._all("SELECT result FROM commands WHERE corr=?", corr)
        return rows[0][0] if rows else None

    def _write(self, sql: str, values: tuple[object, ...]) -> None:
        with transaction(self._db, self._path):
            self._db.execute(sql, values)
