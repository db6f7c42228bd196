"""The wall station's section: everything wrong is named at once, with its remedy."""

import os
import tomllib
from pathlib import Path

import pytest

from edge.core.curing.inputs import RoomKind
from edge.devices.climate.profile import climate_profile
from edge.devices.firmware.place import configs_dir
from edge.settings import SettingsInvalid, explain_settings, load_settings

STATION = {"city": "nanchang", "lab": "lab-1", "device": "wall-1"}
SENSOR = {"name": "th-1", "port": "/dev/specimen-climate"}
PAGE = Path(__file__).parents[1] / "docs" / "door.md"


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("EDGE_"):
            monkeypatch.delenv(name)


def refused(**wall: object) -> list[str]:
    """Fields that are refused."""
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(station=STATION, wall={"room": "room-1"} | wall)
    return [each.field for each in caught.value.problems]


def test_a_station_has_no_door_unless_it_is_told() -> None:
    assert load_settings(station=STATION).wall is None


def test_a_room_alone_is_enough() -> None:
    wall = load_settings(station=STATION, wall={"room": "room-1"}).wall
    assert wall is not None
    assert (wall.kind, wall.layout, wall.sensors, wall.poll_s) == (RoomKind.LAB, None, (), 60.0)


@pytest.mark.parametrize(
    ("wall", "fields"),
    [
        ({"room": "Room 1"}, ["wall.room"]),
        ({"kind": "kitchen"}, ["wall.kind"]),
        ({"layout": "/none/room.toml"}, ["wall.layout"]),
        ({"beside": "door"}, ["wall.beside"]),
        ({"poll_s": 0}, ["wall.poll_s"]),
        ({"sensors": [SENSOR, SENSOR]}, ["wall.sensors"]),
        ({"sensors": [SENSOR | {"address": 248}]}, ["wall.sensors.0.address"]),
        ({"sensors": [SENSOR | {"port": "ttyUSB0"}]}, ["wall.sensors.0.port"]),
        ({"sensors": [SENSOR | {"calibrated_on": "last May"}]}, ["wall.sensors.0.calibrated_on"]),
        ({"sensors": [{"name": "TH 1"}]}, ["wall.sensors.0.name", "wall.sensors.0.port"]),
        ({"camera": {"source": "0", "deadline_s": 0}}, ["wall.camera.deadline_s"]),
        ({"camera": {"sourc": "0"}}, ["wall.camera.sourc"]),
        ({"romm": "x"}, ["wall.romm"]),
    ],
)
def test_what_is_wrong_is_named(wall: dict[str, object], fields: list[str]) -> None:
    assert refused(**wall) == fields


def test_everything_wrong_is_named_at_once(tmp_path: Path) -> None:
    plan = tmp_path / "room.toml"
    plan.write_text('room = "room-2"', encoding="utf-8")
    wrong = refused(layout=str(plan), kind="x", sensors=[SENSOR | {"calibration_days": 0}])
    assert wrong == ["wall.kind", "wall.layout", "wall.sensors.0.calibration_days"]


def test_a_plan_is_of_this_room_and_readable(tmp_path: Path) -> None:
    plan = tmp_path / "room.toml"
    plan.write_text('room = "room-1"', encoding="utf-8")
    wall = load_settings(station=STATION, wall={"room": "room-1", "layout": str(plan)}).wall
    assert wall is not None
    assert wall.layout == plan
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(station=STATION, wall={"room": "room-2", "layout": str(plan)})
    (problem,) = caught.value.problems
    assert "room = room-1" in problem.en
    assert "docs/door.md" in problem.remedy_en


def test_the_sample_of_the_page_is_accepted(tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    plan = tmp_path / "room.toml"
    plan.write_text(page.partition("```toml room.toml\n")[2].partition("```")[0], encoding="utf-8")
    sample = page.partition("```toml\n")[2].partition("```")[0]
    tree = tomllib.loads(sample.replace("/etc/specimen-edge/room.toml", str(plan)))
    wall = load_settings(station=STATION, **tree).wall
    assert wall is not None
    (sensor,) = wall.sensors
    judged = sensor.value(wall.room, climate_profile(sensor.profile, configs_dir()))
    assert judged.calibrated_on == sensor.calibrated_on
    plain = sensor.model_copy(update={"temperature_u_c": 0.0, "humidity_u_pct": 0.0})
    bare = plain.value(wall.room, climate_profile(sensor.profile, configs_dir()))
    assert judged.temperature.uncertainty(0) == bare.temperature.uncertainty(0) + 15
    assert judged.humidity is not None
    assert bare.humidity is not None
    assert judged.humidity.uncertainty(0) == bare.humidity.uncertainty(0) + 100


def test_the_door_shows_in_the_settings() -> None:
    shown = {each.field: each.value for each in explain_settings(station=STATION)}
    assert shown["wall"] == ""
    shown = {
        each.field: each.value
        for each in explain_settings(station=STATION, wall={"room": "room-1", "sensors": [SENSOR]})
    }
    assert shown["wall.room"] == "room-1"
    assert "th-1" in shown["wall.sensors"]
