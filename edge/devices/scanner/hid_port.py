"""The input node of a keyboard wedge, grabbed so that nothing else on the machine gets its keys."""

import errno
import fcntl
import os
import select
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from edge.core.errors import DeviceBusy, DeviceDenied, DeviceError, DeviceGone
from edge.devices.scanner.hid import EVENT

_GRAB: Final = 0x40044590
"""EVIOCGRAB of linux/input.h: `_IOW('E', 0x90, int)`."""
_BLOCK_BYTES: Final = EVENT.size * 64


def grab(fd: int) -> None:
    """Take the device for us alone; its keys reach neither a browser nor a terminal."""
    fcntl.ioctl(fd, _GRAB, 1)


class HidPort:
    """An event node by its stable path (`/dev/input/by-id/…-event-kbd`); nothing can be sent."""

    def __init__(self, path: str, *, take_alone: Callable[[int], None] = grab) -> None:
        self._path = path
        self._take_alone = take_alone
        self._fd = -1
        self._woken = self._waker = -1

    def open(self, baud: int) -> None:
        """Open and grab; a wedge has no speed."""
        del baud
        self.close()
        try:
            self._fd = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            self._take_alone(self._fd)
            self._woken, self._waker = os.pipe()
        except OSError as error:
            self.close()
            raise self._translate(error) from error

    def read(self, timeout_s: float) -> bytes:
        """Events that have arrived; empty after `timeout_s` or `wake`."""
        try:
            ready, _, _ = select.select([self._fd, self._woken], [], [], timeout_s)
            if self._woken in ready:
                os.read(self._woken, _BLOCK_BYTES)
            if self._fd not in ready:
                return b""
            data = os.read(self._fd, _BLOCK_BYTES)
        except BlockingIOError:
            return b""
        except (OSError, ValueError) as error:
            raise self._translate(error) from error
        if not data:
            raise DeviceGone("scanner_gone", path=self._path, why="closed by the other end")
        return data

    def write(self, data: bytes) -> None:
        """Refused: a keyboard takes no orders."""
        raise DeviceError("scanner_one_way", path=self._path, size=len(data))

    def wake(self) -> None:
        """End a waiting read."""
        if self._waker >= 0:
            with suppress(OSError):
                os.write(self._waker, b"\x00")

    def close(self) -> None:
        """Let the device go, and with it the grab."""
        fds = (self._fd, self._woken, self._waker)
        self._fd = self._woken = self._waker = -1
        for fd in fds:
            if fd >= 0:
                with suppress(OSError):
                    os.close(fd)

    def _translate(self, error: Exception) -> DeviceError:
        number = getattr(error, "errno", None)
        if number == errno.EBUSY:
            return DeviceBusy("scanner_busy", path=self._path, why="held by another process")
        if number in (errno.EACCES, errno.EPERM):
            return DeviceDenied("scanner_denied", path=self._path, why="no permission")
        return DeviceGone("scanner_gone", path=self._path, why=type(error).__name__)
