"""The board's look at a room: every figure from what lies there, and nothing guessed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import samples
from board_room import (
    AGES_D,
    ROOM,
    SENSOR,
    Room,
    StillClimate,
    a_day,
    board_room,
    cast,
    ripening,
    room_commission,
    standing,
)

from edge.core.curing.alarm import Alarm, AlarmState
from edge.core.curing.climate import Quantity
from edge.core.curing.record import Heard
from edge.core.curing.state import Presence
from edge.core.custody import Custody
from edge.core.ids import DeviceId, LabId, SpecimenId
from edge.core.moments import Due
from edge.core.specimen import Curing, SpecimenState
from edge.flows.board_view import Books, verdict_of


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with board_room(tmp_path) as made:
        yield made


def test_what_lies_there_is_counted_by_group(room: Room) -> None:
    view = room.look()
    assert (view.blocks, len(view.groups), view.is_there) == (12, 4, True)
    assert {line.name: (line.inside, line.bound) for line in view.groups} == {
        f"group-{index}": (3, 3) for index in AGES_D
    }
    assert view.short == ()


def test_groups_stand_where_their_age_says_the_most_urgent_first(room: Room) -> None:
    view = room.look()
    assert {line.name: line.due for line in view.groups} == {
        "group-1": Due.OVERDUE,
        "group-2": Due.DUE_NOW,
        "group-3": Due.NOT_DUE,
        "group-4": Due.NOT_DUE,
    }
    assert [line.name for line in view.waiting] == ["group-1", "group-2"]
    assert all(line.is_certain for line in view.groups)


def test_a_date_without_an_hour_is_said_to_be_one(tmp_path: Path) -> None:
    whole = room_commission({1: 3})
    dated = cast(replace(whole.groups[0], age_days=3), 3, hour=False)
    with board_room(tmp_path, replace(whole, groups=(dated,))) as room:
        (line,) = room.look().groups
        assert not line.is_certain
        assert line.due is Due.OPENING


def test_a_clock_in_doubt_tells_no_age(room: Room) -> None:
    room.doubt()
    view = room.look()
    assert {line.due for line in view.groups} == {Due.CANNOT_TELL}
    assert not view.at.trusted


def test_a_group_of_which_a_part_is_nowhere_is_short(room: Room) -> None:
    room.put(standing("s-2-3", presence=Presence.OUTSIDE))
    (line,) = room.look().short
    assert (line.name, line.inside, line.bound, line.missing) == ("group-2", 2, 3, ("s-2-3",))


@pytest.mark.parametrize("presence", [Presence.OUT, Presence.DISPOSED])
def test_a_group_that_is_carried_out_in_part_is_not_short(room: Room, presence: Presence) -> None:
    room.put(standing("s-2-3", presence=presence))
    view = room.look()
    assert view.short == ()
    assert view.blocks == 11


def test_same_condition_blocks_owe_no_curing(tmp_path: Path) -> None:
    whole = room_commission({1: 28})
    group = replace(whole.groups[0], curing=Curing.SAME_CONDITION)
    with board_room(tmp_path, replace(whole, groups=(group,))) as room:
        room.put(standing("s-1-3", presence=Presence.OUTSIDE))
        assert room.look().short == ()


def test_a_group_that_nobody_knows_is_shown_without_an_age(room: Room) -> None:
    room.registry = type(room.registry)()
    view = room.look()
    assert {line.due for line in view.groups} == {Due.CANNOT_TELL}
    assert all(line.group is None and line.bound == line.inside for line in view.groups)


def test_facts_of_groups_are_asked_anew_when_the_registry_has_changed(room: Room) -> None:
    assert room.look().by_due[Due.OVERDUE]
    fresh = room_commission({1: 1, 2: 1, 3: 1, 4: 1})
    room.registry.commissions = (fresh,)
    assert Due.OVERDUE in room.look().by_due, "nothing has told that it changed"
    room.registry.version = 2
    assert set(room.look().by_due) == {Due.NOT_DUE}


def test_the_pick_list_goes_rack_by_rack(room: Room) -> None:
    room.put(standing("s-2-1", rack="b"), standing("s-2-2", presence=Presence.OUT))
    picks = room.look().picks
    assert [(rack, [each.specimen for each in here]) for rack, here in picks.racks] == [
        ("a", ["s-2-3"]),
        ("b", ["s-2-1"]),
    ]
    assert picks.elsewhere == ()


def test_cells_are_counted_exactly(room: Room) -> None:
    room.put(standing("s-2-1", cell=2), standing("s-2-3", cell=2))
    line = next(each for each in room.look().groups if each.name == "group-2")
    assert [(spot.column, blocks) for spot, blocks in line.cells] == [(2, 3)]


@pytest.mark.parametrize(
    ("heard", "word"),
    [(Heard.IN, "in"), (Heard.UNSURE, "unsure"), (Heard.OUT, "out"), (Heard.FAULT, "fault")],
)
def test_the_climate_of_now_is_the_last_minute(room: Room, heard: Heard, word: str) -> None:
    room.climate = a_day(heard)
    (sensor,) = room.look().sensors
    assert (verdict_of(sensor), sensor.room) == (word, ROOM)
    assert len(sensor.day) == 145


def test_a_reading_of_long_ago_is_not_the_climate_of_now(room: Room) -> None:
    room.climate = a_day(ends=samples.NOW - timedelta(minutes=6))
    (sensor,) = room.look().sensors
    assert verdict_of(sensor) == "silent"
    assert sensor.last_at == samples.NOW - timedelta(minutes=6)


def test_an_alarm_is_named(room: Room) -> None:
    alarm = Alarm(AlarmState.ALARM)
    calm = Alarm(AlarmState.CLEARING)
    ringing = ((SENSOR, Quantity.HUMIDITY, alarm), (SENSOR, Quantity.TEMPERATURE, calm))
    room.climate = StillClimate(a_day(Heard.OUT).heard, ringing)
    (sensor,) = room.look().sensors
    assert sensor.ringing == (Quantity.HUMIDITY,)


def test_other_stations_of_the_lab_are_told_with_the_age_of_the_word(room: Room) -> None:
    def custody(number: int, device: str, *, lab: LabId = samples.LAB) -> Custody:
        name = SpecimenId(f"s-9-{number}")
        at = samples.NOW - timedelta(minutes=number)
        return Custody(name, SpecimenState.ACCEPTED, at, lab, DeviceId(device))

    said = [
        custody(1, "desk-2"),
        custody(2, "desk-2"),
        custody(3, str(samples.DEVICE)),
        custody(4, "desk-9", lab=LabId("lab-9")),
    ]
    room.registry.places = {each.specimen: each for each in said}
    view = room.look()
    assert [(each.device, each.blocks) for each in view.elsewhere] == [("desk-2", 2)]
    assert view.elsewhere[0].newest == samples.NOW - timedelta(minutes=1)
    assert view.elsewhere_age_h == 1.0


def test_before_the_wall_has_begun_there_is_a_board(room: Room) -> None:
    books = Books(None, None, room.registry, lambda: room.unsent)
    view = room.board.look(books, room.now)
    assert (view.is_there, view.blocks, view.groups, view.sensors) == (False, 0, (), ())


@pytest.mark.parametrize(
    ("text", "found"), [("s-2-1", 1), ("group-2", 3), ("s-2", 0), ("", 0), ("' OR 1=1 --", 0)]
)
def test_a_block_or_a_group_is_found_by_its_number(room: Room, text: str, found: int) -> None:
    assert len(room.board.find(room.books, text, room.now).lines) == found


def test_the_rest_of_a_group_is_put_beside_what_is_here(room: Room) -> None:
    room.put(standing("s-2-1", cell=2), standing("s-2-2", presence=Presence.OUTSIDE))
    for asked in ("s-2-2", "group-2"):
        found = room.board.find(room.books, asked, room.now)
        assert found.suggestion is not None
        assert (found.group, found.suggestion.together) == ("group-2", True)
    assert room.board.find(room.books, "group-1", room.now).suggestion is None, "all of it is here"


def test_a_group_that_was_never_here_is_given_a_cell(room: Room) -> None:
    whole = room_commission({1: 30, 2: 28, 3: 27, 4: 3, 5: 1})
    room.registry.commissions = (whole,)
    found = room.board.find(room.books, "s-5-1", room.now)
    assert (found.lines, found.group) == ((), "group-5")
    assert found.suggestion is not None
    assert sum(number for _, number in found.suggestion.cells) + found.suggestion.left == 3


def test_a_block_is_shown_with_the_climate_that_it_has_had(room: Room) -> None:
    ((line, had),) = room.board.find(room.books, "s-2-1", room.now).lines
    assert had is not None
    assert (line.specimen, had.minutes_in, had.minutes_out) == ("s-2-1", 20 * 1440 - 60, 60)
    room.climate = None
    assert room.board.find(room.books, "s-2-1", room.now).lines[0][1] is None


def test_degree_days_of_a_cage_are_told_with_gaps_and_a_range(room: Room) -> None:
    ripe = ripening("group-7", *[450] * 14)
    room.degrees = (
        ripening("group-9", None, None),
        ripening("group-8", *[200] * 13, None, 250),
        replace(ripe, reached_on=ripe.days[-1].on),
        ripening("group-6"),
    )
    told = room.look().degrees
    assert [(line.group, line.days, line.gaps) for line in told] == [
        ("group-7", 14, 0),
        ("group-8", 14, 1),
        ("group-9", 0, 2),
    ]
    assert (told[1].total_tenths_cd, told[1].target_tenths_cd) == (2850, 6000)
    expected = told[1].expected
    assert expected is not None
    until = told[1].until
    days = [(on - until).days for on in (expected.earliest, expected.likely, expected.latest) if on]
    assert days == [13, 16, 16]
    assert (told[0].ripe_on, told[2].ripe_on) == (ripe.days[-1].on, None)


def test_a_group_that_was_ripe_a_season_ago_is_not_shown(room: Room) -> None:
    ripe = ripening("group-7", *[450] * 14, begun_d=100)
    room.degrees = (replace(ripe, reached_on=ripe.days[-1].on),)
    assert room.look().degrees == ()
