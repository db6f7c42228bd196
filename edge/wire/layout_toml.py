"""The plan of a curing room as TOML: its racks and tanks, one table `[[racks]]` each."""

import tomllib
from dataclasses import dataclass

from edge.core.curing.places import Rack, RackKind, parse_spot
from edge.core.errors import DecodeError
from edge.core.ids import RoomId
from edge.wire.convert import structure

_MOST_CELLS, _MOST_MM = 99, 10_000


@dataclass(frozen=True, slots=True)
class _Rack:
    rack: str
    rows: int
    columns: int
    levels: int
    width_mm: int
    depth_mm: int
    kind: RackKind = RackKind.RACK


@dataclass(frozen=True, slots=True)
class _Plan:
    room: RoomId
    racks: tuple[_Rack, ...] = ()


def parse_racks(text: str) -> tuple[RoomId, tuple[Rack, ...]]:
    """The room and its racks; DecodeError says which rack is wrong, and why."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DecodeError("layout_malformed", why=str(error)) from error
    plan: _Plan = structure(tree, _Plan)
    names = [each.rack for each in plan.racks]
    for each in plan.racks:
        _check(each, plan.room)
        if names.count(each.rack) > 1:
            raise DecodeError("layout_malformed", rack=each.rack, why="named twice")
    return plan.room, tuple(
        Rack(
            plan.room,
            each.rack,
            each.rows,
            each.columns,
            each.levels,
            each.width_mm,
            each.depth_mm,
            each.kind,
        )
        for each in plan.racks
    )


def _check(rack: _Rack, room: RoomId) -> None:
    parse_spot(f"{room}/{rack.rack}")
    for name in ("rows", "columns", "levels"):
        if not 0 < getattr(rack, name) <= _MOST_CELLS:
            raise DecodeError("layout_malformed", rack=rack.rack, why=f"{name}: 1 to {_MOST_CELLS}")
    for name in ("width_mm", "depth_mm"):
        if not 0 < getattr(rack, name) <= _MOST_MM:
            raise DecodeError("layout_malformed", rack=rack.rack, why=f"{name}: 1 to {_MOST_MM}")
