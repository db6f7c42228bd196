"""The mirror's writer (step 12): pages by content, and versions that are switched whole."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from edge.core.ids import Digest
from edge.storage.db import WriterLock, open_database, transaction, translated


@dataclass(frozen=True, slots=True)
class Held:
    """The version of a set that counts, and when the platform last vouched for it."""

    version: int
    issued: datetime
    pages: tuple[Digest, ...]


class SqliteMirror:
    """The one writer of `registry.db`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = WriterLock(path)
        try:
            self._db = open_database(path, migrations="registry", synchronous="NORMAL")
        except BaseException:
            self._lock.release()
            raise

    def close(self) -> None:
        """Close the database and let another process write."""
        self._db.close()
        self._lock.release()

    def held(self) -> Mapping[str, Held]:
        """Every set with the version that counts."""
        rows = self._all("SELECT name, version, issued FROM heads")
        return {
            name: Held(version, datetime.fromisoformat(issued), self._pages_of(name))
            for name, version, issued in rows
        }

    def has_page(self, sha256: Digest) -> bool:
        """Whether a page is here already, whatever version brought it."""
        return bool(self._all("SELECT 1 FROM pages WHERE sha256=?", sha256))

    def keep_page(
        self, sha256: Digest, body: bytes, places: Iterable[tuple[str, int, int]]
    ) -> None:
        """Keep a verified page with the places of its rows; it counts once a version names it."""
        with transaction(self._db, self._path):
            self._db.execute("INSERT OR IGNORE INTO pages VALUES (?, ?)", (sha256, body))
            self._db.executemany(
                "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)",
                [(key, sha256, start, length) for key, start, length in places],
            )

    def switch(
        self, name: str, *, version: int, issued: datetime, pages: Iterable[Digest], envelope: bytes
    ) -> None:
        """Make a version count, whole; pages that no version names any more are dropped."""
        with transaction(self._db, self._path):
            self._db.execute("DELETE FROM contents WHERE name=?", (name,))
            self._db.execute(
                "INSERT OR REPLACE INTO heads VALUES (?, ?, ?, ?)",
                (name, version, issued.isoformat(), envelope),
            )
            self._db.executemany(
                "INSERT INTO contents VALUES (?, ?, ?)",
                [(name, number, sha256) for number, sha256 in enumerate(pages)],
            )

    def drop_unused(self, wanted: frozenset[Digest]) -> None:
        """Drop pages that no version names and nobody waits for."""
        unused = self._all(
            "SELECT sha256 FROM pages WHERE sha256 NOT IN (SELECT sha256 FROM contents)"
        )
        gone = [(row[0],) for row in unused if row[0] not in wanted]
        if gone:
            with transaction(self._db, self._path):
                self._db.executemany("DELETE FROM pages WHERE sha256=?", gone)

    def _pages_of(self, name: str) -> tuple[Digest, ...]:
        rows = self._all("SELECT sha256 FROM contents WHERE name=? ORDER BY number", name)
        return tuple(Digest(row[0]) for row in rows)

    def _all(self, sql: str, *values: object) -> list[Any]:
        with translated(self._path):
            return list(self._db.execute(sql, values).fetchall())
