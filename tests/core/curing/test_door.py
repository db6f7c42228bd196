"""The door: every sequence of scans says what happened, and never guesses."""

from dataclasses import replace
from datetime import timedelta

import pytest
import samples
from curing_room import KEEPER, NEXT, OTHER, SECOND, SHELF, CuringRoom
from filled_room import filled, outcome

from edge.core.codes import Code
from edge.core.curing import events
from edge.core.curing.places import Spot
from edge.core.curing.state import Mode, Presence, Standing
from edge.core.ids import SpecimenId
from edge.core.intake.step import Outcome
from edge.core.moments import TimeQuality
from edge.core.specimen import Curing, GroupKind

DAYS_28 = 27 * 86_400


def test_a_group_goes_in_and_is_complete_with_its_last_block() -> None:
    room = CuringRoom()
    room.begin(Mode.IN)
    said = []
    for block in ("s-1-1", "s-1-2", "s-1-3"):
        room.scan(block)
        said.append(outcome(room)[0])
    room.wait(60)

    assert said == [Outcome.OK, Outcome.OK, Outcome.GROUP_COMPLETE]
    assert room.types() == ["curing.entered"] * 3 + ["curing.transaction_closed"]
    assert {each.spot for each in room.book.values()} == {SHELF}
    assert room.door.sessions == ()
    assert room.door.waits == ()


@pytest.mark.parametrize(
    ("steps", "missing"),
    [
        ((), "badge"),
        (("badge",), "mode"),
        (("badge", "in"), "shelf"),
    ],
)
def test_what_must_be_scanned_first_is_named(steps: tuple[str, ...], missing: str) -> None:
    room = CuringRoom()
    if "badge" in steps:
        room.badge()
    if "in" in steps:
        room.mode(Mode.IN)
    room.scan("s-1-1")

    assert room.last.signal is not None
    assert dict(room.last.signal.facts) == {"missing": missing}
    assert room.book == {}
    assert room.events == []


def test_nothing_but_a_badge_opens_the_door() -> None:
    room = CuringRoom()

    assert room.mode(Mode.OUT).signal == room.shelf().signal == room.undo().signal
    room.badge(None)
    assert outcome(room) == (Outcome.HOLD, (Code.CODE_UNKNOWN,))
    room.badge(samples.RECEIVER)
    assert outcome(room) == (Outcome.REFUSE, (Code.ROLE_NOT_ALLOWED,))
    assert room.door.sessions == ()


def test_out_without_in_is_recorded_and_flagged() -> None:
    room = CuringRoom(seconds=DAYS_28)
    room.begin(Mode.OUT, None)
    room.scan("s-1-1")

    assert outcome(room) == (Outcome.WARN, (Code.NOT_IN_ROOM,))
    assert room.book[SpecimenId("s-1-1")].presence is Presence.OUT
    assert room.types() == ["curing.left", "specimen.out_for_test"]


def test_same_condition_blocks_owe_no_in_and_do_not_belong_in() -> None:
    group = replace(samples.group(1), curing=Curing.SAME_CONDITION)
    room = CuringRoom(groups=(group,), seconds=DAYS_28)
    room.begin(Mode.OUT, None)
    room.scan("s-1-1")
    assert outcome(room) == (Outcome.OK, ())

    room.mode(Mode.IN)
    room.shelf()
    room.scan("s-1-2")
    assert outcome(room) == (Outcome.WARN, (Code.SAME_CONDITION,))


def test_in_twice_is_seen_before_and_another_shelf_is_a_move() -> None:
    room = filled()
    room.begin(Mode.IN)
    room.scan("s-1-1")
    assert outcome(room)[0] is Outcome.ALREADY
    count = len(room.events)

    room.shelf(NEXT)
    room.scan("s-1-1")
    moved = room.events[-1]
    assert len(room.events) == count + 1
    assert isinstance(moved, events.CuringMoved)
    assert (moved.from_place, moved.place, moved.implicit) == (str(SHELF), str(NEXT), True)
    assert outcome(room) == (Outcome.WARN, (Code.ALREADY_IN_ROOM,))


@pytest.mark.parametrize("mode", [Mode.IN, Mode.MOVE])
def test_in_here_while_in_another_room_is_an_implicit_move(mode: Mode) -> None:
    room = CuringRoom()
    elsewhere = Standing(
        SpecimenId("s-1-1"),
        samples.group(1).group,
        Presence.INSIDE,
        Spot(OTHER, "a", 1, 1, 1),
        samples.NOW,
        own=False,
        age_h=2.0,
    )
    room.book[elsewhere.specimen] = elsewhere
    room.begin(mode)
    room.scan("s-1-1")
    moved = room.events[-1]

    assert outcome(room) == (Outcome.WARN, (Code.IN_OTHER_ROOM,))
    assert isinstance(moved, events.CuringMoved)
    assert (moved.from_room, moved.implicit) == (OTHER, True)
    assert room.book[elsewhere.specimen].spot == SHELF


@pytest.mark.parametrize(
    ("day", "hour", "said"),
    [
        (10, 0, (Outcome.HOLD, (Code.TOO_EARLY,))),
        (27, 4, (Outcome.HOLD, (Code.TOO_EARLY,))),
        (27, 6, (Outcome.OK, ())),
        (28, 0, (Outcome.OK, ())),
        (28, 21.9, (Outcome.OK, ())),
        (28, 22.1, (Outcome.WARN, (Code.OVERDUE,))),
    ],
)
def test_out_tells_the_age_by_the_casting_time(
    day: int, hour: float, said: tuple[Outcome, tuple[Code, ...]]
) -> None:
    """Cast on 2026-10-26 at 02:00 UTC; 28 d ± 20 h."""
    room = filled()
    room.start, room.seconds = samples.NOW - timedelta(days=28, hours=2), (day * 24 + hour) * 3600
    room.begin(Mode.OUT, None)
    room.scan("s-1-1")

    assert outcome(room) == said
    left = said[0] is not Outcome.HOLD
    assert (room.book[SpecimenId("s-1-1")].presence is Presence.OUT) == left


