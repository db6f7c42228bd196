"""The capture process of a headless desk: doors hand over through one queue to one consumer."""

import queue
import sys
import threading
from collections.abc import Callable, Mapping

from edge.core.errors import DecodeError, DeviceError, StorageError
from edge.flows.intake import Intake
from edge.ports import Journal
from edge.runtime.console import Console, say
from edge.wire.convert import converter

QUEUE_LIMIT = 256
POLL_S = 0.2


class DeskProcess:
    """Consumes commands in order and answers each with the state it led to."""

    def __init__(
        self,
        intake: Intake,
        *,
        console: Console,
        hear: Callable[[], bool],
        link_state: Callable[[], Mapping[str, object]],
        journal: Journal,
        version: str,
    ) -> None:
        self._intake = intake
        self._console = console
        self._hear = hear
        self._link_state = link_state
        self._journal = journal
        self._version = version
        self._lines: queue.Queue[str | None] = queue.Queue(maxsize=QUEUE_LIMIT)

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set or the console is closed."""
        self._intake.start(self._version)
        self._answer()
        reader = threading.Thread(target=self._read_lines, name="console", daemon=True)
        reader.start()
        while not stop.is_set():
            try:
                line = self._lines.get(timeout=POLL_S)
            except queue.Empty:
                self._hear()
                continue
            if line is None:
                return
            self._hear()
            self._obey(line)

    def _read_lines(self) -> None:
        for line in sys.stdin:
            if line.strip():
                self._lines.put(line)
        self._lines.put(None)

    def _obey(self, line: str) -> None:
        try:
            self._console.obey(line)
        except (DecodeError, DeviceError, StorageError) as error:
            self._journal.warning("command.refused", error=str(error))
            say({"error": error.code, "facts": {k: str(v) for k, v in error.facts.items()}})
            return
        self._answer()

    def _answer(self) -> None:
        view = converter.unstructure(self._intake.view())
        say(view | self._link_state())
