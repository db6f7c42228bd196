"""Child processes of ours: started, watched and ended by their own process id."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

STOP_S = 8.0


_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


def _end_with_parent() -> None:
    """In the child: the kernel ends it when its owner is gone, however that came about."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@contextmanager
def _no_interruption() -> Iterator[None]:
    """A wish to end waits until a fork is over: Python drops what its hooks of a fork raise."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    ours = {number: handler for number, handler in before.items() if callable(handler)}
    for number in ours:
        signal.signal(number, lambda heard, _: came.append(heard))
    try:
        yield
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)
        for heard in came:
            signal.raise_signal(heard)


def own_command(*arguments: str) -> tuple[str, ...]:
    """`specimen-edge …` of this very installation."""
    return (sys.executable, "-m", "edge", *arguments)


class Child:
    """One process; ends with its owner's thread, even one that was killed.

    It writes to its log file; without one, where its owner writes. One that has processes of its
    own leads a `group`: none of them outlives it, not even one that is stopped.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path | None,
        piped: bool = False,
        group: bool = False,
    ) -> None:
        self.name = name
        self._command = tuple(command)
        self._log_path = log
        self._piped = piped
        self._group = group
        self._process: subprocess.Popen[str] | None = None
        self._log: IO[bytes] | None = None

    def start(self) -> Self:
        """Start it."""
        if self._log_path is not None:
            self._log_path.parent.mkdir(parents=True, exist_ok=True)
            self._log = self._log_path.open("ab")
        with _no_interruption():
            self._process = self._started()
        return self

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def exit_status(self) -> int | None:
        """The exit status once it ended."""
        return self._process.poll() if self._process else None

    @property
    def pipes(self) -> tuple[IO[str], IO[str]]:
        """Standard input and output of a piped child."""
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise BrokenPipeError(self.name)
        return process.stdin, process.stdout

    def last_words(self, lines: int = 12) -> str:
        """The end of its log, for an error message."""
        if self._log_path is None or not self._log_path.exists():
            return ""
        return "\n".join(self._log_path.read_text(errors="replace").splitlines()[-lines:])

    def stop(self, within_s: float = STOP_S) -> int | None:
        """Ask it to stop; after `within_s` it is killed. Returns the exit status."""
        process = self._process
        if process is None:
            return None
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(within_s)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._close()
        return process.returncode

    def kill(self) -> None:
        """Kill -9, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._close()

    def _started(self) -> subprocess.Popen[str]:
        return subprocess.Popen(  # noqa: S603 - our own command, no shell
            self._command,
            stdin=subprocess.PIPE if self._piped else subprocess.DEVNULL,
            stdout=subprocess.PIPE if self._piped else self._log,
            stderr=self._log,
            text=True,
            encoding="utf-8",
            process_group=0 if self._group else None,
            preexec_fn=_end_with_parent,  # noqa: PLW1509 - one system call, before any thread of the child
        )

    def _close(self) -> None:
        if self._process is not None and self._group:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        if self._process is not None:
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    _close_quietly(pipe)
        if self._log is not None:
            self._log.close()
            self._log = None

    def __enter__(self) -> Self:
        """Start on entering a `with`."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop on leaving it."""
        self.stop()


def _close_quietly(pipe: IO[str]) -> None:
    """A pipe to a dead process may still hold bytes that nobody will read."""
    try:
        pipe.close()
    except BrokenPipeError:
        return
