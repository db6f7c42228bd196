"""Shipper, platform and broker are killed in mid flow, inside each other's outages."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from threading import Event
from typing import Protocol

import pytest
from waiting import until

from edge.core.envelope import Seal
from edge.core.events import DeviceStarted
from edge.core.ids import DeviceId, RuleSetId
from edge.flows.backlog import Backlog, backlog_of
from edge.flows.epoch import EpochOpener
from edge.flows.record import Recorder
from edge.host.clock import SystemClock
from edge.host.identity import SystemIds, boot_id
from edge.host.keys import FileSigner, key_id_of, read_pinned
from edge.runtime.provision import BrokerAddress, Site, configure, provision
from edge.runtime.supervisor import Child, own_command
from edge.settings import Settings, load_settings
from edge.sim.broker import HOST, Mosquitto
from edge.storage.central import CentralReader
from edge.storage.link import LinkReader
from edge.storage.station import SqliteStation, StationReader

pytestmark = pytest.mark.slow

EVENTS = 240
RULES = RuleSetId("nanchang-2023")


class Mortal(Protocol):
    """What can be killed and started again."""

    def start(self) -> object: ...

    def kill(self) -> None: ...


@dataclass
class Line:
    """A station's log that grows, and the processes that carry it to the platform's store."""

    site: Site
    station: Settings
    platform: Settings
    broker: Mosquitto
    ship: Child
    central: Child
    store: SqliteStation
    recorder: Recorder

    def record(self, number: int) -> None:
        self.recorder.record(
            (DeviceStarted(f"0.{number}"),),
            occurred=SystemClock(assume_synced=True).read(),
            ruleset=RULES,
        )

    def part(self, name: str) -> "Mortal":
        parts: dict[str, Mortal] = {
            "ship": self.ship,
            "central": self.central,
            "broker": self.broker,
        }
        return parts[name]

    def backlog(self) -> Backlog:
        link = LinkReader(self.station.link_db, clock=SystemClock(), boot_id=boot_id())
        try:
            with StationReader(self.station.station_db) as log:
                return backlog_of(log, link.marks())
        finally:
            link.close()


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    with ExitStack() as stack:
        clock = SystemClock(assume_synced=True)
        site = provision(tmp_path / "site", now=clock.now(), seed=7)
        broker = Mosquitto(site.folder / "broker", tls=site.broker_tls)
        broker.start()
        stack.callback(broker.stop)
        configure(site, BrokerAddress(HOST, broker.port))
        station, platform = load_settings(site.station.config), load_settings(site.platform.config)
        key_id = key_id_of(station.event_key, read_pinned(station.keys_file))
        signer = FileSigner(station.event_key, key_id=key_id)
        by = Seal(site.station.name.urn, boot_id(), key_id, signer.sign)
        device = DeviceId(site.station.name.device)
        store = SqliteStation(station.station_db)
        stack.callback(store.close)
        ids = SystemIds()
        EpochOpener(clock=clock, ids=ids, by=by, device=device, ruleset=RULES).open(store)
        children = {
            name: Child(
                name,
                own_command(name, "--config", str(config)),
                log=site.folder / "logs" / f"{name}.log",
            )
            for name, config in (("central", site.platform.config), ("ship", site.station.config))
        }
        for child in children.values():
            child.start()
            stack.callback(child.stop)
        yield Line(
            site=site,
            station=station,
            platform=platform,
            broker=broker,
            ship=children["ship"],
            central=children["central"],
            store=store,
            recorder=Recorder(store=store, clock=clock, ids=ids, by=by, device=device),
        )


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_lost_or_doubled_whoever_dies(line: Line, seed: int) -> None:
    rng = Random(seed)
    until(lambda: line.backlog().confirmed > 0)
    down: list[str] = []
    for number in range(EVENTS):
        line.record(number)
        Event().wait(rng.uniform(0.0, 0.01))
        if number % 20 == rng.randrange(20):
            victim = rng.choice(["ship", "central", "broker"])
            if victim in down:
                down.remove(victim)
                line.part(victim).start()
            else:
                down.append(victim)
                line.part(victim).kill()
    while down:
        line.part(down.pop()).start()
    until(lambda: line.backlog().waiting == 0, 60.0)
    with (
        StationReader(line.station.station_db) as log,
        CentralReader(line.platform.central_db) as platform,
    ):
        (epoch,) = log.epochs()
        recorded = {(epoch, each.sequence, each.digest) for each in log.events(epoch)}
        held = list(platform.digests(line.site.station.name))
        counts = platform.counts()
        assert platform.alarms() == ()
    assert len(recorded) == EVENTS + 1
    assert set(held) == recorded, "lost, or something else than was sent"
    assert len(held) == len(recorded), "doubled"
    assert (counts.duplicates_stored, counts.quarantined) == (0, 0)
