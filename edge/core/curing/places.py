"""Places of a curing room: racks and tanks, their cells, what fits, and where a group should go."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from edge.core.errors import DecodeError
from edge.core.ids import RoomId, SpecimenId

_RACK = re.compile(r"[a-z0-9]{1,12}")
_LEAST_PARTS, _MOST_PARTS, _MOST_NUMBER = 2, 5, 99


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """A place in a room, as deep as it is known; 0 and empty mean "anywhere in what is named"."""

    room: RoomId
    rack: str = ""
    row: int = 0
    column: int = 0
    level: int = 0

    def covers(self, other: "Spot") -> bool:
        """Whether `other` is this place or lies within it."""
        return self.room == other.room and all(
            mine in ("", 0) or mine == its
            for mine, its in (
                (self.rack, other.rack),
                (self.row, other.row),
                (self.column, other.column),
                (self.level, other.level),
            )
        )

    def __str__(self) -> str:
        """`room/rack/row/column/level`, as far as it is known: what a shelf's label says."""
        numbers = [str(each) for each in (self.row, self.column, self.level) if each]
        return "/".join([str(self.room), *([self.rack] if self.rack else []), *numbers])


def parse_spot(text: str) -> Spot:
    """The place that a label names; DecodeError `spot_malformed`."""
    parts = text.split("/")
    numbers = parts[2:]
    if (
        not _LEAST_PARTS <= len(parts) <= _MOST_PARTS
        or _RACK.fullmatch(parts[1]) is None
        or not all(each.isascii() and each.isdecimal() for each in numbers)
        or not all(0 < int(each[:3]) <= _MOST_NUMBER and each[0] != "0" for each in numbers)
    ):
        raise DecodeError("spot_malformed", text=text[:60])
    deep = [int(each) for each in numbers] + [0] * (_MOST_PARTS - len(parts))
    return Spot(RoomId.parse(parts[0]), parts[1], *deep)


class RackKind(StrEnum):
    """Racks stand in moist air; tanks hold still saturated lime water (GB/T 50081)."""

    RACK = "rack"
    TANK = "tank"


@dataclass(frozen=True, slots=True)
class Rack:
    """A rack or tank of equal cells; `width_mm` and `depth_mm` are one cell's clear floor."""

    room: RoomId
    rack: str
    rows: int
    columns: int
    levels: int
    width_mm: int
    depth_mm: int
    kind: RackKind = RackKind.RACK

    def cells(self) -> Iterator[Spot]:
        """Every cell, lowest level first: wet hands lift no further than they must."""
        for level in range(1, self.levels + 1):
            for row in range(1, self.rows + 1):
                for column in range(1, self.columns + 1):
                    yield Spot(self.room, self.rack, row, column, level)

    def capacity(self, size_mm: int, *, spacing_mm: int) -> int:
        """Cubes of one size that stand in a cell in one layer with that gap (GB/T 50081)."""
        pitch = size_mm + spacing_mm
        return ((self.width_mm + spacing_mm) // pitch) * ((self.depth_mm + spacing_mm) // pitch)

    def holds(self, spot: Spot) -> bool:
        """Whether a place, whole or in part, lies in this rack."""
        return (
            (spot.room, spot.rack) == (self.room, self.rack)
            and spot.row <= self.rows
            and spot.column <= self.columns
            and spot.level <= self.levels
        )


@dataclass(frozen=True, slots=True)
class Layout:
    """The racks of a room and the gap that cubes keep."""

    room: RoomId
    racks: tuple[Rack, ...]
    spacing_mm: int

    def rack_of(self, spot: Spot) -> Rack | None:
        """The rack that a place belongs to."""
        return next((rack for rack in self.racks if rack.holds(spot)), None)

    def knows(self, spot: Spot) -> bool:
        """Whether the room has such a place; a room without a plan believes its labels."""
        return spot.room == self.room and (not self.racks or self.rack_of(spot) is not None)

    def free(self, cell: Spot, sizes_mm: Iterable[int], *, size_mm: int) -> int:
        """Cubes of `size_mm` that still fit beside those of `sizes_mm`; 0 when full."""
        rack = self.rack_of(cell)
        whole = rack.capacity(size_mm, spacing_mm=self.spacing_mm) if rack else 0
        if rack is None or whole == 0:
            return 0
        used = sum((_share(rack, each, self.spacing_mm) for each in sizes_mm), Fraction(0))
        return max(0, int((1 - used) * whole))


Occupancy = Mapping[Spot, tuple[int, ...]]
"""Sizes in mm of the cubes in each cell that is not empty."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Where a group should go: cells and how many of its cubes; `left` found no room."""

    cells: tuple[tuple[Spot, int], ...]
    left: int = 0

    @property
    def together(self) -> bool:
        """Whether one cell takes all."""
        return len(self.cells) == 1 and self.left == 0


def suggest(
    layout: Layout,
    occupancy: Occupancy,
    *,
    count: int,
    size_mm: int,
    siblings: tuple[Spot, ...] = (),
) -> Suggestion:
    """A place for `count` cubes that keeps their group together.

    First the cell where siblings lie, then the fullest cell that takes all, in the siblings' rack
    before others; only when none does, as few cells as can be.
    """
    rooms = {
        cell: layout.free(cell, occupancy.get(cell, ()), size_mm=size_mm)
        for rack in layout.racks
        for cell in rack.cells()
    }
    near = {spot.rack for spot in siblings}
    order = list(rooms)

    def rank(cell: Spot) -> tuple[bool, bool, int, int]:
        return (cell not in siblings, cell.rack not in near, rooms[cell], order.index(cell))

    whole = [cell for cell in order if rooms[cell] >= count]
    if whole and count:
        return Suggestion(((min(whole, key=rank), count),))
    parts: list[tuple[Spot, int]] = []
    left = count
    for cell in sorted(order, key=lambda each: (*rank(each)[:2], -rooms[each], order.index(each))):
        taken = min(left, rooms[cell])
        if taken:
            parts.append((cell, taken))
            left -= taken
    return Suggestion(tuple(parts), left)


@dataclass(frozen=True, slots=True)
class Audit:
    """The book against what was scanned on a shelf (盘点)."""

    found: tuple[SpecimenId, ...]
    missing: tuple[SpecimenId, ...]
    unexpected: tuple[SpecimenId, ...]
    misplaced: tuple[tuple[SpecimenId, Spot], ...]

    @property
    def clean(self) -> bool:
        """Whether book and shelf agree."""
        return not (self.missing or self.unexpected or self.misplaced)


def audit(
    shelf: Spot,
    *,
    book: Mapping[SpecimenId, Spot],
    scanned: Mapping[SpecimenId, Spot | None],
) -> Audit:
    """Compare a shelf: `book` is what should lie there, `scanned` what does, with its booked place.

    Misplaced blocks are booked elsewhere in the same room; unexpected ones in none of its places.
    """
    found = tuple(each for each in scanned if each in book)
    strays = [(each, spot) for each, spot in scanned.items() if each not in book]
    return Audit(
        found=found,
        missing=tuple(sorted(each for each in book if each not in scanned)),
        unexpected=tuple(each for each, at in strays if at is None or at.room != shelf.room),
        misplaced=tuple((each, at) for each, at in strays if at and at.room == shelf.room),
    )


def _share(rack: Rack, size_mm: int, spacing_mm: int) -> Fraction:
    """What a cube takes of its cell; one that does not fit at all takes it whole."""
    whole = rack.capacity(size_mm, spacing_mm=spacing_mm)
    return Fraction(1, whole) if whole else Fraction(1)
