"""The reckoning of a day: what the station recorded against what the platform holds."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from edge.compose.room_reckoning import RoomSummary, room_summary
from edge.core.envelope import Sealed
from edge.core.ids import RoomId
from edge.flows.audit import audit
from edge.flows.backlog import Backlog, backlog_of
from edge.flows.blobs import leaving
from edge.flows.intake import OPEN_ENDINGS
from edge.host.clock import SystemClock
from edge.host.identity import boot_id
from edge.host.journal import StructlogJournal
from edge.host.keys import PinnedKeys
from edge.settings import Settings
from edge.storage.central import CentralReader
from edge.storage.evidence import EvidenceFiles
from edge.storage.link import LinkReader
from edge.storage.registry import SqliteRegistry
from edge.storage.station import StationReader
from edge.wire.reference import SetName
from edge.wire.topics import Station

NEEDED = (SetName.PEOPLE, SetName.GRANTS, SetName.COMMISSIONS, SetName.CONTRACTS, SetName.CUSTODY)
_RECEIVED = ("specimen.delivery.received.v1", "specimen.delivery.partially_received.v1")


@dataclass(frozen=True, slots=True)
class Summary:
    """What a day came to; lost and doubled events are counted between the stores themselves."""

    deliveries: Mapping[str, int]
    specimens_received: int
    events_recorded: int
    events_confirmed: int
    lost: int
    duplicates_at_platform: int
    photographs_sent: int
    photographs_arrived: int
    log_ok: bool
    as_planned: bool
    seconds: float
    curing_transfers: int = 0
    excursions: int = 0
    excursion_specimens: int = 0
    due_today: int = 0

    @property
    def is_good(self) -> bool:
        """Whether the promise was kept and the day went as it should."""
        kept = not self.lost and not self.duplicates_at_platform and self.log_ok
        arrived = self.photographs_arrived == self.photographs_sent
        confirmed = self.events_confirmed == self.events_recorded
        return kept and arrived and confirmed and self.as_planned


def joined(desk: Summary, wall: Summary, room: RoomSummary) -> Summary:
    """The summary of both stations; deliveries and doublings are the platform's already."""
    return replace(
        desk,
        events_recorded=desk.events_recorded + wall.events_recorded,
        events_confirmed=desk.events_confirmed + wall.events_confirmed,
        lost=desk.lost + wall.lost,
        log_ok=desk.log_ok and wall.log_ok,
        as_planned=desk.as_planned and wall.as_planned,
        curing_transfers=room.transfers,
        excursions=room.excursions,
        excursion_specimens=len(room.touched),
        due_today=room.due_today,
    )


class Reckoning:
    """Reads the stores of one station and of its platform, beside their writers."""

    def __init__(self, settings: Settings, platform: Settings) -> None:
        self._settings = settings
        self._platform = platform
        station = settings.station
        self._station = Station(station.city, station.lab, station.device)
        self._clock = SystemClock(assume_synced=settings.clock.assume_synced)
        self._ring = PinnedKeys.load(settings.keys_file, self._clock)
        self._open = ExitStack()
        self._link = LinkReader(settings.link_db, clock=self._clock, boot_id=boot_id())
        self._registry = SqliteRegistry(
            settings.registry_db,
            ring=self._ring,
            station=self._station,
            journal=StructlogJournal("reckoning", level="error"),
        )

    def __enter__(self) -> Self:
        """Use as a context manager."""
        self._open.callback(self._link.close)
        self._open.callback(self._registry.close)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close what was opened."""
        self._open.close()

    def is_mirrored(self) -> bool:
        """Whether every set that receiving needs is here and verified."""
        return all(self._registry.head(name) is not None for name in NEEDED)

    def backlog(self) -> Backlog:
        """How far the platform has confirmed."""
        with StationReader(self._settings.station_db) as log:
            return backlog_of(log, self._link.marks())

    def waiting(self) -> int:
        """Events that the platform has not confirmed; a station that never ran has none."""
        log = StationReader.open_if_made(self._settings.station_db)
        if log is None:
            return 0
        with log:
            return backlog_of(log, self._link.marks()).waiting

    def photographs(self) -> tuple[int, int]:
        """How many go to the platform, by the station's log, and how many lie there."""
        with StationReader(self._settings.station_db) as log:
            going = {each.sha256 for event in _events(log) for each in leaving(event)}
        kept = EvidenceFiles(self._platform.photographs_dir)
        return len(going), sum(kept.get(name) is not None for name in going)

    def undecided(self) -> int:
        """Deliveries on which the platform has not spoken yet."""
        with StationReader(self._settings.station_db) as log:
            return len(log.documents("delivery", phases=OPEN_ENDINGS))

    def room(self, room: RoomId) -> RoomSummary:
        """What became of a room at whose door this station is."""
        return room_summary(self._settings, room, self._registry, self._clock.now())

    def summary(self, *, as_planned: bool, seconds: float) -> Summary:
        """Count both stores against each other."""
        backlog = self.backlog()
        sent, arrived = self.photographs()
        with (
            StationReader(self._settings.station_db) as log,
            CentralReader(self._platform.central_db) as platform,
        ):
            recorded = {(e.epoch, e.sequence, e.digest) for e in _events(log)}
            held = set(platform.digests(self._station))
            verified = audit(
                log, ring=self._ring, evidence=EvidenceFiles(self._settings.evidence_dir)
            )
            return Summary(
                deliveries=platform.deliveries_by_outcome(),
                specimens_received=_specimens(log),
                events_recorded=backlog.recorded,
                events_confirmed=backlog.confirmed,
                lost=len(recorded - held),
                duplicates_at_platform=platform.counts().duplicates_stored,
                photographs_sent=sent,
                photographs_arrived=arrived,
                log_ok=verified.ok,
                as_planned=as_planned,
                seconds=round(seconds, 1),
            )


def _events(log: StationReader) -> Iterator[Sealed]:
    for epoch in log.epochs():
        after = 0
        while batch := log.events(epoch, after=after):
            yield from batch
            after = batch[-1].sequence


def _specimens(log: StationReader) -> int:
    """Blocks that the closing events say were taken."""
    closing = (json.loads(each.body) for each in _events(log) if each.type in _RECEIVED)
    return sum(each["data"]["specimens"] for each in closing)
