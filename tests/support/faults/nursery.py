"""Starts, kills and asks after processes that a server of its own forks."""

import json
import os
import signal
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic_ns
from types import TracebackType
from typing import Any, Self

from faults.roles import Order

from edge.runtime.supervisor import Child

SUPPORT = Path(__file__).parents[1]
STOP_NS = 10_000_000_000


class Nursery:
    """The server and the way to speak with it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        words = f"import sys; sys.path.insert(0, {str(SUPPORT)!r}); "
        words += "import faults.zygote; faults.zygote.main()"
        self._server = Child(
            "zygote", (sys.executable, "-c", words), log=folder / "zygote.log", piped=True
        )
        self._server.start()

    def __enter__(self) -> Self:
        """Use as a context manager."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it with all its children."""
        self.close()

    def close(self) -> None:
        """End the server; the kernel ends its children."""
        self._server.kill()

    def ask(self, **words: object) -> Any:
        """One question, one answer."""
        asks, answers = self._server.pipes
        asks.write(json.dumps(words) + "\n")
        asks.flush()
        return json.loads(answers.readline())


@dataclass
class Grown:
    """One place for a process, empty or running; it remembers how the last one ended."""

    nursery: Nursery
    name: str
    log: Path
    pid: int | None = None
    ends: list[int] = field(default_factory=list)

    def start(self, order: Order) -> None:
        """Start it, unless it runs."""
        if self.pid is None:
            self.pid = self.nursery.ask(do="start", order=order.text(), log=str(self.log))

    def runs(self) -> bool:
        """Whether it is alive; notes its end when it has ended by itself."""
        if self.pid is None:
            return False
        status = self.nursery.ask(do="poll", pid=self.pid)
        if status is not None:
            self._note(status)
        return self.pid is not None

    def kill(self) -> None:
        """Kill -9, and it is gone at return."""
        if self.runs() and self.pid is not None:
            self._note(self.nursery.ask(do="end", pid=self.pid, signal=int(signal.SIGKILL)))

    def stop(self) -> None:
        """Ask it to end, and wait; one that does not end is killed."""
        self.signal(signal.SIGTERM)
        pause = threading.Event()
        end_ns = monotonic_ns() + STOP_NS
        while self.runs():
            pause.wait(0.01)
            if monotonic_ns() > end_ns:
                self.kill()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to a running one."""
        if self.pid is not None:
            os.kill(self.pid, number)

    def last_words(self) -> str:
        """The end of its log."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-12:])

    def _note(self, status: int) -> None:
        self.ends.append(status)
        self.pid = None
