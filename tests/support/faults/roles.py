"""What the processes of the harness do: the product's own two, the scanning desk, and the peers.

Each is the product's composition with two replacements and nothing else: a clock that may be wrong,
and shorter patience, so that a schedule of seconds sees what hours would show.
"""

import asyncio
import json
import os
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from counting_platform import CountingPlatform
from faults.failpoints import arm
from faults.peers import collect, forgetful_outbox, memory_only

import edge.central.acknowledge
import edge.compose.central
import edge.compose.common
import edge.compose.ship
import edge.runtime.central
import edge.runtime.ship
from edge.cli.process import stopped_by_signals
from edge.compose.central import central_process
from edge.compose.ship import ship_process
from edge.core.envelope import Seal
from edge.core.errors import StorageError
from edge.core.events import DeviceStarted
from edge.core.ids import DeviceId, RuleSetId
from edge.core.moments import Instant
from edge.flows.epoch import EpochOpener
from edge.flows.record import Recorder
from edge.flows.ship import Pace
from edge.host.clock import SystemClock
from edge.host.identity import SystemIds, boot_id
from edge.host.keys import FileSigner, key_id_of, read_pinned
from edge.settings import Settings, load_settings
from edge.storage.station import SqliteStation
from edge.wire.topics import Station

RULES = RuleSetId("nanchang-2023")
STORE_RETRY_S = 0.05


@dataclass(frozen=True, slots=True)
class Order:
    """What a process is started with: its part, its files, and how it is to die, if at all."""

    role: str
    config: str = ""
    folder: str = ""
    port: int = 0
    seed: int = 0
    rate: float = 100.0
    clock_off_s: float = 0.0
    point: str = ""
    hit: int = 1
    hurried: bool = True

    def text(self) -> str:
        """One line of JSON."""
        return json.dumps({name: getattr(self, name) for name in self.__slots__})

    @classmethod
    def parse(cls, line: str) -> "Order":
        """The order of a line."""
        return cls(**json.loads(line))


class ShiftedClock(SystemClock):
    """A machine whose wall clock is wrong by so many seconds."""

    off_s = 0.0

    def now(self) -> datetime:
        """Aware UTC wall time, as this machine believes it."""
        return super().now() + timedelta(seconds=self.off_s)

    def read(self) -> Instant:
        """Both clocks, with the quality that this time deserves."""
        now, mono_ns = self.now(), self.mono_ns()
        return Instant(now, mono_ns, self._quality(now, mono_ns))


def play(order: Order) -> None:
    """Do what a process was made for, until it is told to stop or dies."""
    ShiftedClock.off_s = order.clock_off_s
    for module in (edge.compose.ship, edge.compose.central):
        vars(module)["SystemClock"] = ShiftedClock
    if order.hurried:
        _hurry()
    if order.point:
        arm(order.point, order.hit)
    ROLES[order.role](order)


def _hurry() -> None:
    hurried = partial(
        Pace,
        patience_s=1.5,
        patience_max_s=3.0,
        stall_s=2.5,
        refusal_s=0.5,
        unheard_s=0.2,
    )
    replaced: tuple[tuple[Any, Mapping[str, Any]], ...] = (
        (edge.compose.ship, {"Pace": hurried}),
        (edge.compose.common, {"RETRY_BASE_S": 0.1}),
        (edge.runtime.ship, {"STORE_RETRY_S": 0.2}),
        (edge.runtime.central, {"STORE_RETRY_S": 0.2}),
        (edge.central.acknowledge, {"REPLAY_EVERY_S": 0.5}),
    )
    for module, values in replaced:
        for name in values:
            assert name in vars(module), f"{name} is not in {module.__name__} any more"
        vars(module).update(values)


def ship(order: Order) -> None:
    """`specimen-edge ship`."""
    stop = stopped_by_signals()
    with ship_process(load_settings(Path(order.config)), doctor=()) as process:
        process.run(stop)


def central(order: Order) -> None:
    """`specimen-edge central run`."""
    stop = stopped_by_signals()
    with central_process(load_settings(Path(order.config))) as process:
        process.run(stop)


