"""The one door to PostgreSQL: connections that fail with a name, migrations under a lock."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final, LiteralString

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict

from edge.core.errors import ConfigError, StorageError, StorageFull
from edge.storage.central_reads import Row

CONNECT_TIMEOUT_S: Final = 5
_MIGRATION_LOCK: Final = 0x53504543
"""Key of the advisory lock under which one process at a time changes the schema."""
_SESSION: Final = {
    "synchronous_commit": "on",  # whatever the server's default: an acknowledged event is on disk
    "idle_in_transaction_session_timeout": "60s",
    "tcp_keepalives_idle": "10",  # a consumer whose machine is gone frees its labs within 40 s
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
_DURABLE: Final = ("fsync", "full_page_writes")
_ARRAYS: Final = {"t": "?::text[]", "i": "?::bigint[]"}
Connection = psycopg.Connection[Row]


@dataclass(frozen=True, slots=True)
class Database:
    """Where the platform's database is: a URL without a password, and the password."""

    url: str
    password: str | None = None

    def __repr__(self) -> str:
        """The password is never shown."""
        return f"Database({self.url!r})"

    @property
    def name(self) -> str:
        """Host and database, for people."""
        try:
            parts = conninfo_to_dict(self.url)
        except psycopg.ProgrammingError:
            return "?"
        host = f"{parts.get('host', 'local')}:{parts.get('port', 5432)}"
        return f"{host}/{parts.get('dbname', '')}"


def connect(database: Database, *, migrations: str, read_only: bool = False) -> Connection:
    """A connection in autocommit, at the newest schema; raise ConfigError or StorageError.

    A reader never creates or migrates anything. A server that does not write through to its disk
    is refused: what it acknowledges could be lost.
    """
    connection = _open(database, read_only=read_only)
    try:
        with translated(database):
            if read_only:
                _check_version(connection, _scripts(migrations), database)
            else:
                _check_durable(connection, database)
                _migrate(connection, migrations, database)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def translated(database: Database) -> Iterator[None]:
    """PostgreSQL's errors as ours: full, gone, contended, or merely failed."""
    try:
        yield
    except errors.DiskFull as error:
        raise StorageFull("disk_full", database=database.name) from error
    except (errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction) as error:
        raise StorageError(
            "database_denies",
            database=database.name,
            why=_first_line(error),
            remedy="grant this user the tables of the database, on the primary server",
        ) from error
    except (
        errors.UniqueViolation,
        errors.SerializationFailure,
        errors.DeadlockDetected,
        errors.LockNotAvailable,
    ) as error:
        raise StorageError(
            "store_contended", database=database.name, why=_first_line(error)
        ) from error
    except psycopg.OperationalError as error:
        raise StorageError(
            "database_gone", database=database.name, why=_first_line(error)
        ) from error
    except psycopg.Error as error:
        raise StorageError(
            "store_failed", database=database.name, why=_first_line(error)
        ) from error


@lru_cache(maxsize=256)
def placed(sql: str) -> LiteralString:
    """Our `?` as psycopg's `%s`; no statement of ours holds either sign otherwise."""
    return sql.replace("?", "%s")


