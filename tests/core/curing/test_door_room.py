"""The door and its room: unfinished groups, full shelves, audits, forgeries and restarts."""

from dataclasses import replace

import pytest
import samples
from curing_room import NEXT, OTHER, SHELF, CuringRoom
from filled_room import filled, outcome

from edge.core.carriers import Carrier, Flaw, NotOurs
from edge.core.codes import Code
from edge.core.curing import events, inputs
from edge.core.curing.inputs import RoomKind
from edge.core.curing.places import Spot
from edge.core.curing.state import Mode, Presence
from edge.core.custody import Custody
from edge.core.evidence import Evidence, EvidenceKind
from edge.core.ids import DeviceId, Digest, LabId, SpecimenId
from edge.core.intake.step import Outcome
from edge.core.specimen import SpecimenState

_DAYS_27 = 27 * 86_400


def test_an_unfinished_group_is_called_out_once_after_ten_minutes() -> None:
    room = filled("s-1-1", "s-1-2")
    assert room.wait(530).notices == ()
    notices = room.wait(10).notices
    assert room.wait(600).notices == ()
    short = [each for each in room.events if isinstance(each, events.CuringGroupShort)]

    assert [each.codes for each in notices] == [(Code.MISSING_BLOCK,)]
    assert [(each.outstanding, each.bound) for each in short] == [((SpecimenId("s-1-3"),), 3)]


def test_what_left_or_was_thrown_away_is_waited_for_no_more() -> None:
    room = filled("s-1-1", "s-1-2")
    room.begin(Mode.DISPOSE, None)
    room.scan("s-1-3")

    assert room.door.waits == ()
    room.scan("s-1-3", last_read_s=10)
    assert outcome(room)[0] is Outcome.ALREADY
    room.mode(Mode.IN)
    room.shelf()
    room.scan("s-1-3")
    assert outcome(room) == (Outcome.HOLD, (Code.ALREADY_DISPOSED,))
    assert room.book[SpecimenId("s-1-3")].presence is Presence.DISPOSED


def test_a_full_shelf_and_a_strange_shelf_are_told() -> None:
    room = CuringRoom(groups=tuple(samples.group(each) for each in range(1, 5)))
    room.begin(Mode.IN)
    said = []
    for index in range(1, 5):
        for number in range(1, 4):
            room.scan(f"s-{index}-{number}")
            said.append(outcome(room)[1])
    room.shelf(Spot(OTHER, "a", 1, 1, 1))

    assert said == [()] * 9 + [(Code.PLACE_FULL,)] * 3
    assert outcome(room) == (Outcome.HOLD, (Code.PLACE_UNKNOWN,))


def test_an_audit_names_missing_unexpected_and_misplaced() -> None:
    room = filled()
    room.begin(Mode.IN, NEXT)
    room.scan("s-2-1")
    room.mode(Mode.AUDIT)
    room.shelf(SHELF)
    room.scan("s-1-1")
    assert outcome(room) == (Outcome.OK, ())
    room.scan("s-2-1")
    assert outcome(room) == (Outcome.WARN, (Code.MISPLACED,))
    room.scan("s-2-2")
    assert outcome(room) == (Outcome.WARN, (Code.NOT_IN_ROOM,))
    room.shelf(NEXT)
    audited = room.events[-1]

    assert isinstance(audited, events.CuringAudited)
    assert (audited.found, audited.missing) == (1, (SpecimenId("s-1-2"), SpecimenId("s-1-3")))
    assert audited.unexpected == (SpecimenId("s-2-2"),)
    assert audited.misplaced == (events.Misplaced(SpecimenId("s-2-1"), str(NEXT)),)
    room.mode(Mode.OUT)
    empty = room.events[-1]
    assert isinstance(empty, events.CuringAudited)
    assert empty.missing == (SpecimenId("s-2-1"),)


def test_an_audit_that_nobody_began_leaves_no_false_alarm() -> None:
    room = filled()
    room.begin(Mode.AUDIT)
    room.wait(60)

    assert "curing.audited" not in room.types()


def test_forged_unknown_and_copied_chips_move_nothing() -> None:
    room = CuringRoom()
    room.begin(Mode.IN)
    room.scan("s-1-1", code=NotOurs(Flaw.SIGNATURE, "s-1-1"))
    assert outcome(room) == (Outcome.ALARM, (Code.CODE_FORGED,))
    room.scan("s-9-9")
    assert outcome(room) == (Outcome.HOLD, (Code.CODE_UNKNOWN,))
    seen = Custody(
        SpecimenId("s-1-1"), SpecimenState.CURING, room.now.at, LabId("lab-9"), DeviceId("wall-9")
    )
    room.scan("s-1-1", platform=seen)
    assert outcome(room) == (Outcome.ALARM, (Code.CLONE_SUSPECT,))

    assert room.types() == ["curing.scan_refused"] * 3
    assert room.book == {}


