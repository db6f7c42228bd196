"""The audit of a log: whatever is changed in a store of events is found, byte by byte."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
import samples
from altered_log import Altered, altered_copy, flipped
from memory_doors import CountingIds, SetClock
from signed_log import KEY, LATER, STATION, SignedLog, Writer, make_log, pinned, signed_place

from edge.core import events as told
from edge.core.envelope import Draft, Seal, Sealed, Tip, seal
from edge.core.ids import Digest, EpochId, EventId, KeyId, RuleSetId
from edge.flows.audit import Audited, Flaw, audit
from edge.host.keys import FileSigner, generate_key, write_pinned
from edge.storage.evidence import EvidenceFiles
from edge.storage.station import SqliteStation, StationReader
from edge.wire.downlink import Mark

EVENTS = 13
FIRST_EPOCH_EVENTS = 9
PHOTOGRAPHS = 3


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> SignedLog:
    return make_log(tmp_path_factory.mktemp("station"))


@pytest.fixture
def altered(log: SignedLog) -> Iterator[Altered]:
    with altered_copy(log) as copy:
        yield copy


@pytest.fixture(scope="module")
def epochs(log: SignedLog) -> tuple[EpochId, ...]:
    with StationReader(log.db) as reader:
        return reader.epochs()


def test_an_untouched_log_holds_after_its_key_has_ended(log: SignedLog) -> None:
    ring = log.ring(LATER)
    assert not ring.counts(KEY, purpose="event")
    with StationReader(log.db) as reader:
        heard: list[int] = []
        found = audit(
            reader, ring=ring, evidence=EvidenceFiles(log.evidence), progress=heard.append
        )
    assert found == Audited(EVENTS, 2, PHOTOGRAPHS)
    assert found.ok
    assert heard[-1] == EVENTS


@pytest.mark.parametrize("sequence", range(1, FIRST_EPOCH_EVENTS + 1))
@pytest.mark.parametrize(
    ("column", "value", "codes"),
    [
        ("event_id", "01890000-0000-7000-8000-0000000000ff", {"columns"}),
        ("epoch", "01890000-0000-7000-8000-0000000000ff", {"epoch_unopened"}),
        ("sequence", 100, {"gap"}),
        ("sequence", 0, {"gap"}),
        ("sequence", -7, {"gap"}),
        ("type", "specimen.delivery.received.v1", {"columns"}),
        ("subject", "someone-else", {"columns"}),
        ("recorded_at", "2026-11-23T02:00:59+00:00", {"columns"}),
        ("recorded_at", "1999-11-23T02:00:59+00:00", {"signature"}),
        ("recorded_at", "2026-11-23T02:00:00", {"unreadable"}),
        ("recorded_at", "yesterday", {"unreadable"}),
        ("digest", "ab" * 32, {"digest"}),
        ("key_id", "event-desk-2", {"signature"}),
        ("body", b"{}", {"digest"}),
        ("signature", b"\0" * 64, {"signature"}),
    ],
)
def test_every_changed_column_is_found(
    altered: Altered,
    epochs: tuple[EpochId, ...],
    sequence: int,
    column: str,
    value: object,
    codes: set[str],
) -> None:
    altered.put((epochs[0], sequence), **{column: value})
    found = altered.flaw()
    assert found.code in codes
    if column not in {"epoch", "sequence"}:
        assert (found.epoch, found.sequence) == (epochs[0], sequence)


@pytest.mark.parametrize("column", ["event_id", "type", "subject", "recorded_at", "key_id"])
def test_text_that_is_no_text_is_found(
    altered: Altered, epochs: tuple[EpochId, ...], column: str
) -> None:
    altered.sql.execute(
        f"UPDATE events SET {column}=CAST(x'ff' AS TEXT) WHERE epoch=? AND sequence=5",  # noqa: S608 - column names of this test
        (epochs[0],),
    )
    assert altered.flaw() == Flaw(epochs[0], 5, "unreadable")


def test_every_deleted_event_is_found_but_the_last(altered: Altered) -> None:
    rows = altered.rows()
    for epoch, sequence, *_ in rows[:-1]:
        altered.sql.execute("SAVEPOINT before")
        altered.sql.execute("DELETE FROM events WHERE epoch=? AND sequence=?", (epoch, sequence))
        assert altered.flaw().code in {"gap", "epoch"}
        altered.sql.execute("ROLLBACK TO before")
    assert altered.audit().ok


def test_a_cut_end_is_found_by_the_mark_of_the_platform(
    altered: Altered, epochs: tuple[EpochId, ...]
) -> None:
    tip = altered.reader.tip_of(epochs[1])
    marks = {epochs[1]: Mark(tip.sequence, tip.digest)}
    assert altered.audit(marks).ok
    altered.sql.execute("DELETE FROM events WHERE epoch=? AND sequence=?", (tip.epoch, 4))
    assert altered.audit().ok
    assert altered.audit(marks).first_bad == Flaw(epochs[1], 3, "truncated")
    altered.sql.execute("DELETE FROM events WHERE epoch=?", (epochs[1],))
    assert altered.flaw() == Flaw(epochs[1], 0, "epoch_empty")
    altered.sql.execute("DELETE FROM epochs WHERE epoch=?", (epochs[1],))
    assert altered.audit().ok
    assert altered.audit(marks).first_bad == Flaw(epochs[1], 0, "epoch_missing")


@pytest.mark.parametrize("upto", range(1, FIRST_EPOCH_EVENTS + 1))
def test_other_bytes_than_the_platform_confirmed_are_a_fork(
    altered: Altered, epochs: tuple[EpochId, ...], upto: int
) -> None:
    marks = {epochs[0]: Mark(upto, Digest("ab" * 32))}
    assert altered.audit(marks).first_bad == Flaw(epochs[0], upto, "forked")


def test_each_swapped_pair_is_found(altered: Altered) -> None:
    rows = altered.rows()
    for (epoch, one, *_), (other, two, *_) in pairwise(rows):
        if epoch != other:
            continue
        altered.sql.execute("SAVEPOINT before")
        altered.put((epoch, one), sequence=99)
        altered.put((epoch, two), sequence=one)
        altered.put((epoch, 99), sequence=two)
        assert altered.flaw() == Flaw(EpochId(epoch), one, "chain")
        altered.sql.execute("ROLLBACK TO before")
    assert altered.audit().ok


def test_epochs_that_do_not_follow_each_other_are_found(
    altered: Altered, epochs: tuple[EpochId, ...]
) -> None:
    altered.sql.execute("SAVEPOINT before")
    altered.sql.execute("UPDATE epochs SET rowid=9 WHERE epoch=?", (epochs[0],))
    assert altered.flaw() == Flaw(epochs[1], 1, "epoch")
    altered.sql.execute("ROLLBACK TO before")
    altered.sql.execute("DELETE FROM epochs WHERE epoch=?", (epochs[0],))
    assert altered.flaw() == Flaw(epochs[0], 0, "epoch_unopened")
    altered.sql.execute("DELETE FROM events WHERE epoch=?", (epochs[0],))
    assert altered.flaw() == Flaw(epochs[1], 1, "epoch")


def test_an_epoch_under_another_name_is_found(
    altered: Altered, epochs: tuple[EpochId, ...]
) -> None:
    other = "01890000-0000-7000-8000-0000000000ff"
    for table in ("epochs", "events"):
        altered.sql.execute(f"UPDATE {table} SET epoch=? WHERE epoch=?", (other, epochs[1]))  # noqa: S608 - table names of this test
    assert altered.flaw() == Flaw(EpochId(other), 1, "columns")


def test_every_flipped_byte_of_a_photograph_is_found(
    altered: Altered, epochs: tuple[EpochId, ...]
) -> None:
    place = {b"a form": 5, b"one layer": 7, b"another layer": 7}
    for content, sequence in place.items():
        name = sha256(content).hexdigest()
        path = altered.log.evidence / name[:2] / name
        assert path.read_bytes() == content
        for at in range(len(content)):
            path.write_bytes(flipped(content, at, Random(at)))
            assert altered.flaw() == Flaw(epochs[0], sequence, "evidence_changed")
        path.unlink()
        assert altered.flaw() == Flaw(epochs[0], sequence, "evidence_missing")
        path.mkdir()
        assert altered.flaw() == Flaw(epochs[0], sequence, "evidence_unreadable")
        path.rmdir()
        path.write_bytes(content)
    assert altered.audit().ok


Breaks = Callable[[Path], object]


@pytest.mark.parametrize(
    "wreck",
    [
        lambda path: path.write_bytes(b"no database " * 1000),
        lambda path: path.write_bytes(path.read_bytes()[:4096] + bytes(60_000)),
    ],
)
def test_a_wrecked_file_is_a_finding_not_a_crash(tmp_path: Path, wreck: Breaks) -> None:
    log = make_log(tmp_path)
    with StationReader(log.db) as reader:
        wreck(log.db)
        found = audit(reader, ring=log.ring())
    assert found.first_bad is not None
    assert found.first_bad.code == "unreadable"


def sealed_by(by: Seal, *drafts: Draft) -> list[Sealed]:
    ids, found = CountingIds(), []
    tip = Tip(ids.epoch_id(samples.NOW))
    for draft in drafts:
        event_id: EventId = ids.event_id(samples.NOW)
        found.append(seal(draft, tip, event_id=event_id, recorded_at=samples.NOW, by=by))
        tip = found[-1].tip
    return found


def draft(kind: str, **data: object) -> Draft:
    return Draft(kind, "desk-1", SetClock().read(), RuleSetId("nanchang-2023"), data)


OPENED = draft("epoch.opened", last_epoch=None, last_sequence=0, last_digest=None)


@pytest.mark.parametrize(
    ("drafts", "flaw"),
    [
        ([OPENED], None),
        ([draft("device.started")], (1, "epoch")),
        ([OPENED, OPENED], (2, "epoch")),
        ([draft("epoch.opened")], (1, "body")),
        (
            [draft("epoch.opened", last_epoch="x", last_sequence=4, last_digest="ab" * 32)],
            (1, "epoch"),
        ),
        ([OPENED, draft("seal.checked", evidence=[{"sha256": "short"}])], (2, "body")),
        (
            [OPENED, draft("seal.checked", evidence=[{"sha256": "ab" * 32}])],
            (2, "evidence_missing"),
        ),
    ],
)
def test_what_the_key_itself_signed_must_make_sense(
    tmp_path: Path, drafts: list[Draft], flaw: tuple[int, str] | None
) -> None:
    log = signed_place(tmp_path)
    events = sealed_by(log.seal(), *drafts)
    with closing(SqliteStation(log.db)) as store:
        store.open_epoch(events[0].epoch, events[0])
        store.commit(events=tuple(events[1:]))
        found = audit(store, ring=log.ring(), evidence=EvidenceFiles(log.evidence))
    expected = Flaw(events[0].epoch, *flaw) if flaw else None
    assert found.first_bad == expected


def test_a_place_other_than_the_signed_one_is_found(tmp_path: Path) -> None:
    log = signed_place(tmp_path)
    (first,) = sealed_by(log.seal(), OPENED)
    far = Tip(first.epoch, 4, first.digest)
    event_id = CountingIds().event_id(LATER)
    fifth = seal(
        draft("device.started"), far, event_id=event_id, recorded_at=samples.NOW, by=log.seal()
    )
    with closing(SqliteStation(log.db)) as store:
        store.open_epoch(first.epoch, first)
        store.commit(events=(replace(fifth, sequence=2),))
        assert audit(store, ring=log.ring()).first_bad == Flaw(first.epoch, 2, "columns")


def test_the_key_of_another_station_does_not_speak_for_this_one(tmp_path: Path) -> None:
    log = signed_place(tmp_path)
    other = KeyId("event-desk-9")
    path = tmp_path / "other.pem"
    write_pinned(log.keys, [pinned(generate_key(path), other, "nanchang/lab-1/desk-9")])
    signer = FileSigner(path, key_id=other)
    (first,) = sealed_by(Seal(STATION.urn, "boot-1", other, signer.sign), OPENED)
    with closing(SqliteStation(log.db)) as store:
        store.open_epoch(first.epoch, first)
        assert audit(store, ring=log.ring()).first_bad == Flaw(first.epoch, 1, "source")


def test_a_long_log_is_read_in_batches(tmp_path: Path) -> None:
    log = signed_place(tmp_path)
    heard: list[int] = []
    with closing(SqliteStation(log.db)) as store:
        store._db.execute("PRAGMA synchronous=OFF")  # what is tested is the reading
        writer = Writer(log, store)
        writer.open()
        writer.record(*[told.DeviceStarted("1.0")] * 1200)
        found = audit(store, ring=log.ring(), progress=heard.append)
    assert (found.events, found.ok) == (1201, True)
    assert heard == [500, 1000, 1201]
