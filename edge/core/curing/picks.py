"""The morning's pick list: what is due today, in the order in which one walks the racks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from edge.core.curing.due import PressLine
from edge.core.curing.places import Spot
from edge.core.curing.state import Presence, Standing
from edge.core.ids import GroupId, SpecimenId


@dataclass(frozen=True, slots=True)
class Pick:
    """A block to take, and where it lies; `spot` is None when no door has seen it inside."""

    specimen: SpecimenId
    group: GroupId
    spot: Spot | None
    is_certain: bool


@dataclass(frozen=True, slots=True)
class PickList:
    """By rack; `elsewhere` are due blocks that the book has not in this room."""

    racks: tuple[tuple[str, tuple[Pick, ...]], ...]
    elsewhere: tuple[Pick, ...]


def pick_list(
    lines: Iterable[PressLine], book: Mapping[SpecimenId, Standing], *, room: str
) -> PickList:
    """Each waiting block of each due group once, by rack, row, column and level."""
    here: list[tuple[Spot, Pick]] = []
    elsewhere: list[Pick] = []
    for line in lines:
        for specimen in line.waiting:
            standing = book.get(specimen)
            if standing is not None and standing.presence is Presence.OUT:
                continue
            spot = standing.spot if standing is not None else None
            pick = Pick(specimen, line.group.group, spot, line.is_certain)
            if spot is not None and spot.room == room:
                here.append((spot, pick))
            else:
                elsewhere.append(pick)
    racks: dict[str, list[Pick]] = {}
    for spot, pick in sorted(here, key=lambda each: (each[0], each[1].specimen)):
        racks.setdefault(spot.rack, []).append(pick)
    by_rack = tuple((rack, tuple(each)) for rack, each in racks.items())
    return PickList(by_rack, tuple(elsewhere))