def test_a_restart_ends_every_transaction_whole() -> None:
    room = CuringRoom()
    room.begin(Mode.IN)
    room.scan("s-1-1")
    room.take(inputs.Restarted())
    closed = room.events[-1]

    assert isinstance(closed, events.CuringClosed)
    assert (closed.why, closed.specimens) == ("restart", (SpecimenId("s-1-1"),))
    assert room.door.sessions == ()
    assert len(room.door.waits) == 1


def test_custody_says_it_to_other_stations() -> None:
    room = CuringRoom(kind=RoomKind.LAB)
    room.begin(Mode.IN)
    (custody,) = room.scan("s-1-1").custody

    assert (custody.state, custody.place) == (SpecimenState.LAB_CURING, str(SHELF))


def test_a_late_first_in_is_told() -> None:
    room = CuringRoom(seconds=3 * 86_400)
    room.begin(Mode.IN)
    room.scan("s-1-1")

    assert outcome(room) == (Outcome.WARN, (Code.LATE_FOR_LAB_CURING,))


def test_a_typed_number_is_kept_and_moves_nothing() -> None:
    room = CuringRoom()
    room.begin(Mode.IN)
    reading = replace(room.shown("s-1-1").reading, carrier=Carrier.TYPED)
    room.scan("s-1-1", reading=reading)
    refused = room.events[-1]

    assert outcome(room) == (Outcome.HOLD, (Code.CHIP_UNREADABLE,))
    assert isinstance(refused, events.CuringRefused)
    assert (refused.specimen, refused.carrier) == (SpecimenId("s-1-1"), "typed")
    assert room.book == {}


@pytest.mark.parametrize(
    ("mode", "photographs", "codes"),
    [
        (Mode.IN, 0, (Code.EVIDENCE_INCOMPLETE,)),
        (Mode.IN, 1, ()),
        (Mode.MOVE, 0, (Code.NOT_IN_ROOM, Code.EVIDENCE_INCOMPLETE)),
        (Mode.MOVE, 1, (Code.NOT_IN_ROOM,)),
        (Mode.OUT, 1, (Code.NOT_IN_ROOM, Code.EVIDENCE_INCOMPLETE)),
        (Mode.OUT, 2, (Code.NOT_IN_ROOM,)),
    ],
)
def test_a_site_with_a_camera_owes_the_photographs_of_the_stage(
    mode: Mode, photographs: int, codes: tuple[Code, ...]
) -> None:
    photo = Evidence(EvidenceKind.BLOCK, Digest("a" * 64), 100, "image/jpeg", samples.NOW)
    day = _DAYS_27 if mode is Mode.OUT else 0
    room = CuringRoom(kind=RoomKind.SITE, has_camera=True, has_placard=True, seconds=day)
    room.begin(mode, person=samples.TESTER)
    room.scan("s-1-1", evidence=(photo,) * photographs)
    assert outcome(room)[1] == codes

    lab = CuringRoom(has_camera=True, seconds=day)
    lab.begin(mode)
    lab.scan("s-1-1")
    assert Code.EVIDENCE_INCOMPLETE not in outcome(lab)[1]


def test_without_a_placard_in_view_its_photographs_stay_with_the_phone() -> None:
    photo = Evidence(EvidenceKind.BLOCK, Digest("a" * 64), 100, "image/jpeg", samples.NOW)
    room = CuringRoom(kind=RoomKind.SITE, has_camera=True, seconds=_DAYS_27)
    room.begin(Mode.OUT, person=samples.TESTER)
    room.scan("s-1-1", evidence=(photo,))
    assert outcome(room)[1] == (Code.NOT_IN_ROOM,)
    room.scan("s-1-2", unphotographed="late")
    assert Code.EVIDENCE_INCOMPLETE in outcome(room)[1]
    assert [getattr(each, "photograph_missing", "") for each in room.events] == [None, "late"]


def test_a_block_that_changes_its_shelf_owes_no_photograph() -> None:
    room = CuringRoom(kind=RoomKind.SITE, has_camera=True)
    room.begin(Mode.IN, person=samples.TESTER)
    assert room.scan("s-1-1").photographs == (EvidenceKind.BLOCK,)
    room.seconds += 5
    room.mode(Mode.MOVE)
    room.shelf(NEXT)
    assert room.scan("s-1-1").photographs == ()
    room.seconds += 5
    assert room.scan("s-1-1").photographs == ()
