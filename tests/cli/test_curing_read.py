"""`specimen-edge curing read` against a simulated line, and `sim climate` by hand."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.cli.app import app
from edge.sim.climate import LineFault, SimClimateLine, SimSensor

RUN = CliRunner()


@pytest.fixture
def line(tmp_path: Path) -> Iterator[SimClimateLine]:
    made = SimClimateLine(
        tmp_path / "room", SimSensor(1, 4, 1, [201, 963]), SimSensor(3, 3, 0, [-15])
    )
    made.plug()
    yield made
    made.close()


def read(line: SimClimateLine, *words: str) -> tuple[int, list[dict[str, object]]]:
    done = RUN.invoke(app, ["curing", "read", "--port", str(line.path), "--json", *words])
    return done.exit_code, [json.loads(each) for each in done.stdout.splitlines()]


def test_what_a_sensor_measures(line: SimClimateLine) -> None:
    status, told = read(line, "--count", "3", "--every-s", "0.1")

    assert status == 0
    assert [(each["temperature_c"], each["humidity_pct"]) for each in told] == [(20.1, 96.3)] * 3


def test_another_address_and_a_tank(line: SimClimateLine) -> None:
    status, told = read(line, "--profile", "tank-pt1000", "--address", "3")

    assert (status, told[0]["temperature_c"], told[0]["humidity_pct"]) == (0, -1.5, None)


def test_no_answer_is_no_value(line: SimClimateLine) -> None:
    line.faults.extend([LineFault.BAD_CHECK] * 2)
    status, told = read(line)

    assert (status, told[0]["temperature_c"]) == (1, None)
    assert told[0]["why"]


def test_an_unknown_profile_is_named(line: SimClimateLine) -> None:
    done = RUN.invoke(app, ["curing", "read", "--port", str(line.path), "--profile", "none"])

    assert done.exit_code == 2
    assert "xy-md02" in done.output


def sim(folder: Path, lines: str, *words: str) -> tuple[int, str]:
    done = RUN.invoke(app, ["sim", "climate", str(folder / "room"), *words], input=lines)
    return done.exit_code, done.output


def test_a_person_sets_values_and_faults(tmp_path: Path) -> None:
    status, output = sim(tmp_path, "20.5 97.1\n:silent\n:unplug\n:plug\n\n:quit\n")

    assert status == 0
    assert output.count(":silent, ") == 1
    assert not (tmp_path / "room").exists()


def test_a_slip_is_answered(tmp_path: Path) -> None:
    status, output = sim(tmp_path, "warm\n:what\n99999 3\n", "--profile", "calibrated")

    assert status == 0
    assert output.count(":unplug, :plug") == 4
    assert sim(tmp_path, "", "--profile", "none")[0] == 2
