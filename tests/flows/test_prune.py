"""The archive within its days: only what is confirmed and old goes, and the log says so itself."""

from collections.abc import Iterator
from contextlib import closing
from copy import copy
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import samples
from memory_doors import CountingIds, QuietJournal, SetClock
from signed_log import KEY, RULES, STATION

from edge.core.archive import FEW, PRUNED_AT, ArchiveHead
from edge.core.documents import Document
from edge.core.envelope import Seal
from edge.core.errors import StorageFull
from edge.core.events import DeviceStarted
from edge.core.ids import Digest
from edge.core.moments import Instant, TimeQuality
from edge.flows.audit import Audited, audit
from edge.flows.epoch import EpochOpener
from edge.flows.prune import EVERY_S, ROWS, Keeping, Pruning
from edge.flows.record import Recorder
from edge.host.keys import FileSigner, PinnedFile, PinnedKey, generate_key, write_pinned
from edge.storage.station import SqliteStation
from edge.wire.downlink import Ack, Mark

DAYS = 400
OLD, FRESH = 700, 30
"""Events of long ago, and of yesterday."""


class FillingStation(SqliteStation):
    """Its disk is full whenever a test says so."""

    is_full = False

    def commit(self, **kept: Any) -> None:
        if self.is_full:
            raise StorageFull("disk_full")
        super().commit(**kept)


class DoubtfulClock(SetClock):
    """One that knows that it may be wrong."""

    def read(self) -> Instant:
        return Instant(self.at, self.elapsed_ns, TimeQuality.UNTRUSTED)


@dataclass
class Shelf:
    """A station with an old and a fresh part, and the platform's word on it."""

    folder: Path
    store: FillingStation
    clock: SetClock = field(default_factory=SetClock)
    ack: Ack | None = None
    ids: CountingIds = field(default_factory=CountingIds)

    def __post_init__(self) -> None:
        key = self.folder / "event.pem"
        pins = self.folder / "keys.json"
        if not key.exists():
            write_pinned(pins, [PinnedKey(KEY, generate_key(key), "event", STATION.name)])
        self.ring = PinnedFile(pins, self.clock)
        signer = FileSigner(key, key_id=KEY)
        self.seal = Seal(STATION.urn, "boot-1", KEY, signer.sign)
        self.recorder = Recorder(
            store=self.store, clock=self.clock, ids=self.ids, by=self.seal, device=samples.DEVICE
        )

    def open(self) -> None:
        EpochOpener(
            clock=self.clock, ids=self.ids, by=self.seal, device=samples.DEVICE, ruleset=RULES
        ).open(self.store, None if self.store.is_new else self.store.tip())

    def fill(self, events: int) -> None:
        started = (DeviceStarted("1.0"),) * events
        self.recorder.record(started, occurred=self.clock.read(), ruleset=RULES)

    def confirm(self, upto: int | None = None) -> None:
        """The platform has everything, or the present epoch up to an event."""
        marks = {}
        for epoch in self.store.epochs():
            tip = self.store.tip_of(epoch)
            if upto is not None and epoch == self.store.tip().epoch:
                tip = self.store.events(epoch, after=upto - 1, limit=1)[0].tip
            marks[epoch] = Mark(tip.sequence, tip.digest)
        self.ack = Ack(STATION.name, "store-1", self.clock.now(), marks)

    def pruning(self, days: int = DAYS, clock: SetClock | None = None) -> Pruning:
        return Pruning(
            self.store,
            Keeping(days, RULES),
            ack=lambda: self.ack,
            recorder=self.recorder,
            clock=clock or self.clock,
            journal=QuietJournal(),
        )

    def prune(self, days: int = DAYS, clock: SetClock | None = None) -> int:
        pruning = self.pruning(days, clock)
        return sum(pruning.step() for _ in range(20))

    def kept(self) -> list[int]:
        return [each.sequence for each in self.store.events(self.store.epochs()[0], limit=10_000)]

    def audit(self) -> Audited:
        return audit(self.store, ring=self.ring)


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SetClock, CountingIds]:
    """A station with its old and its fresh part, made once."""
    folder = tmp_path_factory.mktemp("years")
    with closing(FillingStation(folder / "station.db")) as store:
        made = Shelf(folder, store)
        made.open()
        made.fill(OLD - 1)
        made.clock.move(timedelta(days=DAYS + 1).total_seconds())
        made.fill(FRESH)
        return folder, made.clock, made.ids


@pytest.fixture
def shelf(years: tuple[Path, SetClock, CountingIds], tmp_path: Path) -> Iterator[Shelf]:
    folder, clock, ids = years
    copied = Path(copytree(folder, tmp_path / "station"))
    with closing(FillingStation(copied / "station.db")) as store:
        made = Shelf(copied, store, copy(clock), ids=copy(ids))
        made.confirm()
        yield made


def test_what_is_old_and_confirmed_goes_and_the_log_is_whole(shelf: Shelf) -> None:
    assert shelf.prune() == OLD
    assert shelf.kept() == list(range(OLD + 1, OLD + FRESH + 2))
    assert shelf.store.oldest(shelf.store.tip().epoch) == OLD + 1
    assert shelf.audit().ok
    assert shelf.audit().events == FRESH + 1