class PostgresDoor:
    """One connection, made again by itself at the next use after it broke."""

    def __init__(self, database: Database, open_: Callable[[], Connection]) -> None:
        self._database = database
        self._open = open_
        self._connection = open_()
        self._is_inside = False

    def all(self, sql: str, *values: object) -> list[Row]:
        """Every row of an answer."""
        with translated(self._database):
            return self._living().execute(placed(sql), values).fetchall()

    def among(self, sql: str, types: str, keys: Iterable[Row]) -> list[Row]:
        """Every row of an answer whose `{keys}` is a table of these keys: t text, i integer."""
        columns = [list(column) for column in zip(*keys, strict=True)]
        if not columns:
            return []
        arrays = ", ".join(_ARRAYS[each] for each in types)
        table = f"(SELECT * FROM unnest({arrays}))"  # noqa: S608 - made of constant parts
        return self.all(sql.replace("{keys}", table), *columns)

    def run(self, sql: str, *values: object) -> int:
        """Change something; how many rows."""
        with translated(self._database):
            return self._living().execute(placed(sql), values).rowcount

    def run_many(self, sql: str, rows: Iterable[Row]) -> None:
        """The same change with many rows, sent without waiting for each answer."""
        with translated(self._database), self._living().cursor() as cursor:
            cursor.executemany(placed(sql), rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is on the server's disk at its end, or nothing is."""
        self._mend()
        self._is_inside = True
        try:
            with translated(self._database), self._connection.transaction():
                yield
        finally:
            self._is_inside = False

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _living(self) -> Connection:
        """Inside a transaction a broken connection stays broken, so that nothing of it is kept."""
        if not self._is_inside:
            self._mend()
        return self._connection

    def _mend(self) -> None:
        if self._connection.closed:
            self._connection = self._open()


def _open(database: Database, *, read_only: bool) -> Connection:
    settings = _SESSION | ({"default_transaction_read_only": "on"} if read_only else {})
    given: dict[str, Any] = {
        "autocommit": True,
        "connect_timeout": CONNECT_TIMEOUT_S,
        "application_name": "specimen-edge central",
        "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
    }
    if database.password is not None:
        given["password"] = database.password
    try:
        return psycopg.connect(database.url, **given)
    except psycopg.ProgrammingError as error:
        raise ConfigError(
            "database_url_malformed",
            why=_first_line(error),
            remedy="write central.database as postgresql://user@host:5432/name",
        ) from error
    except psycopg.OperationalError as error:
        raise _named(error, database) from error


def _named(error: psycopg.OperationalError, database: Database) -> ConfigError | StorageError:
    """What a failed connection means; libpq gives no code for it, only words."""
    why = _first_line(error)
    server = error.pgconn
    if server is not None and server.needs_password:
        return ConfigError(
            "database_password_missing",
            database=database.name,
            remedy="put the password into a file of mode 0600 and name it in "
            "central.database_password_file, or set PGPASSWORD",
        )
    if server is not None and "password authentication failed" in why:
        return ConfigError(
            "database_password_wrong",
            database=database.name,
            remedy="compare central.database_password_file or PGPASSWORD with the server's user",
        )
    if "FATAL" in why and "does not exist" in why:
        return ConfigError(
            "database_absent",
            database=database.name,
            why=why,
            remedy="create the user and the database: createuser, createdb",
        )
    return StorageError(
        "database_unreachable",
        database=database.name,
        why=why,
        remedy="check that PostgreSQL runs there and that host and port are right",
    )


def _check_durable(connection: Connection, database: Database) -> None:
    rows = connection.execute(
        "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(_DURABLE)]
    ).fetchall()
    off = sorted(name for name, setting in rows if setting != "on")
    if off:
        raise ConfigError(
            "database_not_durable",
            database=database.name,
            settings=",".join(off),
            remedy="turn them on in postgresql.conf: what is acknowledged must be on the disk",
        )


def _migrate(connection: Connection, migrations: str, database: Database) -> None:
    """Run each numbered script above the schema's version; all of them or none."""
    scripts = _scripts(migrations)
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_MIGRATION_LOCK])
        connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY)"
        )
        version = _check_version(connection, scripts, database)
        for script in scripts:
            number = _number(script)
            if number > version:
                connection.execute(script.read_bytes())
                connection.execute("INSERT INTO schema_version VALUES (%s)", [number])


def _check_version(connection: Connection, scripts: list[Traversable], database: Database) -> int:
    """The schema's version; StorageError when it is absent, or made by a later program."""
    try:
        rows = connection.execute("SELECT coalesce(max(version), 0) FROM schema_version").fetchall()
    except errors.UndefinedTable as error:
        raise StorageError(
            "store_absent",
            database=database.name,
            remedy="start `specimen-edge central` once: it makes the tables",
        ) from error
    version, newest = int(rows[0][0]), _number(scripts[-1])
    if version > newest:
        raise StorageError(
            "store_newer",
            database=database.name,
            version=version,
            known=newest,
            remedy="run the newer release that made it; an older one must not write here",
        )
    return version


def _scripts(migrations: str) -> list[Traversable]:
    folder = files("edge.storage") / "migrations" / migrations
    return sorted((each for each in folder.iterdir() if each.name.endswith(".sql")), key=_number)


def _number(script: Traversable) -> int:
    return int(script.name.split("_", 1)[0])


def _first_line(error: psycopg.Error) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
