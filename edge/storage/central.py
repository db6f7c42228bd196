"""The platform's store on SQLite: every event once, with the watermark that speaks of it."""

import sqlite3
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from secrets import token_hex

from edge.storage.central_reads import Row
from edge.storage.central_reports import CentralReports
from edge.storage.central_writes import CentralWrites
from edge.storage.db import WriterLock, open_database, transaction, translated

KEYS_AT_ONCE = 500
"""Keys in one statement; SQLite allows 32,766 values."""


class CentralReader(CentralReports):
    """Reads the platform's store beside its writer."""

    def __init__(self, path: Path) -> None:
        database = open_database(path, migrations="central", read_only=True)
        super().__init__(_SqliteDoor(database, path))


class SqliteCentral(CentralWrites):
    """The one writer; everything between `transaction` and its end is kept together or not."""

    def __init__(self, path: Path) -> None:
        self._lock = WriterLock(path)
        self._path = path
        try:
            self._db = open_database(path, migrations="central", synchronous="FULL")
            with transaction(self._db, path):
                self._db.execute("INSERT OR IGNORE INTO platform VALUES (1, ?)", (token_hex(8),))
        except BaseException:
            self._lock.release()
            raise
        super().__init__(_SqliteDoor(self._db, path))

    def close(self) -> None:
        """Close the database and let another process write."""
        super().close()
        self._lock.release()

    def transaction(self) -> AbstractContextManager[None]:
        """Everything inside is on the disk at its end, or nothing is."""
        return transaction(self._db, self._path)


class _SqliteDoor:
    """One connection to a file."""

    def __init__(self, database: sqlite3.Connection, path: Path) -> None:
        self._db = database
        self._path = path

    def all(self, sql: str, *values: object) -> list[Row]:
        with translated(self._path):
            return list(self._db.execute(sql, values).fetchall())

    def run(self, sql: str, *values: object) -> int:
        with translated(self._path):
            return self._db.execute(sql, values).rowcount

    def among(self, sql: str, types: str, keys: Iterable[Row]) -> list[Row]:
        found: list[Row] = []
        given = list(keys)
        for first in range(0, len(given), KEYS_AT_ONCE):
            some = given[first : first + KEYS_AT_ONCE]
            one = f"({','.join('?' * len(types))})"
            table = f"(VALUES {','.join([one] * len(some))})"
            found += self.all(sql.replace("{keys}", table), *(each for key in some for each in key))
        return found

    def run_many(self, sql: str, rows: Iterable[Row]) -> None:
        with translated(self._path):
            self._db.executemany(sql, rows)

    def close(self) -> None:
        self._db.close()
