"""What is written to the platform's store, in SQL that both engines understand."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from edge.core.ids import Digest, EpochId
from edge.core.platform import Alarm, Chain, Received, Settled, Suspect
from edge.storage.central_reads import EVENT_COLUMNS, Row, facts_text
from edge.storage.central_reports import CentralReports
from edge.wire.downlink import Mark

Line = tuple[tuple[str, ...], str | None, bytes]
"""A reference row: what it is found by, its lab (None for all), and its bytes."""


class CentralWrites(CentralReports):
    """Keeps what the platform's engine hands over; all of it inside the engine's transactions."""

    def hold_reference(self) -> None:
        """Until this transaction ends, no other consumer changes reference rows or custody."""

    def note_station(self, station: str) -> None:
        """A station was heard."""
        self._door.run("INSERT INTO stations VALUES (?) ON CONFLICT DO NOTHING", station)

    def keep_events(self, events: Iterable[Received], *, at: datetime) -> None:
        """Keep verified events; their places must be free."""
        received_at = at.isoformat()
        self._door.run_many(
            f"INSERT INTO events ({EVENT_COLUMNS}, received_at) "  # noqa: S608 - a constant column list
            "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
            [(*_columns(event), received_at) for event in events],
        )

    def keep_event(self, event: Received, *, at: datetime) -> None:
        """Keep a verified event; its place must be free."""
        self.keep_events([event], at=at)

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

    def count_redeliveries(self, station: str, number: int) -> None:
        """Bytes that were stored before came once more."""
        self._door.run(
            "INSERT INTO redeliveries VALUES (?, ?) "
            "ON CONFLICT (station) DO UPDATE SET number = redeliveries.number + excluded.number",
            station,
            number,
        )

    def set_marks(self, marks: Mapping[Chain, Mark]) -> None:
        """Move watermarks, never backwards."""
        self._door.run_many(
            "INSERT INTO marks VALUES (?, ?, ?, ?) ON CONFLICT (station, epoch) DO UPDATE "
            "SET upto=excluded.upto, digest=excluded.digest WHERE excluded.upto > marks.upto",
            [(*chain, mark.upto, mark.digest) for chain, mark in marks.items()],
        )

    def set_mark(self, station: str, epoch: EpochId, mark: Mark) -> None:
        """Move a watermark, never backwards."""
        self.set_marks({(station, epoch): mark})

    def raise_alarm(self, alarm: Alarm) -> None:
        """Note something that a person must look at."""
        self._door.run(
            "INSERT INTO alarms (at, station, code, facts) VALUES (?, ?, ?, ?)",
            alarm.at.isoformat(),
            alarm.station,
            alarm.code,
            facts_text(alarm),
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

    def put_lines(self, name: str, rows: Iterable[Line]) -> int:
        """Keep reference rows by their first keys; how many changed anything."""
        given = {keys[0]: (keys, lab, line) for keys, lab, line in rows}
        if not given:
            return 0
        self.hold_reference()
        held = self._door.among(
            "WITH keys (name_of, key_of) AS {keys} SELECT key, line, lab "
            "FROM keys CROSS JOIN rows WHERE name=name_of AND key=key_of",
            "tt",
            [(name, key) for key in given],
        )
        same = {key for key, line, lab in held if given[key][1:] == (lab, line)}
        changed = {key: each for key, each in given.items() if key not in same}
        if not changed:
            return 0
        places = [(name, key) for key in changed]
        self._door.run_many("DELETE FROM row_keys WHERE name=? AND key=?", places)
        self._door.run_many("DELETE FROM rows WHERE name=? AND key=?", places)
        self._door.run_many(
            "INSERT INTO rows VALUES (?, ?, ?, ?)",
            [(name, key, lab, line) for key, (_, lab, line) in changed.items()],
        )
        self._door.run_many(
            "INSERT INTO row_keys VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            [(name, each, key) for key, (keys, _, _) in changed.items() for each in keys],
        )
        for lab in {lab for _, lab, _ in changed.values()} | {
            lab for key, _, lab in held if key in changed
        }:
            self._note_change(name, lab)
        return len(changed)

    def put_line(self, name: str, keys: tuple[str, ...], *, lab: str | None, line: bytes) -> bool:
        """Keep a reference row by its first key; whether it changed anything."""
        return self.put_lines(name, [(keys, lab, line)]) > 0

    def drop_line(self, name: str, key: str) -> bool:
        """Remove a reference row; whether it was there."""
        self.hold_reference()
        rows = self._door.all("SELECT lab FROM rows WHERE name=? AND key=?", name, key)
        if not rows:
            return False
        self._door.run("DELETE FROM row_keys WHERE name=? AND key=?", name, key)
        self._door.run("DELETE FROM rows WHERE name=? AND key=?", name, key)
        self._note_change(name, rows[0][0])
        return True

    def publish_version(
        self, lab: str, name: str, version: int, pages: Iterable[tuple[Digest, bytes]]
    ) -> None:
        """Keep a new version; the one before it stays, older ones go."""
        self.hold_reference()
        named = list(pages)
        held = self._door.among(
            "WITH keys (named) AS {keys} SELECT sha256 FROM keys CROSS JOIN pages "
            "WHERE sha256=named",
            "t",
            [(sha256,) for sha256, _ in named],
        )
        known = {row[0] for row in held}
        self._door.run_many(
            "INSERT INTO pages VALUES (?, ?) ON CONFLICT DO NOTHING",
            [each for each in named if each[0] not in known],
        )
        self._door.run_many(
            "INSERT INTO versions VALUES (?, ?, ?, ?, ?)",
            [(lab, name, version, number, sha256) for number, (sha256, _) in enumerate(named)],
        )
        self._door.run(
            "INSERT INTO newest VALUES (?, ?, ?) "
            "ON CONFLICT (lab, name) DO UPDATE SET version=excluded.version",
            lab,
            name,
            version,
        )
        self._drop_versions(lab, name, version - 1)

    def _drop_versions(self, lab: str, name: str, before: int) -> None:
        """Versions older than one go, with the pages that no other version names."""
        old = (lab, name, before)
        self._door.run(
            "DELETE FROM pages WHERE sha256 IN "
            "(SELECT sha256 FROM versions WHERE lab=? AND name=? AND version<?) "
            "AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.sha256=pages.sha256 "
            "AND NOT (v.lab=? AND v.name=? AND v.version<?))",
            *old,
            *old,
        )
        self._door.run("DELETE FROM versions WHERE lab=? AND name=? AND version<?", *old)

    def _note_change(self, name: str, lab: str | None) -> None:
        """Numbers follow the order of commits, because the reference is held until then."""
        self._door.run(
            "INSERT INTO changes VALUES (?, ?, (SELECT coalesce(max(number), 0) + 1 FROM changes)) "
            "ON CONFLICT (name, lab) DO UPDATE SET number=excluded.number",
            name,
            lab or "",
        )


def _columns(event: Received) -> Row:
    return (
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
    )
