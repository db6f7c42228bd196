"""A curing room in a real store and what the platform knows of it, as a board sees them."""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import samples
from memory_doors import MemoryRegistry
from rules import shipped
from signed_log import Writer, signed_place

from edge.core.commission import Commission
from edge.core.curing.alarm import Alarm
from edge.core.curing.climate import Quantity
from edge.core.curing.degree_days import ClosedDay, DegreeBook
from edge.core.curing.places import Layout, Rack, Spot
from edge.core.curing.record import Heard, LoggedReading
from edge.core.curing.state import Book, Presence, Standing
from edge.core.curing.stays import StayClimate
from edge.core.custody import Custody
from edge.core.ids import GroupId, LabId, RoomId, SensorId, SpecimenId
from edge.core.moments import CHINA, Casting, Instant, TimeQuality
from edge.core.specimen import Group
from edge.flows.board import Board
from edge.flows.board_view import BoardView, Books, Standpoint, Unsent
from edge.storage.places import Places
from edge.storage.station import SqliteStation

ROOM = RoomId("room-1")
SENSOR = SensorId("th-1")
AGES_D = {1: 30, 2: 28, 3: 27, 4: 3}
"""Days since casting of the groups: overdue, due now, not due for a day and for long."""


LAYOUT = Layout(ROOM, (Rack(ROOM, "a", 1, 3, 1, 700, 400),), 20)
"""Three cells for six cubes of 150 mm each."""
ALL_SENT = Unsent(0, None, online=True)
NOW = samples.instant(0)


class CityRegistry(MemoryRegistry):
    """The registry of a lab with other stations."""

    version = 1

    def custody_of(self, lab: LabId) -> tuple[Custody, ...]:
        return tuple(each for each in self.places.values() if each.lab == lab)

    def version_of(self, name: str) -> int:
        assert name in {"commissions", "custody"}
        return self.version


@dataclass
class StillClimate:
    """A sensor's day as a test sets it."""

    heard: tuple[LoggedReading, ...] = ()
    ringing: tuple[tuple[SensorId, Quantity, Alarm], ...] = ()

    def sensors(self, room: RoomId | None = None) -> tuple[tuple[SensorId, RoomId], ...]:
        return ((SENSOR, room or ROOM),)

    def latest(self, sensor: SensorId) -> LoggedReading | None:
        assert sensor == SENSOR
        return self.heard[-1] if self.heard else None

    def readings(
        self, sensor: SensorId, since: datetime, until: datetime
    ) -> tuple[LoggedReading, ...]:
        assert sensor == SENSOR
        return tuple(each for each in self.heard if since <= each.at < until)

    def alarms(self) -> tuple[tuple[SensorId, Quantity, Alarm], ...]:
        return self.ringing

    def stay(self, room: RoomId, since: datetime, until: datetime) -> tuple[StayClimate, ...]:
        assert room == ROOM
        minutes = round((until - since).total_seconds() / 60)
        return (StayClimate(SENSOR, minutes_in=minutes - 60, minutes_out=60),)


def a_day(
    heard: Heard = Heard.IN, *, centi: int = 2010, ends: datetime = samples.NOW
) -> StillClimate:
    """A reading every ten minutes of the last 24 hours."""
    return StillClimate(
        tuple(
            LoggedReading(SENSOR, ends - timedelta(minutes=10 * back), centi, 9650, heard)
            for back in range(144, -1, -1)
        )
    )


def cast(group: Group, days: int, *, hour: bool = True) -> Group:
    """The group as if cast so many days ago, with the hour or with the date alone."""
    at = samples.NOW - timedelta(days=days)
    return replace(group, casting=Casting(at.astimezone(CHINA).date(), at if hour else None))


def room_commission(ages_d: dict[int, int] = AGES_D) -> Commission:
    whole = samples.commission(groups=len(ages_d))
    groups = tuple(
        cast(group, days) for group, days in zip(whole.groups, ages_d.values(), strict=True)
    )
    return replace(whole, groups=groups)


@dataclass
class Room:
    """Places of a real store, beside everything else that a board reads."""

    places: Places
    store: SqliteStation
    registry: CityRegistry
    climate: StillClimate | None = field(default_factory=a_day)
    unsent: Unsent = ALL_SENT
    degrees: tuple[DegreeBook, ...] = ()
    now: Instant = NOW

    def __post_init__(self) -> None:
        self.board = Board(Standpoint(ROOM, samples.LAB, samples.DEVICE, shipped(), LAYOUT))

    @property
    def books(self) -> Books:
        return Books(
            self.places, self.climate, self.registry, lambda: self.unsent, lambda: self.degrees
        )

    def look(self) -> BoardView:
        return self.board.look(self.books, self.now)

    def doubt(self) -> None:
        """The clock is not to be trusted."""
        self.now = replace(self.now, quality=TimeQuality.UNTRUSTED)

    def put(self, *standings: Standing) -> None:
        self.store.commit(book=Book(standings))


def ripening(name: str, *tenths: int | None, begun_d: int = 30) -> DegreeBook:
    """What was stated of a group's days since it was cast so many days ago; None is a gap."""
    cast_on = (samples.NOW - timedelta(days=begun_d)).date()
    days = tuple(
        ClosedDay(cast_on + timedelta(days=number), each) for number, each in enumerate(tenths, 1)
    )
    return DegreeBook(GroupId(name), cast_on, days)


def standing(
    specimen: str,
    *,
    presence: Presence = Presence.INSIDE,
    cell: int = 1,
    days: int = 20,
    rack: str = "a",
) -> Standing:
    at = samples.NOW - timedelta(days=days)
    inside = presence is Presence.INSIDE
    return Standing(
        SpecimenId(specimen),
        samples.group(int(specimen.split("-")[1])).group,
        presence,
        Spot(ROOM, rack, 1, cell, 1) if inside else None,
        at,
        at if inside else None,
        samples.RECEIVER.person,
    )


def all_blocks(commission: Commission) -> Iterable[Standing]:
    for group in commission.groups:
        for block in group.specimens:
            yield standing(block.specimen, cell=block.number)


@contextmanager
def board_room(folder: Path, commission: Commission | None = None) -> Iterator[Room]:
    """A room with every block of a commission inside."""
    filled = commission or room_commission()
    log = signed_place(folder)
    with closing(SqliteStation(log.db)) as store:
        Writer(log, store).open()
        room = Room(store.places, store, CityRegistry(commissions=(filled,)))
        room.put(*all_blocks(filled))
        yield room
