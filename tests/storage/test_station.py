"""The station's store: what every store promises, and what only the real one can be asked."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import samples
from memory_doors import CountingIds
from memory_station import EPOCH, MemoryStation
from small_disk import SmallDisk, small_disk

from edge.core.custody import Custody
from edge.core.documents import Document
from edge.core.envelope import Draft, Seal, Sealed, Tip, seal
from edge.core.errors import BrokenInvariant, StorageCorrupt, StorageError, StorageFull
from edge.core.ids import DeliveryId, EpochId, KeyId, RuleSetId, SpecimenId
from edge.core.nfc import TagCounter, TagUid
from edge.core.specimen import SpecimenState
from edge.storage.station import SqliteStation, StationReader

NEXT_EPOCH = EpochId("01890000-0000-7000-8000-000000000002")
SPECIMEN = SpecimenId("s-1-1")
BY = Seal("urn:x", "boot-1", KeyId("key-1"), lambda message: message[:64])
IDS = CountingIds()
UID = TagUid("04de5f1eacc040")
Station = SqliteStation | MemoryStation


def sealed(tip: Tip, *, size_bytes: int = 0) -> Sealed:
    return seal(
        Draft(
            "seal.checked", "d-1", samples.instant(), RuleSetId("r-1"), {"pad": "x" * size_bytes}
        ),
        tip,
        event_id=IDS.event_id(samples.NOW),
        recorded_at=samples.NOW,
        by=BY,
    )


def chain(tip: Tip, count: int, *, size_bytes: int = 0) -> tuple[Sealed, ...]:
    found: list[Sealed] = []
    for _ in range(count):
        found.append(sealed(tip, size_bytes=size_bytes))
        tip = found[-1].tip
    return tuple(found)


def opened(path: Path) -> SqliteStation:
    store = SqliteStation(path)
    if store.is_new:
        store.open_epoch(EPOCH, sealed(Tip(EPOCH)))
    return store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "station.db"


@pytest.fixture
def sqlite(path: Path) -> Iterator[SqliteStation]:
    with closing(opened(path)) as made:
        yield made


@pytest.fixture(params=["sqlite", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Station]:
    if request.param == "memory":
        made = MemoryStation()
        made.commit(events=(sealed(Tip(EPOCH)),))
        yield made
        return
    with closing(opened(tmp_path / "either.db")) as real:
        yield real


def document(
    id_: str, phase: str = "open", body: bytes = b"{}", kind: str = "delivery"
) -> Document:
    return Document(kind, id_, phase, body)


def custody(specimen: SpecimenId = SPECIMEN, hours: int = 0, **more: str) -> Custody:
    return Custody(
        specimen=specimen,
        state=SpecimenState(more.get("state", next(iter(SpecimenState)).value)),
        at=samples.NOW + timedelta(hours=hours),
        lab=samples.LAB,
        device=samples.DEVICE,
        place=more.get("place", ""),
        delivery=DeliveryId(more["delivery"]) if "delivery" in more else None,
        own=True,
    )


def test_a_store_begins_after_its_first_event(store: Station) -> None:
    assert (store.tip().epoch, store.tip().sequence) == (EPOCH, 1)
    assert store.epochs() == (EPOCH,)
    assert len(store.events(EPOCH)) == 1


def test_a_commit_keeps_events_documents_and_custody_together(store: Station) -> None:
    events = chain(store.tip(), 3)
    store.commit(events=events, documents=(document("d-1"),), custody=(custody(),))
    assert store.tip() == events[-1].tip
    assert store.events(EPOCH, after=1) == events
    assert store.document("delivery", "d-1") == document("d-1")
    assert store.custody(SPECIMEN) == custody()


def test_events_come_in_order_from_anywhere_and_bounded(store: Station) -> None:
    events = chain(store.tip(), 9)
    store.commit(events=events)
    assert store.events(EPOCH, after=4) == events[3:]
    assert store.events(EPOCH, after=4, limit=2) == events[3:5]
    assert store.events(EPOCH, after=10) == ()
    assert store.events(NEXT_EPOCH) == ()


@pytest.mark.parametrize("pick", [(1,), (0, 2), (1, 0), (0, 0), (2, 1, 0)])
def test_a_broken_sequence_is_refused_and_nothing_kept(
    store: Station, pick: tuple[int, ...]
) -> None:
    before = store.tip()
    events = chain(before, 3)
    with pytest.raises(BrokenInvariant, match="sequence_broken"):
        store.commit(events=tuple(events[each] for each in pick), documents=(document("d-1"),))
    assert store.tip() == before
    assert store.document("delivery", "d-1") is None
    store.commit(events=events)
    assert store.tip().sequence == 4


def test_an_event_of_another_epoch_is_refused(store: Station) -> None:
    with pytest.raises(BrokenInvariant, match="sequence_broken"):
        store.commit(events=(sealed(Tip(NEXT_EPOCH, 1)),))


def test_a_document_replaces_the_one_of_its_kind_and_id(store: Station) -> None:
    store.commit(documents=(document("d-1"), document("d-1", kind="desk")))
    store.commit(documents=(document("d-1", "closed", b"[1]"),))
    assert store.documents("delivery") == (document("d-1", "closed", b"[1]"),)
    assert store.document("desk", "d-1") == document("d-1", kind="desk")
    assert store.document("delivery", "d-2") is None


def test_documents_stand_in_the_order_of_their_first_writing(store: Station) -> None:
    for name in ("d-9", "d-1", "d-5"):
        store.commit(documents=(document(name),))
    store.commit(documents=(document("d-9", "closed"), document("d-0")))
    assert [each.id for each in store.documents("delivery")] == ["d-9", "d-1", "d-5", "d-0"]


@pytest.mark.parametrize(
    ("phases", "ids"),
    [
        ((), ["d-1", "d-2", "d-3"]),
        (("open",), ["d-1", "d-3"]),
        (("closed",), ["d-2"]),
        (("closed", "open"), ["d-1", "d-2", "d-3"]),
        (("never",), []),
    ],
)
def test_documents_are_chosen_by_phase(
    store: Station, phases: tuple[str, ...], ids: list[str]
) -> None:
    store.commit(documents=(document("d-1"), document("d-2", "closed"), document("d-3")))
    assert [each.id for each in store.documents("delivery", phases=phases)] == ids
    assert store.documents("desk", phases=phases) == ()


def test_custody_is_the_last_word(store: Station) -> None:
    first, last = custody(hours=1, place="desk"), custody(hours=2, place="room", delivery="d-1")
    store.commit(custody=(first,))
    store.commit(custody=(last,))
    assert store.custody(SPECIMEN) == last
    assert store.custody(SpecimenId("s-1-2")) is None


@pytest.mark.parametrize("state", list(SpecimenState))
def test_every_state_comes_back(store: Station, state: SpecimenState) -> None:
    store.commit(custody=(custody(state=state.value),))
    kept = store.custody(SPECIMEN)
    assert kept is not None
    assert kept.state is state


def test_bytes_come_back_as_they_are(store: Station) -> None:
    body = bytes(range(256))
    store.commit(documents=(document("d-1", body=body),))
    kept = store.document("delivery", "d-1")
    assert kept is not None
    assert kept.body == body


def test_a_full_store_keeps_nothing_and_goes_on_when_there_is_room(store: Station) -> None:
    before = store.tip()
    events = chain(before, 40, size_bytes=7000)
    make_full(store)
    with pytest.raises(StorageFull, match="disk_full"):
        store.commit(events=events, documents=(document("d-1"),), custody=(custody(),))
    assert store.tip() == before
    assert store.events(EPOCH, after=before.sequence) == ()
    assert store.document("delivery", "d-1") is None
    assert store.custody(SPECIMEN) is None
    make_room(store)
    store.commit(events=events, documents=(document("d-1"),), custody=(custody(),))
    assert store.tip() == events[-1].tip


def make_full(store: Station) -> None:
    if isinstance(store, MemoryStation):
        store.full = True
        return
    (pages,) = store._db.execute("PRAGMA page_count").fetchone()
    store._db.execute(f"PRAGMA max_page_count={pages}")  # the portable way to a full disk


def make_room(store: Station) -> None:
    if isinstance(store, MemoryStation):
        store.full = False
        return
    store._db.execute("PRAGMA max_page_count=1000000")


def test_a_full_disk_keeps_nothing_of_the_step(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk, closing(opened(disk.folder / "s.db")) as store:
        committed = fill_by_committing(store, disk)
        assert store.events(EPOCH, after=1) == committed
        disk.clear()
        store.commit(events=(sealed(store.tip()),), documents=(document("last"),))
        assert store.document("delivery", "last") is not None
        store.close()
        with closing(opened(disk.folder / "s.db")) as again:
            assert again.tip() == store.tip()
            assert len(again.documents("delivery")) == len(committed) + 1


def fill_by_committing(store: SqliteStation, disk: SmallDisk) -> tuple[Sealed, ...]:
    """Commit until the disk is full, then a few more times; what was kept."""
    disk.fill(leave_bytes=128 * 1024)
    kept: list[Sealed] = []
    refused = 0
    while refused < 5:
        event = sealed(store.tip(), size_bytes=3000)
        try:
            store.commit(events=(event,), documents=(document(f"d-{len(kept)}"),))
            kept.append(event)
        except StorageFull:
            refused += 1
            assert store.document("delivery", f"d-{len(kept)}") is None
    return tuple(kept)


def test_a_store_before_its_first_epoch(path: Path) -> None:
    with closing(SqliteStation(path)) as store:
        assert store.is_new
        assert store.epochs() == ()
        with pytest.raises(BrokenInvariant, match="no_epoch"):
            store.tip()
        with pytest.raises(BrokenInvariant, match="no_epoch"):
            store.commit(documents=(document("d-1"),))
        with pytest.raises(BrokenInvariant, match="sequence_broken"):
            store.open_epoch(EPOCH, sealed(Tip(EPOCH, 1)))
        with pytest.raises(BrokenInvariant, match="sequence_broken"):
            store.open_epoch(NEXT_EPOCH, sealed(Tip(EPOCH)))


def test_epochs_stand_in_order_and_the_last_one_goes_on(sqlite: SqliteStation) -> None:
    sqlite.commit(events=chain(sqlite.tip(), 4))
    end = sqlite.tip()
    sqlite.open_epoch(NEXT_EPOCH, sealed(Tip(NEXT_EPOCH)))
    assert sqlite.epochs() == (EPOCH, NEXT_EPOCH)
    assert (sqlite.tip().epoch, sqlite.tip().sequence) == (NEXT_EPOCH, 1)
    assert sqlite.tip_of(EPOCH) == end
    assert sqlite.strays() == ()
    with pytest.raises(BrokenInvariant, match="sequence_broken"):
        sqlite.commit(events=(sealed(end),))
    with pytest.raises(StorageError):
        sqlite.open_epoch(EPOCH, sealed(Tip(EPOCH)))
    assert sqlite.tip().epoch == NEXT_EPOCH


def test_everything_is_there_after_reopening(path: Path) -> None:
    with closing(opened(path)) as store:
        store.commit(events=chain(store.tip(), 5), documents=(document("d-1"),))
        store.commit(custody=(custody(),))
        tip = store.tip()
    with closing(SqliteStation(path)) as again:
        assert not again.is_new
        assert again.tip() == tip
        assert again.documents("delivery") == (document("d-1"),)
        assert again.custody(SPECIMEN) == custody()
        again.commit(events=chain(tip, 2))


def test_an_event_is_kept_once(sqlite: SqliteStation) -> None:
    (first, second) = chain(sqlite.tip(), 2)
    sqlite.commit(events=(first,))
    twin = replace(second, event_id=first.event_id)
    with pytest.raises(StorageError, match="event_id"):
        sqlite.commit(events=(twin,), documents=(document("d-1"),))
    assert sqlite.tip() == first.tip
    assert sqlite.document("delivery", "d-1") is None


def test_a_second_writer_is_refused_at_once(sqlite: SqliteStation, path: Path) -> None:
    with pytest.raises(StorageError, match="store_in_use"):
        SqliteStation(path)
    sqlite.commit(events=chain(sqlite.tip(), 1))
    sqlite.close()
    SqliteStation(path).close()


def test_a_reader_beside_the_writer_sees_whole_commits(sqlite: SqliteStation, path: Path) -> None:
    with StationReader(path) as reader:
        mark = reader.change_mark()
        assert reader.change_mark() == mark
        for count in (1, 2, 3):
            sqlite.commit(events=chain(sqlite.tip(), count), documents=(document(f"d-{count}"),))
            assert reader.change_mark() != mark
            mark = reader.change_mark()
            assert reader.tip_of(EPOCH) == sqlite.tip()
            assert len(reader.documents("delivery")) == count


def test_a_reader_waits_for_the_store(path: Path) -> None:
    assert StationReader.open_if_made(path) is None
    with pytest.raises(StorageError, match="store_absent"):
        StationReader(path)
    opened(path).close()
    reader = StationReader.open_if_made(path)
    assert reader is not None
    with reader:
        assert reader.epochs() == (EPOCH,)


def test_a_newer_schema_is_refused_and_frees_the_lock(path: Path) -> None:
    opened(path).close()
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA user_version=99")
    for _ in range(2):
        with pytest.raises(StorageError, match="store_newer"):
            SqliteStation(path)
    with pytest.raises(StorageError, match="store_newer"):
        StationReader(path)


def test_a_corrupt_file_is_refused_and_frees_the_lock(path: Path) -> None:
    path.write_bytes(b"no database at all " * 500)
    for _ in range(2):
        with pytest.raises(StorageCorrupt, match="store_corrupt"):
            SqliteStation(path)


@pytest.mark.parametrize("at", ["yesterday", "2026-11-23T02:00:00"])
def test_a_row_without_an_aware_instant_is_corrupt(sqlite: SqliteStation, at: str) -> None:
    sqlite._db.execute("UPDATE events SET recorded_at=?", (at,))
    with pytest.raises(StorageCorrupt, match="row_malformed"):
        sqlite.events(EPOCH)


def counter(value: int) -> TagCounter:
    return TagCounter(UID, value, samples.NOW)


def test_a_tags_counter_counts_once_and_tolerates_gaps(store: Station) -> None:
    assert store.tag_counter(UID) is None
    taken = [store.accept_counter(counter(value)) for value in (5, 5, 4, 9, 6, 10)]
    assert taken == [True, False, False, True, False, True]
    assert store.tag_counter(UID) == 10


def test_a_counter_goes_with_the_events_of_its_tap(store: Station) -> None:
    store.commit(events=chain(store.tip(), 1), counters=(counter(7),))
    store.commit(counters=(counter(3),))
    assert store.tag_counter(UID) == 7
    assert not store.accept_counter(counter(7))


def test_a_counter_outlives_the_process(path: Path) -> None:
    with closing(opened(path)) as store:
        assert store.accept_counter(counter(7))
    with closing(opened(path)) as store:
        assert store.tag_counter(UID) == 7
        assert not store.accept_counter(counter(7))
