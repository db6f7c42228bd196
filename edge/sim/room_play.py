"""The life of thirty cubes in a curing room, as scans and readings of its sensor, with their times.

They go in, two are moved, the room gets too warm for forty minutes while a tenth group is still
outside, and four weeks later one cube is missing at the audit.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from edge.core.ids import RoomId, SensorId, SpecimenId
from edge.core.moments import CHINA
from edge.core.specimen import Group
from edge.sim.world import World

ROOM, SENSOR = RoomId("room-1"), SensorId("th-1")
PLAN = """\
room = "room-1"

[[racks]]
rack = "a"
rows = 2
columns = 4
levels = 2
width_mm = 650
depth_mm = 480

[[racks]]
rack = "b"
rows = 2
columns = 4
levels = 2
width_mm = 650
depth_mm = 480
"""
SHELF_A, SHELF_B, SHELF_MOVED = "shelf a-1", "shelf a-2", "shelf b-1"
_BLOCK_S, _CODE_S, _IDLE_S = 6, 4, 70
_GOOD_C, _WARM_C, _WET_PCT = 2010, 2390, 9860


@dataclass(frozen=True, slots=True)
class Shown:
    """A code before the scanner; `expected` outcomes, any when empty."""

    at: datetime
    text: str
    expected: tuple[str, ...] = ("ok", "group_complete")


@dataclass(frozen=True, slots=True)
class Measured:
    """A minute of the sensor, hundredths."""

    at: datetime
    temperature_centi_c: int
    humidity_centi_pct: int


@dataclass(frozen=True, slots=True)
class Waited:
    """Nobody is at the door for a while."""

    at: datetime


Scene = Shown | Measured | Waited


@dataclass(frozen=True, slots=True)
class RoomPlay:
    """The scenes of a world's room, and what must come of them."""

    world: World

    @property
    def groups(self) -> tuple[Group, ...]:
        """Ten groups of three."""
        return self.world.cast.room.groups

    @property
    def missing(self) -> SpecimenId:
        """The cube that is not found at the audit."""
        return self.groups[0].specimens[2].specimen

    @property
    def early(self) -> tuple[SpecimenId, ...]:
        """Cubes that lay there during the warm hour."""
        return tuple(each.specimen for group in self.groups[:9] for each in group.specimens)

    @property
    def late(self) -> tuple[SpecimenId, ...]:
        """Cubes that came after the warm hour."""
        return tuple(each.specimen for each in self.groups[9].specimens)

    @property
    def begin(self) -> datetime:
        """When the first badge is shown."""
        return self._at(26, time(9, 0))

    def scenes(self) -> Iterator[Scene]:
        """Every scene in the order of time."""
        yield from self._carry(self._at(26, time(9, 0)))
        yield from self._move(self._at(26, time(10, 30)))
        yield from self._warm(self._at(26, time(14, 0)))
        yield from self._walk(self._at(25, time(9, 0)), ("in", SHELF_B), self.late)
        yield from self._audit(self._at(0, time(0, 5)))

    def _carry(self, at: datetime) -> Iterator[Scene]:
        """Nine groups onto two shelves."""
        early = [each.specimen for group in self.groups[:4] for each in group.specimens]
        rest = [each.specimen for group in self.groups[4:9] for each in group.specimens]
        yield from self._walk(at, ("in", SHELF_A), early)
        yield from self._walk(at + timedelta(minutes=20), ("in", SHELF_B), rest)

    def _move(self, at: datetime) -> Iterator[Scene]:
        two = [each.specimen for each in self.groups[3].specimens[:2]]
        yield from self._walk(at, ("move", SHELF_MOVED), two)

    def _warm(self, at: datetime) -> Iterator[Scene]:
        """Twenty good minutes, forty too warm, forty good."""
        for minute in range(100):
            warm = 20 <= minute < 60  # noqa: PLR2004 - minutes of the play
            tenth = minute % 7
            value = (_WARM_C if warm else _GOOD_C) + tenth
            yield Measured(at + timedelta(minutes=minute), value, _WET_PCT - tenth)

    def _audit(self, at: datetime) -> Iterator[Scene]:
        """The first shelf by its book, but for one cube and the two that were moved."""
        gone = {self.missing, *(each.specimen for each in self.groups[3].specimens[:2])}
        there = [each.specimen for group in self.groups[:4] for each in group.specimens]
        here = [each for each in there if each not in gone]
        yield from self._walk(at, ("audit", SHELF_A), here, then="out")

    def _walk(
        self,
        at: datetime,
        codes: tuple[str, str],
        blocks: list[SpecimenId] | tuple[SpecimenId, ...],
        *,
        then: str = "",
    ) -> Iterator[Scene]:
        """One keeper's transaction: badge, mode, shelf, blocks, and away; or on to another mode."""
        keeper = self.world.badges[self.world.curing_keeper.person]
        texts = (keeper, *(self.world.commands[each] for each in codes))
        for text in texts:
            yield Shown(at, text)
            at += timedelta(seconds=_CODE_S)
        for block in blocks:
            yield Shown(at, self.world.chips[block])
            at += timedelta(seconds=_BLOCK_S)
        if then:
            yield Shown(at, self.world.commands[then])
        yield Waited(at + timedelta(seconds=_IDLE_S))

    def _at(self, days_ago: int, clock: time) -> datetime:
        return datetime.combine(self.world.today - timedelta(days=days_ago), clock, CHINA)
