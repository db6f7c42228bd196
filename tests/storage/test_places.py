"""The book of the curing room on the disk: with the step or not at all, and cheap when full."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from time import perf_counter

import pytest
import samples
from curing_room import KEEPER, NEXT, SECOND, SHELF, START, CuringRoom
from memory_doors import CountingIds
from memory_station import EPOCH

from edge.core.curing.places import Spot
from edge.core.curing.state import Book, Mode, Presence, Standing
from edge.core.curing.stays import Stay
from edge.core.curing.step import Step
from edge.core.envelope import Draft, Seal, Tip, seal
from edge.core.errors import StorageError
from edge.core.ids import GroupId, KeyId, RoomId, RuleSetId, SpecimenId
from edge.storage.station import SqliteStation, StationReader

ROOM = RoomId("room-1")
BY = Seal("urn:x", "boot-1", KeyId("key-1"), lambda message: message[:64])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStation]:
    station = SqliteStation(tmp_path / "station.db")
    draft = Draft("device.started", "wall-1", samples.instant(), RuleSetId("r-1"), {})
    first = seal(
        draft,
        Tip(EPOCH),
        event_id=CountingIds().event_id(samples.NOW),
        recorded_at=samples.NOW,
        by=BY,
    )
    station.open_epoch(EPOCH, first)
    yield station
    station.close()


@dataclass
class StoredRoom(CuringRoom):
    """A room whose steps are kept on the disk."""

    store: SqliteStation | None = None

    def record(self, taken: Step) -> None:
        super().record(taken)
        assert self.store is not None
        self.store.commit(book=taken.book, custody=taken.custody)


def line(number: int, *, presence: Presence = Presence.INSIDE) -> Standing:
    spot = Spot(ROOM, "abcdefgh"[number % 8], 1 + number % 5, 1 + number % 7, 1 + number % 6)
    return Standing(
        SpecimenId(f"s-{number}"),
        GroupId(f"group-{number // 3}"),
        presence,
        spot if presence is Presence.INSIDE else None,
        START,
        START,
        KEEPER.person,
    )


@pytest.mark.parametrize("seed", range(6))
def test_the_disk_says_what_the_door_did(store: SqliteStation, seed: int) -> None:
    """Any sequence of scans and undos: the stored book is the book, and stays never overlap."""
    draw = random.Random(seed)
    room = StoredRoom(store=store, seconds=27 * 86_400)
    room.begin(Mode.IN)
    room.scan("s-1-1")
    for _ in range(120):
        match draw.randrange(9):
            case 0:
                room.badge(draw.choice((KEEPER, SECOND)))
            case 1:
                room.mode(draw.choice(tuple(Mode)))
            case 2:
                room.shelf(draw.choice((SHELF, NEXT)))
            case 3:
                room.undo()
            case 4:
                room.wait(draw.choice((1, 70)))
            case _:
                room.scan(f"s-{draw.randint(1, 2)}-{draw.randint(1, 3)}")
        room.seconds += 2

    assert {each: store.places.standing(each) for each in room.book} == room.book
    assert room.book
    for specimen, standing in room.book.items():
        stays = store.places.stays(specimen)
        for one, other in pairwise(stays):
            assert one.until is not None
            assert one.since < one.until <= other.since
        is_open = bool(stays) and stays[-1].until is None
        assert is_open == (standing.presence is Presence.INSIDE)


def test_an_undone_out_leaves_one_unbroken_stay(store: SqliteStation) -> None:
    room = StoredRoom(store=store)
    room.begin(Mode.IN)
    room.scan("s-1-1")
    room.wait(100)
    room.seconds = 28 * 86_400
    room.begin(Mode.OUT, None)
    room.scan("s-1-1")
    name = SpecimenId("s-1-1")
    assert [each.until for each in store.places.stays(name)] == [room.now.at]

    room.undo()
    assert store.places.stays(name) == (Stay(ROOM, START, None),)


def test_an_undone_first_in_leaves_no_stay(store: SqliteStation) -> None:
    room = StoredRoom(store=store)
    room.begin(Mode.IN)
    room.scan("s-1-1")
    room.undo()

    assert store.places.stays(SpecimenId("s-1-1")) == ()
    standing = store.places.standing(SpecimenId("s-1-1"))
    assert standing is not None
    assert standing.presence is Presence.OUTSIDE


def test_a_move_within_the_room_is_the_same_stay(store: SqliteStation) -> None:
    room = StoredRoom(store=store)
    room.begin(Mode.IN)
    room.scan("s-1-1")
    room.seconds += 3600
    room.begin(Mode.MOVE, NEXT)
    room.scan("s-1-1")

    assert store.places.stays(SpecimenId("s-1-1")) == (Stay(ROOM, START, None),)
    assert [each.specimen for each in store.places.on(NEXT)] == ["s-1-1"]
    assert store.places.on(SHELF) == ()


def test_a_failed_step_changes_nothing(store: SqliteStation) -> None:
    broken = Standing(  # no size: the table refuses it
        SpecimenId("s-2"),
        None,
        Presence.OUT,
        None,
        START,
        size_mm=None,  # type: ignore[arg-type]  # made to fail
    )
    with pytest.raises(StorageError):
        store.commit(book=Book((line(1), broken)))

    assert store.places.standing(SpecimenId("s-1")) is None
    assert store.places.stays(SpecimenId("s-1")) == ()


def test_an_excursion_concerns_who_lay_there_then(store: SqliteStation) -> None:
    early, late, here = (SpecimenId(f"s-{each}") for each in range(3))

    def at(hours: float) -> datetime:
        return START + timedelta(hours=hours)

    spot = Spot(ROOM, "a", 1, 1, 1)
    for name, since in ((early, at(0)), (late, at(10)), (here, at(0))):
        store.commit(book=Book((Standing(name, None, Presence.INSIDE, spot, since, since),)))
    store.commit(book=Book((Standing(early, None, Presence.OUT, None, at(2)),)))

    assert store.places.affected(ROOM, at(3), at(5)) == (here,)
    assert store.places.affected(ROOM, at(1), at(5)) == (early, here)
    assert store.places.affected(ROOM, at(3), at(12)) == (late, here)
    assert store.places.affected(RoomId("room-2"), at(0), at(12)) == ()


def test_another_stations_word_opens_no_stay_here(store: SqliteStation) -> None:
    theirs = Standing(
        SpecimenId("s-1"), None, Presence.INSIDE, Spot(RoomId("room-2"), "a"), START, own=False
    )
    store.commit(book=Book((theirs,)))

    assert store.places.standing(theirs.specimen) == theirs
    assert store.places.stays(theirs.specimen) == ()


def test_ten_thousand_blocks_are_cheap(store: SqliteStation, tmp_path: Path) -> None:
    """Look-ups of one scan stay far below the 50 ms that the whole answer may take."""
    store.commit(book=Book(tuple(line(number) for number in range(10_000))))
    assert store.places.counts() == {(ROOM, Presence.INSIDE): 10_000}
    with StationReader(tmp_path / "station.db") as reader:
        begun = perf_counter()
        for number in range(0, 3000, 30):
            standing = reader.places.standing(SpecimenId(f"s-{number}"))
            assert standing is not None
            assert standing.spot is not None
            assert len(reader.places.group(GroupId(f"group-{number // 3}"))) == 3
            assert standing in reader.places.on(standing.spot)
        per_scan_s = (perf_counter() - begun) / 100
        occupancy = reader.places.occupancy(ROOM)

    assert per_scan_s < 0.025
    assert sum(len(each) for each in occupancy.values()) == 10_000
