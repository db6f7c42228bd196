"""The chip on a pseudo-terminal: a thread that carries bytes at the speed of the line."""

import contextlib
import fcntl
import os
import select
import termios
import threading
import time
import tty
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from edge.sim.pn532.chip import Chip, Out
from edge.sim.pn532.faults import Fault
from edge.sim.pn532.tags import Tag

_READ_BYTES = 4096
_POLL_S = 0.02
_STOP_LIMIT_S = 2.0
_BITS_PER_BYTE = 10
_OSPEED = 5
_SPEEDS = {
    getattr(termios, name): int(name[1:])
    for name in dir(termios)
    if name[:1] == "B" and name[1:].isdigit()
}


class Pn532Port:
    """A reader on a cable; `link` is the stable name that a node gets while it is plugged in.

    With `timed=False` bytes and radio take no time.
    """

    def __init__(self, link: Path, *, timed: bool = True) -> None:
        self.link = link
        self.chip = Chip()
        self._timed = timed
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._master: int | None = None
        self._slave: int | None = None
        self._thread: threading.Thread | None = None
        self._turn = 0
        self._strays: deque[tuple[float, bytes]] = deque()

    def __enter__(self) -> Self:
        """Plug in and start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Unplug and end."""
        self.stop()

    def start(self) -> None:
        """Plug the reader in and let it work."""
        self.plug()
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, name="sim-pn532", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Unplug the reader and end its thread."""
        self._stop.set()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(_STOP_LIMIT_S)
        self.unplug()

    def tap(self, *tags: Tag) -> None:
        """Lay tags on the reader, instead of those that are there."""
        with self._lock:
            self.chip.field.place(tags)

    def lift(self) -> None:
        """Take every tag away."""
        self.tap()

    def trouble(self, faults: Iterable[Fault]) -> None:
        """Plan faults."""
        with self._lock:
            self.chip.faults.add(faults)

    def calm(self) -> int:
        """Plan no faults any more; how many happened since the last time."""
        with self._lock:
            self.chip.faults.clear()
            met = len(self.chip.faults.met)
            self.chip.faults.met.clear()
        return met

    def power_on(self) -> None:
        """Cut the chip's power for a moment; the cable stays."""
        with self._lock:
            self.chip.power_on()

    def plug(self, *, renumbered: bool = False) -> None:
        """A fresh node behind the link, the chip as after power-on.

        `renumbered` makes sure that the node's number differs from the last one.
        """
        held = os.openpty() if renumbered else ()
        with self._lock:
            if self._master is None:
                self._open_line()
        for descriptor in held:
            os.close(descriptor)

    def unplug(self) -> None:
        """The cable comes off: the node dies under whoever holds it."""
        with self._lock:
            self._cut()

    def replug_keeping_power(self) -> None:
        """A fresh node while the chip keeps its power, as when only the host started again."""
        with self._lock:
            self._cut()
            self._open_line(powered=True)

    @property
    def node(self) -> str | None:
        """The node that the link names now."""
        with self._lock:
            return None if self._slave is None else os.ttyname(self._slave)

    def _open_line(self, *, powered: bool = False) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self._turn += 1
        if not powered:
            self.chip.power_on()
        fresh = self.link.with_name(f".{self.link.name}.new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.ttyname(self._slave))
        fresh.replace(self.link)

    def _cut(self) -> None:
        self.link.unlink(missing_ok=True)
        self._turn += 1
        for descriptor in (self._master, self._slave):
            if descriptor is not None:
                os.close(descriptor)
        self._master = self._slave = None

    def _run(self) -> None:
        while not self._stop.is_set():
            with self._lock:
                turn = self._turn
                master = None if self._master is None else os.dup(self._master)
            if master is None:
                self._stop.wait(_POLL_S)
                continue
            self._strays.clear()
            try:
                while turn == self._turn and not self._stop.is_set():
                    self._serve(master)
            finally:
                os.close(master)

    def _serve(self, master: int) -> None:
        """One turn on the line: wait, read, work, answer."""
        poll = select.poll()
        poll.register(master, select.POLLIN)
        with contextlib.suppress(OSError):
            if poll.poll(self._patience_s() * 1000):
                self._work(master, os.read(master, _READ_BYTES))
            while self._strays and self._strays[0][0] <= time.monotonic():
                os.write(master, self._strays.popleft()[1])

    def _patience_s(self) -> float:
        if not self._strays:
            return _POLL_S
        return min(_POLL_S, max(0.0, self._strays[0][0] - time.monotonic()))

    def _work(self, master: int, data: bytes) -> None:
        baud = _host_baud(master)
        self._pass(len(data) * _BITS_PER_BYTE / baud)
        with self._lock:
            outs = self.chip.receive(data, host_baud=baud, now_s=time.monotonic())
            line_baud = self.chip.baud
        for out in outs:
            self._send(master, out, line_baud)

    def _send(self, master: int, out: Out, baud: int) -> None:
        if out.cut:
            self.unplug()
        elif out.stray:
            self._strays.append((time.monotonic() + out.after_s, out.data))
        else:
            self._pass(out.after_s + len(out.data) * _BITS_PER_BYTE / baud)
            os.write(master, out.data)

    def _pass(self, seconds: float) -> None:
        if self._timed and seconds > 0:
            self._stop.wait(seconds)


def _host_baud(master: int) -> int:
    """The speed that the host has set on its side."""
    return _SPEEDS.get(termios.tcgetattr(master)[_OSPEED], 0) or 1


def is_held(path: Path) -> bool:
    """Whether some process holds a port exclusively (an advisory lock, as drivers use it)."""
    descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
