"""Tester, then witness: within the rule set's minutes, inclusive, and never the same side."""

from dataclasses import replace

import pytest
import samples
from curing_room import CuringRoom
from rules import shipped

from edge.core.codes import Code
from edge.core.curing import events
from edge.core.curing.inputs import RoomKind
from edge.core.curing.state import Mode
from edge.core.ids import SpecimenId
from edge.core.intake.step import Outcome
from edge.core.moments import TimeQuality
from edge.core.people import OrgKind


def waiting(name: str = "nanchang-2023", mode: Mode = Mode.IN) -> CuringRoom:
    """A tester carried one block at second 0 and has left."""
    room = CuringRoom(rules=shipped(name), kind=RoomKind.SITE)
    room.begin(mode, person=samples.TESTER)
    room.scan("s-1-1")
    room.wait(60)
    return room


@pytest.mark.parametrize(
    ("name", "seconds", "completed"),
    [
        ("nanchang-2023", 3600, True),
        ("nanchang-2023", 3601, False),
        ("hubei-2022", 1800, True),
        ("hubei-2022", 1801, False),
    ],
)
def test_the_last_second_counts_and_the_next_does_not(
    name: str,
    seconds: float,
    completed: bool,  # noqa: FBT001 - a table of cases
) -> None:
    room = waiting(name)
    room.seconds = seconds
    room.badge(samples.WITNESS)
    last = room.events[-1]

    assert isinstance(last, events.TwoPartyCompleted) == completed
    if isinstance(last, events.TwoPartyCompleted):
        assert (last.minutes, last.specimens) == (seconds / 60, (SpecimenId("s-1-1"),))
    else:
        assert room.last.signal is not None
        assert room.last.signal.codes == (Code.INTERVAL_EXCEEDED,)


def test_the_pending_names_its_end_and_is_called_out_before_it() -> None:
    room = waiting()
    pending = next(each for each in room.events if isinstance(each, events.TwoPartyPending))
    assert (pending.until - pending.since).total_seconds() == 3600

    room.seconds = 0
    assert room.wait(49 * 60).notices[:1] != ()  # the group is short
    assert room.wait(59).notices == ()
    (alarm,) = room.wait(1).notices
    assert (alarm.outcome, alarm.codes) == (Outcome.WARN, (Code.INTERVAL_EXCEEDED,))
    assert room.wait(10 * 60).notices == ()
    assert "curing.two_party_expired" not in room.types()
    room.wait(1)
    assert room.types()[-1] == "curing.two_party_expired"
    assert room.door.pendings == ()


def test_a_witness_ends_the_testers_open_transaction() -> None:
    room = CuringRoom(kind=RoomKind.SITE)
    room.begin(Mode.OUT, None, samples.TESTER)
    room.seconds = 27 * 86_400
    room.badge(samples.TESTER)
    room.scan("s-1-1")
    room.badge(samples.WITNESS)

    assert room.types() == [
        "curing.left",
        "curing.transaction_closed",
        "curing.two_party_pending",
        "curing.two_party_completed",
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"org": samples.SITE_ORG},
        {"org_kind": OrgKind.CONTRACTOR},
        {"person": samples.TESTER.person},
    ],
)
def test_one_side_cannot_be_both(changes: dict[str, object]) -> None:
    room = waiting()
    room.badge(replace(samples.WITNESS, **changes))  # type: ignore[arg-type]  # fields by name

    assert room.last.signal is not None
    assert room.last.signal.codes == (Code.SIGNERS_NOT_INDEPENDENT,)
    assert len(room.door.pendings) == 1


def test_without_a_trusted_clock_the_minutes_are_not_told() -> None:
    room = waiting()
    room.quality = TimeQuality.UNTRUSTED
    room.wait(9 * 3600)
    assert len(room.door.pendings) == 1
    room.badge(samples.WITNESS)
    last = room.events[-1]

    assert isinstance(last, events.TwoPartyCompleted)
    assert (last.minutes, last.reasons) == (None, (Code.CLOCK_UNTRUSTED,))


@pytest.mark.parametrize("mode", [Mode.MOVE, Mode.DISPOSE])
def test_only_curing_in_and_curing_end_are_confirmed_by_two(mode: Mode) -> None:
    assert waiting(mode=mode).door.pendings == ()


def test_undoing_all_leaves_nothing_to_confirm() -> None:
    room = CuringRoom(kind=RoomKind.SITE)
    room.begin(Mode.IN, person=samples.TESTER)
    room.scan("s-1-1")
    room.undo()
    room.wait(60)
    assert room.door.pendings == ()

    room.badge(samples.WITNESS)
    assert room.last.signal is not None
    assert dict(room.last.signal.facts) == {"missing": "pending"}


def test_a_laboratory_keeper_signs_alone() -> None:
    room = CuringRoom()
    room.begin(Mode.IN)
    room.scan("s-1-1")
    room.wait(60)

    assert room.door.pendings == ()
