"""Opening databases: pragmas, migrations, integrity, and the one writer that each file has."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal

from edge.core.errors import StorageCorrupt, StorageError, StorageFull

Synchronous = Literal["FULL", "NORMAL"]
BUSY_TIMEOUT_MS = 5_000
_CORRUPT = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_PRIMARY = 0xFF
"""The part of an extended result code that names its kind."""


def open_database(
    path: Path, *, migrations: str, synchronous: Synchronous = "FULL", read_only: bool = False
) -> sqlite3.Connection:
    """A connection in WAL mode, migrated to the newest schema; raise StorageError.

    `migrations` names the folder of numbered SQL files; `synchronous=FULL` means that a commit is
    on the disk when it returns (EVENTS 2.1). A reader never creates or migrates anything.
    """
    with translated(path):
        if read_only:
            return _open_reader(path, migrations)
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(f"PRAGMA synchronous={synchronous}")
            connection.execute("PRAGMA foreign_keys=ON")
            _check_integrity(connection, path)
            _migrate(connection, migrations, path)
        except BaseException:
            connection.close()
            raise
        return connection


def open_if_made(path: Path, *, migrations: str) -> sqlite3.Connection | None:
    """A reader of a store that another process makes; None until it stands with its tables."""
    if not path.exists():
        return None
    connection = open_database(path, migrations=migrations, read_only=True)
    with translated(path):
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version:
        return connection
    connection.close()
    return None


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """SQLite's errors as ours: full, corrupt, or merely failed."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY
        if code == sqlite3.SQLITE_FULL:
            raise StorageFull("disk_full", file=str(path)) from error
        if code in _CORRUPT:
            raise StorageCorrupt("store_corrupt", file=str(path), why=str(error)) from error
        raise StorageError("store_failed", file=str(path), why=str(error)) from error


@contextmanager
def transaction(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """All or nothing; the write lock is taken at once."""
    with translated(path):
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


class WriterLock:
    """The right to write a database file; a second process is told so at once."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(_beside(path, ".lock"), os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise StorageError("store_in_use", file=str(path)) from error
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        """Let another process write; a second time does nothing, and closes no other's file."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


def _open_reader(path: Path, migrations: str) -> sqlite3.Connection:
    """A reader; a store on a read-only medium can be read only as one that nobody changes."""
    if not path.exists():
        raise StorageError("store_absent", file=str(path))
    at_rest = not os.access(path.parent, os.W_OK) and not _beside(path, "-wal").exists()
    uri = f"{path.absolute().as_uri()}?{'immutable=1' if at_rest else 'mode=ro'}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    try:
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        _check_version(connection, _scripts(migrations), path)
    except BaseException:
        connection.close()
        raise
    return connection


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _check_integrity(connection: sqlite3.Connection, path: Path) -> None:
    (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if answer != "ok":
        raise StorageCorrupt("store_corrupt", file=str(path), why=str(answer))


def _migrate(connection: sqlite3.Connection, migrations: str, path: Path) -> None:
    """Run each numbered script above `user_version`, each in its own transaction."""
    scripts = _scripts(migrations)
    version = _check_version(connection, scripts, path)
    for script in scripts:
        number = _number(script)
        if number > version:
            text = script.read_text(encoding="utf-8")
            connection.executescript(f"BEGIN;\n{text}\nPRAGMA user_version={number};\nCOMMIT;")


def _scripts(migrations: str) -> list[Traversable]:
    folder = files("edge.storage") / "migrations" / migrations
    return sorted((each for each in folder.iterdir() if each.name.endswith(".sql")), key=_number)


def _check_version(connection: sqlite3.Connection, scripts: list[Traversable], path: Path) -> int:
    """The schema that the file has; StorageError `store_newer` when a later program made it."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    newest = _number(scripts[-1])
    if version > newest:
        raise StorageError("store_newer", file=str(path), version=version, known=newest)
    return int(version)


def _number(script: Traversable) -> int:
    return int(script.name.split("_", 1)[0])
