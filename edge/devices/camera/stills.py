"""A door's camera seen from the station (step 1): single pictures from a process of its own.

The station stays light and never waits: a picture comes within its deadline or not at all.
"""

import os
import select
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from importlib.util import find_spec
from typing import IO

from edge.core.errors import ConfigError, DeviceGone
from edge.core.evidence import Still
from edge.devices.camera.still_frames import (
    ASK,
    MOST_BYTES,
    TELL,
    Sitting,
    Told,
    sitting_text,
    take_told,
)
from edge.ports import Clock, Journal

LATE, RESTARTING = "late", "restarting"
"""Why there is no picture, beside what the camera says of itself."""
_LOADING_S, _SILENT_S = 60.0, 5.0
"""A process that has owed its first, or any answer for so long hangs: it is started anew."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 30.0
_STOP_S = 2.0
_CHUNK = 1 << 16


def why_absent() -> ConfigError | None:
    """What its process would lack; found without loading it."""
    lacking = next((name for name in ("cv2", "numpy") if find_spec(name) is None), None)
    if lacking is None:
        return None
    return ConfigError(
        "camera_extra_absent", missing=lacking, remedy='pip install "specimen-edge[camera]"'
    )


def worker_command(sitting: Sitting) -> tuple[str, ...]:
    """How the process is started: a fresh interpreter, never a fork of this one."""
    module = "edge.devices.camera.still_worker"
    return (sys.executable, "-P", "-m", module, sitting_text(sitting))


class StillWorker:
    """Keeps the camera's process alive and asks it for pictures; for one thread."""

    def __init__(
        self,
        sitting: Sitting,
        *,
        clock: Clock,
        journal: Journal,
        deadline_s: float = 0.15,
        command: Callable[[Sitting], Sequence[str]] = worker_command,
    ) -> None:
        self._command = tuple(command(sitting))
        self._clock = clock
        self._journal = journal
        self._deadline_s = deadline_s
        self._process: subprocess.Popen[bytes] | None = None
        self._received = bytearray()
        self._number = 0
        self._owed_since_ns: int | None = None
        self._patience_s = _LOADING_S
        self._pause_s = _FIRST_PAUSE_S
        self._not_before_ns = 0

    @property
    def pid(self) -> int | None:
        """The process that works now."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Begin to look; the first pictures come once the libraries are loaded."""
        self.tend()

    def stop(self) -> None:
        """End the process."""
        self._end()

    def tend(self) -> None:
        """Start the process again when it fell or hangs; waits for nothing."""
        now_ns = self._clock.mono_ns()
        if self._process is not None:
            self._drain()
        hangs = (
            self._owed_since_ns is not None
            and now_ns - self._owed_since_ns > self._patience_s * 1e9
        )
        if self._process is not None and (hangs or self._process.poll() is not None):
            self._fall("hangs" if hangs else "ended")
        if self._process is None and now_ns >= self._not_before_ns:
            try:
                self._begin()
            except OSError as error:
                self._fall(type(error).__name__)

    def shoot(self) -> Still:
        """A picture of now; DeviceGone with `why` when none comes within the deadline."""
        self.tend()
        if self._process is None:
            raise DeviceGone("camera_gone", why=RESTARTING)
        self._number = (self._number + 1) % (1 << 32)
        end_ns = self._clock.mono_ns() + int(self._deadline_s * 1e9)
        try:
            os.write(_descriptor(self._process.stdin), ASK.pack(self._number))
            if self._owed_since_ns is None:
                self._owed_since_ns = self._clock.mono_ns()
            told = self._await(end_ns)
        except OSError as error:
            self._fall(type(error).__name__)
            raise DeviceGone("camera_gone", why=RESTARTING) from error
        if told is None:
            raise DeviceGone("camera_gone", why=LATE)
        if not told.is_picture:
            raise DeviceGone("camera_gone", why=told.content.decode("ascii", "replace")[:40])
        self._pause_s = _FIRST_PAUSE_S
        taken_at = self._clock.now() - timedelta(milliseconds=told.age_ms)
        return Still(told.content, "image/jpeg", taken_at)

    def _await(self, end_ns: int) -> Told | None:
        """The answer to the newest request; older ones are late and dropped."""
        while True:
            told = self._take()
            if told is not None:
                return told
            left_ms = (end_ns - self._clock.mono_ns()) / 1e6
            poll = select.poll()
            poll.register(_descriptor(self._process.stdout if self._process else None), 1)
            if left_ms <= 0 or not poll.poll(left_ms):
                return None
            self._read()

    def _drain(self) -> None:
        """Take late answers away, so that the pipe never fills."""
        with suppress(OSError):
            self._read()
            self._take()

    def _read(self) -> None:
        with suppress(BlockingIOError):
            part = os.read(_descriptor(self._process.stdout if self._process else None), _CHUNK)
            if not part:
                raise BrokenPipeError
            self._received += part

    def _take(self) -> Told | None:
        newest = None
        while (told := take_told(self._received)) is not None:
            self._patience_s = _SILENT_S
            is_newest = told.number == self._number
            newest = told if is_newest else newest
            self._owed_since_ns = None if is_newest else self._clock.mono_ns()
        if len(self._received) > MOST_BYTES + TELL.size:
            raise BrokenPipeError
        return newest

    def _begin(self) -> None:
        self._received.clear()
        self._owed_since_ns, self._patience_s = None, _LOADING_S
        self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            process_group=0,
        )
        for stream in (self._process.stdin, self._process.stdout):
            os.set_blocking(_descriptor(stream), False)

    def _fall(self, why: str) -> None:
        """It is started again later, each time a little later."""
        self._end()
        self._journal.warning("camera.process_lost", why=why, pause_s=self._pause_s)
        self._not_before_ns = self._clock.mono_ns() + int(self._pause_s * 1e9)
        self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)

    def _end(self) -> None:
        process, self._process = self._process, None
        self._owed_since_ns = None
        if process is None:
            return
        process.kill()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_S)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()


def _descriptor(stream: IO[bytes] | None) -> int:
    if stream is None:
        raise BrokenPipeError
    return stream.fileno()
