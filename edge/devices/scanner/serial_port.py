"""A serial port by its path, through pyserial: the only door to that library."""

import errno
import fcntl
import termios
from contextlib import suppress

import serial

from edge.core.errors import DeviceBusy, DeviceDenied, DeviceError, DeviceGone

_WRITE_LIMIT_S = 2.0
FAULTS = (OSError, termios.error, TypeError, ValueError)
"""What pyserial 3.5 lets out when a device vanishes; SerialException is an OSError, the last three
are not: termios.error comes from flushing, TypeError from a descriptor closed meanwhile."""


class SerialPort:
    """8N1 without flow control, held exclusively: flock against those who ask, TIOCEXCL for all."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._port: serial.Serial | None = None

    def open(self, baud: int) -> None:
        """Open or reopen; a link is followed anew each time, so a renumbered node is found."""
        self.close()
        try:
            self._port = serial.Serial(
                self._path, baud, timeout=0, write_timeout=_WRITE_LIMIT_S, exclusive=True
            )
            fcntl.ioctl(self._port.fileno(), termios.TIOCEXCL)
            self._port.reset_input_buffer()
        except FAULTS as error:
            self.close()
            raise self._translate(error) from error

    def read(self, timeout_s: float) -> bytes:
        """What has arrived; empty after `timeout_s` or `wake`."""
        port = self._held()
        try:
            if port.timeout != timeout_s:
                port.timeout = timeout_s
            first = bytes(port.read(1))
            return first + bytes(port.read(port.in_waiting)) if first else first
        except FAULTS as error:
            raise self._translate(error) from error

    def write(self, data: bytes) -> None:
        """Send; a module that takes nothing for 2 s is gone."""
        try:
            self._held().write(data)
        except FAULTS as error:
            raise self._translate(error) from error

    def wake(self) -> None:
        """End a waiting read."""
        port = self._port
        if port is not None:
            with suppress(*FAULTS):
                port.cancel_read()

    def close(self) -> None:
        """Let go of the port, whatever state it is in."""
        port, self._port = self._port, None
        if port is None:
            return
        with suppress(*FAULTS):
            fcntl.ioctl(port.fileno(), termios.TIOCNXCL)
        with suppress(*FAULTS):
            port.close()

    def _held(self) -> serial.Serial:
        if self._port is None:
            raise DeviceGone("scanner_gone", path=self._path, why="not open")
        return self._port

    def _translate(self, error: Exception) -> DeviceError:
        """Ours for theirs; "no data" is also what a second process on the port looks like."""
        number = getattr(error, "errno", None)
        text = str(error)
        if number in (errno.EBUSY, errno.EAGAIN) or "exclusively lock" in text:
            return DeviceBusy("scanner_busy", path=self._path, why="held by another process")
        if number in (errno.EACCES, errno.EPERM):
            return DeviceDenied("scanner_denied", path=self._path, why="no permission")
        if "multiple access" in text:
            return DeviceGone("scanner_gone", path=self._path, why="unplugged or shared")
        return DeviceGone("scanner_gone", path=self._path, why=type(error).__name__)
