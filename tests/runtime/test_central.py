"""The platform's process on a real broker, killed between its store and its word to the station."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from faults.failpoints import catalogue
from faults.nursery import Grown, Nursery
from faults.roles import Order
from fleet_site import CITY, CONTROL, FleetSite, FleetStation
from waiting import until

from edge.core.errors import StorageError
from edge.runtime.supervisor import Child, own_command
from edge.sim.broker import Mosquitto
from edge.storage.central import CentralReader

pytestmark = pytest.mark.slow

LABS = 2
ROUND = 4
"""Events of each station between two deaths."""
PATIENCE_S = 8.0
START_S = 60.0
"""For a program that is loaded on a machine with much else to do."""
KILLS = 3
PREFIX = "acknowledge/"
FUNCTIONS = (
    "Platform.receive",
    "Ingest._keep",
    "Shelf.write",
    "Shelf.write_marks",
    "CentralWrites.keep_events",
    "CentralWrites.set_marks",
    "CentralProcess._turn",
    "CentralProcess._send",
    "MqttClient.take",
    "Platform._acks",
    "Acknowledger.acknowledge",
)
SELDOM = {"Ingest._keep": 6, "CentralProcess._turn": 3}
"""Statements for what is known, false or out of reach; any other function may have one of them."""


@dataclass
class Line:
    """A city on a broker, its platform's settings, and what the platform has stored."""

    site: FleetSite
    folder: Path

    @property
    def store(self) -> Path:
        return self.folder / "platform" / "central.db"

    @property
    def config(self) -> Path:
        return self.folder / "central.toml"

    def configure(self, port: int) -> None:
        self.config.write_text(
            f"""
state_dir = "{self.store.parent}"
station = {{city = "{CITY}", lab = "platform", device = "central"}}
broker = {{port = {port}, retry_max_s = 0.5}}
keys = {{pinned = "{self.folder / "keys.json"}", control = "{self.folder / f"{CONTROL}.pem"}"}}
clock = {{assume_synced = true}}
central = {{ack_min_gap_s = 0.05}}
""",
            encoding="utf-8",
        )

    def record(self) -> None:
        for station in self.site.stations:
            for _ in range(ROUND):
                number = len(station.chain.sealed)
                station.chain.append("device.started", "desk-1", {"version": f"0.{number}"})

    def turn(self) -> bool:
        """Every station once; whether everything that was recorded is confirmed."""
        for station in self.site.stations:
            station.turn()
        return all(station.waiting == 0 for station in self.site.stations)

    def stored(self, station: FleetStation) -> list[tuple[int, str]]:
        """Sequence and digest of every event that the platform holds."""
        try:
            with CentralReader(self.store) as reader:
                return [(each[1], each[2]) for each in reader.digests(station.station)]
        except StorageError:
            return []

    def check_promises(self) -> None:
        """What a station was told to be stored is stored, now that the one who said it is dead."""
        for station in self.site.stations:
            mark = station.marks.kept.get(station.chain.epoch)
            held = {sequence for sequence, _ in self.stored(station)}
            assert set(range(1, (mark.upto if mark else 0) + 1)) <= held

    def check_whole(self) -> None:
        for station in self.site.stations:
            recorded = [(each.sequence, each.digest) for each in station.chain.sealed]
            assert sorted(self.stored(station)) == recorded, "lost, doubled, or something else"
        with CentralReader(self.store) as reader:
            counts = reader.counts()
            assert (counts.duplicates_stored, counts.quarantined) == (0, 0)
            assert reader.alarms() == ()


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    folder = tmp_path_factory.mktemp("line")
    broker = Mosquitto(folder / "broker")
    broker.start()
    made = Line(FleetSite(folder, broker.port, LABS), folder)
    made.configure(broker.port)
    yield made
    made.site.close()
    broker.stop()


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    with Nursery(tmp_path_factory.mktemp("nursery")) as made:
        yield made


@pytest.fixture
def central(line: Line, nursery: Nursery) -> Iterator[Grown]:
    """The platform's process, made quickly and dying where it is told; not started."""
    made = Grown(nursery, "central", line.folder / "central.log")
    yield made
    made.stop()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_it_dies_at_a_statement_and_nothing_is_lost_or_doubled(
    line: Line, central: Grown, function: str
) -> None:
    points = [name for name in catalogue() if name.startswith(f"{PREFIX}{function}/")]
    assert points
    reached = 0
    for point in points:
        line.record()
        central.start(Order(role="central", config=str(line.config), point=point))
        until(lambda: line.turn() or not central.runs(), PATIENCE_S)
        reached += not central.runs()
        central.kill()
        line.check_promises()
    assert len(points) - reached <= SELDOM.get(function, 1)
    central.start(Order(role="central", config=str(line.config)))
    until(line.turn)
    line.check_whole()


@pytest.fixture
def program(line: Line, tmp_path: Path) -> Iterator[Child]:
    """`specimen-edge central`, as an operator starts it, with its link up."""
    command = own_command("central", "--config", str(line.config))
    child = Child("central", command, log=tmp_path / "central.log")
    child.start()
    try:
        until(lambda: "link.up" in child.last_words(), START_S)
        yield child
    finally:
        child.stop()


def test_the_program_is_killed_with_stored_events_that_no_station_knows_to_be_stored(
    line: Line, program: Child
) -> None:
    (station, *_) = line.site.stations
    until(line.turn)
    for _ in range(KILLS):
        before = len(station.chain.sealed)
        line.record()
        until(lambda: line.turn() or not station.shipper.is_free)
        until(lambda: len(line.stored(station)) > before)  # noqa: B023 - asked in this round only
        program.kill()
        assert station.waiting == ROUND
        line.check_promises()
        program.start()
        until(line.turn, START_S)
    line.check_whole()


def test_it_stops_when_it_is_asked_and_its_store_is_free(line: Line, program: Child) -> None:
    program.stop()
    assert program.exit_status == 0, program.last_words()
    program.start()
    line.record()
    until(line.turn, START_S)
    line.check_whole()


def test_a_second_one_on_the_same_store_is_refused_by_name(line: Line, program: Child) -> None:
    command = own_command("central", "--config", str(line.config))
    with Child("second", command, log=line.folder / "second.log") as second:
        until(lambda: second.exit_status is not None, START_S)
    assert second.exit_status not in {0, None}
    assert "store_in_use" in second.last_words()
    assert program.pid is not None
    line.record()
    until(line.turn)
    line.check_whole()


def test_a_store_that_is_none_is_named(line: Line, tmp_path: Path) -> None:
    (tmp_path / "central.db").write_bytes(b"no database at all" * 100)
    config = tmp_path / "central.toml"
    text = line.config.read_text(encoding="utf-8")
    config.write_text(text.replace(str(line.store.parent), str(tmp_path)), encoding="utf-8")
    command = own_command("central", "--config", str(config))
    with Child("spoilt", command, log=tmp_path / "spoilt.log") as child:
        until(lambda: child.exit_status is not None, START_S)
    assert child.exit_status not in {0, None}
    assert "store_corrupt" in child.last_words()
    assert str(tmp_path / "central.db") in child.last_words()
