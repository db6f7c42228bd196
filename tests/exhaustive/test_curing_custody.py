"""Scans, undos, power cuts and reads twice, through the real store: no block is lost or doubled.

Power goes in the middle of a commit, or after it and before the answer; the log alone must tell
where every block is, and every transaction closes whole, once.
"""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import samples
from curing_room import ROOM
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from memory_doors import MemoryEvidence, QuietJournal
from wall_bench import BLOCKS, PowerCutError, WallBench

from edge.core.curing.inputs import RoomKind
from edge.core.curing.places import Spot
from edge.core.curing.state import Mode
from edge.core.errors import DeviceGone
from edge.core.evidence import Still
from edge.core.ids import Digest, SpecimenId
from edge.flows.curing_photographs import DoorEye

pytestmark = pytest.mark.slow

READERS = st.sampled_from(("left", "right"))
BADGES = st.sampled_from(("keeper-1", "keeper-2", "tester-1", "witness-1", "nobody"))
SHELVES = st.sampled_from(("a-1-1-1", "a-1-2-1", "b-1", "room-2--a-1", "z-9"))
CODES = st.one_of(
    BADGES.map("badge:{}".format),
    st.sampled_from((*Mode, "undo-last", "dance")).map("do:{}".format),
    SHELVES.map("shelf:{}".format),
    st.sampled_from(BLOCKS).map("chip:{}".format),
    st.just("junk"),
)
MOVED = {"curing.entered": "inside", "curing.moved": "inside"}
ENDED = {"curing.left": "out", "curing.disposed": "disposed"}


class FlakyCamera:
    """Gives a new picture each time, while it works."""

    works = True
    shots = 0

    def shoot(self) -> Still:
        if not self.works:
            raise DeviceGone("camera_gone", why="late")
        self.shots += 1
        return Still(f"picture {self.shots}".encode(), "image/jpeg", samples.NOW)


