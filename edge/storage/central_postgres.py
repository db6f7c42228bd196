"""The platform's store on PostgreSQL: several consumers over one database."""

from contextlib import AbstractContextManager
from functools import partial
from secrets import token_hex

from edge.storage.central_reads import CentralReads
from edge.storage.central_writes import CentralWrites
from edge.storage.postgres import Connection, Database, PostgresDoor, connect, translated

MIGRATIONS = "central_postgres"


class PostgresReader(CentralReads):
    """Reads the platform's store beside its consumers."""

    def __init__(self, database: Database) -> None:
        opened = partial(connect, database, migrations=MIGRATIONS, read_only=True)
        super().__init__(PostgresDoor(database, opened))


class PostgresCentral(CentralWrites):
    """One consumer's connection; every transaction is durable at the server when it ends."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._postgres = PostgresDoor(database, self._opened)
        super().__init__(self._postgres)

    def transaction(self) -> AbstractContextManager[None]:
        """Everything inside is on the disk at its end, or nothing is."""
        return self._postgres.transaction()

    def _opened(self) -> Connection:
        connection = connect(self._database, migrations=MIGRATIONS)
        try:
            with translated(self._database):
                connection.execute(
                    "INSERT INTO platform VALUES (true, %s) ON CONFLICT DO NOTHING", [token_hex(8)]
                )
        except BaseException:
            connection.close()
            raise
        return connection
