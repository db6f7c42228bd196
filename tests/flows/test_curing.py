"""The door's flow over a real store: scans become transfers, and a restart changes nothing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import samples
from curing_room import OTHER, ROOM
from wall_bench import BLOCKS, COMMISSION, WallBench, with_uids

from edge.core.curing.inputs import RoomKind
from edge.core.curing.state import Presence
from edge.core.custody import Custody
from edge.core.ids import DeviceId, LabId, SpecimenId
from edge.core.nfc import TagKind, TagSeen, TagUid
from edge.core.specimen import Curing, GroupKind, SpecimenState
from edge.flows.curing import TypedChip
from edge.wire.door_json import KIND, load_door

ELSEWHERE = DeviceId("wall-2")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[WallBench]:
    made = WallBench(tmp_path)
    yield made
    made.close()


def where(bench: WallBench, block: str) -> str:
    """Presence and place of a block by the book."""
    standing = bench.store.places.standing(SpecimenId(block))
    assert standing is not None
    return f"{standing.presence.value} {standing.spot or ''}".strip()


def tag(text: str, uid: str = "04000000000001") -> TagSeen:
    return TagSeen(
        device="nfc",
        at=samples.instant(),
        uid=TagUid.parse(uid),
        kind=TagKind.NTAG21X,
        payload=text.encode(),
        signature=None,
        sun=None,
    )


def test_three_blocks_go_in_and_their_group_is_complete(bench: WallBench) -> None:
    bench.begin("in")
    bench.scan("chip:s-1-1", "chip:s-1-2", "chip:s-1-3")
    assert bench.types() == ["curing.entered"] * 3
    assert {where(bench, f"s-1-{each}") for each in (1, 2, 3)} == {"inside room-1/a/1/1/1"}
    bench.wait(61)
    assert bench.types()[-1] == "curing.transaction_closed"
    assert bench.curing.door.sessions == ()
    own = bench.store.custody(BLOCKS[0])
    assert own is not None
    assert (own.state, own.place) == (SpecimenState.LAB_CURING, "room-1/a/1/1/1")


@pytest.mark.parametrize(
    ("scans", "said"),
    [
        (("chip:s-1-1",), ("warn", ("NOT_NOW",))),
        (("do:in",), ("warn", ("NOT_NOW",))),
        (("badge:keeper-1",), ("ok", ())),
        (("badge:nobody",), ("hold", ("CODE_UNKNOWN",))),
        (("badge:receiver-1",), ("refuse", ("ROLE_NOT_ALLOWED",))),
        (("badge:keeper-1", "shelf:a-1"), ("warn", ("NOT_NOW",))),
        (("badge:keeper-1", "do:in", "chip:s-1-1"), ("warn", ("NOT_NOW",))),
        (("badge:keeper-1", "do:in", "shelf:a-9"), ("hold", ("PLACE_UNKNOWN",))),
        (("badge:keeper-1", "do:in", "shelf:room-2--a-1"), ("hold", ("PLACE_UNKNOWN",))),
        (("badge:keeper-1", "do:in", "shelf:room-1--a-1"), ("ok", ())),
        (("badge:keeper-1", "do:dance"), ("warn", ("CODE_UNKNOWN",))),
        (("badge:keeper-1", "do:undo-last"), ("warn", ("NOT_NOW",))),
    ],
)
def test_the_sequence_is_asked_for(
    bench: WallBench, scans: tuple[str, ...], said: tuple[str, tuple[str, ...]]
) -> None:
    bench.scan(*scans)
    assert bench.heard() == said
    assert bench.store.open_stays() == {}


def test_a_code_that_is_none_of_ours_is_kept_and_moves_nothing(bench: WallBench) -> None:
    bench.begin("in")
    bench.scan("junk")
    assert bench.types() == ["curing.scan_refused"]
    assert bench.heard()[0] in {"refuse", "hold", "alarm"}


def test_a_chip_in_view_is_counted_once_and_the_last_is_taken_back(bench: WallBench) -> None:
    bench.begin("in")
    bench.scan("chip:s-1-1")
    bench.scan("chip:s-1-1", after_s=0.3)
    assert bench.types() == ["curing.entered"]
    bench.scan("do:undo-last")
    assert where(bench, "s-1-1") == "outside"
    assert bench.store.open_stays() == {}
    bench.scan("chip:s-1-1")
    assert bench.types() == ["curing.entered", "curing.undone", "curing.entered"]


def test_a_block_moves_and_an_audit_names_what_is_missing(bench: WallBench) -> None:
    bench.begin("in")
    bench.scan("chip:s-1-1", "chip:s-1-2", "chip:s-1-3")
    bench.scan("do:move", "shelf:a-1-2-1", "chip:s-1-1")
    assert where(bench, "s-1-1") == "inside room-1/a/1/2/1"
    bench.scan("do:audit", "shelf:a-1-1-1", "chip:s-1-2", "chip:s-1-1")
    assert bench.heard() == ("warn", ("MISPLACED",))
    bench.scan("shelf:a-1-2-1")
    kind, audit = bench.log()[-1]
    assert (kind, audit["missing"], audit["found"]) == ("curing.audited", ["s-1-3"], 1)
    assert audit["misplaced"] == [{"specimen": "s-1-1", "booked": "room-1/a/1/2/1"}]


def test_a_block_of_another_room_is_moved_and_flagged(bench: WallBench) -> None:
    yesterday = bench.clock.now() - timedelta(days=1)
    bench.registry.places[BLOCKS[0]] = Custody(
        BLOCKS[0], SpecimenState.LAB_CURING, yesterday, samples.LAB, ELSEWHERE, "room-2/a/1"
    )
    bench.begin("in")
    bench.scan("chip:s-1-1")
    assert bench.heard()[1] == ("IN_OTHER_ROOM",)
    kind, moved = bench.log()[-1]
    assert (kind, moved["implicit"], moved["from_room"]) == ("curing.moved", True, OTHER)
    assert bench.store.open_stays() == {"s-1-1": [ROOM]}


def test_another_door_that_spoke_later_is_believed(bench: WallBench) -> None:
    bench.begin("in")
    bench.scan("chip:s-1-1")
    bench.wait(61)
    bench.registry.places[BLOCKS[0]] = Custody(
        BLOCKS[0], SpecimenState.DISPOSED, bench.clock.now(), samples.LAB, ELSEWHERE, ""
    )
    bench.clock.move(7200)
    bench.begin("out", "")
    bench.scan("chip:s-1-1")
    assert "ALREADY_DISPOSED" in bench.heard()[1]
    assert where(bench, "s-1-1") == "inside room-1/a/1/1/1"


def test_words_of_another_door_that_we_cannot_read_are_no_place(bench: WallBench) -> None:
    bench.registry.places[BLOCKS[0]] = Custody(
        BLOCKS[0],
        SpecimenState.LAB_CURING,
        bench.clock.now() - timedelta(days=1),
        LabId("lab-1"),
        ELSEWHERE,
        "somewhere",
    )
    bench.begin("in")
    bench.scan("chip:s-1-1")
    assert where(bench, "s-1-1") == "inside room-1/a/1/1/1"


def test_two_keepers_at_two_scanners_do_not_disturb_each_other(bench: WallBench) -> None:
    bench.begin("in")
    bench.scan("badge:keeper-2", "do:in", "shelf:b-1-1-1", reader="left")
    bench.scan("chip:s-1-1")
    bench.scan("chip:s-2-1", reader="left")
    assert where(bench, "s-1-1") == "inside room-1/a/1/1/1"
    assert where(bench, "s-2-1") == "inside room-1/b/1/1/1"
    keepers = {data["keeper"] for kind, data in bench.log() if kind == "curing.entered"}
    assert keepers == {"keeper-1", "keeper-2"}


def test_a_badge_on_the_tag_reader_takes_the_scanner_beside_it(tmp_path: Path) -> None:
    bench = WallBench(tmp_path, registry=with_uids({"s-1-1": "04000000000001"}))
    bench.curing.tap(tag("badge:keeper-1"))
    bench.curing.tap(tag("do:in"))
    bench.scan("shelf:a-1")
    bench.last = bench.curing.tap(tag("chip:s-1-1"))
    assert where(bench, "s-1-1") == "inside room-1/a/1"
    bench.scan("chip:s-1-1")
    assert bench.heard() == ("already", ("DUPLICATE_SCAN",))
    assert bench.types().count("curing.entered") == 1
    bench.close()


def test_a_tag_that_is_not_the_registered_one_moves_nothing(tmp_path: Path) -> None:
    bench = WallBench(tmp_path, registry=with_uids({"s-1-1": "04000000000001"}))
    bench.begin("in")
    bench.last = bench.curing.tap(tag("chip:s-1-1", uid="04ffffffffffff"))
    assert "CARRIERS_DISAGREE" in bench.heard()[1]
    assert bench.types() == ["curing.scan_refused"]
    bench.close()


def test_a_typed_number_waits_for_a_keeper_is_kept_and_moves_nothing(bench: WallBench) -> None:
    typed = TypedChip(BLOCKS[0], "chip crushed")
    assert bench.curing.type_in(typed) is None
    bench.begin("in")
    said = bench.curing.type_in(typed)
    assert said is not None
    assert said.signal is not None
    assert said.signal.outcome.value == "hold"
    ((kind, refused),) = [each for each in bench.log() if each[0].startswith("curing.")]
    assert (kind, refused["carrier"]) == ("curing.scan_refused", "typed")
    assert dict(refused["facts"]) == {"typed": "s-1-1", "why": "chip crushed"}
    assert bench.store.open_stays() == {}
    bench.begin("in", badge="keeper-2")
    assert bench.curing.type_in(TypedChip(BLOCKS[0], "again", reader="left")) is None


def test_a_killed_process_goes_on_in_the_middle_of_everything(bench: WallBench) -> None:
    bench.begin("in")
    bench.scan("chip:s-1-1", "chip:s-1-2")
    before = bench.curing.door
    bench.come_up()
    assert bench.curing.door == before
    bench.scan("do:undo-last")
    assert where(bench, "s-1-2") == "outside"
    bench.scan("chip:s-1-2", "chip:s-1-3")
    bench.wait(61)
    closed = [data for kind, data in bench.log() if kind == "curing.transaction_closed"]
    assert [each["specimens"] for each in closed] == [["s-1-1", "s-1-2", "s-1-3"]]


def test_after_a_new_start_of_the_machine_everything_is_closed_whole(bench: WallBench) -> None:
    bench.begin("in")
    bench.scan("chip:s-1-1", "chip:s-1-2")
    bench.come_up(new_boot=True)
    assert bench.curing.door.sessions == ()
    kind, closed = bench.log()[-1]
    assert (kind, closed["why"]) == ("curing.transaction_closed", "restart")
    assert closed["specimens"] == ["s-1-1", "s-1-2"]
    assert [each.outstanding for each in bench.curing.door.waits] == [(SpecimenId("s-1-3"),)]
    bench.come_up(new_boot=True)
    assert bench.types().count("curing.transaction_closed") == 1


def test_what_waits_for_the_witness_outlives_every_restart(tmp_path: Path) -> None:
    bench = WallBench(tmp_path, kind=RoomKind.SITE)
    bench.begin("in", badge="tester-1")
    bench.scan("chip:s-1-1", "chip:s-1-2", "chip:s-1-3")
    bench.wait(61)
    waiting = bench.curing.door.pendings
    assert len(waiting) == 1
    bench.come_up()
    bench.come_up(new_boot=True)
    assert bench.curing.door.pendings == waiting
    bench.wait(50 * 60)
    assert [each.codes[0].value for each in bench.last.notices][-1] == "INTERVAL_EXCEEDED"
    bench.come_up(new_boot=True)
    bench.scan("badge:witness-1")
    assert bench.heard()[0] == "group_complete"
    assert bench.types()[-1] == "curing.two_party_completed"
    bench.close()


def test_a_group_of_which_a_block_stays_outside_is_called_out_once(bench: WallBench) -> None:
    bench.begin("in")
    bench.scan("chip:s-1-1")
    bench.wait(11 * 60)
    (notice,) = bench.last.notices
    assert dict(notice.facts)["outstanding"] == "2"
    assert bench.wait(60).notices == ()


def test_a_store_that_cannot_keep_a_step_says_so_and_nothing_happened(bench: WallBench) -> None:
    bench.begin("in")
    before = bench.curing.door
    bench.store.break_book()
    bench.scan("chip:s-1-1")
    assert bench.heard() == ("refuse", ("NOT_RECORDED",))
    assert bench.curing.door == before
    bench.store.mend_book()
    bench.scan("chip:s-1-1")
    assert where(bench, "s-1-1") == "inside room-1/a/1/1/1"
    assert bench.types() == ["curing.entered"]


def test_nothing_is_written_while_nothing_happens(bench: WallBench) -> None:
    before = bench.store.tip(), bench.store.document(KIND, ROOM)
    for _ in range(20):
        bench.wait(1)
    assert (bench.store.tip(), bench.store.document(KIND, ROOM)) == before


def test_the_record_of_a_door_says_its_boot_and_reads_back(bench: WallBench) -> None:
    bench.begin("audit")
    bench.scan("chip:s-1-1")
    record = load_door(bench.store.document(KIND, ROOM))
    assert record is not None
    assert (record.boot, record.door) == ("boot-1", bench.curing.door)
    assert load_door(None) is None


def test_out_for_test_and_disposed_end_the_stay(bench: WallBench) -> None:
    bench.begin("in")
    bench.scan("chip:s-1-1", "chip:s-1-2")
    bench.scan("do:out", "chip:s-1-1", "do:dispose", "chip:s-1-2")
    assert where(bench, "s-1-1") == Presence.OUT.value
    assert where(bench, "s-1-2") == Presence.DISPOSED.value
    assert bench.store.open_stays() == {}
    assert "specimen.out_for_test" in {kind for kind, _ in bench.log()}


def test_a_person_who_is_no_longer_active_is_refused_from_then_on(bench: WallBench) -> None:
    people = tuple(
        replace(each, active=False) if each.person == "keeper-1" else each
        for each in bench.registry.people
    )
    bench.registry.people = people
    bench.scan("badge:keeper-1")
    assert bench.heard() == ("hold", ("PERSON_INACTIVE",))


@pytest.mark.parametrize(
    ("day", "due", "codes"),
    [
        (None, None, ("EVIDENCE_INCOMPLETE",)),
        (date(2026, 11, 20), "due_now", ()),
        (date(2026, 12, 20), "not_due", ("TOO_EARLY",)),
    ],
)
def test_a_group_that_waits_for_degree_days_is_told_by_them(
    bench: WallBench, day: date | None, due: str | None, codes: tuple[str, ...]
) -> None:
    first = replace(
        COMMISSION.groups[0],
        kind=GroupKind.MATURITY_600,
        curing=Curing.SAME_CONDITION,
        age_days=None,
    )
    groups = (first, *COMMISSION.groups[1:])
    bench.registry.commissions = (replace(COMMISSION, groups=groups),)
    if day is not None:
        bench.matured[first.group] = day
    bench.begin("out", "")
    bench.scan("chip:s-1-1")
    assert bench.heard()[1] == codes
    if "TOO_EARLY" not in codes:
        assert [data["due"] for kind, data in bench.log() if kind == "curing.left"] == [due]
