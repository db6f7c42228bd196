"""The sensors of a wall station: one reader a line, told apart by address, old minutes dropped."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
import samples
from memory_doors import CountingIds, SetClock
from rules import shipped
from typer.testing import CliRunner
from wall_bench import WALL, WallBench

from edge.cli.app import app
from edge.compose.climate import KEEP_MINUTES, RoomClimate
from edge.core.curing.record import Heard, Ledger, LoggedReading
from edge.core.errors import ConfigError
from edge.core.ids import SensorId
from edge.flows.record import Recorder
from edge.settings import load_settings
from edge.storage.climate import SqliteClimate
from edge.storage.climate_reads import ClimateLog

STATION = {"city": "nanchang", "lab": "lab-1", "device": "wall-1"}
ONE = {"name": "th-1", "port": "/dev/line-1"}
SECOND = {"name": "th-2", "port": "/dev/line-1", "address": 2}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[WallBench]:
    made = WallBench(tmp_path)
    yield made
    made.close()


def climate(bench: WallBench, *sensors: Mapping[str, object], cage: str = "") -> RoomClimate:
    settings = load_settings(
        state_dir=str(bench.folder),
        station=STATION,
        wall={"room": "room-1", "sensors": [dict(each) for each in sensors]}
        | ({"cage": {"place": cage}} if cage else {}),
    )
    assert settings.wall is not None
    recorder = Recorder(
        store=bench.store, clock=SetClock(), ids=CountingIds(), by=bench.seal, device=WALL
    )
    return RoomClimate(
        settings,
        settings.wall,
        recorder=recorder,
        rules=shipped(),
        clock=bench.clock,
        journal=bench.journal,
    )


def refused(bench: WallBench, *sensors: Mapping[str, object]) -> str:
    made = climate(bench, *sensors)
    try:
        with pytest.raises(ConfigError) as caught:
            made.lines(lambda _: None)
    finally:
        made.close()
    return caught.value.code


def test_sensors_of_one_port_share_its_line(bench: WallBench) -> None:
    made = climate(bench, ONE, SECOND, {"name": "th-3", "port": "/dev/line-2"})
    assert len(made.lines(lambda _: None)) == 2
    made.close()


def test_sensors_that_cannot_share_a_line_are_refused(bench: WallBench) -> None:
    assert refused(bench, ONE, SECOND | {"address": 0}) == "address_twice"


def test_a_profile_that_nobody_wrote_is_named(bench: WallBench) -> None:
    with pytest.raises(ConfigError, match="profile_unknown"):
        climate(bench, ONE | {"profile": "none"})


def test_a_room_without_sensors_needs_no_file(bench: WallBench) -> None:
    made = climate(bench)
    made.tidy()
    assert (made.watch, made.rings, made.lines(lambda _: None)) == (None, False, ())
    made.close()
    assert not (bench.folder / "climate.db").exists()


def test_minutes_of_a_season_ago_go_once_a_day(bench: WallBench) -> None:
    now = bench.clock.now()
    first = climate(bench, ONE)
    first.close()
    store = SqliteClimate(bench.folder / "climate.db")
    for age in (KEEP_MINUTES + timedelta(days=2), timedelta(days=1)):
        store.keep((LoggedReading(SensorId("th-1"), now - age, 2000, 9900, Heard.IN),))
    store.close()
    made = climate(bench, ONE)
    made.tidy()
    made.tidy()
    assert bench.journal.noted.count("climate.pruned") == 1
    bench.clock.move(86_400)
    made.tidy()
    assert bench.journal.noted.count("climate.pruned") == 2
    made.close()
    store = SqliteClimate(bench.folder / "climate.db")
    span = (SensorId("th-1"), now - timedelta(days=200), now)
    assert len(store.readings(*span)) == 1
    assert len(store.hours(*span)) == 2
    store.close()


def test_a_ledger_is_imported_through_the_station_that_holds_the_file(bench: WallBench) -> None:
    made = climate(bench, ONE)
    config, ledger = bench.folder / "edge.toml", bench.folder / "june.csv"
    station = "".join(f'{key} = "{value}"\n' for key, value in STATION.items())
    config.write_text(f'state_dir = "{bench.folder}"\n[station]\n{station}', encoding="utf-8")
    ledger.write_text("date,mean\n2026-06-01,20.5\n2026-06-02,21.0\n", encoding="utf-8")
    words = ["curing", "ledger", str(ledger), "--place", "cage-7", "--source", "site book"]
    done = CliRunner().invoke(app, [*words, "--config", str(config)])
    assert done.exit_code == 0, done.output
    assert len(list((bench.folder / "ledgers").iterdir())) == 1
    made.take_ledgers()
    made.take_ledgers()
    assert list((bench.folder / "ledgers").iterdir()) == []
    assert bench.journal.noted.count("ledger.imported") == 1
    made.close()
    with ClimateLog(bench.folder / "climate.db") as log:
        assert [tenths for _, tenths, _ in log.ledger_days("cage-7")] == [205, 210]


@pytest.mark.parametrize("sensors", [(), (ONE,)])
def test_a_group_has_matured_by_the_ledger_of_its_cage(
    bench: WallBench, sensors: tuple[Mapping[str, object], ...]
) -> None:
    group = samples.group(1)
    cast = group.casting.on
    store = SqliteClimate(bench.folder / "climate.db")
    days = tuple((cast + timedelta(days=number), 200) for number in range(1, 40))
    ledger = Ledger("site book", "cage-7", "a" * 64, days)
    store.import_ledger(ledger, at=bench.clock.now(), by=None)
    store.close()
    made = climate(bench, *sensors, cage="cage-7")
    assert made.matured(group, cast + timedelta(days=40)) == cast + timedelta(days=30)
    assert made.matured(group, cast + timedelta(days=29)) is None
    made.close()
    elsewhere = climate(bench, *sensors, cage="cage-8")
    assert elsewhere.matured(group, cast + timedelta(days=40)) is None
    elsewhere.close()


def test_without_a_cage_nothing_is_known_of_degree_days(bench: WallBench) -> None:
    made = climate(bench)
    assert made.matured(samples.group(1), bench.clock.now().date()) is None
    made.close()
    named = climate(bench, cage="cage-7")
    assert named.matured(samples.group(1), bench.clock.now().date()) is None
    named.close()
