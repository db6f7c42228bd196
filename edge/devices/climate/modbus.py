"""Modbus RTU on a serial line, through minimalmodbus: the only door to that library."""

import errno
import fcntl
import termios
from contextlib import suppress

import minimalmodbus
import serial

from edge.core.errors import DeviceBusy, DeviceDenied, DeviceError, DeviceGone
from edge.devices.climate.profile import Line, Registers

_FAULTS = (OSError, termios.error, TypeError, ValueError)
"""What pyserial and minimalmodbus let out: the library's own errors are OSErrors as well; wrong
answers of a noisy line also surface as ValueError, a vanished device as termios.error."""


class ModbusLine:
    """One RS-485 line with any number of sensors; opened when first asked, held exclusively."""

    def __init__(self, path: str, line: Line, *, has_echo: bool = False) -> None:
        self._path = path
        self._line = line
        self._has_echo = has_echo
        self._port: serial.Serial | None = None

    def read(self, address: int, registers: Registers) -> tuple[int, ...]:
        """The registers of one sensor, signed; raise DeviceGone, DeviceBusy, DeviceError."""
        port = self._opened()
        try:
            instrument = minimalmodbus.Instrument(port, address)
            instrument.handle_local_echo = self._has_echo
            values = instrument.read_registers(
                registers.first, registers.count, functioncode=registers.function
            )
        except minimalmodbus.ModbusException as error:
            kind = type(error).__name__
            raise DeviceError("sensor_unanswered", path=self._path, why=kind) from error
        except _FAULTS as error:
            if not isinstance(error, OSError | termios.error):
                raise DeviceError("sensor_garbled", path=self._path, why=str(error)) from error
            self.close()
            raise self._translate(error) from error
        return tuple(value - 0x10000 if value & 0x8000 else value for value in values)

    def close(self) -> None:
        """Let go of the port, whatever state it is in."""
        port, self._port = self._port, None
        if port is None:
            return
        with suppress(*_FAULTS):
            fcntl.ioctl(port.fileno(), termios.TIOCNXCL)
        with suppress(*_FAULTS):
            port.close()

    def _opened(self) -> serial.Serial:
        if self._port is not None:
            return self._port
        try:
            self._port = serial.Serial(
                self._path,
                self._line.baud,
                parity=self._line.parity,
                stopbits=self._line.stop_bits,
                timeout=self._line.answer_s,
                write_timeout=2.0,
                exclusive=True,
            )
            fcntl.ioctl(self._port.fileno(), termios.TIOCEXCL)
        except _FAULTS as error:
            self.close()
            raise self._translate(error) from error
        return self._port

    def _translate(self, error: Exception) -> DeviceError:
        number = getattr(error, "errno", None)
        if number in (errno.EBUSY, errno.EAGAIN) or "exclusively lock" in str(error):
            return DeviceBusy("sensor_line_busy", path=self._path, why="held by another process")
        if number in (errno.EACCES, errno.EPERM):
            return DeviceDenied("sensor_line_denied", path=self._path, why="no permission")
        return DeviceGone("sensor_line_gone", path=self._path, why=type(error).__name__)
