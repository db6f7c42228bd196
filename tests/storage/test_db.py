"""Opening databases: what is refused, what is translated, and who may write."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import pytest
from small_disk import SmallDisk, small_disk

from edge.core.errors import StorageCorrupt, StorageError, StorageFull
from edge.storage.db import WriterLock, open_database, open_if_made, transaction, translated

MIGRATIONS = ("station", "link", "registry", "central")
NEWER = 4711


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "down" / "some.db"


@pytest.fixture
def db(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_database(path, migrations="station")) as made:
        yield made


def newest(migrations: str) -> int:
    """The newest schema of a store: each file is a step."""
    return len(list((files("edge.storage.migrations") / migrations).iterdir()))


def asked(db: sqlite3.Connection, question: str) -> object:
    (answer,) = db.execute(question).fetchone()
    return answer


@pytest.mark.parametrize("migrations", MIGRATIONS)
def test_a_new_store_has_the_newest_schema_and_keeps_it(path: Path, migrations: str) -> None:
    for _ in range(2):
        with closing(open_database(path, migrations=migrations)) as db:
            assert asked(db, "PRAGMA user_version") == newest(migrations) > 0
            assert asked(db, "PRAGMA integrity_check") == "ok"


@pytest.mark.parametrize(("synchronous", "level"), [("NORMAL", 1), ("FULL", 2)])
def test_a_commit_waits_for_the_disk_as_asked(path: Path, synchronous: str, level: int) -> None:
    with closing(
        open_database(
            path, migrations="station", synchronous="FULL" if synchronous == "FULL" else "NORMAL"
        )
    ) as db:
        assert asked(db, "PRAGMA synchronous") == level
        assert asked(db, "PRAGMA journal_mode") == "wal"
        assert asked(db, "PRAGMA foreign_keys") == 1


@pytest.mark.parametrize("read_only", [True, False])
def test_a_newer_schema_is_refused(db: sqlite3.Connection, path: Path, *, read_only: bool) -> None:
    db.execute(f"PRAGMA user_version={NEWER}")
    with pytest.raises(StorageError, match="store_newer") as refused:
        open_database(path, migrations="station", read_only=read_only)
    assert refused.value.facts == {"file": str(path), "version": NEWER, "known": newest("station")}


def test_a_reader_makes_nothing(path: Path) -> None:
    with pytest.raises(StorageError, match="store_absent"):
        open_database(path, migrations="station", read_only=True)
    assert open_if_made(path, migrations="station") is None
    assert not path.exists()


def test_a_reader_cannot_write(db: sqlite3.Connection, path: Path) -> None:
    db.execute("INSERT INTO epochs VALUES ('e', 'then')")
    with (
        closing(open_database(path, migrations="station", read_only=True)) as reader,
        pytest.raises(StorageError, match="readonly"),
        transaction(reader, path),
    ):
        reader.execute("DELETE FROM epochs")
    assert asked(db, "SELECT count(*) FROM epochs") == 1


def test_a_store_without_tables_is_not_made_yet(path: Path) -> None:
    path.parent.mkdir(parents=True)
    sqlite3.connect(path).close()
    path.touch()
    assert open_if_made(path, migrations="station") is None


@pytest.mark.parametrize("name", ["what?.db", "100%.db", "a#b.db", "a b.db"])
def test_a_reader_finds_a_file_of_any_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    open_database(path, migrations="station").close()
    with closing(open_database(path, migrations="station", read_only=True)) as reader:
        assert asked(reader, "SELECT count(*) FROM epochs") == 0


@pytest.mark.parametrize("read_only", [True, False])
def test_a_file_that_is_no_database_is_corrupt(path: Path, *, read_only: bool) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database at all " * 500)
    with pytest.raises(StorageCorrupt, match="store_corrupt"):
        open_database(path, migrations="station", read_only=read_only)


def test_a_broken_page_is_found_when_a_writer_opens(path: Path) -> None:
    with closing(open_database(path, migrations="station")) as db:
        db.execute("INSERT INTO epochs VALUES (?, 'then')", ("e" * 20_000,))
    content = bytearray(path.read_bytes())
    content[8192:] = bytes([0xA5]) * (len(content) - 8192)
    path.write_bytes(content)
    with pytest.raises(StorageCorrupt, match="store_corrupt"):
        open_database(path, migrations="station")


def test_a_transaction_keeps_all_or_nothing(db: sqlite3.Connection, path: Path) -> None:
    with transaction(db, path):
        db.execute("INSERT INTO epochs VALUES ('first', 'then')")
    with pytest.raises(StorageError, match="UNIQUE"), transaction(db, path):
        db.executemany("INSERT INTO epochs VALUES (?, 'then')", [("second",), ("first",)])
    assert not db.in_transaction
    assert asked(db, "SELECT group_concat(epoch) FROM epochs") == "first"


def test_a_full_store_says_so(db: sqlite3.Connection, path: Path) -> None:
    db.execute(f"PRAGMA max_page_count={asked(db, 'PRAGMA page_count')}")
    with pytest.raises(StorageFull, match="disk_full"), transaction(db, path):
        db.execute("INSERT INTO epochs VALUES (?, 'then')", ("e" * 50_000,))
    assert not db.in_transaction


def test_other_trouble_is_neither_full_nor_corrupt(db: sqlite3.Connection, path: Path) -> None:
    for wrong in ("SELECT * FROM fullness", "INSERT INTO epochs VALUES ('e', NULL)"):
        with pytest.raises(StorageError, match="store_failed") as failed, translated(path):
            db.execute(wrong)
        assert type(failed.value) is StorageError


def test_one_process_writes(path: Path) -> None:
    lock = WriterLock(path)
    with pytest.raises(StorageError, match="store_in_use"):
        WriterLock(path)
    lock.release()
    next_lock = WriterLock(path)
    lock.release()
    with pytest.raises(StorageError, match="store_in_use"):
        WriterLock(path)
    next_lock.release()


def test_a_store_on_a_read_only_medium_can_be_read(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        path = disk.folder / "some.db"
        with closing(open_database(path, migrations="station")) as db:
            db.execute("INSERT INTO epochs VALUES ('e', 'then')")
        disk.make_read_only()
        with closing(open_database(path, migrations="station", read_only=True)) as reader:
            assert asked(reader, "SELECT epoch FROM epochs") == "e"


def test_a_store_cannot_begin_on_a_full_disk_but_later(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        begin_on_a_full_disk(disk)


def begin_on_a_full_disk(disk: SmallDisk) -> None:
    path = disk.folder / "some.db"
    disk.fill()
    with pytest.raises(StorageError):
        open_database(path, migrations="station")
    disk.clear()
    with closing(open_database(path, migrations="station")) as db:
        assert asked(db, "PRAGMA user_version") == newest("station")