def test_out_without_a_trusted_clock_cannot_tell_and_never_refuses() -> None:
    room = filled()
    room.quality = TimeQuality.UNTRUSTED
    room.begin(Mode.OUT, None)
    room.scan("s-1-1")
    left = room.events[-2]

    assert outcome(room) == (Outcome.WARN, (Code.CLOCK_UNTRUSTED,))
    assert isinstance(left, events.CuringLeft)
    assert left.due == "cannot_tell"


def test_degree_days_decide_for_those_who_wait_for_them() -> None:
    group = replace(
        samples.group(1), kind=GroupKind.MATURITY_600, curing=Curing.SAME_CONDITION, age_days=None
    )
    room = CuringRoom(groups=(group,))
    day = room.now.local_day
    room.begin(Mode.OUT, None)
    room.scan("s-1-1")
    assert outcome(room) == (Outcome.WARN, (Code.EVIDENCE_INCOMPLETE,))
    room.scan("s-1-2", matured_on=day + timedelta(days=1))
    assert outcome(room) == (Outcome.HOLD, (Code.TOO_EARLY,))
    room.scan("s-1-2", matured_on=day)
    assert outcome(room)[0] in {Outcome.OK, Outcome.GROUP_COMPLETE}


def test_out_twice_changes_nothing() -> None:
    room = filled()
    room.seconds = DAYS_28
    room.begin(Mode.OUT, None)
    room.scan("s-1-1")
    room.wait(61)
    count = len(room.events)
    room.begin(Mode.OUT, None)
    room.scan("s-1-1")

    assert outcome(room) == (Outcome.ALREADY, (Code.ALREADY_OUT,))
    assert len(room.events) == count


def test_two_keepers_at_one_scanner_keep_two_transactions() -> None:
    room = filled("s-1-1")
    room.seconds = DAYS_28
    room.badge(KEEPER)
    room.mode(Mode.OUT)
    room.badge(SECOND)
    room.scan("s-1-1")
    assert dict(room.last.signal.facts if room.last.signal else ()) == {"missing": "mode"}
    room.mode(Mode.IN)
    room.shelf()
    room.scan("s-2-1")
    room.badge(KEEPER)
    room.scan("s-1-1")
    room.wait(60)
    closed = [each for each in room.events if isinstance(each, events.CuringClosed)][1:]

    assert {(each.keeper, each.mode, each.specimens) for each in closed} == {
        (KEEPER.person, "out", (SpecimenId("s-1-1"),)),
        (SECOND.person, "in", (SpecimenId("s-2-1"),)),
    }


def test_two_scanners_at_one_door_hold_a_keeper_each() -> None:
    room = CuringRoom()
    for reader, keeper in (("left", KEEPER), ("right", SECOND)):
        room.badge(keeper, reader)
        room.mode(Mode.IN, reader)
        room.shelf(SHELF, reader)
    room.scan("s-1-1", reader="left")
    room.scan("s-1-2", reader="right")
    room.scan("s-1-2", reader="left", last_read_s=1.0)

    assert room.last.signal is None
    assert room.types() == ["curing.entered"] * 2
    assert [each.by for each in room.book.values()] == [KEEPER.person, SECOND.person]


@pytest.mark.parametrize(("age_s", "said"), [(1.0, None), (3.0, None), (3.1, Outcome.ALREADY)])
def test_a_chip_in_view_is_one_read(age_s: float, said: Outcome | None) -> None:
    room = CuringRoom()
    room.begin(Mode.IN)
    room.scan("s-1-1")
    room.scan("s-1-1", last_read_s=age_s)

    assert (room.last.signal.outcome if room.last.signal else None) is said
    assert room.types() == ["curing.entered"]


def test_undo_puts_a_block_back_where_it_was() -> None:
    room = filled()
    room.begin(Mode.MOVE, NEXT)
    before = room.book[SpecimenId("s-1-1")]
    room.scan("s-1-1")
    room.undo()
    undone = room.events[-1]

    assert room.book[SpecimenId("s-1-1")] == before
    assert isinstance(undone, events.CuringUndone)
    assert undone.place == str(SHELF)
    assert room.undo().signal is not None
    assert outcome(room) == (Outcome.WARN, (Code.NOT_NOW,))


def test_an_undone_first_in_stays_in_the_book() -> None:
    room = CuringRoom()
    room.begin(Mode.IN)
    room.scan("s-1-1")
    room.undo()
    room.wait(60)

    assert room.book[SpecimenId("s-1-1")].presence is Presence.OUTSIDE
    assert room.types() == ["curing.entered", "curing.undone"]


def test_nobody_undoes_what_another_has_carried_since() -> None:
    room = filled()
    room.begin(Mode.MOVE, NEXT)
    room.scan("s-1-1")
    room.badge(SECOND, "right")
    room.mode(Mode.MOVE, "right")
    room.shelf(SHELF, "right")
    room.scan("s-1-1", reader="right")
    room.undo("wall")

    assert outcome(room) == (Outcome.WARN, (Code.NOT_NOW,))
    assert room.book[SpecimenId("s-1-1")].by == SECOND.person