def test_again_after_more_days(shelf: Shelf) -> None:
    shelf.prune()
    shelf.fill(FEW)
    shelf.clock.move(timedelta(days=DAYS + 1).total_seconds())
    shelf.confirm()
    assert shelf.prune() == FRESH + 1 + FEW - 1
    assert shelf.audit().ok
    assert len(shelf.kept()) == 2


def test_the_last_event_of_an_ended_epoch_stays(shelf: Shelf) -> None:
    shelf.open()
    shelf.fill(3)
    shelf.clock.move(timedelta(days=DAYS + 1).total_seconds())
    shelf.confirm()
    shelf.prune()
    assert shelf.kept() == [OLD + FRESH]
    assert shelf.audit().ok


@pytest.mark.parametrize(
    ("upto", "gone"), [(OLD - 50, OLD - 50), (FEW, FEW), (FEW - 1, 0), (OLD + 10, OLD)]
)
def test_nothing_goes_that_the_platform_has_not(shelf: Shelf, upto: int, gone: int) -> None:
    shelf.confirm(upto)
    assert shelf.prune() == gone
    assert shelf.audit().ok


def test_without_a_word_of_the_platform_nothing_goes(shelf: Shelf) -> None:
    shelf.ack = None
    assert shelf.prune() == 0


def test_a_word_on_other_bytes_frees_nothing(shelf: Shelf) -> None:
    assert shelf.ack is not None
    epoch = shelf.store.tip().epoch
    other = {epoch: Mark(OLD, Digest("ab" * 32))}
    shelf.ack = Ack(STATION.name, "store-1", shelf.ack.issued, other)
    assert shelf.prune() == 0


def test_zero_days_keep_everything(shelf: Shelf) -> None:
    assert shelf.prune(days=0) == 0


def test_a_clock_that_jumps_ahead_empties_no_archive(shelf: Shelf) -> None:
    """The platform's own time counts too, and a clock in doubt counts for nothing."""
    shelf.clock.move(timedelta(days=DAYS * 9).total_seconds())
    assert shelf.prune() == OLD
    assert shelf.audit().ok
    assert shelf.store.oldest(shelf.store.tip().epoch) == OLD + 1


def test_a_clock_in_doubt_frees_nothing(shelf: Shelf) -> None:
    assert shelf.prune(clock=DoubtfulClock(shelf.clock.at)) == 0


def test_it_looks_once_an_hour_and_takes_few_rows_at_a_time(shelf: Shelf) -> None:
    pruning = shelf.pruning()
    assert pruning.step() == 0
    assert [pruning.step() for _ in range(5)] == [ROWS, ROWS, ROWS, OLD - 3 * ROWS, 0]
    shelf.clock.move(timedelta(days=DAYS + 1).total_seconds())
    shelf.fill(FEW)
    shelf.clock.move(timedelta(days=DAYS + 1).total_seconds())
    shelf.confirm()
    assert sum(pruning.step() for _ in range(9)) > FEW
    shelf.fill(FEW)
    shelf.clock.move(EVERY_S / 2)
    assert pruning.step() == 0


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_kill_between_two_steps_leaves_a_whole_log(shelf: Shelf, steps: int) -> None:
    """What was stated and still lies there goes with the next start."""
    pruning = shelf.pruning()
    for _ in range(steps):
        pruning.step()
    assert shelf.kept()[0] == (steps - 1) * ROWS + 1
    assert shelf.audit().ok
    assert shelf.prune() == OLD - (steps - 1) * ROWS
    assert shelf.audit().ok


def test_a_full_disk_frees_nothing_and_is_tried_again(shelf: Shelf) -> None:
    pruning = shelf.pruning()
    shelf.store.is_full = True
    assert [pruning.step() for _ in range(3)] == [0, 0, 0]
    shelf.store.is_full = False
    shelf.clock.move(EVERY_S + 1)
    assert sum(pruning.step() for _ in range(9)) == OLD


def test_more_than_was_stated_is_a_gap(shelf: Shelf) -> None:
    shelf.prune()
    tip = shelf.store.tip()
    shelf.store.forget(ArchiveHead(tip.epoch, OLD + 5, tip.digest), limit=1000)
    found = shelf.audit().first_bad
    assert found is not None
    assert (found.sequence, found.code) == (OLD + 6, "gap")


@pytest.mark.parametrize("place", ["", "nowhere/1", "nowhere/x"])
def test_rows_that_are_gone_without_a_statement_are_a_gap(shelf: Shelf, place: str) -> None:
    tip = shelf.store.tip()
    shelf.store.forget(ArchiveHead(tip.epoch, OLD, tip.digest), limit=1000)
    if place:
        shelf.store.commit(documents=(Document(*PRUNED_AT, "stated", place.encode()),))
    found = shelf.audit().first_bad
    assert found is not None
    assert found.code in {"gap", "unreadable"}


def test_a_statement_that_another_key_signed_states_nothing(shelf: Shelf) -> None:
    shelf.prune()
    stranger = shelf.folder / "stranger.pem"
    write_pinned(
        shelf.folder / "keys.json",
        [PinnedKey(KEY, generate_key(stranger), "event", STATION.name)],
    )
    assert not audit(shelf.store, ring=PinnedFile(shelf.folder / "keys.json", shelf.clock)).ok
