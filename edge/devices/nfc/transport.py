"""The serial line to a reader: nfcpy's own transport, opened by path, held alone, never hanging.

nfcpy 1.0.4 raises IndexError on short frames and termios.error (no OSError) when a cable comes
off; here each becomes an OSError that the driver expects, and leaves this package as DeviceError.
"""

import contextlib
import errno
import logging
import os
import re
import select
import struct
import termios
from collections.abc import Iterator
from pathlib import Path

import nfc.clf
import serial
from nfc.clf import pn53x
from nfc.clf import transport as nfc_transport

from edge.core.errors import DeviceBusy, DeviceDenied, DeviceError, DeviceGone

START_BAUD = 115_200
WRITE_LIMIT_S = 1.0
_SEARCH_MS, _WORK_MS = 50, 400
"""Least patience with an answer and with its rest: while the speed is looked for, and later.

The driver gives an acknowledgement 100 ms, which a busy processor can miss with a sound reader.
"""
_READ_BYTES = 512
_SHORT_FRAME, _LONG_FRAME, _LONG_HEAD = 7, 10, 8
_PATH = re.compile(r"/[\w./:@+,-]+")
_ACK = bytes.fromhex("0000ff00ff00")
_NACK = bytes.fromhex("0000ffff0000")

DRIVER_SLIPS = (
    *(LookupError, TypeError, ValueError, AttributeError, AssertionError),
    *(struct.error, termios.error),
)
"""What nfcpy raises where bytes are not as it expects them."""

# What the driver would log is told as DeviceError; importing it redirected Python's warnings.
logging.getLogger("nfc").setLevel(logging.CRITICAL)
logging.captureWarnings(capture=False)


class SerialTransport(nfc_transport.TTY):  # type: ignore[misc]  # nfcpy has no type information
    """A port by any path: a device node, a link by id, a pseudo-terminal.

    A command's first answer must be its ACK: a stray answer of an earlier command would else be
    taken for this one's.
    """

    def __init__(self, path: Path) -> None:
        """Open nothing yet; DeviceDenied `path_unsafe` for a path that no port has."""
        if _PATH.fullmatch(str(path)) is None:
            raise DeviceDenied("path_unsafe", path=str(path))
        self.tty: serial.Serial | None = None
        self._path = str(path)
        self._poll = select.poll()
        self._received = bytearray()
        self._awaits_ack = False
        self._least_ms = _SEARCH_MS

    def open(self, port: str, baudrate: int = START_BAUD) -> None:
        """Open the port for this process alone (an advisory lock that drivers respect)."""
        self.close()
        self.tty = serial.Serial(
            port, baudrate, timeout=0, write_timeout=WRITE_LIMIT_S, exclusive=True
        )
        self._poll = select.poll()
        self._poll.register(self.tty.fileno(), select.POLLIN)
        self._received.clear()
        self._awaits_ack = False
        self._least_ms = _SEARCH_MS

    def connect(self) -> None:
        """Open the path at the speed that a chip has after power-on."""
        self.open(self._path)

    def set_speed(self, baud: int) -> None:
        """Another speed, once everything is sent that was written."""
        tty = self._open_port()
        with _as_os_error():
            tty.flush()
            tty.baudrate = baud

    def be_patient(self) -> None:
        """Once the chip is found: an answer that comes late is better than a reader lost."""
        self._least_ms = _WORK_MS

    def write(self, frame: bytes | bytearray) -> None:
        """Send a frame; what was received before is dropped."""
        tty = self._open_port()
        self._received.clear()
        with _as_os_error():
            tty.reset_input_buffer()
            tty.write(frame)
        self._awaits_ack = bytes(frame) != _ACK

    def read(self, timeout: int) -> bytearray:
        """One frame within `timeout` milliseconds; OSError ETIMEDOUT or EIO."""
        with _as_os_error():
            frame = self._read_frame(timeout)
        if self._awaits_ack:
            self._awaits_ack = False
            if frame != _ACK:
                raise OSError(errno.EIO, "no acknowledgement")
        return frame

    def close(self) -> None:
        """Let the port go, whatever state it is in; nothing is flushed and nothing raised."""
        tty, self.tty = self.tty, None
        if tty is not None:
            with contextlib.suppress(OSError, termios.error, TypeError, ValueError):
                tty.close()

    def _open_port(self) -> serial.Serial:
        if self.tty is None:
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        return self.tty

    def _read_frame(self, timeout: int) -> bytearray:
        fd = self._open_port().fileno()
        patience_ms = max(timeout, self._least_ms)
        while (frame := self._take_frame()) is None:
            if not self._poll.poll(patience_ms):
                code = errno.EIO if self._received else errno.ETIMEDOUT
                self._received.clear()
                raise OSError(code, os.strerror(code))
            arrived = os.read(fd, _READ_BYTES)
            if not arrived:
                raise OSError(errno.EIO, "the line has ended")
            self._received += arrived
            patience_ms = self._least_ms
        return frame

    def _take_frame(self) -> bytearray | None:
        """The frame at the front of what was received, None while it is not whole; OSError EIO."""
        if len(self._received) < len(_ACK):
            return None
        if self._received[:3] != b"\x00\x00\xff":
            self._received.clear()
            raise OSError(errno.EIO, "no frame")
        size = self._frame_size()
        if size is None or len(self._received) < size:
            return None
        frame = self._received[:size]
        del self._received[:size]
        return frame

    def _frame_size(self) -> int | None:
        """Bytes of the frame at the front, None while that cannot be known."""
        received = self._received
        if received[: len(_ACK)] in (_ACK, _NACK):
            return len(_ACK)
        if received[3:5] != b"\xff\xff":
            return received[3] + _SHORT_FRAME
        if len(received) < _LONG_HEAD:
            return None
        return int.from_bytes(received[5:7], "big") + _LONG_FRAME


@contextlib.contextmanager
def _as_os_error() -> Iterator[None]:
    """What pyserial and termios raise, as the OSError that the driver handles."""
    try:
        yield
    except (termios.error, TypeError, ValueError) as error:
        raise OSError(errno.EIO, str(error)) from error


@contextlib.contextmanager
def as_device_error(path: Path) -> Iterator[None]:
    """Everything that this door's libraries raise, as one family; radio troubles pass."""
    try:
        yield
    except nfc.clf.CommunicationError:
        raise
    except serial.SerialException as error:
        raise _opening_error(path, error) from error
    except OSError as error:
        kind = DeviceGone if _is_gone(path, error) else DeviceError
        raise kind("nfc_line", path=str(path), why=error.strerror or str(error)) from error
    except (pn53x.Chipset.Error, nfc.clf.Error) as error:
        raise DeviceError("nfc_chip", path=str(path), why=str(error)) from error
    except DRIVER_SLIPS as error:
        raise DeviceError("nfc_driver", path=str(path), why=repr(error)) from error


def _is_gone(path: Path, error: OSError) -> bool:
    return error.errno in (errno.ENODEV, errno.ENXIO, errno.ENOENT) or not path.exists()


def _opening_error(path: Path, error: serial.SerialException) -> DeviceError:
    match error.errno:
        case errno.EACCES | errno.EPERM:
            return DeviceDenied("nfc_denied", path=str(path))
        case errno.EAGAIN | errno.EBUSY:
            return DeviceBusy("nfc_busy", path=str(path))
        case _ if _is_gone(path, error):
            return DeviceGone("nfc_absent", path=str(path))
        case _:
            return DeviceError("nfc_line", path=str(path), why=str(error))
