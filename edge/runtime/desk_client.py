"""The other end of the console door: drives a headless desk process line by line."""

import json
import queue
import threading
from collections.abc import Callable, Mapping
from typing import Any

from edge.core.errors import DeviceGone
from edge.runtime.supervisor import Child

ANSWER_S = 30.0
Answer = Mapping[str, Any]  # the view as JSON; its shape is flows.view.DeskView


class DeskClient:
    """Sends a command and waits for the state it led to."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._answers: queue.Queue[Answer | None] = queue.Queue()
        self.state: Answer = {}

    def start(self) -> Answer:
        """Start the desk and return the state it resumed."""
        self._child.start()
        _, output = self._child.pipes
        self._answers = queue.Queue()
        threading.Thread(
            target=_pump, args=(output, self._answers.put), name="desk-answers", daemon=True
        ).start()
        return self._next("start")

    def do(self, verb: str, **arguments: object) -> Answer:
        """One command and the state it led to; raise DeviceGone when the desk died."""
        self.send(verb, **arguments)
        return self._next(verb)

    def send(self, verb: str, **arguments: object) -> None:
        """One command without waiting for its answer; raise DeviceGone when the desk died."""
        try:
            command, _ = self._child.pipes
            command.write(json.dumps({"do": verb, **arguments}, ensure_ascii=False) + "\n")
            command.flush()
        except (BrokenPipeError, ValueError) as error:
            raise self._gone(verb) from error

    @property
    def is_up(self) -> bool:
        """Whether its process runs."""
        return self._child.pid is not None

    def stop(self) -> int | None:
        """End the desk in good order."""
        return self._child.stop()

    def kill(self) -> None:
        """Kill -9 in the middle of whatever it does."""
        self._child.kill()

    def _next(self, verb: str) -> Answer:
        try:
            answer = self._answers.get(timeout=ANSWER_S)
        except queue.Empty as error:
            raise self._gone(verb) from error
        if answer is None:
            raise self._gone(verb)
        self.state = answer
        return answer

    def _gone(self, verb: str) -> DeviceGone:
        return DeviceGone(
            "desk_gone",
            during=verb,
            status=self._child.exit_status,
            said=self._child.last_words(),
        )


def _pump(output: Any, put: Callable[[Answer | None], None]) -> None:
    """Move answers from the pipe to the queue until the desk closes it."""
    try:
        for line in output:
            put(json.loads(line))
    except ValueError:
        pass
    put(None)
