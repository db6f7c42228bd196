"""The console door: a line of JSON in is a touch or a scan, a line out is the state after it.

It is how the desk is driven where no screen is attached: by scripts, by the demo and by tests.
"""

import json
import sys
import threading
from functools import partial

from edge.core.errors import DecodeError
from edge.flows.moment import Moment
from edge.runtime.commands import Command, Commands
from edge.runtime.desk import DeskLoop
from edge.wire.convert import converter


def parse_line(line: str) -> Command:
    """A command from its line; raise DecodeError `command_malformed`."""
    try:
        command = json.loads(line)
    except ValueError as error:
        raise DecodeError("command_malformed", why=str(error)[:200]) from error
    if not isinstance(command, dict):
        raise DecodeError("command_malformed", why="not an object")
    return command


class ConsoleDoor:
    """Standard input and output as a door of the desk; the desk ends when the input does."""

    def __init__(self, loop: DeskLoop, commands: Commands) -> None:
        self._loop = loop
        self._commands = commands
        self._thread = threading.Thread(target=self._pump, name="console", daemon=True)

    def start(self) -> None:
        """Read lines in a thread of their own."""
        self._thread.start()

    def stop(self) -> None:
        """The thread sleeps in a read that only the other end can finish."""

    def _pump(self) -> None:
        try:
            _say(self._loop.submit(lambda: None).result())
            for line in sys.stdin:
                if line.strip():
                    _say(self._loop.submit(partial(self._obey, line)).result())
        except BrokenPipeError:
            pass  # whoever listened has gone, which ends the desk like the end of its input
        finally:
            self._loop.finish()

    def _obey(self, line: str) -> None:
        self._commands.obey(parse_line(line))


def _say(moment: Moment) -> None:
    """One line of JSON on standard output, at once."""
    answer = converter.unstructure(moment.view)
    answer |= {"online": moment.around.online, "unsent": moment.around.unsent}
    if moment.error:
        answer = {"error": moment.error, "phase": moment.view.phase}
    sys.stdout.write(json.dumps(answer, ensure_ascii=False, separators=(",", ":")) + "\n")
    sys.stdout.flush()
