import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from threading import Event, Thread
from typing import LiteralString

import psycopg
import pytest
from postgres_site import PASSWORD, Cluster
from postgres_site import postgres as postgres  # noqa: PLC0414 - a fixture of this file
from waiting import until

from edge.core.errors import ConfigError, EdgeError, StorageError
from edge.core.ids import Digest, EpochId
from edge.storage.central_postgres import Claim, PostgresCentral, PostgresReader
from edge.storage.postgres import Database
from edge.wire.downlink import Mark

STATION = "nanchang/lab-1/desk-1"
EPOCH = EpochId("0197f000-0000-7000-8000-000000000001")


@pytest.fixture
def database(postgres: Cluster) -> Database:
    return Database(postgres.url(postgres.new_database()), PASSWORD)


@pytest.fixture
def store(database: Database) -> Iterator[PostgresCentral]:
    with closing(PostgresCentral(database)) as made:
        yield made


def set_page_writes(postgres: Cluster, wanted: LiteralString) -> None:
    with psycopg.connect(postgres.conninfo(), autocommit=True) as admin:
        admin.execute(f"ALTER SYSTEM SET full_page_writes = {wanted}")
        admin.execute("SELECT pg_reload_conf()")

        def is_so() -> bool:
            with psycopg.connect(postgres.conninfo()) as other:
                return other.execute("SHOW full_page_writes").fetchone() == (wanted,)

        until(is_so)


def hang_up(postgres: Cluster) -> None:
    with psycopg.connect(postgres.conninfo(), autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'specimen-edge central'"
        )


def code_of(database: Database) -> EdgeError:
    with pytest.raises(EdgeError) as caught, closing(PostgresCentral(database)):
        pass
    return caught.value


def test_a_wrong_password_is_said_without_showing_one(database: Database) -> None:
    error = code_of(Database(database.url, "guessed"))
    assert isinstance(error, ConfigError)
    assert error.code == "database_password_wrong"
    assert "database_password_file" in str(error)
    assert "guessed" not in str(error) + repr(Database(database.url, "guessed"))


