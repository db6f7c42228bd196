"""The worker process seen from the station: one picture at a time, each with a deadline."""

import fcntl
import os
import select
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import StrEnum
from time import monotonic
from typing import IO

from edge.core.errors import ConfigError, DecodeError
from edge.core.faces import DESK, Described, Flaw, Limits
from edge.devices.face.engines import Equipment
from edge.devices.face.frames import (
    READY,
    TELL,
    Ask,
    Readiness,
    pack_ask,
    tell_bytes,
    unpack_ready,
    unpack_tell,
)
from edge.devices.face.worker import equipment_text
from edge.devices.pixels import Picture
from edge.ports import Journal

START_S = 30.0
"""Time for loading the models; 0.3 s on x86-64, a slow card may need far more."""
FALLS = 3
"""Workers lost in a row, without one answer, before the engine counts as absent."""
_STOP_S = 2.0
_LEAN = {
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(1 << 19),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 20),
    "MALLOC_TOP_PAD_": "0",
}
"""What one picture leaves behind goes back to the system: 8 MB less for 5 ms of 87."""
_PIPE_BYTES = 1 << 20


class WorkerState(StrEnum):
    """What the face engine is doing, for the screen and for `doctor`."""

    STARTING = "starting"
    READY = "ready"
    ABSENT = "absent"
    CLOSED = "closed"


def worker_command(equipment: Equipment) -> tuple[str, ...]:
    """How the worker is started: a fresh interpreter, never a fork of this process.

    `-OO` leaves out what numpy has to say of itself: 2 MiB.
    """
    return (
        sys.executable,
        "-OO",
        "-P",
        "-m",
        "edge.devices.face.worker",
        equipment_text(equipment),
    )


class FaceWorker:
    """Keeps one worker alive; a hung or fallen one is ended by its own id and replaced.

    One thread calls `settle` and `describe`; `state` and `problem` may be read by all.
    """

    def __init__(
        self,
        equipment: Equipment,
        *,
        journal: Journal,
        deadline_s: float = 2.0,
        command: Callable[[Equipment], Sequence[str]] = worker_command,
    ) -> None:
        self._equipment = equipment
        self._journal = journal
        self._deadline_s = deadline_s
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._number = READY
        self._falls = 0
        self.engine_id = equipment.engine_id
        self.problem: ConfigError | None = None
        self._state = WorkerState.STARTING
        self._closed = False

    @property
    def gauges_eyes(self) -> bool:
        """Whether faces come with the openness of their eyes."""
        return self._equipment.eyes

    @property
    def state(self) -> WorkerState:
        """What the worker is doing."""
        return WorkerState.CLOSED if self._closed else self._state

    @property
    def pid(self) -> int | None:
        """The process that works now."""
        return None if self._process is None else self._process.pid

    def settle(self, timeout_s: float = START_S) -> WorkerState:
        """Start when there is no worker, and wait for its first word; the state then."""
        if self._closed or self._is_ready():
            return self.state
        if self._process is None or self._process.poll() is not None:
            self._start()
        end = monotonic() + timeout_s
        try:
            self._hear_first(unpack_ready(self._receive(READY, end)))
        except (OSError, DecodeError) as error:
            self._fall("first_word", error)
        return self.state

    def describe(
        self, bgr: Picture, limits: Limits = DESK, *, mirrored: bool = False
    ) -> Described | Flaw | None:
        """What the engine says of a picture; None when it did not answer by the deadline."""
        if self.settle() is not WorkerState.READY:
            return None
        self._number += 1
        end = monotonic() + self._deadline_s
        try:
            self._send(pack_ask(Ask(self._number, bgr, limits, mirrored)), end)
            told = unpack_tell(self._receive(self._number, end))
        except (OSError, DecodeError) as error:
            self._fall("frame", error)
            return None
        self._falls = 0
        return told

    def stop(self) -> None:
        """Kill the worker, from any thread: whoever waits for an answer gets none."""
        self._closed = True
        process = self._process
        if process is not None:
            process.kill()

    def close(self) -> None:
        """End the worker, once no thread uses it any more."""
        self.stop()
        self._end()

    def _is_ready(self) -> bool:
        return (
            self._state is WorkerState.READY
            and self._process is not None
            and self._process.poll() is None
        )

    def _start(self) -> None:
        self._end()
        self._state = WorkerState.STARTING
        self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
            self._command(self._equipment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | _LEAN,
            bufsize=0,
            process_group=0,
        )
        for stream in (self._process.stdin, self._process.stdout):
            os.set_blocking(_descriptor(stream), False)
        with suppress(OSError):
            fcntl.fcntl(_descriptor(self._process.stdin), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)

    def _hear_first(self, first: Readiness) -> None:
        if not first.absent and first.engine != self.engine_id:
            raise DecodeError("face_answer_malformed", engine=first.engine)
        if first.absent:
            self._be_absent(ConfigError(first.absent, **dict(first.facts)))
            return
        self._state, self.problem = WorkerState.READY, None
        self._journal.info("face.engine_ready", engine=self.engine_id)

    def _fall(self, during: str, error: Exception) -> None:
        """A worker that did not answer is ended; the next call starts another."""
        self._end()
        if self._closed:
            return
        self._falls += 1
        why = error.code if isinstance(error, DecodeError) else type(error).__name__
        self._journal.warning("face.worker_lost", during=during, why=why, in_a_row=self._falls)
        self._state = WorkerState.STARTING
        if self._falls >= FALLS:
            self._falls = 0
            self._be_absent(ConfigError("face_worker_falls", during=during, why=why))

    def _be_absent(self, problem: ConfigError) -> None:
        self._end()
        self._state, self.problem = WorkerState.ABSENT, problem
        self._journal.warning("face.engine_absent", why=problem.code)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_S)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()

    def _send(self, content: bytes, end: float) -> None:
        descriptor = _descriptor(self._process.stdin if self._process else None)
        rest = memoryview(content)
        while rest:
            _await(descriptor, select.POLLOUT, end)
            with suppress(BlockingIOError):
                rest = rest[os.write(descriptor, rest) :]

    def _receive(self, number: int, end: float) -> bytes:
        answered, size = tell_bytes(self._read(TELL.size, end))
        if answered != number:
            raise DecodeError("face_answer_malformed", number=answered)
        return self._read(size, end)

    def _read(self, size: int, end: float) -> bytes:
        descriptor = _descriptor(self._process.stdout if self._process else None)
        content = bytearray()
        while len(content) < size:
            _await(descriptor, select.POLLIN, end)
            with suppress(BlockingIOError):
                part = os.read(descriptor, size - len(content))
                if not part:
                    raise BrokenPipeError
                content += part
        return bytes(content)


def _descriptor(stream: IO[bytes] | None) -> int:
    if stream is None:
        raise BrokenPipeError
    return stream.fileno()


def _await(descriptor: int, event: int, end: float) -> None:
    """Wait until the pipe can be used; TimeoutError after the deadline."""
    poll = select.poll()
    poll.register(descriptor, event)
    left_ms = (end - monotonic()) * 1000
    if left_ms <= 0 or not poll.poll(left_ms):
        raise TimeoutError
