"""The board: what a station knows of its curing room, read-only and without any key of its own."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from edge import __version__
from edge.compose.common import shipped_rules, station_of
from edge.core.curing.degree_days import DegreeBook
from edge.core.curing.places import Layout
from edge.core.errors import ConfigError
from edge.core.ids import RoomId
from edge.flows.backlog import backlog_of
from edge.flows.board import Board
from edge.flows.board_view import Books, Standpoint, Unsent
from edge.host.clock import SystemClock
from edge.host.identity import boot_id
from edge.host.journal import StructlogJournal
from edge.host.keys import PinnedFile
from edge.host.secret_file import read_secret
from edge.runtime.board import BoardProcess, Looking
from edge.runtime.page import PageDoor
from edge.settings import Settings
from edge.storage.climate_reads import ClimateLog
from edge.storage.link import LinkReader
from edge.storage.registry import SqliteRegistry
from edge.storage.station import StationReader
from edge.wire.degree_json import KIND, load_degrees
from edge.wire.layout_toml import parse_racks
from kiosk.app import HOSTS
from kiosk.board import Entrance, build_board
from kiosk.board_screens import Wall

ROOM = RoomId("room-1")
"""Of a station without the section `[wall]`."""
TOKEN_CHARS = 16


@contextmanager
def board_process(settings: Settings) -> Iterator[BoardProcess]:
    """A process of its own: whatever is looked at, no scan waits for it."""
    wishes = settings.board
    journal = StructlogJournal("board", level=settings.log_level)
    clock = SystemClock(assume_synced=settings.clock.assume_synced)
    with ExitStack() as stack:
        rooms = _Rooms(settings, clock, journal, stack)
        looking = Looking(_board(settings), rooms.open, clock=clock, journal=journal)
        wall = Wall(
            settings.station.lab_name,
            dict(wishes.rooms),
            __version__,
            wishes.refresh_s,
        )
        entrance = _entrance(settings)
        if wishes.host not in HOSTS:
            journal.warning(
                "board.on_the_network", host=wishes.host, token="set" if entrance.token else "none"
            )
        app = build_board(
            looking, wall, language=settings.station.language.value, entrance=entrance
        )
        door = PageDoor(
            app, port=wishes.port, close_streams=lambda: None, journal=journal, host=wishes.host
        )
        yield BoardProcess(looking, door, refresh_s=wishes.refresh_s)


def _board(settings: Settings) -> Board:
    room = settings.wall.room if settings.wall else ROOM
    station = settings.station
    rules = shipped_rules(settings.rules.ruleset)
    path = settings.wall.layout if settings.wall else None
    racks = parse_racks(path.read_text(encoding="utf-8"))[1] if path else ()
    layout = Layout(room, racks, rules.curing.spacing_mm)
    return Board(Standpoint(room, station.lab, station.device, rules, layout))


def _entrance(settings: Settings) -> Entrance:
    wishes = settings.board
    names = {*wishes.names, wishes.host}
    if wishes.token_file is None:
        return Entrance(frozenset(names))
    token = read_secret(wishes.token_file)
    if len(token) < TOKEN_CHARS or not token.isascii():
        remedy = f"use at least {TOKEN_CHARS} ASCII characters"
        raise ConfigError("board_token_weak", file=str(wishes.token_file), remedy=remedy)
    return Entrance(frozenset(names), token)


class _Rooms:
    """Opens what other processes write, for one look; what is not there yet is left out."""

    def __init__(
        self, settings: Settings, clock: SystemClock, journal: StructlogJournal, stack: ExitStack
    ) -> None:
        self._settings = settings
        self._link = LinkReader(settings.link_db, clock=clock, boot_id=boot_id())
        stack.callback(self._link.close)
        ring = PinnedFile(settings.keys_file, clock)
        self._registry = SqliteRegistry(
            settings.registry_db, ring=ring, station=station_of(settings), journal=journal
        )
        stack.callback(self._registry.close)

    @contextmanager
    def open(self) -> Iterator[Books]:
        """Everything as it lies there now."""
        with ExitStack() as stack:
            log = StationReader.open_if_made(self._settings.station_db)
            climate = ClimateLog.open_if_made(self._settings.climate_db)
            for each in (log, climate):
                if each is not None:
                    stack.callback(each.close)
            yield Books(
                log.places if log else None,
                climate,
                self._registry,
                lambda: self._unsent(log),
                lambda: _degrees(log),
            )

    def _unsent(self, log: StationReader | None) -> Unsent:
        online = self._link.online()
        if log is None:
            return Unsent(0, None, online)
        backlog = backlog_of(log, self._link.marks())
        return Unsent(backlog.waiting, backlog.oldest_waiting, online)


def _degrees(log: StationReader | None) -> tuple[DegreeBook, ...]:
    """What the door has stated of its cage's groups."""
    documents = log.documents(KIND) if log else ()
    books = (load_degrees(each) for each in documents)
    return tuple(book for book in books if book is not None)
