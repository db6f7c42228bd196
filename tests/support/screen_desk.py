"""A desk with its page on a real socket; the world behind it is in memory."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import samples
from bench import Bench, identify
from memory_doors import QuietJournal
from waiting import until

from edge.core.errors import DeviceGone
from edge.core.pins import hash_pin
from edge.flows.daybook import day_rows
from edge.flows.moment import Moment, Staff, Surroundings
from edge.ports import Clock
from edge.runtime.commands import Commands
from edge.runtime.desk import DeskLoop
from edge.runtime.page import PageDesk, PageDoor
from kiosk.app import build_app
from kiosk.desk_door import Hall, Strip

PIN = "482915"
JPEG = b"\xff\xd8\xff\xe0 a small picture \xff\xd9"


class Film:
    """A camera's picture that never changes; counts who looks."""

    def __init__(self) -> None:
        self.viewers = 0

    def frames(self, ended: Callable[[], bool]) -> Iterator[bytes]:
        pause = threading.Event()
        self.viewers += 1
        try:
            while not ended():
                yield JPEG
                pause.wait(0.05)
        finally:
            self.viewers -= 1


@dataclass
class Blink:
    """An eye that may be closed."""

    is_open: bool = True

    def look(self, path: Path) -> tuple[tuple[bytes, ...], bytes, str]:
        return (), path.read_bytes(), "image/jpeg"

    def shoot(self) -> tuple[bytes, str]:
        if not self.is_open:
            raise DeviceGone("camera_absent")
        return JPEG, "image/jpeg"


def bench_with_pins() -> Bench:
    """The bench, its two receivers with the same PIN."""
    bench = Bench()
    code = hash_pin(PIN, salt=bytes(16))
    staff = {samples.RECEIVER.person, samples.SECOND.person}
    bench.registry.people = tuple(
        replace(each, pin_hash=code) if each.person in staff else each
        for each in bench.registry.people
    )
    return bench


@dataclass
class TouchDesk:
    """A running desk and its page."""

    bench: Bench
    eye: Blink = field(default_factory=Blink)
    film: Film = field(default_factory=Film)
    journal: QuietJournal = field(default_factory=QuietJournal)
    around: Surroundings = field(
        default_factory=lambda: Surroundings(online=True, clock="synced", camera="live")
    )
    tried: list[str] = field(default_factory=list)
    page_clock: Clock | None = None

    def __post_init__(self) -> None:
        self.loop = DeskLoop(
            self.bench.intake,
            hear=lambda: False,
            look_around=lambda: self.around,
            identify=identify,
            clock=self.bench.clock,
            journal=self.journal,
        )
        commands = Commands(self.bench.intake, eye=self.eye, read_clock=self.bench.clock.read)
        self.page = PageDesk(
            self.loop,
            commands,
            day=lambda: day_rows(self.bench.store, self.bench.clock.now()),
            staff=self._staff,
            clock=self.page_clock or self.bench.clock,
            journal=self.journal,
        )

    def door(self, *, port: int = 0, strip: tuple[str, ...] = ()) -> PageDoor:
        """The page's service."""
        hall = Hall("滨江检测中心", "0791-0000 0000", "zh-CN", "0", strip)
        ask: Strip | None = self._try if strip else None
        app, streams = build_app(self.page, hall, preview=self.film, strip=ask)
        return PageDoor(app, port=port, close_streams=streams.close, journal=self.journal)

    def do(self, verb: str, **arguments: object) -> Moment:
        """A touch, without the service."""
        command: Mapping[str, Any] = {"do": verb, **arguments}
        return self.page.act(command).result(10)

    def scan(self, *texts: str) -> Moment:
        """Codes at the console, seconds apart."""
        for text in texts:
            self.bench.clock.move(5)
            moment = self.do("scan", text=text)
        return moment

    def _staff(self) -> tuple[Staff, ...]:
        people = self.bench.registry.staff(samples.LAB)
        return tuple(Staff(each.person, each.name) for each in people if each.pin_hash)

    def _try(self, name: str) -> bool:
        self.tried.append(name)
        return name != "network"


@contextmanager
def running_desk(
    bench: Bench | None = None, *, page_clock: Clock | None = None
) -> Iterator[TouchDesk]:
    """The desk's loop in its thread."""
    desk = TouchDesk(bench or bench_with_pins(), page_clock=page_clock)
    stop = threading.Event()
    thread = threading.Thread(target=desk.loop.run, args=(stop,), kwargs={"version": "0"})
    thread.start()
    try:
        until(lambda: desk.loop.latest.number > 0)
        yield desk
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


@contextmanager
def served(
    desk: TouchDesk, *, port: int = 0, strip: tuple[str, ...] = ()
) -> Iterator[tuple[httpx.Client, PageDoor]]:
    """The page's service over a real socket, and a client of it."""
    door = desk.door(port=port, strip=strip)
    door.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{door.port}", timeout=10) as client:
            yield client, door
    finally:
        door.stop()
