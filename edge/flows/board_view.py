"""What the board shows, and the books that it is read from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from edge.core.curing.alarm import Alarm
from edge.core.curing.climate import Quantity
from edge.core.curing.degree_days import DegreeBook
from edge.core.curing.limits import ClimateLimits
from edge.core.curing.maturity import Forecast
from edge.core.curing.picks import PickList
from edge.core.curing.places import Layout, Occupancy, Spot, Suggestion
from edge.core.curing.record import Heard, LoggedReading
from edge.core.curing.state import Standing
from edge.core.curing.stays import Stay, StayClimate
from edge.core.custody import Custody
from edge.core.ids import DeviceId, GroupId, LabId, RoomId, SensorId, SpecimenId
from edge.core.moments import Due, Instant
from edge.core.rulesets import RuleSet
from edge.core.specimen import Group, SpecimenState
from edge.ports import Registry, RoomBook

WAITING = (Due.OVERDUE, Due.CLOSING, Due.DUE_NOW, Due.OPENING)
"""What somebody must act on, the most urgent first."""


class ClimateNow(Protocol):
    """What a climate's file tells a reader."""

    def sensors(self, room: RoomId | None = None) -> tuple[tuple[SensorId, RoomId], ...]:
        """Every sensor that was ever known, or those of a room."""
        ...

    def latest(self, sensor: SensorId) -> LoggedReading | None:
        """The last minute that was kept."""
        ...

    def readings(
        self, sensor: SensorId, since: datetime, until: datetime
    ) -> tuple[LoggedReading, ...]:
        """The minutes of a span, `until` not included."""
        ...

    def alarms(self) -> tuple[tuple[SensorId, Quantity, Alarm], ...]:
        """Every alarm as it stood last."""
        ...

    def stay(self, room: RoomId, since: datetime, until: datetime) -> tuple[StayClimate, ...]:
        """What the sensors of a room saw of a span; one line a sensor."""
        ...


class FullBook(RoomBook, Protocol):
    """The book of the room, as far as the board asks it."""

    def occupancy(self, room: RoomId) -> Occupancy:
        """Sizes of the cubes in each cell of a room that is not empty."""
        ...

    def stays(self, specimen: SpecimenId) -> tuple[Stay, ...]:
        """When a block was in which room, oldest first."""
        ...


class CityBook(Registry, Protocol):
    """The registry replica, as far as the board asks it."""

    def custody_of(self, lab: LabId) -> tuple[Custody, ...]:
        """The platform's last word on every block of a lab."""
        ...

    def version_of(self, name: str) -> int:
        """Which version of a set counts; 0 without one."""
        ...


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A group of which any block lies in the room; `group` is None when nobody knows its facts.

    `inside`, `bound`: how many blocks lie here, and how many there are; `missing`: those that are
    neither here nor were carried out; `cells`: where how many lie; `opens`, `until`: its age
    window at its widest, `is_certain` where it does not hang on the hour of casting.
    """

    name: str
    group: Group | None
    inside: int
    bound: int
    missing: tuple[SpecimenId, ...]
    cells: tuple[tuple[Spot, int], ...]
    since: datetime
    due: Due
    opens: datetime | None = None
    until: datetime | None = None
    is_certain: bool = True

    @property
    def spots(self) -> tuple[Spot, ...]:
        """Where its blocks lie."""
        return tuple(spot for spot, _ in self.cells)

    @property
    def is_short(self) -> bool:
        """Whether a part of the group is not here and was never carried out."""
        return bool(self.missing)


@dataclass(frozen=True, slots=True)
class SensorNow:
    """A sensor with its last minute; `reading` is None when there is none of the last minutes."""

    sensor: SensorId
    room: RoomId
    reading: LoggedReading | None
    last_at: datetime | None
    ringing: tuple[Quantity, ...]
    day: tuple[LoggedReading, ...]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Blocks of the lab whose last word came from another station."""

    device: DeviceId
    state: SpecimenState
    blocks: int
    newest: datetime


@dataclass(frozen=True, slots=True)
class Unsent:
    """What the platform has not confirmed; `online` is what the shipper says."""

    events: int
    oldest: datetime | None
    online: bool


@dataclass(frozen=True, slots=True)
class DegreeLine:
    """A group at a cage: its stated sums up to a day, tenths of ℃·d, and when it may be ripe."""

    group: GroupId
    total_tenths_cd: int
    target_tenths_cd: int
    days: int
    gaps: int
    until: date
    reached_on: date | None
    expected: Forecast | None

    @property
    def ripe_on(self) -> date | None:
        """The day on which it reached the target, else the likely one."""
        if self.reached_on is not None:
            return self.reached_on
        return None if self.expected is None else self.expected.likely


@dataclass(frozen=True, slots=True)
class BoardView:
    """One look at everything; `is_there` tells whether the station has begun its log."""

    at: Instant
    room: RoomId
    is_there: bool
    blocks: int
    groups: tuple[GroupLine, ...]
    picks: PickList
    sensors: tuple[SensorNow, ...]
    climate: ClimateLimits
    elsewhere: tuple[Elsewhere, ...]
    elsewhere_age_h: float | None
    unsent: Unsent
    degrees: tuple[DegreeLine, ...] = ()

    @property
    def by_due(self) -> Mapping[Due, tuple[GroupLine, ...]]:
        """Groups by where they stand, each list by the end of its window."""
        found: dict[Due, list[GroupLine]] = {}
        for line in self.groups:
            found.setdefault(line.due, []).append(line)
        return {due: tuple(lines) for due, lines in found.items()}

    @property
    def waiting(self) -> tuple[GroupLine, ...]:
        """Groups that somebody must act on, the most urgent first."""
        by_due = self.by_due
        return tuple(line for due in WAITING for line in by_due.get(due, ()))

    @property
    def short(self) -> tuple[GroupLine, ...]:
        """Incomplete groups."""
        return tuple(line for line in self.groups if line.is_short)


@dataclass(frozen=True, slots=True)
class Books:
    """What is read; `book` and `climate` are None while the wall has not begun."""

    book: FullBook | None
    climate: ClimateNow | None
    registry: CityBook
    unsent: Callable[[], Unsent]
    degrees: Callable[[], tuple[DegreeBook, ...]] = tuple


@dataclass(frozen=True, slots=True)
class Standpoint:
    """Whose board it is."""

    room: RoomId
    lab: LabId
    device: DeviceId
    rules: RuleSet
    layout: Layout | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """What a number led to: lines of the book, each with the climate that its block has had.

    The climate is that of the sensor which saw the rooms at their worst; None where nothing was
    measured. `suggestion`: where the rest of that group should go.
    """

    lines: tuple[tuple[Standing, StayClimate | None], ...] = ()
    group: str = ""
    suggestion: Suggestion | None = None


NOTHING_FOUND = Search()


def verdict_of(sensor: SensorNow) -> str:
    """A word of the sensor's state: in, unsure, out, fault, or silent without a fresh reading."""
    if sensor.reading is None:
        return "silent"
    return Heard(sensor.reading.heard).name.lower()
