"""What people ask of the platform's store: counts, alarms, quarantine, histories."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime

from edge.core.ids import DeliveryId, Digest, EpochId
from edge.core.platform import Alarm, Counts, Stored, StoredSuspect, Suspect
from edge.storage.central_reads import EVENT_COLUMNS, CentralReads, received
from edge.wire.topics import Station


class CentralReports(CentralReads):
    """Reads the platform's store for people."""

    def counts(self) -> Counts:
        """How many rows; duplicates are counted in the stored rows themselves."""
        ((events, places, ids),) = self._door.all(
            "SELECT count(*), count(DISTINCT station || epoch || sequence), "
            "count(DISTINCT event_id) FROM events"
        )
        ((suspects,),) = self._door.all("SELECT count(*) FROM quarantine")
        ((again,),) = self._door.all("SELECT coalesce(sum(number), 0) FROM redeliveries")
        return Counts(events, suspects, int(again), max(events - places, events - ids))

    def digests(self, station: Station) -> Iterator[tuple[EpochId, int, Digest]]:
        """Place and digest of every event of a station."""
        rows = self._door.all(
            "SELECT epoch, sequence, digest FROM events WHERE station=?",
            station.name,
        )
        return ((EpochId(row[0]), row[1], Digest(row[2])) for row in rows)

    def deliveries_by_outcome(self) -> Mapping[str, int]:
        """Closed deliveries by how they ended."""
        rows = self._door.all(
            "SELECT outcome, count(*) FROM deliveries GROUP BY outcome ORDER BY outcome"
        )
        return {row[0]: row[1] for row in rows}

    def alarms(self) -> tuple[Alarm, ...]:
        """Everything that a person must look at, oldest first."""
        rows = self._door.all("SELECT at, station, code, facts FROM alarms ORDER BY id")
        return tuple(
            Alarm(datetime.fromisoformat(row[0]), row[1], row[2], json.loads(row[3]))
            for row in rows
        )

    def suspects(self) -> tuple[Suspect, ...]:
        """What lies in quarantine."""
        rows = self._door.all(
            "SELECT station, epoch, sequence, digest, reason, envelope FROM quarantine ORDER BY id"
        )
        return tuple(Suspect(*row) for row in rows)

    def watermarks(self, station: str) -> Mapping[EpochId, int]:
        """How far each epoch of a station is whole."""
        return {epoch: mark.upto for epoch, mark in self.marks(station).items()}

    def stored_about(self, subject: str) -> tuple[Stored, ...]:
        """Events with a subject."""
        rows = self._door.all(
            f"SELECT {EVENT_COLUMNS}, received_at FROM events WHERE subject=?",  # noqa: S608 - a constant column list
            subject,
        )
        return tuple(Stored(received(row), datetime.fromisoformat(row[-1])) for row in rows)

    def stored_of(self, delivery: DeliveryId) -> tuple[Stored, ...]:
        """Every event of a delivery."""
        rows = self._door.all(
            f"SELECT {EVENT_COLUMNS}, received_at FROM events WHERE delivery=?",  # noqa: S608 - a constant column list
            delivery,
        )
        return tuple(Stored(received(row), datetime.fromisoformat(row[-1])) for row in rows)

    def suspects_between(
        self, station: str, epoch: EpochId, first: int, last: int
    ) -> tuple[StoredSuspect, ...]:
        """What lies in quarantine between two places, ends included."""
        rows = self._door.all(
            "SELECT station, epoch, sequence, digest, reason, received_at FROM quarantine "
            "WHERE station=? AND epoch=? AND sequence BETWEEN ? AND ? ORDER BY id",
            station,
            epoch,
            first,
            last,
        )
        return tuple(
            StoredSuspect(
                station=row[0],
                epoch=EpochId(row[1]),
                sequence=row[2],
                digest=Digest(row[3]),
                reason=row[4],
                received_at=datetime.fromisoformat(row[5]),
            )
            for row in rows
        )
