"""Climate sensors on a pseudo-terminal: Modbus RTU as a host sees it, faults of line and sensor."""

import os
import select
import threading
import tty
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

_TICK_S = 0.02
_REQUEST_BYTES: Final = 8
_BLOCK_BYTES: Final = 256
_ILLEGAL_ADDRESS: Final = 2
_BUSY: Final = 6


class LineFault(StrEnum):
    """What goes wrong with the next answer."""

    SILENT = "silent"
    BAD_CHECK = "bad_check"
    HALF = "half"
    OTHER_ADDRESS = "other_address"
    NOISE = "noise"
    BUSY = "busy"
    ECHO = "echo"


@dataclass
class SimSensor:
    """A sensor: its address, how it is asked, and its registers from `first` on."""

    address: int = 1
    function: int = 4
    first: int = 1
    values: list[int] = field(default_factory=lambda: [200, 960])
    polls: int = 0

    def show(self, *values: int) -> None:
        """What its registers hold from now on, signed."""
        self.values = list(values)


def check_bytes(frame: bytes) -> bytes:
    """The two check bytes of a Modbus RTU frame, low byte first."""
    check = 0xFFFF
    for byte in frame:
        check ^= byte
        for _ in range(8):
            check = (check >> 1) ^ 0xA001 if check & 1 else check >> 1
    return check.to_bytes(2, "little")


class SimClimateLine:
    """An RS-485 line behind a stable link; unplugged, the link and the terminal are gone."""

    def __init__(self, path: Path, *sensors: SimSensor) -> None:
        self.path = path
        self.sensors = {sensor.address: sensor for sensor in sensors}
        self.faults: deque[LineFault] = deque()
        self._lock = threading.RLock()
        self._master = self._slave = -1
        self._running = False
        self._thread: threading.Thread | None = None

    def plug(self) -> None:
        """Power and cable: a new terminal, the link moved to it."""
        with self._lock:
            if self._master >= 0:
                return
            self._master, self._slave = os.openpty()
            tty.setraw(self._slave)
            fresh = self.path.with_name(self.path.name + ".new")
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(os.ttyname(self._slave))
            fresh.replace(self.path)
        if not self._running:
            self._running = True
            self._thread = threading.Thread(target=self._run, name="sim-climate", daemon=True)
            self._thread.start()

    def unplug(self) -> None:
        """Pull the cable."""
        with self._lock:
            self.path.unlink(missing_ok=True)
            for descriptor in (self._slave, self._master):
                if descriptor >= 0:
                    os.close(descriptor)
            self._master = self._slave = -1

    def close(self) -> None:
        """Unplug for good."""
        self._running = False
        if self._thread is not None:
            self._thread.join()
        self.unplug()

    def _run(self) -> None:
        buffer = b""
        while self._running:
            with self._lock:
                master = os.dup(self._master) if self._master >= 0 else -1
            if master < 0:
                threading.Event().wait(_TICK_S)
                continue
            try:
                buffer = self._serve(master, buffer)
            finally:
                os.close(master)

    def _serve(self, master: int, buffer: bytes) -> bytes:
        """What has arrived, answered request by request; the rest waits for its end."""
        with suppress(OSError):
            if select.select([master], [], [], _TICK_S)[0]:
                buffer += os.read(master, _BLOCK_BYTES)
        while len(buffer) >= _REQUEST_BYTES:
            frame = buffer[:_REQUEST_BYTES]
            if check_bytes(frame[:-2]) != frame[-2:]:
                buffer = buffer[1:]
                continue
            buffer = buffer[_REQUEST_BYTES:]
            with suppress(OSError):
                os.write(master, self._answer(frame))
        return buffer

    def _answer(self, frame: bytes) -> bytes:
        sensor = self.sensors.get(frame[0])
        if sensor is None:
            return b""
        sensor.polls += 1
        answer = _reply(sensor, frame)
        fault = self.faults.popleft() if self.faults else None
        return answer if fault is None else _spoiled(answer, frame, fault)


def _reply(sensor: SimSensor, frame: bytes) -> bytes:
    function, first = frame[1], int.from_bytes(frame[2:4], "big")
    count = int.from_bytes(frame[4:6], "big")
    at = first - sensor.first
    if function != sensor.function or at < 0 or at + count > len(sensor.values):
        body = bytes((sensor.address, function | 0x80, _ILLEGAL_ADDRESS))
    else:
        data = b"".join(
            (value & 0xFFFF).to_bytes(2, "big") for value in sensor.values[at : at + count]
        )
        body = bytes((sensor.address, function, len(data))) + data
    return _checked(body)


def _spoiled(answer: bytes, frame: bytes, fault: LineFault) -> bytes:
    return {
        LineFault.SILENT: b"",
        LineFault.BAD_CHECK: answer[:-1] + bytes([answer[-1] ^ 0x40]),
        LineFault.HALF: answer[: len(answer) // 2],
        LineFault.OTHER_ADDRESS: _checked(bytes([answer[0] + 1]) + answer[1:-2]),
        LineFault.NOISE: b"\x00\xff" + answer,
        LineFault.BUSY: _checked(bytes((answer[0], frame[1] | 0x80, _BUSY))),
        LineFault.ECHO: frame + answer,
    }[fault]


def _checked(body: bytes) -> bytes:
    return body + check_bytes(body)