class CustodyMachine(RuleBasedStateMachine):
    """The flow over the store on the disk; what it says is compared with the log alone."""

    kind = RoomKind.LAB
    badge = "keeper-1"

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.camera = FlakyCamera()
        self.files = MemoryEvidence()
        eye = DoorEye(self.camera, self.files, QuietJournal())
        self.bench = WallBench(Path(self.folder.name), kind=self.kind, eye=eye)
        self.heard = 0
        self.where: dict[str, tuple[str, str]] = {}
        self.open: dict[str, list[str]] = {}
        self.closed: set[str] = set()
        self.owed: dict[str, list[str]] = {}

    def teardown(self) -> None:
        self.bench.close()
        self.folder.cleanup()

    @rule(code=CODES, reader=READERS, after_s=st.sampled_from((0.2, 4.0, 70.0)))
    def scan(self, code: str, reader: str, after_s: float) -> None:
        self.bench.scan(code, reader=reader, after_s=after_s)

    @rule(mode=st.sampled_from(Mode), shelf=SHELVES, blocks=st.sets(st.sampled_from(BLOCKS)))
    def carry(self, mode: Mode, shelf: str, blocks: set[SpecimenId]) -> None:
        """A keeper who knows the sequence."""
        self.bench.scan(f"badge:{self.badge}", f"do:{mode}", f"shelf:{shelf}", reader="left")
        self.bench.scan(*(f"chip:{each}" for each in sorted(blocks)), reader="left")

    @rule(code=CODES, reader=READERS)
    def read_twice(self, code: str, reader: str) -> None:
        """What a chip in view did the first time it does not do again."""
        self.bench.scan(code, reader=reader)
        before = len(self.moves())
        if code.startswith("chip:"):
            self.bench.scan(code, reader=reader, after_s=0.2)
            assert len(self.moves()) == before

    @rule(seconds=st.sampled_from((1, 61, 700, 3100)))
    def wait(self, seconds: float) -> None:
        self.bench.wait(seconds)

    @rule(code=CODES, reader=READERS, writes=st.integers(0, 4), new_boot=st.booleans())
    def cut_power(self, code: str, reader: str, writes: int, *, new_boot: bool) -> None:
        """In the middle of what a scan keeps: nothing of it is there afterwards."""
        tip, door = self.bench.store.tip(), self.bench.curing.door
        self.bench.store.cut_after = writes
        try:
            self.bench.scan(code, reader=reader)
        except PowerCutError:
            self.bench.come_up(new_boot=new_boot)
            if not new_boot:
                assert self.bench.curing.door == door
                assert self.bench.store.tip().sequence == tip.sequence + 1
        else:
            self.bench.store.cut_after = None

    @rule(code=CODES, reader=READERS, new_boot=st.booleans())
    def cut_after_commit(self, code: str, reader: str, *, new_boot: bool) -> None:
        """On the disk, but nobody was told: it has happened, and scanned again it is told."""
        self.bench.store.cut_when_done = True
        try:
            self.bench.scan(code, reader=reader)
        except PowerCutError:
            self.bench.come_up(new_boot=new_boot)
        else:
            self.bench.store.cut_when_done = False

    @rule(code=CODES, reader=READERS)
    def fail_to_keep(self, code: str, reader: str) -> None:
        """The book takes no line: events and door are not kept either."""
        tip, door = self.bench.store.tip(), self.bench.curing.door
        self.bench.store.break_book()
        self.bench.scan(code, reader=reader)
        self.bench.store.mend_book()
        if self.bench.heard() == ("refuse", ("NOT_RECORDED",)):
            assert (self.bench.store.tip(), self.bench.curing.door) == (tip, door)

    @rule(new_boot=st.booleans())
    def come_up(self, *, new_boot: bool) -> None:
        door = self.bench.curing.door
        self.bench.come_up(new_boot=new_boot)
        if not new_boot:
            assert self.bench.curing.door == door

    def moves(self) -> list[str]:
        """Every transfer in the log."""
        return [kind for kind, _ in self.bench.log() if kind in {*MOVED, *ENDED}]

    @invariant()
    def the_log_alone_tells_where_every_block_is(self) -> None:
        self._follow()
        for specimen, (presence, place) in self.where.items():
            standing = self.bench.store.places.standing(SpecimenId(specimen))
            assert standing is not None
            assert (standing.presence.value, str(standing.spot or "")) == (presence, place)

    @invariant()
    def every_block_is_in_one_place(self) -> None:
        self._follow()
        inside = {name for name, (presence, _) in self.where.items() if presence == "inside"}
        stays = self.bench.store.open_stays()
        assert {name: [ROOM] for name in inside} == stays
        shelved = [each.specimen for each in self.bench.store.places.on(Spot(ROOM))]
        assert sorted(shelved) == sorted(inside)

    def check_book(self) -> None:
        """Both of the above."""
        self.the_log_alone_tells_where_every_block_is()
        self.every_block_is_in_one_place()

    @invariant()
    def open_transactions_are_those_of_the_door(self) -> None:
        self._follow()
        door = self.bench.curing.door
        held = {
            each.transaction.transaction: [one.specimen for one in each.transaction.transfers]
            for each in door.sessions
            if each.transaction is not None and each.transaction.transfers
        }
        assert held == {name: blocks for name, blocks in self.open.items() if blocks}
        assert {each.transaction: list(each.specimens) for each in door.pendings} == self.owed

    def _follow(self) -> None:
        """The log as far as it goes, read by nothing but its own words."""
        log = self.bench.log()
        for kind, data in log[self.heard :]:
            self._replay(kind, data)
        self.heard = len(log)

    def _replay(self, kind: str, data: Mapping[str, Any]) -> None:
        specimen, transaction = data.get("specimen", ""), data.get("transaction", "")
        match kind:
            case "curing.entered" | "curing.moved":
                self.where[specimen] = (MOVED[kind], data["place"])
                self.open.setdefault(transaction, []).append(specimen)
            case "curing.left" | "curing.disposed":
                self.where[specimen] = (ENDED[kind], "")
                self.open.setdefault(transaction, []).append(specimen)
            case "curing.undone":
                self.where[specimen] = (data["presence"], data["place"])
                assert self.open[transaction].pop() == specimen
            case "curing.transaction_closed":
                assert transaction not in self.closed
                assert self.open.pop(transaction) == data["specimens"]
                self.closed.add(transaction)
            case "curing.two_party_pending":
                self.owed[transaction] = data["specimens"]
            case "curing.two_party_completed" | "curing.two_party_expired":
                assert self.owed.pop(transaction) == data["specimens"]
            case _:
                pass


class SiteCustodyMachine(CustodyMachine):
    """A site's room, where what a tester carried waits for the witness."""

    kind = RoomKind.SITE
    badge = "tester-1"

    @rule(works=st.booleans())
    def plug_camera(self, *, works: bool) -> None:
        self.camera.works = works

    @invariant()
    def what_went_in_was_photographed_or_says_why_not(self) -> None:
        entered = [data for kind, data in self.bench.log() if kind == "curing.entered"]
        for data in entered:
            assert bool(data["evidence"]) is (data["photograph_missing"] is None)
            assert all(self.files.get(Digest(each["sha256"])) for each in data["evidence"])


CustodyMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
SiteCustodyMachine.TestCase.settings = settings(CustodyMachine.TestCase.settings, max_examples=15)
TestLab = CustodyMachine.TestCase
TestSite = SiteCustodyMachine.TestCase


def lose_a_line(machine: CustodyMachine) -> None:
    machine.bench.store.spoil("DELETE FROM standings")


def double_a_stay(machine: CustodyMachine) -> None:
    machine.bench.store.spoil(
        "INSERT INTO stays VALUES ('s-1-1', 'room-2', '2026-01-01T00:00:00+00:00', NULL)"
    )


@pytest.mark.parametrize("harm", [lose_a_line, double_a_stay])
def test_the_machine_would_notice(harm: Callable[[CustodyMachine], None]) -> None:
    """The invariants bite."""
    machine = CustodyMachine()
    try:
        machine.carry(Mode.IN, "a-1-1-1", {SpecimenId("s-1-1")})
        machine.check_book()
        harm(machine)
        with pytest.raises(AssertionError):
            machine.check_book()
    finally:
        machine.teardown()
