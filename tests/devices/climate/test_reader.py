"""Sensors on a pseudo-terminal: right values, and no wrong one whatever the line does."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from heard_journal import HeardJournal
from waiting import until

from edge.core.errors import ConfigError, DeviceBusy, DeviceError, DeviceGone
from edge.core.ids import SensorId
from edge.devices.climate.modbus import ModbusLine
from edge.devices.climate.profile import (
    ClimateProfile,
    climate_profile,
    read_climate_profile,
    schema_text,
)
from edge.devices.climate.reader import BusSensor, ClimateReader, Polled
from edge.host.clock import SystemClock
from edge.sim.climate import LineFault, SimClimateLine, SimSensor, check_bytes

CONFIGS = Path(__file__).parents[3] / "firmware_configs"
CHEAP = climate_profile("xy-md02", CONFIGS)
CALIBRATED = climate_profile("calibrated", CONFIGS)
TANK = climate_profile("tank-pt1000", CONFIGS)
NAMES = (SensorId("th-1"), SensorId("th-2"), SensorId("tank-1"))


def impatient(profile: ClimateProfile) -> ClimateProfile:
    return profile.model_copy(update={"line": profile.line.model_copy(update={"answer_s": 0.05})})


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[SimClimateLine]:
    line = SimClimateLine(
        tmp_path / "climate",
        SimSensor(1, 4, 1, [201, 963]),
        SimSensor(2, 3, 0, [1998, 9712]),
        SimSensor(3, 3, 0, [-15]),
    )
    line.plug()
    yield line
    line.close()


@pytest.fixture
def door(bus: SimClimateLine) -> Iterator[ModbusLine]:
    line = ModbusLine(str(bus.path), impatient(CHEAP).line)
    yield line
    line.close()


class Ear:
    """What a reader reported."""

    def __init__(self) -> None:
        self.heard: list[Polled] = []

    def __call__(self, polled: Polled) -> None:
        self.heard.append(polled)

    def of(self, sensor: SensorId) -> list[Polled]:
        return [each for each in self.heard if each.sensor == sensor]


def reader(door: ModbusLine, ear: Ear, journal: HeardJournal, period_s: float) -> ClimateReader:
    return ClimateReader(
        door,
        (
            BusSensor(NAMES[0], 1, CHEAP),
            BusSensor(NAMES[1], 2, CALIBRATED),
            BusSensor(NAMES[2], 3, TANK),
        ),
        report=ear,
        clock=SystemClock(assume_synced=True),
        journal=journal,
        period_s=period_s,
    )


def test_the_check_bytes_are_those_of_the_standard() -> None:
    """The worked example of the Modbus specification: 02 07 gives 41 12."""
    assert check_bytes(bytes.fromhex("0207")) == bytes.fromhex("4112")


def test_three_kinds_of_sensor_on_one_line(door: ModbusLine) -> None:
    ear, journal = Ear(), HeardJournal()
    polling = reader(door, ear, journal, 60)
    polling.start()
    until(lambda: len(ear.heard) >= 3)
    polling.stop()
    values = [
        (each.sample.temperature_centi_c, each.sample.humidity_centi_pct)
        for each in ear.heard
        if each.sample is not None
    ]

    assert values == [(2010, 9630), (1998, 9712), (-150, None)]
    assert [each.sensor for each in ear.heard] == list(NAMES)


@pytest.mark.parametrize("fault", [each for each in LineFault if each is not LineFault.ECHO])
def test_a_spoiled_answer_is_no_value_and_the_next_one_is(
    bus: SimClimateLine, door: ModbusLine, fault: LineFault
) -> None:
    bus.faults.append(fault)
    with pytest.raises(DeviceError):
        door.read(1, CHEAP.registers)

    assert door.read(1, CHEAP.registers) == (201, 963)


def test_an_adapter_that_echoes_is_told_so(bus: SimClimateLine) -> None:
    bus.faults.append(LineFault.ECHO)
    line = ModbusLine(str(bus.path), impatient(CHEAP).line, has_echo=True)
    try:
        assert line.read(1, CHEAP.registers) == (201, 963)
    finally:
        line.close()


def test_negative_values_and_a_wrong_register_map(door: ModbusLine) -> None:
    assert door.read(3, TANK.registers) == (-15,)
    with pytest.raises(DeviceError) as caught:
        door.read(2, CHEAP.registers)
    assert caught.value.code == "sensor_unanswered"


def test_an_absent_sensor_does_not_stop_the_others(bus: SimClimateLine, door: ModbusLine) -> None:
    del bus.sensors[2]
    ear, journal = Ear(), HeardJournal()
    polling = reader(door, ear, journal, 0.05)
    polling.start()
    until(lambda: len(ear.of(NAMES[2])) >= 3)
    assert polling.silent == (NAMES[1],)
    bus.sensors[2] = SimSensor(2, 3, 0, [2001, 9800])
    until(lambda: any(each.sample for each in ear.of(NAMES[1])))
    polling.stop()

    assert all(each.sample for each in ear.of(NAMES[0]))
    assert len(journal.named("sensor.silent")) == 1
    assert len(journal.named("sensor.back")) == 1


def test_a_pulled_cable_is_silence_and_plugged_again_it_goes_on(
    bus: SimClimateLine, door: ModbusLine
) -> None:
    ear = Ear()
    polling = reader(door, ear, HeardJournal(), 0.05)
    polling.start()
    until(lambda: len(ear.of(NAMES[0])) >= 2)
    bus.unplug()
    until(lambda: ear.heard[-1].sample is None and ear.heard[-1].why == "sensor_line_gone")
    bus.plug()
    until(lambda: ear.heard[-1].sample is not None)
    polling.stop()


def test_polls_keep_their_beat(door: ModbusLine) -> None:
    ear = Ear()
    polling = reader(door, ear, HeardJournal(), 0.2)
    polling.start()
    until(lambda: len(ear.of(NAMES[0])) >= 5)
    polling.stop()
    first = ear.of(NAMES[0])[0].at.mono_ns
    late_ns = [
        (each.at.mono_ns - first) - round((each.at.mono_ns - first) / 2e8) * 200_000_000
        for each in ear.of(NAMES[0])
    ]

    assert all(abs(each) < 100_000_000 for each in late_ns)


def test_stopping_is_quick_and_twice_is_once(door: ModbusLine) -> None:
    ear = Ear()
    polling = reader(door, ear, HeardJournal(), 60)
    polling.start()
    polling.start()
    until(lambda: len(ear.heard) >= 3)
    polling.stop()
    polling.stop()

    assert len(ear.heard) == 3


def test_a_line_is_held_by_one_and_an_absent_one_is_named(
    bus: SimClimateLine, door: ModbusLine, tmp_path: Path
) -> None:
    door.read(1, CHEAP.registers)
    second = ModbusLine(str(bus.path), CHEAP.line)
    with pytest.raises((DeviceBusy, DeviceGone)):
        second.read(1, CHEAP.registers)
    second.close()
    with pytest.raises(DeviceGone):
        ModbusLine(str(tmp_path / "nothing"), CHEAP.line).read(1, CHEAP.registers)


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("climate/*.toml")), ids=lambda path: path.stem)
def test_every_profile_is_read_and_names_its_sources(path: Path) -> None:
    profile = read_climate_profile(path)

    assert profile.name == path.stem
    assert path.read_text(encoding="utf-8").startswith("# ")
    assert profile.quirks
    assert profile.registers.temperature_at < profile.registers.count
    assert (profile.registers.humidity_at is None) == (profile.measures.humidity is None)


def test_the_schema_that_lies_beside_is_the_one_in_use() -> None:
    lying = (CONFIGS / "schema" / "climate.schema.json").read_text(encoding="utf-8")
    assert lying == schema_text()


def test_what_is_wrong_with_a_profile_is_named(tmp_path: Path) -> None:
    path = tmp_path / "odd.toml"
    text = (CONFIGS / "climate" / "xy-md02.toml").read_text(encoding="utf-8")
    path.write_text(text.replace("function = 4", "function = 6"), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_climate_profile(path)
    assert (caught.value.code, caught.value.facts["where"]) == (
        "profile_malformed",
        "registers.function",
    )
    with pytest.raises(ConfigError) as caught:
        climate_profile("nothing", CONFIGS)
    assert "xy-md02" in str(caught.value.facts["known"])
