"""Clusters of brokers that tests run on loopback, made from the shipped configuration files."""

import os
import shutil
import signal
import socket
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from waiting import until

HOST = "127.0.0.1"
NODES = 3
BROKERS = Path(__file__).parents[2] / "docs" / "brokers"
ACL = Path(__file__).parents[2] / "edge" / "mqtt" / "broker" / "acl"
READY_S = 120.0
STOP_S = 20.0


@dataclass(frozen=True, slots=True)
class ServerFiles:
    """Certificates of the nodes, and who may connect."""

    ca: Path
    cert: Path
    key: Path
    stations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Launch:
    """How a process is started."""

    argv: tuple[str, ...]
    environ: Mapping[str, str]


class NodeProcess:
    """One process with a group of its own, so that its children end with it; never by name."""

    def __init__(self, launch: Launch, log: Path) -> None:
        self.launch = launch
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._said = 0

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        if self.is_running:
            return
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._said = len(self.text())
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                self.launch.argv,
                env={**os.environ, **self.launch.environ},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            os.killpg(process.pid, number)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def fresh_text(self) -> str:
        """What it has said since its last start."""
        return self.text()[self._said :]

    def text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""


class BrokerCluster(ABC):
    """Three nodes of one engine; `ports` are those where stations connect."""

    keeps_retained_everywhere: bool
    """Whether a retained message is found at every node."""

    def __init__(self, folder: Path, files: ServerFiles) -> None:
        self.folder = folder
        self.files = files
        self.ports = free_ports(NODES)
        self.nodes: tuple[NodeProcess, ...] = ()

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        return tuple((HOST, port) for port in self.ports)

    def kill(self, number: int) -> None:
        """Kill -9 of a node, 0 to 2."""
        self.nodes[number].end(signal.SIGKILL)

    def start(self, number: int) -> None:
        """Start a node and wait until it serves."""
        self.nodes[number].start()
        self._await(number)

    @abstractmethod
    def is_ready(self, number: int) -> bool:
        """Whether a node serves as a member of the cluster."""

    def __enter__(self) -> Self:
        try:
            self._start_all()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        for each in self.nodes:
            each.end(signal.SIGKILL)

    def _start_all(self) -> None:
        for each in self.nodes:
            each.start()
        for number in range(NODES):
            self._await(number)

    def _await(self, number: int) -> None:
        node = self.nodes[number]

        def is_up() -> bool:
            assert node.is_running, node.text()[-3000:]
            return accepts(self.ports[number]) and self.is_ready(number)

        try:
            until(is_up, READY_S)
        except AssertionError as error:
            raise AssertionError(node.text()[-3000:]) from error


def free_ports(count: int) -> tuple[int, ...]:
    """Ports that nobody holds now, each another one."""
    with_sockets = [socket.socket() for _ in range(count)]
    try:
        for each in with_sockets:
            each.bind((HOST, 0))
        return tuple(each.getsockname()[1] for each in with_sockets)
    finally:
        for each in with_sockets:
            each.close()


def accepts(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=1.0):
            return True
    except OSError:
        return False


def shipped(name: str, changes: Mapping[str, str]) -> str:
    """A shipped configuration with some of its words changed; every one of them must be there."""
    text = (BROKERS / name).read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text, f"{name} has no {old!r}"
        text = text.replace(old, new)
    return text


def program(name: str, *folders: str) -> str | None:
    """Where a program is, also beside the PATH of an ordinary user."""
    return shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", ""), *folders)))


def numbered(folder: Path) -> Iterator[Path]:
    """A folder for each node."""
    for number in range(NODES):
        made = folder / f"node-{number}"
        made.mkdir(parents=True, exist_ok=True)
        yield made
