"""Days of degree days at a cage: each once, in order, whatever the station slept over."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import samples
from cage_room import FIRST, CageRoom
from hypothesis import given, settings
from hypothesis import strategies as st
from wall_bench import PowerCutError

from edge.core.custody import Custody
from edge.core.ids import DeviceId, GroupId
from edge.core.moments import TimeQuality
from edge.core.specimen import SpecimenState
from edge.wire.degree_json import KIND, load_degrees


@pytest.fixture
def room(tmp_path: Path) -> Iterator[CageRoom]:
    made = CageRoom(tmp_path)
    yield made
    made.bench.close()


def days(count: int, begin: date = FIRST) -> list[date]:
    return [begin + timedelta(days=number) for number in range(count)]


def test_a_day_is_stated_after_midnight_and_once(room: CageRoom) -> None:
    room.measured.whole(FIRST, 2010)
    room.set_day(FIRST, hour=23)
    assert room.walk() == 0
    room.set_day(FIRST + timedelta(days=1))
    assert room.walk() == 2
    assert room.walk() == 0
    assert room.stated() == [("day_closed", FIRST.isoformat(), 201)]
    assert room.stated("group-2") == room.stated("group-1")


def test_midnight_is_not_waited_for_an_hour(room: CageRoom) -> None:
    room.set_day(FIRST, hour=23)
    room.walk()
    room.set_day(FIRST + timedelta(days=1))
    assert room.teller.step() == 2


def test_days_switched_off_follow_in_order_in_one_transaction(room: CageRoom) -> None:
    for day in days(5):
        room.measured.whole(day, 2000)
    del room.measured.hours[FIRST + timedelta(days=2)]
    room.set_day(FIRST + timedelta(days=5))
    room.walk()
    assert [(on, mean) for _, on, mean in room.stated()] == [
        (day.isoformat(), None if number == 2 else 200) for number, day in enumerate(days(5))
    ]
    data = next(data for kind, data in room.bench.log() if data.get("mean_tenths_c", 0) is None)
    assert (data["hours"], data["counted"], data["method"]) == (0, False, "mean24")
    room.restart(new_boot=True)
    assert room.walk() == 0


def test_a_power_cut_between_two_days_keeps_none_of_them(room: CageRoom) -> None:
    room.set_day(FIRST + timedelta(days=4))
    room.bench.store.cut_after = 2
    with pytest.raises(PowerCutError):
        room.walk()
    room.restart()
    assert room.stated() == []
    room.walk()
    assert [on for _, on, _ in room.stated()] == [day.isoformat() for day in days(4)]


def test_a_ledger_fills_a_gap_openly(room: CageRoom) -> None:
    room.set_day(FIRST + timedelta(days=2))
    room.walk()
    room.measured.ledger[FIRST] = 188
    room.walk()
    assert room.stated()[-1] == ("gap_filled", FIRST.isoformat(), 188)
    kind, data = room.bench.log()[-1]
    assert (kind, data["source"], data["method"]) == ("maturity.gap_filled", "site book", "ledger")
    room.measured.ledger[FIRST] = 999
    assert room.walk() == 0


def test_a_cage_without_a_sensor_waits_for_its_ledger(tmp_path: Path) -> None:
    room = CageRoom(tmp_path, sensor=None)
    room.set_day(FIRST + timedelta(days=9))
    assert room.walk() == 0
    room.measured.ledger |= {FIRST: 180, FIRST + timedelta(days=2): 190}
    room.walk()
    assert [mean for _, _, mean in room.stated()] == [180, None, 190]
    room.bench.close()


def test_reached_is_said_once_and_the_group_is_left_alone(room: CageRoom) -> None:
    for day in days(30):
        room.measured.whole(day, 3000)
    room.set_day(FIRST + timedelta(days=30))
    room.walk()
    kinds = [kind for kind, _, _ in room.stated()]
    assert kinds == ["day_closed"] * 20 + ["reached"]
    room.restart()
    room.set_day(FIRST + timedelta(days=60))
    assert room.walk() == 0


def test_what_left_the_cage_ripens_elsewhere(room: CageRoom) -> None:
    left_on = FIRST + timedelta(days=3)
    room.set_day(left_on, hour=9)
    room.bench.registry.places = {
        each.specimen: Custody(
            each.specimen,
            SpecimenState.ACCEPTED,
            room.bench.clock.now(),
            samples.LAB,
            DeviceId("desk-1"),
        )
        for each in samples.group(1).specimens
    }
    room.set_day(left_on + timedelta(days=5))
    room.walk()
    assert [on for _, on, _ in room.stated("group-1")] == [day.isoformat() for day in days(3)]
    assert len(room.stated("group-2")) == 8


def test_only_named_groups_where_a_project_has_more_cages(tmp_path: Path) -> None:
    room = CageRoom(tmp_path, groups=frozenset({GroupId("group-2")}))
    room.set_day(FIRST + timedelta(days=1))
    assert room.walk() == 1
    assert room.stated("group-1") == []
    room.bench.close()


def test_an_untrusted_clock_ends_no_day(room: CageRoom) -> None:
    room.set_day(FIRST + timedelta(days=1))
    room.bench.clock.quality = TimeQuality.UNTRUSTED
    assert room.walk() == 0
    room.bench.clock.quality = TimeQuality.SYNCED
    assert room.walk() == 2


def test_a_day_that_a_wrong_clock_stated_is_not_filled_before_it_is_over(room: CageRoom) -> None:
    room.set_day(FIRST + timedelta(days=3))
    room.walk()
    room.set_day(FIRST, hour=22)
    room.measured.whole(FIRST, 2000)
    assert room.walk() == 0
    room.set_day(FIRST + timedelta(days=1))
    room.walk()
    assert room.stated()[3:] == [("gap_filled", FIRST.isoformat(), 200)]


MOVES = st.one_of(
    st.tuples(st.just("wait"), st.integers(1, 80)),
    st.tuples(st.just("jump"), st.integers(-400, 400)),
    st.tuples(st.just("measure"), st.integers(0, 40)),
    st.tuples(st.just("ledger"), st.integers(0, 40)),
    st.tuples(st.just("restart"), st.integers(0, 1)),
    st.tuples(st.just("cut"), st.integers(0, 6)),
    st.tuples(st.just("lost_answer"), st.integers(0, 0)),
)


@given(moves=st.lists(MOVES, max_size=25))
@settings(max_examples=40)
def test_no_day_is_stated_twice_or_skipped(moves: list[tuple[str, int]]) -> None:
    """Over restarts, power cuts before and after a commit, clock jumps and late ledgers."""
    with TemporaryDirectory() as folder:
        room = CageRoom(Path(folder))
        room.set_day(FIRST)
        for move, number in moves:
            play(room, move, number)
            with suppress(PowerCutError):
                room.walk()
                continue
            room.restart()
        for group in ("group-1", "group-2"):
            check(room, group)
        room.bench.close()


def play(room: CageRoom, move: str, number: int) -> None:
    match move:
        case "wait":
            room.bench.clock.move(number * 3600)
        case "jump":
            room.bench.clock.at += timedelta(hours=number)
        case "measure":
            room.measured.whole(FIRST + timedelta(days=number), 100 * number)
        case "ledger":
            room.measured.ledger[FIRST + timedelta(days=number)] = 150
        case "restart":
            room.restart(new_boot=bool(number))
        case "cut":
            room.bench.store.cut_after = number
        case _:
            room.bench.store.cut_when_done = True


def check(room: CageRoom, group: str) -> None:
    stated = room.stated(group)
    closed = [date.fromisoformat(on) for kind, on, _ in stated if kind == "day_closed"]
    assert closed == days(len(closed))
    gaps = {on for kind, on, mean in stated if kind == "day_closed" and mean is None}
    filled = [on for kind, on, _ in stated if kind == "gap_filled"]
    assert len(filled) == len(set(filled))
    assert set(filled) <= gaps
    assert [kind for kind, _, _ in stated].count("reached") <= 1
    assert "reached" not in [kind for kind, _, _ in stated[:-1]]
    book = load_degrees(room.bench.store.document(KIND, group))
    assert [each.on for each in book.days] == closed if book else closed == []
