"""The shipper's store, and what capture sees of it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import samples
from memory_doors import SetClock
from model_platform import FIRST, SECOND

from edge.core.envelope import GENESIS
from edge.core.errors import StorageCorrupt, StorageError
from edge.core.ids import Digest
from edge.storage.link import FRESH_S, INBOX_LIMIT, LinkReader, SqliteLink
from edge.wire.downlink import Mark

DIGEST = Digest("ab" * 32)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "link.db"


@pytest.fixture
def link(path: Path, clock: SetClock) -> Iterator[SqliteLink]:
    made = SqliteLink(path, clock=clock, boot_id="boot-1")
    yield made
    made.close()


@pytest.fixture
def reader(path: Path, clock: SetClock) -> Iterator[LinkReader]:
    made = LinkReader(path, clock=clock, boot_id="boot-1")
    yield made
    made.close()


def test_a_fresh_pulse_of_this_boot_is_online(
    link: SqliteLink, reader: LinkReader, clock: SetClock
) -> None:
    assert not reader.online()
    link.beat(connected=True)
    assert reader.online()
    clock.move(FRESH_S - 0.1)
    assert reader.online()
    clock.move(0.1)
    assert not reader.online()
    link.beat(connected=True)
    assert reader.online()
    link.beat(connected=False, note="broker_unreachable")
    assert not reader.online()
    pulse = reader.pulse()
    assert pulse is not None
    assert pulse.note == "broker_unreachable"


def test_a_pulse_of_another_boot_is_offline(link: SqliteLink, path: Path, clock: SetClock) -> None:
    link.beat(connected=True)
    after = LinkReader(path, clock=clock, boot_id="boot-2")
    assert not after.online()
    after.close()


def test_a_store_that_is_not_there_yet_is_a_station_that_never_shipped(
    reader: LinkReader, path: Path, clock: SetClock
) -> None:
    for _ in range(2):
        assert not reader.online()
        assert (reader.pulse(), reader.confirmed_at(), reader.newest("ack")) == (None, None, None)
        assert (reader.after(0), dict(reader.marks())) == ((), {})
        path.touch()
    writer = SqliteLink(path, clock=clock, boot_id="boot-1")
    writer.beat(connected=True)
    assert reader.online()
    writer.close()


def test_a_corrupt_store_is_offline_and_says_so_when_asked(reader: LinkReader, path: Path) -> None:
    path.write_bytes(b"x" * 4096)
    assert not reader.online()
    with pytest.raises(StorageCorrupt):
        reader.pulse()


def test_a_store_whose_shipper_is_gone_is_still_read(path: Path, clock: SetClock) -> None:
    link = SqliteLink(path, clock=clock, boot_id="boot-1")
    link.keep_marks({FIRST: Mark(3, DIGEST)}, store_id="s", issued=samples.NOW)
    link.close()
    late = LinkReader(path, clock=clock, boot_id="boot-1")
    assert late.marks() == {FIRST: Mark(3, DIGEST)}
    late.close()


def test_marks_and_their_platform_outlive_the_process(path: Path, clock: SetClock) -> None:
    link = SqliteLink(path, clock=clock, boot_id="boot-1")
    assert link.platform() is None
    assert link.confirmed_at() is None
    marks = {FIRST: Mark(7, DIGEST), SECOND: Mark(0, GENESIS)}
    link.keep_marks(marks, store_id="store-1", issued=samples.NOW)
    clock.move(5)
    later = samples.NOW + timedelta(seconds=5)
    link.keep_marks({SECOND: Mark(2, DIGEST)}, store_id="store-2", issued=later)
    link.close()

    again = SqliteLink(path, clock=clock, boot_id="boot-2")
    assert again.marks() == {FIRST: Mark(7, DIGEST), SECOND: Mark(2, DIGEST)}
    assert again.platform() == ("store-2", later)
    assert again.confirmed_at() == clock.now()
    again.close()


def test_the_inbox_keeps_the_order_and_its_limit(link: SqliteLink, reader: LinkReader) -> None:
    for number in range(INBOX_LIMIT + 5):
        link.receive(f"ans/{number % 2}", b"%d" % number)
    first = reader.after(0, limit=3)
    assert [payload for _, _, payload in first] == [b"5", b"6", b"7"]
    assert [tail for _, tail, _ in first] == ["ans/1", "ans/0", "ans/1"]
    rest = reader.after(first[-1][0], limit=10_000)
    assert len(rest) == INBOX_LIMIT - 3
    assert [position for position, _, _ in rest] == sorted(position for position, _, _ in rest)


def test_of_some_messages_only_the_newest_counts(link: SqliteLink, reader: LinkReader) -> None:
    assert reader.newest("ack") is None
    link.keep_newest("ack", b"1")
    link.keep_newest("ack", b"2")
    assert reader.newest("ack") == b"2"
    assert reader.newest("other") is None


def test_positions_are_never_used_twice(path: Path, clock: SetClock) -> None:
    link = SqliteLink(path, clock=clock, boot_id="boot-1")
    link.receive("ans/a", b"1")
    ((before, _, _),) = link.after(0)
    link.close()
    again = SqliteLink(path, clock=clock, boot_id="boot-1")
    again.receive("ans/a", b"2")
    assert [payload for _, _, payload in again.after(before)] == [b"2"]
    again.close()


def test_a_second_writer_is_refused(path: Path, clock: SetClock) -> None:
    link = SqliteLink(path, clock=clock, boot_id="boot-1")
    with pytest.raises(StorageError, match="store_in_use"):
        SqliteLink(path, clock=clock, boot_id="boot-1")
    link.beat(connected=True)
    link.close()
    SqliteLink(path, clock=clock, boot_id="boot-1").close()
