"""A serial port behind a terminal server (`socket://`, e.g. ser2net), which sets the speed."""

import select
import socket
from contextlib import suppress

from edge.core.errors import DeviceGone

_CONNECT_LIMIT_S = 2.0
_BLOCK_BYTES = 4096


class TcpPort:
    """A raw TCP line to a scanner."""

    def __init__(self, host: str, port: int) -> None:
        self._place = (host, port)
        self._socket: socket.socket | None = None
        self._pair: tuple[socket.socket, socket.socket] | None = None

    def open(self, baud: int) -> None:
        """Connect; `baud` is the terminal server's business."""
        del baud
        self.close()
        try:
            self._pair = socket.socketpair()
            self._socket = socket.create_connection(self._place, _CONNECT_LIMIT_S)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            self.close()
            raise self._gone(error) from error

    def read(self, timeout_s: float) -> bytes:
        """What has arrived; empty after `timeout_s` or `wake`."""
        line, woken = self._held()
        try:
            ready, _, _ = select.select([line, woken], [], [], timeout_s)
            if woken in ready:
                woken.recv(_BLOCK_BYTES)
            if line not in ready:
                return b""
            data = line.recv(_BLOCK_BYTES)
        except OSError as error:
            raise self._gone(error) from error
        if not data:
            raise DeviceGone("scanner_gone", path=self._name, why="closed by the other end")
        return data

    def write(self, data: bytes) -> None:
        """Send all of it."""
        try:
            self._held()[0].sendall(data)
        except OSError as error:
            raise self._gone(error) from error

    def wake(self) -> None:
        """End a waiting read."""
        pair = self._pair
        if pair is not None:
            with suppress(OSError):
                pair[1].send(b"\x00")

    def close(self) -> None:
        """Disconnect."""
        pair, self._pair = self._pair, None
        line, self._socket = self._socket, None
        for each in (*(pair or ()), *((line,) if line else ())):
            each.close()

    @property
    def _name(self) -> str:
        host, port = self._place
        return f"socket://{host}:{port}"

    def _held(self) -> tuple[socket.socket, socket.socket]:
        if self._socket is None or self._pair is None:
            raise DeviceGone("scanner_gone", path=self._name, why="not open")
        return self._socket, self._pair[0]

    def _gone(self, error: OSError) -> DeviceGone:
        return DeviceGone("scanner_gone", path=self._name, why=type(error).__name__)
