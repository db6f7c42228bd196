"""Due dates and degree days are told once each, in order, whatever the station slept over."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import samples
from curing_room import ROOM
from rules import shipped

from edge.core.curing.announce import Waiting, due_changes
from edge.core.curing.due import PressLine
from edge.core.curing.picks import pick_list
from edge.core.curing.places import Spot
from edge.core.curing.state import Presence, Standing
from edge.core.ids import GroupId, RoomId, SpecimenId
from edge.core.moments import CHINA, Casting, Instant, Interval, TimeQuality
from edge.core.specimen import SpecimenState

RULES = shipped()
CAST_ON = date(2026, 3, 2)
GROUP = replace(samples.group(1), casting=Casting(CAST_ON))
MIDNIGHT = datetime(2026, 3, 2, tzinfo=CHINA)


def waiting(state: SpecimenState = SpecimenState.LAB_CURING) -> Waiting:
    return Waiting(GROUP, tuple((each.specimen, state) for each in GROUP.specimens))


def at(days: float, quality: TimeQuality = TimeQuality.SYNCED) -> Instant:
    return Instant(MIDNIGHT + timedelta(days=days), 0, quality)


def walk(*days: float, state: SpecimenState = SpecimenState.LAB_CURING) -> list[str]:
    told: dict[GroupId, int] = {}
    said = []
    for day in days:
        told, new = due_changes(told, [waiting(state)], now=at(day), rules=RULES)
        said += [each.TYPE for each in new]
    return said


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ((20, 27.5, 27.6, 28.5, 29, 29.5, 30), ["due.opened", "due.closing", "due.overdue"]),
        ((20, 28.9, 30), ["due.closing", "due.overdue"]),
        ((40, 41), ["due.overdue"]),
        ((20, 21), []),
        ((28.5, 20), ["due.opened"]),
    ],
)
def test_each_stage_is_told_once(days: tuple[float, ...], said: list[str]) -> None:
    assert walk(*days) == said


@pytest.mark.parametrize(
    "state", [SpecimenState.TESTED, SpecimenState.OUT_FOR_TEST, SpecimenState.DISPOSED]
)
def test_what_waits_no_more_is_never_overdue(state: SpecimenState) -> None:
    assert walk(20, 28.5, 40, state=state) == []


def test_an_untrusted_clock_and_a_group_without_age_say_nothing() -> None:
    now = at(28.5, TimeQuality.UNTRUSTED)
    assert due_changes({}, [waiting()], now=now, rules=RULES) == ({}, ())
    ageless = replace(waiting(), group=replace(GROUP, age_days=None))
    assert due_changes({}, [ageless], now=at(28.5), rules=RULES) == ({}, ())


def test_the_pick_list_follows_the_racks() -> None:
    spots = {
        "s-1-1": Spot(ROOM, "b", 1, 1, 1),
        "s-1-2": Spot(ROOM, "a", 2, 1, 1),
        "s-1-3": Spot(RoomId("room-9"), "a", 1, 1, 1),
    }
    book = {
        SpecimenId(name): Standing(
            SpecimenId(name), GROUP.group, Presence.INSIDE, spot, samples.NOW
        )
        for name, spot in spots.items()
    }
    book[SpecimenId("s-2-1")] = Standing(SpecimenId("s-2-1"), None, Presence.OUT, None, samples.NOW)
    span = Interval(samples.NOW, samples.NOW)
    other = samples.group(2)
    lines = [
        PressLine(GROUP, span, True, tuple(each.specimen for each in GROUP.specimens)),  # noqa: FBT003 - a field
        PressLine(other, span, False, tuple(each.specimen for each in other.specimens[:2])),  # noqa: FBT003 - a field
    ]
    picks = pick_list(lines, book, room=ROOM)

    assert [(rack, [pick.specimen for pick in each]) for rack, each in picks.racks] == [
        ("a", ["s-1-2"]),
        ("b", ["s-1-1"]),
    ]
    assert [pick.specimen for pick in picks.elsewhere] == ["s-1-3", "s-2-2"]
