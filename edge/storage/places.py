"""The book of the curing room in the station's store: where every block is, and since when.

Written in the transaction of the step that carried the block (step 10).
"""

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from edge.core.curing.places import Spot
from edge.core.curing.state import Book, Presence, Standing
from edge.core.curing.stays import Stay
from edge.core.ids import GroupId, PersonId, RoomId, SpecimenId
from edge.storage.db import translated

_COLUMNS = (
    "specimen, group_id, presence, room, rack, rack_row, rack_column, level, since, entered_at, "
    "keeper, size_mm, own"
)


def put_book(db: sqlite3.Connection, book: Book) -> None:
    """Change the lines and their stays; the caller's transaction keeps all or nothing."""
    for undone in book.taken_back:
        if undone.spot is not None and undone.entered_at is not None:
            db.execute(
                "DELETE FROM stays WHERE specimen=? AND room=? AND since=?",
                (undone.specimen, undone.spot.room, _text(undone.entered_at)),
            )
    for standing in book.standings:
        _put_standing(db, standing)
        _put_stay(db, standing)


class Places:
    """Reads the book beside its writer."""

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        self._db = db
        self._path = path

    def standing(self, specimen: SpecimenId) -> Standing | None:
        """The line of one block."""
        return next(iter(self._lines("specimen=?", specimen)), None)

    def group(self, group: GroupId) -> tuple[Standing, ...]:
        """The lines of a group's blocks that were ever seen at this door."""
        return self._lines("group_id=? ORDER BY specimen", group)

    def on(self, spot: Spot) -> tuple[Standing, ...]:
        """What lies in a place, or anywhere within it."""
        named = [("room", str(spot.room))]
        if spot.rack:
            named.append(("rack", spot.rack))
        deep = (("rack_row", spot.row), ("rack_column", spot.column), ("level", spot.level))
        numbers = [(name, number) for name, number in deep if number]
        where = " AND ".join(f"{name}=?" for name, _ in (*named, *numbers))
        values = [value for _, value in (*named, *numbers)]
        return self._lines(
            f"presence='inside' AND {where} ORDER BY rack, rack_row, rack_column, level, specimen",
            *values,
        )

    def groups_inside(self, room: RoomId) -> tuple[GroupId, ...]:
        """Groups of which any block lies in a room."""
        with translated(self._path):
            rows = self._db.execute(
                "SELECT DISTINCT group_id FROM standings WHERE presence='inside' AND room=? "
                "AND group_id IS NOT NULL ORDER BY group_id",
                (room,),
            ).fetchall()
        return tuple(GroupId(row[0]) for row in rows)

    def occupancy(self, room: RoomId) -> dict[Spot, tuple[int, ...]]:
        """Sizes of the cubes in each cell of a room that is not empty."""
        cells: dict[Spot, list[int]] = {}
        with translated(self._path):
            rows = self._db.execute(
                "SELECT rack, rack_row, rack_column, level, size_mm FROM standings "
                "WHERE presence='inside' AND room=?",
                (room,),
            )
            for rack, row, column, level, size_mm in rows:
                cells.setdefault(Spot(room, rack, row, column, level), []).append(size_mm)
        return {spot: tuple(sizes) for spot, sizes in cells.items()}

    def counts(self) -> dict[tuple[RoomId | None, Presence], int]:
        """How many blocks are where."""
        with translated(self._path):
            rows = self._db.execute(
                "SELECT room, presence, count(*) FROM standings GROUP BY room, presence"
            ).fetchall()
        return {(RoomId(room) if room else None, Presence(each)): n for room, each, n in rows}

    def stays(self, specimen: SpecimenId) -> tuple[Stay, ...]:
        """When a block was in which room, oldest first."""
        with translated(self._path):
            rows = self._db.execute(
                "SELECT room, since, until FROM stays WHERE specimen=? ORDER BY since", (specimen,)
            ).fetchall()
        return tuple(
            Stay(RoomId(room), datetime.fromisoformat(since), _instant(until))
            for room, since, until in rows
        )

    def affected(self, room: RoomId, since: datetime, until: datetime) -> tuple[SpecimenId, ...]:
        """Blocks that lay in a room at any moment of a span: those an excursion concerns."""
        with translated(self._path):
            rows = self._db.execute(
                "SELECT DISTINCT specimen FROM stays WHERE room=? AND since<=? "
                "AND (until IS NULL OR until>=?) ORDER BY specimen",
                (room, _text(until), _text(since)),
            ).fetchall()
        return tuple(SpecimenId(row[0]) for row in rows)

    def _lines(self, where: str, *values: Any) -> tuple[Standing, ...]:
        with translated(self._path):
            rows = self._db.execute(
                f"SELECT {_COLUMNS} FROM standings WHERE {where}",  # noqa: S608 - constant names, values bound
                values,
            ).fetchall()
        return tuple(_standing(row) for row in rows)


def _put_standing(db: sqlite3.Connection, each: Standing) -> None:
    spot = each.spot
    db.execute(
        f"INSERT OR REPLACE INTO standings ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",  # noqa: S608 - a constant column list
        (
            each.specimen,
            each.group,
            each.presence.value,
            spot.room if spot else None,
            spot.rack if spot else "",
            spot.row if spot else 0,
            spot.column if spot else 0,
            spot.level if spot else 0,
            _text(each.since),
            _text(each.entered_at) if each.entered_at else None,
            each.by,
            each.size_mm,
            each.own,
        ),
    )


def _put_stay(db: sqlite3.Connection, each: Standing) -> None:
    """Open the stay that the line says, end every other; another station's stays are its own."""
    inside = each.own and each.presence is Presence.INSIDE and each.spot is not None
    entered = _text(each.entered_at or each.since)
    room = each.spot.room if inside and each.spot else ""
    db.execute(
        "UPDATE stays SET until=? WHERE specimen=? AND until IS NULL AND NOT (room=? AND since=?)",
        (_text(each.since), each.specimen, room, entered),
    )
    if inside:
        db.execute(
            "INSERT INTO stays VALUES (?, ?, ?, NULL) "
            "ON CONFLICT (specimen, room, since) DO UPDATE SET until=NULL",
            (each.specimen, room, entered),
        )


def _standing(row: Iterable[Any]) -> Standing:
    specimen, group, presence, room, rack, shelf_row, column, level, *rest = row
    since, entered_at, keeper, size_mm, own = rest
    return Standing(
        specimen=SpecimenId(specimen),
        group=GroupId(group) if group else None,
        presence=Presence(presence),
        spot=Spot(RoomId(room), rack, shelf_row, column, level) if room else None,
        since=datetime.fromisoformat(since),
        entered_at=_instant(entered_at),
        by=PersonId(keeper) if keeper else None,
        size_mm=size_mm,
        own=bool(own),
    )


def _text(at: datetime) -> str:
    """In UTC, so that texts sort as instants do."""
    return at.astimezone(UTC).isoformat()


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
