"""A real mosquitto of one's own: for the demonstration and for tests, on a free loopback port."""

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.core.errors import ConfigError, DeviceGone

HOST = "127.0.0.1"
READY_S = 10.0
STOP_S = 5.0
PORT_TRIES = 5
_POLL_S = 0.02
_MEGABYTE = 1024 * 1024
_SBIN = ("/usr/sbin", "/usr/local/sbin")
_RUNNING = " running"
"""What it logs once its port is bound: a connection alone might be to another process."""


@dataclass(frozen=True, slots=True)
class BrokerTls:
    """Certificates of the broker; clients must show one of the same authority."""

    ca: Path
    cert: Path
    key: Path
    acl: Path


class Mosquitto:
    """One broker process with its folder; it keeps its port over restarts.

    With port 0 a free one is found at the first start. Raises ConfigError `mosquitto_absent`.
    """

    def __init__(self, folder: Path, *, tls: BrokerTls | None = None, port: int = 0) -> None:
        self._folder = folder.absolute()
        self._tls = tls
        self._program = find_mosquitto()
        self._process: subprocess.Popen[bytes] | None = None
        self.port = port

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self, lines: Iterable[str] | None = None) -> None:
        """Start and wait until it accepts connections; raise DeviceGone with its log.

        `lines` is a configuration for this very port in place of its own.
        """
        if self.pid is not None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        tries = 1 if self.port else PORT_TRIES
        for _ in range(tries):
            self.port = self.port or _free_port()
            if self._start_once(self.lines() if lines is None else lines):
                return
            if tries > 1:
                self.port = 0
        raise DeviceGone("broker_does_not_start", log=self.log_text()[-2000:])

    def stop(self) -> None:
        """Ask it to stop, then make it."""
        self._end(signal_first=True)

    def kill(self) -> None:
        """Kill -9, as a power cut would."""
        self._end(signal_first=False)

    def restart(self) -> None:
        """Stop it and start it again on the same port, with what it has kept."""
        self.stop()
        self.start()

    def log_text(self) -> str:
        """What it has said so far."""
        log = self._folder / "mosquitto.log"
        return log.read_text(errors="replace") if log.exists() else ""

    def _start_once(self, lines: Iterable[str]) -> bool:
        config = self._folder / "mosquitto.conf"
        config.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        said = len(self.log_text())
        with (self._folder / "mosquitto.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - a program found on PATH, no shell
                (self._program, "-c", str(config)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        for _ in range(int(READY_S / _POLL_S)):
            if self._process.poll() is not None:
                return False
            if _RUNNING in self.log_text()[said:] and _accepts(self.port):
                return True
            threading.Event().wait(_POLL_S)
        self._end(signal_first=False)
        return False

    def lines(self) -> Iterator[str]:
        """Its configuration, line by line."""
        yield f"listener {self.port} {HOST}"
        yield "persistence true"
        yield f"persistence_location {self._folder}/"
        yield "autosave_interval 1"
        yield "max_queued_messages 0"
        yield f"max_queued_bytes {256 * _MEGABYTE}"
        yield "max_inflight_messages 20"
        yield "set_tcp_nodelay true"
        yield "log_dest stderr"
        if os.geteuid() == 0:
            yield "user root"  # else it gives up root and cannot read its own folder
        if self._tls is None:
            yield "allow_anonymous true"
            return
        yield "allow_anonymous false"
        yield f"cafile {self._tls.ca}"
        yield f"certfile {self._tls.cert}"
        yield f"keyfile {self._tls.key}"
        yield "require_certificate true"
        yield "use_identity_as_username true"
        yield f"acl_file {self._tls.acl}"

    def _end(self, *, signal_first: bool) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if signal_first:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
        else:
            process.kill()
        process.wait()


def find_mosquitto(folders: tuple[str, ...] = _SBIN) -> str:
    """The program on PATH or in `folders`; raise ConfigError `mosquitto_absent` with its package.

    Debian installs it where the PATH of an ordinary user does not look.
    """
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path=os.pathsep.join(folders))
    if found is None:
        raise ConfigError("mosquitto_absent", remedy="apt-get install mosquitto")
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _accepts(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=1.0):
            return True
    except OSError:
        return False
