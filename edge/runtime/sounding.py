"""Sound as a door of the desk: the outcome of every input is heard, whatever the browser does."""

import queue
import threading
from typing import Protocol

from edge.core.intake.step import Outcome
from edge.flows.outcomes import OUTCOMES
from edge.ports import Journal
from edge.runtime.desk import DeskLoop
from edge.runtime.outcome_ear import OutcomeEar


class Sounder(Protocol):
    """Plays tones."""

    def play(self, tones: tuple[tuple[int, int], ...]) -> bool:
        """Play to the end; whether it was heard."""
        ...


class Sounding:
    """Plays the newest outcome; one that was overtaken is not played late."""

    def __init__(self, loop: DeskLoop, sounder: Sounder, *, journal: Journal) -> None:
        self._ear = OutcomeEar(loop, self._put)
        self._sounder = sounder
        self._journal = journal
        self._wanted: queue.Queue[Outcome | None] = queue.Queue(maxsize=1)
        self._is_silent = False
        self._thread = threading.Thread(target=self._play, name="sounding", daemon=True)

    def start(self) -> None:
        """Listen from now on."""
        self._thread.start()
        self._ear.start()

    def stop(self) -> None:
        """Fall silent."""
        self._ear.stop()
        self._put(None)
        self._thread.join(2.0)

    def _put(self, outcome: Outcome | None) -> None:
        while True:
            try:
                self._wanted.put_nowait(outcome)
            except queue.Full:
                try:
                    self._wanted.get_nowait()
                except queue.Empty:
                    continue
            else:
                return

    def _play(self) -> None:
        while (outcome := self._wanted.get()) is not None:
            was_heard = self._sounder.play(OUTCOMES[outcome].sound)
            if was_heard == self._is_silent:
                self._is_silent = not was_heard
                self._journal.info("sound.silent" if self._is_silent else "sound.back")
