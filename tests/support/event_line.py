"""A whole line at the product's own pace: a log that this process writes, shipped to a platform."""

import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

import psutil
from faults.nursery import Nursery
from faults.plan import Act, Plan, Step
from faults.roles import RULES, seal_of
from faults.scene import Scene
from waiting import until

from edge.core.events import DeviceStarted
from edge.core.ids import DeviceId
from edge.flows.epoch import EpochOpener
from edge.flows.record import Recorder
from edge.host.clock import SystemClock
from edge.host.identity import SystemIds, boot_id
from edge.runtime.provision import provision
from edge.storage.link import LinkReader
from edge.storage.station import SqliteStation

BYTES_AN_EVENT = 6_000
"""What an event takes on both sides' disks at most, logs of the databases included."""
GROUP = 100
EDGE = 1_000
"""How many appends at either end of an outage are measured one by one."""


@dataclass
class EventLine:
    """Ship, platform and broker as processes; this one records."""

    scene: Scene
    store: SqliteStation
    recorder: Recorder
    clock: SystemClock
    raw: int
    link: LinkReader

    def record(self, number: int = 1) -> None:
        """One step with so many events, durable at return."""
        events = tuple(DeviceStarted(f"0.{each}") for each in range(number))
        self.recorder.record(events, occurred=self.clock.read(), ruleset=RULES)

    def append_raw(self, data: bytes) -> None:
        """What any durable log must do at least."""
        os.write(self.raw, data)
        os.fdatasync(self.raw)

    @property
    def waiting(self) -> int:
        """Events that the platform has not confirmed."""
        tip = self.store.tip()
        mark = self.link.marks().get(tip.epoch)
        return tip.sequence - (mark.upto if mark else 0)

    def settle(self, limit_s: float = 60.0) -> None:
        """Wait until the platform has confirmed everything."""
        until(lambda: self.waiting == 0, limit_s)

    def ship_bytes(self) -> int:
        """Resident memory of the shipper."""
        pid = self.scene.parts["ship"].pid
        assert pid is not None
        return int(psutil.Process(pid).memory_info().rss)


@contextmanager
def event_line(
    folder: Path, *, is_direct: bool = False, platform: str = "central"
) -> Iterator[EventLine]:
    """Everything runs, and the opening of the epoch has been confirmed.

    `is_direct` leaves out the proxies that can fail a line: they take their share of this process.
    `platform` is `central`, or `counter` for one that costs this machine nearly nothing.
    """
    with ExitStack() as stack:
        site = provision(folder / "site", now=SystemClock().now(), seed=7)
        nursery = stack.enter_context(Nursery(folder))
        scene = Scene(
            Plan(seed=1, rate=1.0, has_small_disks=False, steps=()),
            site,
            nursery,
            folder / "scene",
            with_peers=False,
            cast=("ship", platform),
            hurried=False,
            is_direct=is_direct,
        )
        stack.enter_context(scene)
        clock, ids, by = SystemClock(assume_synced=True), SystemIds(), seal_of(scene.station)
        store = stack.enter_context(closing(SqliteStation(scene.station.station_db)))
        device = DeviceId(scene.station.station.device)
        EpochOpener(clock=clock, ids=ids, by=by, device=device, ruleset=RULES).open(store)
        raw = os.open(folder / "raw", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        stack.callback(os.close, raw)
        link = LinkReader(scene.station.link_db, clock=clock, boot_id=boot_id())
        stack.callback(link.close)
        recorder = Recorder(store=store, clock=clock, ids=ids, by=by, device=device)
        line = EventLine(scene, store, recorder, clock, raw, link)
        line.settle()
        yield line


@dataclass
class Drained:
    """What a long outage and its end cost."""

    events: int
    append_first: float = 0.0
    append_last: float = 0.0
    drain_s: float = 0.0
    rss_growth_bytes: int = 0
    is_in_order: bool = False
    raw_s: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Events a second, from the end of the outage to the last watermark."""
        return self.events / self.drain_s

    @property
    def append_growth(self) -> float:
        """How much dearer the last appends were than the first, beside the disk's own limit."""
        return self.append_last / self.append_first


def drain(line: EventLine, events: int) -> Drained:
    """Record so many while the broker is away; then it comes back, and all of them go.

    Ends the process with a word where the disk is too small for it.
    """
    free = shutil.disk_usage(line.scene.folder).free
    if free < events * BYTES_AN_EVENT:
        needed = events * BYTES_AN_EVENT // 1_000_000
        sys.exit(f"{needed} MB are needed for {events} events, {free // 1_000_000} MB are free")
    found = Drained(events)
    scene = line.scene
    line.settle()
    scene.act(Step(0.0, Act.KILL, "broker"))
    edge = min(EDGE, events // 3)
    found.append_first = _relative_append(line, edge, found.raw_s)
    left = events - 2 * edge
    while left > 0:
        line.record(min(GROUP, left))
        left -= GROUP
    found.append_last = _relative_append(line, edge, found.raw_s)
    before = line.ship_bytes()
    begun = perf_counter()
    scene.act(Step(0.0, Act.START, "broker"))
    most = before
    while (left := line.waiting) > 0:
        most = max(most, line.ship_bytes())
        until(partial(_moved, line, left), 120.0)
    found.drain_s = perf_counter() - begun
    found.rss_growth_bytes = most - before
    found.is_in_order = "central" not in scene.cast or _arrived_in_order(
        scene.platform.central_db, line.store.tip().sequence
    )
    return found


def _arrived_in_order(path: Path, events: int) -> bool:
    """Whether so many are there, each stored right after the one before it."""
    with closing(sqlite3.connect(path)) as db:
        (number, strays) = db.execute(
            "SELECT count(*), total(sequence != before + 1) FROM (SELECT sequence, "
            "lag(sequence, 1, 0) OVER (ORDER BY rowid) AS before FROM events)"
        ).fetchone()
    return bool(number == events and not strays)


def _moved(line: EventLine, left: int) -> bool:
    """Whether fewer are waiting than before."""
    return line.waiting < left


def _relative_append(line: EventLine, number: int, raw_s: list[float]) -> float:
    """Median append over median fdatasync of the same bytes, taken in turns."""
    ours, raw = [], []
    body = bytes(600)
    for _ in range(number):
        begun = perf_counter()
        line.record()
        middle = perf_counter()
        line.append_raw(body)
        raw.append(perf_counter() - middle)
        ours.append(middle - begun)
    raw_s += raw
    return median(ours) / median(raw)
