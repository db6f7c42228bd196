"""The page as a door of the desk: a small web service on loopback, and what it asks of the desk."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import uvicorn

from edge.core.errors import DeviceBusy
from edge.core.ids import PersonId
from edge.flows.moment import DayRow, Moment, Staff
from edge.ports import Clock, Journal
from edge.runtime.commands import Command, Commands
from edge.runtime.desk import DeskLoop, Listener

LOOPBACK = "127.0.0.1"
START_S = 10.0
STOP_S = 4.0
SILENT_S = 30.0
"""A page that has not painted for so long is frozen or gone."""


class PageDesk:
    """The desk as the page sees it; every question runs in the desk's own thread."""

    def __init__(
        self,
        loop: DeskLoop,
        commands: Commands,
        *,
        day: Callable[[], tuple[DayRow, ...]],
        staff: Callable[[], tuple[Staff, ...]],
        clock: Clock,
        journal: Journal,
    ) -> None:
        self._loop = loop
        self._commands = commands
        self._day = day
        self._staff = staff
        self._clock = clock
        self._journal = journal
        self._alive_ns: int | None = None

    @property
    def latest(self) -> Moment:
        """The desk as it is."""
        return self._loop.latest

    def after(self, number: int) -> tuple[Moment, ...]:
        """Moments after one that the page has seen."""
        return self._loop.after(number)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Hear of every moment; the answer ends it."""
        return self._loop.listen(listener)

    def act(self, command: Command) -> "Future[Moment]":
        """A touch, as a command of the desk."""
        return self._loop.submit(lambda: self._commands.obey(command))

    def unlock(self, person: PersonId, pin: str) -> "Future[Moment]":
        """The operator's PIN opens a locked desk."""
        return self._loop.unlock(person, pin)

    def day(self) -> "Future[tuple[DayRow, ...]]":
        """The day's deliveries, newest first, and those that wait."""
        return self._loop.ask(self._day)

    def staff(self) -> "Future[tuple[Staff, ...]]":
        """Who may take the desk with a PIN."""
        return self._loop.ask(self._staff)

    def page_is_alive(self) -> None:
        """The page has just painted."""
        silent_s = self.page_silent_s()
        if silent_s is not None and silent_s > SILENT_S:
            self._journal.info("page.back", after_s=round(silent_s))
        self._alive_ns = self._clock.mono_ns()

    def page_silent_s(self) -> float | None:
        """Seconds since the page last painted; None before it ever did."""
        if self._alive_ns is None:
            return None
        return (self._clock.mono_ns() - self._alive_ns) / 1e9


class PageDoor:
    """Runs the service in a thread of its own, and stops it within seconds, streams open or not."""

    def __init__(
        self,
        app: Any,
        *,
        port: int,
        close_streams: Callable[[], None],
        journal: Journal,
        host: str = LOOPBACK,
    ) -> None:
        self._host = host
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=2,
            lifespan="off",
        )
        self._server = _Quiet(config)
        self._close_streams = close_streams
        self._journal = journal
        self._thread = threading.Thread(target=self._server.run, name="page", daemon=True)

    @property
    def port(self) -> int:
        """Where it answers, once started."""
        servers = getattr(self._server, "servers", ())
        return int(servers[0].sockets[0].getsockname()[1]) if servers else 0

    def start(self) -> None:
        """Start and wait until it answers; raise DeviceBusy when the port is taken."""
        self._thread.start()
        for _ in range(int(START_S / 0.02)):
            if self._server.started:
                self._journal.info("page.up", address=f"http://{self._host}:{self.port}/")
                return
            if not self._thread.is_alive():
                break
            threading.Event().wait(0.02)
        raise DeviceBusy("page_port_taken", port=self._server.config.port)

    def stop(self) -> None:
        """End every stream, then the service."""
        self._close_streams()
        self._server.should_exit = True
        self._thread.join(STOP_S)
        if self._thread.is_alive():
            self._server.force_exit = True
            self._thread.join(STOP_S)


class _Quiet(uvicorn.Server):
    """A server that leaves signals to the process that owns it."""

    def install_signal_handlers(self) -> None:
        """Signals belong to the process."""

    def run(self, sockets: Any = None) -> None:
        """Serve; a taken port ends the thread, and `start` says so."""
        try:
            super().run(sockets)
        except SystemExit:
            return