def test_a_missing_password_is_said(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PGPASSWORD", raising=False)
    monkeypatch.setenv("PGPASSFILE", "/dev/null")
    assert code_of(Database(database.url)).code == "database_password_missing"


def test_the_environment_may_hold_the_password(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    with closing(PostgresCentral(Database(database.url))) as store:
        assert store.stations() == ()


def test_an_absent_server_and_an_absent_database_are_told_apart(
    postgres: Cluster, database: Database
) -> None:
    nobody = Database(database.url.replace(str(postgres.port), "1"), PASSWORD)
    assert code_of(nobody).code == "database_unreachable"
    assert code_of(Database(postgres.url("nowhere"), PASSWORD)).code == "database_absent"
    assert code_of(Database("postgresql://h/a b", PASSWORD)).code == "database_url_malformed"


def test_a_newer_schema_is_left_alone(database: Database, store: PostgresCentral) -> None:
    with store.transaction():
        store._door.run("INSERT INTO schema_version VALUES (?)", 999)
    error = code_of(database)
    assert error.code == "store_newer"
    assert error.facts["version"] == 999
    with pytest.raises(StorageError, match="store_newer"):
        PostgresReader(database)


def test_a_reader_makes_no_tables(database: Database) -> None:
    with pytest.raises(StorageError, match="store_absent"):
        PostgresReader(database)


def test_a_reader_cannot_write(database: Database, store: PostgresCentral) -> None:
    del store
    with PostgresReader(database) as reader, pytest.raises(StorageError, match="database_denies"):
        reader._door.run("INSERT INTO stations VALUES ('x')")


def test_a_server_that_could_lose_what_it_committed_is_refused(
    postgres: Cluster, database: Database
) -> None:
    set_page_writes(postgres, "off")
    try:
        error = code_of(database)
    finally:
        set_page_writes(postgres, "on")
    assert error.code == "database_not_durable"
    assert error.facts["settings"] == "full_page_writes"


def test_a_broken_connection_keeps_nothing_and_mends_itself(
    postgres: Cluster, store: PostgresCentral
) -> None:
    def broken_in_the_middle() -> None:
        with store.transaction():
            store.note_station(STATION)
            hang_up(postgres)
            store.set_mark(STATION, EPOCH, Mark(1, Digest("0" * 64)))

    with pytest.raises(StorageError, match="database_gone"):
        broken_in_the_middle()
    assert store.stations() == ()
    with store.transaction():
        store.note_station(STATION)
    assert store.stations() == (STATION,)


def test_a_restarted_server_is_found_again(postgres: Cluster, store: PostgresCentral) -> None:
    with store.transaction():
        store.note_station(STATION)
    postgres.kill()
    try:
        until(lambda: is_lost(store))
    finally:
        postgres.start()
    assert store.stations() == (STATION,), "what was committed before the kill is there"


def is_lost(store: PostgresCentral) -> bool:
    """A server process of ours may outlive its postmaster by a moment."""
    try:
        store.stations()
    except StorageError:
        return True
    return False


def test_several_processes_may_start_at_once(database: Database) -> None:
    with closing(PostgresCentral(database)) as first, closing(PostgresCentral(database)) as second:
        assert first.store_id() == second.store_id()


HASTE_MS = 100
LAB_1 = Claim("1-of-2", ("lab-1", "lab-3"), HASTE_MS)
LAB_2 = Claim("2-of-2", ("lab-2",), HASTE_MS)
ALL = Claim("all", None, HASTE_MS)


@pytest.mark.parametrize(
    "second",
    [LAB_1, Claim("labs-x", ("lab-3", "lab-9"), HASTE_MS), ALL],
    ids=["the same", "overlapping", "every lab"],
)
def test_a_lab_has_one_consumer(database: Database, second: Claim) -> None:
    with closing(PostgresCentral(database, LAB_1)), closing(PostgresCentral(database, LAB_2)):
        with pytest.raises(StorageError) as caught:
            PostgresCentral(database, second)
        assert caught.value.code == "labs_taken"
        assert "1-of-2" in str(caught.value)
        assert str(os.getpid()) in str(caught.value)
    PostgresCentral(database, second).close()


def test_nobody_else_has_a_city_that_one_consumer_takes_whole(database: Database) -> None:
    with closing(PostgresCentral(database, ALL)), pytest.raises(StorageError):
        PostgresCentral(database, LAB_2)


def test_a_claim_ends_with_its_connection_and_is_made_again(
    postgres: Cluster, database: Database
) -> None:
    with closing(PostgresCentral(database, LAB_1)) as first:
        hang_up(postgres)
        with closing(PostgresCentral(database, LAB_1)):
            with pytest.raises(StorageError, match="database_gone"):
                first.stations()
            with pytest.raises(StorageError, match="labs_taken"):
                first.stations()
        assert first.stations() == ()


def test_who_comes_while_another_ends_waits_for_it(database: Database) -> None:
    first = PostgresCentral(database, LAB_1)
    made: list[PostgresCentral] = []
    heir = Thread(
        target=lambda: made.append(PostgresCentral(database, replace(ALL, patience_ms=20_000)))
    )
    heir.start()
    until(lambda: _waits(database))
    assert made == []
    first.close()
    heir.join(20)
    (second,) = made
    with closing(second):
        assert second._door.all("SELECT share FROM consumers") == [("all",)]


def _waits(database: Database) -> bool:
    with psycopg.connect(database.url, password=database.password) as other:
        rows = other.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return rows.fetchone() is not None


def test_changes_of_one_consumer_are_seen_by_the_others(database: Database) -> None:
    with (
        closing(PostgresCentral(database, LAB_1)) as first,
        closing(PostgresCentral(database, LAB_2)) as second,
    ):
        seen, _ = second.changes(0)
        with first.transaction():
            first.put_line("custody", ("c-1",), lab=None, line=b"1")
            first.put_line("decisions", ("d-1",), lab="lab-1", line=b"1")
        seen, changed = second.changes(seen)
        assert changed == {("custody", None), ("decisions", "lab-1")}
        with second.transaction():
            second.put_line("custody", ("c-1",), lab=None, line=b"1")
        assert second.changes(seen) == (seen, frozenset())


def test_custody_is_judged_by_one_consumer_at_a_time(database: Database) -> None:
    """The second waits for the first, and then sees what it has written."""
    held, seen = Event(), list[tuple[bytes, ...]]()
    with (
        closing(PostgresCentral(database, LAB_1)) as first,
        closing(PostgresCentral(database, LAB_2)) as second,
    ):

        def judge() -> None:
            with second.transaction():
                held.set()
                second.hold_reference()
                seen.append(second.find_lines("custody", "specimen:s-1"))

        with first.transaction():
            first.hold_reference()
            other = Thread(target=judge)
            other.start()
            assert held.wait(10)
            first.put_line("custody", ("c-1", "specimen:s-1"), lab=None, line=b"taken")
            assert seen == []
        other.join(10)
    assert seen == [(b"taken",)]