class Ledger:
    """What was confirmed to the one who scanned: a line each, on the disk before the next scan."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def confirm(self, *lines: str) -> None:
        """Note it durably."""
        os.write(self._descriptor, "".join(f"{line}\n" for line in lines).encode())
        os.fdatasync(self._descriptor)

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


def read_ledger(path: Path) -> list[str]:
    """Every whole line."""
    if not path.exists():
        return []
    return [line for line in path.read_text().split("\n")[:-1] if line]


def seal_of(settings: Settings) -> Seal:
    """The station's seal."""
    key_id = key_id_of(settings.event_key, read_pinned(settings.keys_file))
    signer = FileSigner(settings.event_key, key_id=key_id)
    own = settings.station
    return Seal(Station(own.city, own.lab, own.device).urn, boot_id(), key_id, signer.sign)


def capture(order: Order) -> None:
    """A desk that scans at a pace, and counts only what `commit` confirmed."""
    stop = stopped_by_signals()
    settings = load_settings(Path(order.config))
    rng = Random(order.seed)
    with closing(Ledger(Path(order.folder) / "capture.ledger")) as ledger:
        store = _opened(settings.station_db, stop)
        if store is None:
            return
        with closing(store):
            scan = _scanner(settings, store, stop)
            while not stop.is_set():
                try:
                    confirmed = scan(rng.choice((1, 1, 1, 2, 3)))
                except StorageError:
                    ledger.confirm("refused")
                    stop.wait(STORE_RETRY_S)
                    continue
                ledger.confirm(*confirmed)
                stop.wait(rng.expovariate(order.rate))


def _opened(path: Path, stop: threading.Event) -> SqliteStation | None:
    while not stop.is_set():
        try:
            return SqliteStation(path)
        except StorageError:
            stop.wait(STORE_RETRY_S)
    return None


def _scanner(
    settings: Settings, store: SqliteStation, stop: threading.Event
) -> Callable[[int], list[str]]:
    """Records so many events in one step; says their places."""
    clock, ids, by = ShiftedClock(assume_synced=True), SystemIds(), seal_of(settings)
    device = DeviceId(settings.station.device)
    opener = EpochOpener(clock=clock, ids=ids, by=by, device=device, ruleset=RULES)
    recorder = Recorder(store=store, clock=clock, ids=ids, by=by, device=device)
    while store.is_new and not stop.is_set():
        try:
            opener.open(store)
        except StorageError:
            stop.wait(STORE_RETRY_S)

    def scan(number: int) -> list[str]:
        events = tuple(DeviceStarted(f"0.{each}") for each in range(number))
        sealed = recorder.record(events, occurred=clock.read(), ruleset=RULES)
        return [f"{each.epoch} {each.sequence} {each.digest}" for each in sealed]

    return scan


def _bare(order: Order) -> None:
    folder = Path(order.folder)
    with closing(Ledger(folder / "bare.ledger")) as ledger:
        known = len(read_ledger(folder / "bare.ledger"))
        memory_only(order.port, known, order.rate, ledger.confirm, stopped_by_signals())


def _forgetful(order: Order) -> None:
    folder = Path(order.folder)
    with closing(Ledger(folder / "forgetful.ledger")) as ledger:
        forgetful_outbox(
            order.port, folder / "forgetful.db", order.rate, ledger.confirm, stopped_by_signals()
        )


def _collector(order: Order) -> None:
    collect(order.port, Path(order.folder) / "peers.db", stopped_by_signals())


def _counter(order: Order) -> None:
    settings = load_settings(Path(order.config))
    platform = CountingPlatform(settings)
    asyncio.run(platform.serve(settings.broker.host, settings.broker.port, stopped_by_signals()))


ROLES: Mapping[str, Callable[[Order], None]] = {
    "capture": capture,
    "ship": ship,
    "central": central,
    "bare": _bare,
    "forgetful": _forgetful,
    "collector": _collector,
    "counter": _counter,
}
