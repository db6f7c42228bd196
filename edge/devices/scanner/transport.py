"""The seam between a reader and its line: few verbs, one family of errors; step 1 of the path."""

import re
from enum import StrEnum
from typing import Protocol

from edge.core.errors import ConfigError
from edge.devices.scanner.hid_port import HidPort
from edge.devices.scanner.tcp_port import TcpPort

_INSTALL = 'pip install "specimen-edge[scanner]"'
_LONGEST_TEXT = 200
_SOCKET = re.compile(r"socket://(?P<host>[\w.-]+|\[[0-9a-fA-F:]+\]):(?P<port>\d{1,5})")
_PORT_LIMIT = 65_536


class Transport(Protocol):
    """A line to a device; every failure is a `DeviceError`."""

    def open(self, baud: int) -> None:
        """Take the line for us alone, bit/s; what had arrived before is thrown away."""
        ...

    def read(self, timeout_s: float) -> bytes:
        """What has arrived, waiting for the first byte; empty when nothing came in time."""
        ...

    def write(self, data: bytes) -> None:
        """Send all of it."""
        ...

    def wake(self) -> None:
        """End a waiting `read` at once; from any thread."""
        ...

    def close(self) -> None:
        """Let the line go; never fails, also when the device is gone."""
        ...


class Kind(StrEnum):
    """What a word of the settings names."""

    SERIAL = "serial"
    INPUT = "input"
    SOCKET = "socket"


def kind_of(place: str) -> Kind:
    """What a place is; ConfigError `scanner_place_malformed` when it is none."""
    if len(place) > _LONGEST_TEXT or not place.isprintable():
        raise ConfigError("scanner_place_malformed", place=place[:80])
    socket = _SOCKET.fullmatch(place)
    if socket is not None and 0 < int(socket["port"]) < _PORT_LIMIT:
        return Kind.SOCKET
    if not place.startswith("/") or "://" in place:
        raise ConfigError("scanner_place_malformed", place=place)
    return Kind.INPUT if place.startswith("/dev/input/") else Kind.SERIAL


def transport_of(place: str) -> Transport:
    """The line that a word of the settings names: a device or input node, or `socket://host:port`."""
    match kind_of(place):
        case Kind.SOCKET:
            host, _, port = place.removeprefix("socket://").rpartition(":")
            return TcpPort(host.strip("[]"), int(port))
        case Kind.INPUT:
            return HidPort(place)
        case Kind.SERIAL:
            return _serial_port(place)


def _serial_port(path: str) -> Transport:
    try:
        from edge.devices.scanner.serial_port import SerialPort  # noqa: PLC0415 - extra
    except ModuleNotFoundError as error:
        raise ConfigError("scanner_extra_missing", place=path, install=_INSTALL) from error
    return SerialPort(path)
