"""The platform's store on PostgreSQL: several consumers over one database, each lab has one."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from secrets import token_hex
from typing import Final

from psycopg import errors

from edge.core.errors import StorageError
from edge.storage.central_reports import CentralReports
from edge.storage.central_writes import CentralWrites
from edge.storage.postgres import Connection, Database, PostgresDoor, connect, translated

MIGRATIONS: Final = "central_postgres"
_REFERENCE_LOCK: Final = 0x52454652
_CLAIM_LOCK: Final = 0x434C414D
_CONSUMERS: Final = 0x434F4E53
"""First half of the advisory locks that say which rows of `consumers` live; the id is the other."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The labs that a consumer wants for itself; None is every lab of the city.

    It waits `patience_ms` for a holder: a process that was killed lets go a moment later.
    """

    share: str
    labs: tuple[str, ...] | None = None
    patience_ms: int = 3_000


class PostgresReader(CentralReports):
    """Reads the platform's store beside its consumers."""

    def __init__(self, database: Database) -> None:
        opened = partial(connect, database, migrations=MIGRATIONS, read_only=True)
        super().__init__(PostgresDoor(database, opened))


class PostgresCentral(CentralWrites):
    """One consumer's connection; every transaction is durable at the server when it ends.

    With a claim no other consumer may have any of its labs: StorageError `labs_taken`. The claim
    lives as long as the connection, also when its process or machine is gone without a word.
    """

    def __init__(self, database: Database, claim: Claim | None = None) -> None:
        self._database = database
        self._claim = claim
        self._postgres = PostgresDoor(database, self._opened)
        self._holds_reference = False
        super().__init__(self._postgres)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is on the disk at its end, or nothing is."""
        try:
            with self._postgres.transaction():
                yield
        finally:
            self._holds_reference = False

    def hold_reference(self) -> None:
        """Until this transaction ends, no other consumer changes reference rows or custody."""
        if not self._holds_reference:
            self._postgres.all("SELECT pg_advisory_xact_lock(?)", _REFERENCE_LOCK)
            self._holds_reference = True

    def _opened(self) -> Connection:
        connection = connect(self._database, migrations=MIGRATIONS)
        try:
            with translated(self._database):
                connection.execute(
                    "INSERT INTO platform VALUES (true, %s) ON CONFLICT DO NOTHING", [token_hex(8)]
                )
                if self._claim is not None:
                    _claim(connection, self._claim, self._database)
        except BaseException:
            connection.close()
            raise
        return connection


def _claim(connection: Connection, claim: Claim, database: Database) -> None:
    """Take labs that no living consumer has, or raise StorageError `labs_taken`."""
    labs = None if claim.labs is None else list(claim.labs)
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_CLAIM_LOCK])
        connection.execute(
            "DELETE FROM consumers c WHERE NOT EXISTS (SELECT 1 FROM pg_locks l "
            "JOIN pg_database d ON d.oid = l.database AND d.datname = current_database() "
            "WHERE l.locktype = 'advisory' AND l.classid = %s::bigint::oid "
            "AND l.objid = c.id::bigint::oid AND l.objsubid = 2 AND l.granted)",
            [_CONSUMERS],
        )
        connection.execute(f"SET LOCAL lock_timeout = {int(claim.patience_ms)}")
        while (holder := _holder(connection, labs)) is not None:
            try:
                connection.execute(
                    "SELECT pg_advisory_xact_lock_shared(%s, %s)", [_CONSUMERS, holder.id]
                )
            except errors.LockNotAvailable as error:
                raise StorageError(
                    "labs_taken",
                    database=database.name,
                    wanted=claim.share,
                    taken_by=holder.name,
                    remedy="give each consumer labs of its own: central.labs or central.shard",
                ) from error
            connection.execute("DELETE FROM consumers WHERE id = %s", [holder.id])
        ((number,),) = connection.execute(
            "INSERT INTO consumers (share, labs, host, pid) VALUES (%s, %s, %s, %s) RETURNING id",
            [claim.share, labs, socket.gethostname(), os.getpid()],
        ).fetchall()
        connection.execute("SELECT pg_advisory_lock(%s, %s)", [_CONSUMERS, number])


@dataclass(frozen=True, slots=True)
class _Holder:
    """A consumer that has a lab, or had it until a moment ago."""

    id: int
    name: str


def _holder(connection: Connection, labs: list[str] | None) -> _Holder | None:
    rows = connection.execute(
        "SELECT id, share, host, pid, since FROM consumers "
        "WHERE labs IS NULL OR %(labs)s::text[] IS NULL OR labs && %(labs)s::text[] "
        "ORDER BY id LIMIT 1",
        {"labs": labs},
    ).fetchall()
    if not rows:
        return None
    number, share, host, pid, since = rows[0]
    return _Holder(number, f"{share} (process {pid} on {host} since {since:%Y-%m-%d %H:%M:%S%z})")
