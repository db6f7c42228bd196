"""Without usable settings the desk still has a page: every error at once, until they are mended."""

import os
import sys
import threading
from typing import Any

from edge.runtime.page import PageDoor


class TroubleProcess:
    """Shows what is wrong; asked to try again, the process begins anew in its own place."""

    def __init__(self, door: PageDoor, again: threading.Event) -> None:
        self._door = door
        self._again = again

    def run(self, stop: threading.Event) -> None:
        """Show it until `stop`, or until somebody has mended it."""
        self._door.start()
        try:
            while not stop.wait(0.2):
                if self._again.is_set():
                    break
        finally:
            self._door.stop()
        if self._again.is_set():
            begin_anew()


def begin_anew() -> Any:
    """The same command once more, in the same process."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "edge", *sys.argv[1:]])  # noqa: S606 - our own command, as it was given
