"""A private PostgreSQL cluster: temporary folder, free port, unprivileged user, fsync on."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from signal import SIGINT

import psutil
import psycopg
import pytest
from waiting import until

from edge.host.reach import free_port

OWNER = "specimen"
PASSWORD = "a-secret-of-the-test"  # noqa: S105 - of a cluster that lives for one test run
_LIBRARY = Path("/usr/lib/postgresql")
_PORT_TRIES = 5
_NUMBERS = count(1)


def find_postgres() -> Path | None:
    """The folder of the newest server's programs, as Debian lays them out."""
    found = [each.parent for each in _LIBRARY.glob("*/bin/postgres")]
    return max(found, key=lambda each: int(each.parent.name), default=None)


@dataclass
class Cluster:
    """One server process over one data folder; it keeps its port over restarts."""

    folder: Path
    programs: Path
    port: int = 0
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return self._process.pid if self._process else None

    def url(self, database: str = "postgres") -> str:
        """Over TCP, where a password is asked for; the URL does not name it."""
        return f"postgresql://{OWNER}@127.0.0.1:{self.port}/{database}"

    def conninfo(self, database: str = "postgres") -> str:
        """Over the socket, where nobody is asked."""
        return f"host={self.folder} port={self.port} user={OWNER} dbname={database}"

    def create(self) -> None:
        """Make the data folder; only `postgres`, or whoever runs the tests, can read it."""
        secret = self.folder / "secret"
        secret.write_text(PASSWORD, encoding="utf-8")
        own(self.folder, secret)
        command = (
            *_as_server(),
            str(self.programs / "initdb"),
            f"--pgdata={self.folder / 'data'}",
            f"--username={OWNER}",
            f"--pwfile={secret}",
            "--auth-local=trust",
            "--auth-host=scram-sha-256",
            "--encoding=UTF8",
            "--no-locale",
        )
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder, timeout=60)

    def start(self) -> None:
        """Start and wait until it answers."""
        for _ in range(1 if self.port else _PORT_TRIES):
            port = self.port or free_port()
            if self._start_once(port):
                self.port = port
                return
        raise AssertionError(self.log.read_text(errors="replace")[-2000:])

    def stop(self) -> None:
        """Fast shutdown by its pid, then by force."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self) -> None:
        """As a power cut would end it; its children notice and end too, and are waited for."""
        process, self._process = self._process, None
        if process is not None:
            family = psutil.Process(process.pid).children(recursive=True)
            process.kill()
            process.wait()
            until(lambda: not any(each.is_running() for each in family), 60.0)

    def new_database(self) -> str:
        """An empty database; its name."""
        name = f"central_{os.getpid()}_{next(_NUMBERS)}"
        with psycopg.connect(self.conninfo(), autocommit=True) as admin:
            admin.execute(f'CREATE DATABASE "{name}"'.encode())
        return name

    def _start_once(self, port: int) -> bool:
        command = (
            *_as_server(),
            str(self.programs / "postgres"),
            *("-D", str(self.folder / "data")),
            *("-p", str(port)),
            *("-k", str(self.folder)),
            *("-c", "listen_addresses=127.0.0.1"),
            *("-c", "fsync=on"),
            *("-c", "max_connections=60"),
        )
        with self.log.open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        self._process = process
        self.port = port
        until(lambda: process.poll() is not None or self._answers(), 60.0)
        if process.poll() is None:
            return True
        self.port = 0
        return False

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.conninfo(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


def own(*paths: Path) -> None:
    """Hand paths to the user that the server runs as."""
    if os.geteuid() == 0:
        user = pwd.getpwnam(_server_user())
        for path in paths:
            os.chown(path, user.pw_uid, user.pw_gid)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A running cluster; skips where Debian's `postgresql` is not installed."""
    programs = find_postgres()
    if programs is None:
        pytest.skip("PostgreSQL's server is not installed: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="specimen-edge-pg-"))
    made = Cluster(folder, programs)
    try:
        made.create()
        made.start()
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """One cluster for all tests of a run; each test makes a database of its own."""
    with cluster() as made:
        yield made


def _server_user() -> str:
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return "nobody"


def _as_server() -> tuple[str, ...]:
    """PostgreSQL refuses to run as root; `setpriv` also ends it when the test run dies."""
    if os.geteuid() != 0:
        return ("setpriv", "--pdeathsig", "INT", "--")
    user = pwd.getpwnam(_server_user())
    ids = (f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
    return ("setpriv", *ids, "--pdeathsig", "INT", "--")
