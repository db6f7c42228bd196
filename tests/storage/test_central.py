"""The platform's store as a file: kept over restarts, one writer, and a name for every trouble."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import pytest
import samples
from central_site import Central, central_at

from edge.core.errors import StorageCorrupt, StorageError, StorageFull
from edge.storage.central import CentralReader, SqliteCentral
from edge.wire.reference import SetName, encode_row, keys_of
from edge.wire.topics import Station

MIGRATIONS = files("edge.storage") / "migrations" / "central"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "central.db"


@pytest.fixture
def central(tmp_path: Path) -> Iterator[Central]:
    with central_at(tmp_path) as made:
        yield made


def refusal(open_store: Callable[[], SqliteCentral | CentralReader]) -> StorageError:
    """Why a store does not open; it is closed again where it does."""
    with pytest.raises(StorageError) as refused, closing(open_store()):
        pass
    return refused.value


def test_a_platform_goes_on_where_the_file_ends(tmp_path: Path, path: Path) -> None:
    with central_at(tmp_path) as before:
        desk, _ = before.desks
        one, two, three = (desk.append(n=number) for number in range(3))
        before.receive(*desk.messages(one, three))
        before.platform.load_rows(SetName.PEOPLE, [])
        name, marks = before.store.store_id(), before.store.marks(desk.station.name)
    with closing(SqliteCentral(path)) as store:
        assert store.store_id() == name
        assert store.stations() == (desk.station.name,)
        assert store.marks(desk.station.name) == marks
        after = Central(store)
        after.receive(desk.message(two))
        assert (after.upto(desk), len(after.held(desk))) == (3, 3)
        after.receive(*desk.messages(one, two, three))
        assert store.counts().redeliveries == 3


def test_another_file_is_another_store(tmp_path: Path, path: Path) -> None:
    with closing(SqliteCentral(path)) as one, closing(SqliteCentral(tmp_path / "b.db")) as other:
        assert one.store_id() != other.store_id()


def test_one_process_writes_and_closing_lets_the_next(path: Path) -> None:
    first = SqliteCentral(path)
    assert refusal(lambda: SqliteCentral(path)).code == "store_in_use"
    first.close()
    first.close()
    SqliteCentral(path).close()


def test_a_reader_sees_what_is_committed_and_no_more(central: Central, path: Path) -> None:
    desk, _ = central.desks
    with CentralReader(path) as reader:
        with central.store.transaction():
            central.store.note_station(desk.station.name)
            assert reader.stations() == ()
        assert reader.stations() == (desk.station.name,)
        central.receive(desk.message(desk.append()))
        assert len(list(reader.digests(desk.station))) == 1


def test_a_reader_cannot_write(central: Central, path: Path) -> None:
    station = central.desks[0].station.name
    with CentralReader(path) as reader, pytest.raises(StorageError, match="store_failed"):
        reader._door.run("INSERT INTO stations VALUES (?)", station)
    assert central.store.stations() == ()


def test_an_absent_store_is_not_made_by_a_reader(path: Path) -> None:
    assert refusal(lambda: CentralReader(path)).code == "store_absent"
    assert not path.exists()


def test_a_file_that_is_no_database_is_named_and_left_free(path: Path) -> None:
    path.write_bytes(b"no database at all" * 100)
    for _ in range(2):
        error = refusal(lambda: SqliteCentral(path))
        assert isinstance(error, StorageCorrupt)
        assert error.facts["file"] == str(path)
    path.unlink()
    SqliteCentral(path).close()


def test_a_newer_schema_is_left_alone(path: Path) -> None:
    SqliteCentral(path).close()
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version=99")
    content = path.read_bytes()
    assert refusal(lambda: SqliteCentral(path)).code == "store_newer"
    assert refusal(lambda: CentralReader(path)).code == "store_newer"
    assert path.read_bytes() == content


def test_every_older_schema_is_brought_up_with_its_rows(path: Path) -> None:
    """As the first release made it, with a station, a watermark and a row of reference data."""
    station, row = Station.parse("nanchang/lab-1/desk-1"), samples.COURIER
    with closing(sqlite3.connect(path)) as database:
        first = next(each for each in MIGRATIONS.iterdir() if each.name.startswith("0001"))
        database.executescript(first.read_text(encoding="utf-8"))
        database.execute("INSERT INTO platform VALUES (1, 'before')")
        database.execute("INSERT INTO stations VALUES (?)", (station.name,))
        database.execute("INSERT INTO marks VALUES (?, 'epoch-1', 7, 'd')", (station.name,))
        key, *_ = keys_of(row)
        database.execute("INSERT INTO rows VALUES ('people', ?, NULL, ?)", (key, encode_row(row)))
        database.execute("INSERT INTO row_keys VALUES ('people', ?, ?)", (key, key))
        database.execute("PRAGMA user_version=1")
        database.commit()
    with closing(SqliteCentral(path)) as store:
        assert store.store_id() == "before"
        assert store.watermarks(station.name) == {"epoch-1": 7}
        assert store.find_lines("people", key) == (encode_row(row),)
        central = Central(store)
        desk, _ = central.desks
        central.receive(desk.message(desk.append()))
        assert central.upto(desk) == 1


def test_a_full_disk_keeps_nothing_of_a_batch_and_takes_it_later(central: Central) -> None:
    desk, other = central.desks
    central.receive(desk.message(desk.append()))
    batch = [
        each.message(each.append(filling="x" * 6000)) for _ in range(20) for each in (desk, other)
    ]
    database: sqlite3.Connection = central.store._db
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    database.execute(f"PRAGMA max_page_count={pages + 8}")
    with pytest.raises(StorageFull):
        central.receive(*batch)
    assert (central.upto(desk), central.held(other)) == (1, [])
    assert central.store.stations() == (desk.station.name,)
    assert [ack.epochs[desk.tip.epoch].upto for ack in central.acks().values()] == [1]
    database.execute("PRAGMA max_page_count=1000000")
    central.receive(*batch)
    assert (central.upto(desk), central.upto(other)) == (21, 20)
    assert central.store.counts().redeliveries == 0


def test_a_store_that_was_closed_under_the_platform_is_an_error_of_the_store(path: Path) -> None:
    store = SqliteCentral(path)
    central = Central(store)
    desk, _ = central.desks
    store.close()
    with pytest.raises(StorageError, match="store_failed"):
        central.receive(desk.message(desk.append()))
