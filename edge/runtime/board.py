"""The board as a process: it looks every few seconds, and shows the last look to whoever asks."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

from edge.core.errors import EdgeError
from edge.flows.board import Board
from edge.flows.board_view import NOTHING_FOUND, BoardView, Books, Search
from edge.ports import Clock, Journal
from edge.runtime.page import PageDoor

OpenBooks = Callable[[], AbstractContextManager[Books]]


class Looking:
    """The last look, and a search in between; what cannot be read is noted once, and tried again.

    Whatever is open belongs to one thread at a time.
    """

    def __init__(
        self, board: Board, open_books: OpenBooks, *, clock: Clock, journal: Journal
    ) -> None:
        self._board = board
        self._open_books = open_books
        self._clock = clock
        self._journal = journal
        self._turn = threading.Lock()
        self._latest: BoardView | None = None
        self._obstacle = ""

    @property
    def latest(self) -> BoardView | None:
        """The last look that succeeded; None before the first."""
        return self._latest

    def look(self) -> None:
        """Look once more."""
        try:
            with self._turn, self._open_books() as books:
                self._latest = self._board.look(books, self._clock.read())
        except EdgeError as error:
            self._note(str(error))
        else:
            self._obstacle = ""

    def find(self, text: str) -> Search:
        """Blocks by their own or their group's number; nothing while it cannot be read."""
        if not text:
            return NOTHING_FOUND
        try:
            with self._turn, self._open_books() as books:
                return self._board.find(books, text, self._clock.read())
        except EdgeError as error:
            self._note(str(error))
            return NOTHING_FOUND

    def _note(self, why: str) -> None:
        if why != self._obstacle:
            self._journal.warning("board.cannot_read", error=why)
        self._obstacle = why


class BoardProcess:
    """Serves until it is told to stop."""

    def __init__(self, looking: Looking, door: PageDoor, *, refresh_s: float) -> None:
        self._looking = looking
        self._door = door
        self._refresh_s = refresh_s

    @property
    def port(self) -> int:
        """Where it answers, once started."""
        return self._door.port

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; raise DeviceBusy when the port is taken."""
        self._looking.look()
        self._door.start()
        try:
            while not stop.wait(self._refresh_s):
                self._looking.look()
        finally:
            self._door.stop()
