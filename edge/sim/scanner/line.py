"""A scanner module on a pseudo-terminal, behind a stable link as udev would make it."""

import fcntl
import os
import select
import termios
import threading
import time
import tty
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

_TICK_S = 0.05
_FORGET_EVERY_S = 1.0
_BLOCK_BYTES = 4096
_SPEEDS: Final = {
    getattr(termios, f"B{baud}"): baud
    for baud in (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)
}


class Module(Protocol):
    """The chip behind the line: bytes in, bytes out, a speed, and settings that outlive power."""

    @property
    def baud(self) -> int:
        """Speed of its side, bit/s."""
        ...

    def power_on(self) -> None:
        """What was not saved is gone."""
        ...

    def hear(self, data: bytes) -> bytes:
        """What it answers to bytes from the host."""
        ...

    def see(self, code: bytes) -> bytes:
        """What it sends when a code is shown to it."""
        ...


class SimScanner:
    """Runs a module on a pty; `path` is a link that leads to another node after each plugging.

    A host at another speed than the module's hears and says garbage, as on a real line.
    """

    def __init__(self, module: Module, path: Path, *, boot_s: float = 0.0) -> None:
        self.module = module
        self.path = path
        self.boot_s = boot_s
        self.heard = 0
        self._lock = threading.RLock()
        self._master = -1
        self._slave = -1
        self._ready_s = 0.0
        self._thread: threading.Thread | None = None
        self._running = False

    @property
    def plugged(self) -> bool:
        """Whether the cable is in."""
        return self._master >= 0

    @property
    def node(self) -> str:
        """The terminal that the link leads to now."""
        return os.ttyname(self._slave) if self.plugged else ""

    def plug(self) -> None:
        """Power and cable: a new node, the link moved to it at once."""
        with self._lock:
            if self.plugged:
                return
            self._master, self._slave = os.openpty()
            tty.setraw(self._slave)
            os.set_blocking(self._master, False)
            self.module.power_on()
            self._ready_s = time.monotonic() + self.boot_s
            fresh = self.path.with_name(self.path.name + ".new")
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(os.ttyname(self._slave))
            fresh.replace(self.path)
            if not self._running:
                self._running = True
                self._thread = threading.Thread(target=self._run, name="sim-scanner", daemon=True)
                self._thread.start()

    def unplug(self) -> None:
        """Pull the cable: the link goes, and who reads finds the line dead."""
        with self._lock:
            self.path.unlink(missing_ok=True)
            for fd in (self._slave, self._master):
                if fd >= 0:
                    os.close(fd)
            self._master = self._slave = -1

    def close(self) -> None:
        """Unplug for good."""
        self._running = False
        self.unplug()
        if self._thread is not None:
            self._thread.join()

    def show(self, code: bytes) -> None:
        """Hold a code before the module; nothing happens while it boots or is unplugged."""
        with self._lock:
            if self._is_up():
                self.send(self.module.see(code))

    def send(self, data: bytes, *, baud: int = 0) -> None:
        """Put bytes on the line as they are, at the module's speed or another; for faults."""
        with self._lock:
            if not self.plugged:
                return
            if self.host_baud != (baud or self.module.baud):
                data = _garbled(data)
            while data:
                try:
                    data = data[os.write(self._master, data) :]
                except BlockingIOError:
                    select.select([], [self._master], [], _TICK_S)

    def send_slowly(self, data: bytes, *, pieces: int, gap_s: float) -> None:
        """The same in pieces with pauses between them; a module answers nothing within a code."""
        pause = threading.Event()
        step = max(1, -(-len(data) // pieces))
        with self._lock:
            for at in range(0, len(data), step):
                if at:
                    pause.wait(gap_s)
                self.send(data[at : at + step])

    @property
    def host_baud(self) -> int:
        """The speed that the host has set."""
        return _SPEEDS.get(termios.tcgetattr(self._slave)[5], 0)

    def _is_up(self) -> bool:
        return self.plugged and time.monotonic() >= self._ready_s

    def _forget_the_dead(self) -> None:
        """Undo the exclusive claim of a host that was killed: this end keeps the terminal open.

        A real port forgets at its last close. A living host holds the lock and is left alone.
        """
        fcntl.flock(self._slave, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.ioctl(self._slave, termios.TIOCNXCL)
        fcntl.flock(self._slave, fcntl.LOCK_UN)

    def _run(self) -> None:
        due_s = 0.0
        while self._running:
            master = self._master
            try:
                ready, _, _ = select.select([master] if master >= 0 else [], [], [], _TICK_S)
            except (OSError, ValueError):
                continue
            with self._lock, suppress(OSError):
                if ready:
                    self._serve(master)
                elif self.plugged and time.monotonic() >= due_s:
                    self._forget_the_dead()
                    due_s = time.monotonic() + _FORGET_EVERY_S

    def _serve(self, master: int) -> None:
        if master != self._master:
            return
        data = os.read(master, _BLOCK_BYTES)
        self.heard += len(data)
        if not self._is_up():
            return
        baud = self.module.baud
        if self.host_baud != baud:
            data = _garbled(data)
        answer = self.module.hear(data)
        if answer:
            self.send(answer, baud=baud)


def _garbled(data: bytes) -> bytes:
    """What a receiver at another speed makes of bytes: as many, and none of them right."""
    return bytes(byte ^ 0xA5 ^ at % 7 for at, byte in enumerate(data, start=1))
