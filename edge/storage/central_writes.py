"""What is written to the platform's store, in SQL that both engines understand."""

import json
from collections.abc import Iterable
from datetime import datetime

from edge.core.ids import Digest, EpochId
from edge.core.platform import Alarm, Received, Settled, Suspect
from edge.storage.central_reads import EVENT_COLUMNS, CentralReads
from edge.wire.downlink import Mark


class CentralWrites(CentralReads):
    """Keeps what the platform's engine hands over; all of it inside the engine's transactions."""

    def note_station(self, station: str) -> None:
        """A station was heard."""
        self._door.run("INSERT INTO stations VALUES (?) ON CONFLICT DO NOTHING", station)

    def keep_event(self, event: Received, *, at: datetime) -> None:
        """Keep a verified event; its place must be free."""
        self._door.run(
            f"INSERT INTO events ({EVENT_COLUMNS}, received_at) "  # noqa: S608 - a constant column list
            "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
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
        )

    def keep_suspect(self, suspect: Suspect, *, at: datetime) -> bool:
        """Put bytes into quarantine, once; whether they were new there."""
        done = self._door.run(
            "INSERT INTO quarantine "
            "(station, epoch, sequence, digest, reason, envelope, received_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            suspect.station,
            suspect.epoch,
            suspect.sequence,
            suspect.digest,
            suspect.reason,
            suspect.envelope,
            at.isoformat(),
        )
        return done == 1

    def count_redelivery(self, station: str) -> None:
        """The same bytes came once more."""
        self._door.run(
            "INSERT INTO redeliveries VALUES (?, 1) "
            "ON CONFLICT (station) DO UPDATE SET number = redeliveries.number + 1",
            station,
        )

    def set_mark(self, station: str, epoch: EpochId, mark: Mark) -> None:
        """Move a watermark, never backwards."""
        self._door.run(
            "INSERT INTO marks VALUES (?, ?, ?, ?) ON CONFLICT (station, epoch) DO UPDATE "
            "SET upto=excluded.upto, digest=excluded.digest WHERE excluded.upto > marks.upto",
            station,
            epoch,
            mark.upto,
            mark.digest,
        )

    def raise_alarm(self, alarm: Alarm) -> None:
        """Note something that a person must look at."""
        self._door.run(
            "INSERT INTO alarms (at, station, code, facts) VALUES (?, ?, ?, ?)",
            alarm.at.isoformat(),
            alarm.station,
            alarm.code,
            json.dumps(dict(alarm.facts), ensure_ascii=False),
        )

    def settle(self, settled: Settled) -> None:
        """Keep the platform's word on a delivery."""
        self._door.run(
            "INSERT INTO deliveries VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (delivery) DO UPDATE "
            "SET station=excluded.station, outcome=excluded.outcome, "
            "specimens=excluded.specimens, word=excluded.word, at=excluded.at",
            settled.delivery,
            settled.station,
            settled.outcome,
            settled.specimens,
            settled.word,
            settled.at.isoformat(),
        )

    def put_line(self, name: str, keys: tuple[str, ...], *, lab: str | None, line: bytes) -> bool:
        """Keep a reference row by its first key; whether it changed anything."""
        key = keys[0]
        known = self._door.all("SELECT line FROM rows WHERE name=? AND key=?", name, key)
        if known and known[0][0] == line:
            return False
        self.drop_line(name, key)
        self._door.run("INSERT INTO rows VALUES (?, ?, ?, ?)", name, key, lab, line)
        for each in keys:
            self._door.run(
                "INSERT INTO row_keys VALUES (?, ?, ?) ON CONFLICT DO NOTHING", name, each, key
            )
        return True

    def drop_line(self, name: str, key: str) -> bool:
        """Remove a reference row; whether it was there."""
        self._door.run("DELETE FROM row_keys WHERE name=? AND key=?", name, key)
        return self._door.run("DELETE FROM rows WHERE name=? AND key=?", name, key) > 0

    def publish_version(
        self, lab: str, name: str, version: int, pages: Iterable[tuple[Digest, bytes]]
    ) -> None:
        """Keep a new version; the one before it stays, older ones go."""
        for number, (sha256, body) in enumerate(pages):
            self._door.run("INSERT INTO pages VALUES (?, ?) ON CONFLICT DO NOTHING", sha256, body)
            self._door.run(
                "INSERT INTO versions VALUES (?, ?, ?, ?, ?)", lab, name, version, number, sha256
            )
        self._door.run(
            "INSERT INTO newest VALUES (?, ?, ?) "
            "ON CONFLICT (lab, name) DO UPDATE SET version=excluded.version",
            lab,
            name,
            version,
        )
        self._door.run(
            "DELETE FROM versions WHERE lab=? AND name=? AND version<?", lab, name, version - 1
        )
        self._door.run("DELETE FROM pages WHERE sha256 NOT IN (SELECT sha256 FROM versions)")
