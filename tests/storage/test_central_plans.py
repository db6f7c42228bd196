"""What a batch asks of the store stays cheap however much is stored: by index, never by scan."""

import re
from contextlib import closing
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from fleet_site import FleetSite, database_of, engine, said
from postgres_site import Cluster
from postgres_site import postgres as postgres  # noqa: PLC0414 - a fixture of this file
from waiting import until

from edge.storage.central import SqliteCentral
from edge.storage.central_postgres import PostgresCentral

GROWING = ("events", "quarantine", "marks", "deliveries", "redeliveries", "stations")
ONCE = {
    "SELECT station FROM stations ORDER BY station",
    "SELECT station, epoch, upto, digest FROM marks",
}
"""Asked when a process starts."""
ROUNDS = 5
FILLED: dict[LiteralString, LiteralString] = {
    "events": "'e', n, n, 't', 's', NULL, 'p', n, 'k', '', '', '2026'",
    "marks": "'e' || n, n, 'd'",
}
INDEXES = 3
"""Of the table of events; making each counts as a scan."""


def work(site: FleetSite, store: SqliteCentral | PostgresCentral, rounds: int) -> None:
    """Batches with everything in them: new, again, gap, filled, fork, forged."""
    platform = engine(site, store)
    for station in site.stations:
        chain = station.chain
        for _ in range(rounds):
            many = [chain.append("device.started", "desk-1", {}) for _ in range(6)]
            platform.receive(said(station, many[0], many[1], many[1], many[4]))
            platform.receive(said(station, many[2], many[3], many[5]))
        kept = chain.sealed.pop()
        platform.receive(said(station, chain.append("device.started", "desk-1", {"is": "other"})))
        chain.sealed[-1] = kept
        ((topic, envelope),) = said(station, kept)
        platform.receive([(topic, envelope.replace(b'"sig":"', b'"sig":"AAAA'))])


def test_sqlite_scans_no_table_that_grows(tmp_path: Path) -> None:
    site = FleetSite(tmp_path, port=1, labs=2)
    asked: set[str] = set()
    with closing(SqliteCentral(tmp_path / "central.db")) as store:
        store._db.set_trace_callback(asked.add)
        work(site, store, ROUNDS)
        store._db.set_trace_callback(None)
        asked = {each for each in asked if re.match("SELECT|WITH|DELETE|UPDATE", each)}
        assert len(asked) > ROUNDS
        for sql in asked:
            for step in store._db.execute(f"EXPLAIN QUERY PLAN {sql}"):
                scanned = re.match(r"SCAN (\w+)(?! USING)", step[3])
                assert scanned is None or scanned[1] not in GROWING or sql in ONCE, sql


@pytest.mark.slow
def test_postgres_scans_no_table_that_grows(tmp_path: Path, postgres: Cluster) -> None:
    """The server's own count of scans, on a table too large for a scan to be the better plan."""
    site = FleetSite(tmp_path, port=1, labs=2)
    database = database_of(postgres)
    name = database.url.rsplit("/", 1)[1]

    PostgresCentral(database).close()  # its end hands its counts to the server's statistics
    with psycopg.connect(postgres.conninfo(name), autocommit=True) as admin:

        def scans(column: LiteralString) -> dict[str, int]:
            sql: LiteralString = f"SELECT relname, {column} FROM pg_stat_user_tables"  # noqa: S608 - constant parts
            rows = admin.execute(sql)
            return {str(row[0]): int(row[1]) for row in rows.fetchall() if row[0] in FILLED}

        for table, columns in FILLED.items():
            admin.execute(
                f"INSERT INTO {table} SELECT 'x/y/z', {columns} FROM generate_series(1, 50000) n"  # noqa: S608 - constant parts
            )
        admin.execute("ANALYZE")
        until(lambda: scans("seq_scan")["events"] >= INDEXES, 30.0)
        before = scans("seq_scan")
        with closing(PostgresCentral(database)) as store:
            work(site, store, ROUNDS)
        until(lambda: scans("idx_scan")["marks"] > ROUNDS, 30.0)
        assert scans("seq_scan") == before
