import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.cli.app import app
from edge.flows.health_words import WORDS
from edge.host.reach import Obstacle

STATION = '[station]\ncity = "nanchang"\nlab = "lab-1"\ndevice = "desk-1"\n'


def doctor(config: Path) -> tuple[int, dict[str, dict[str, str]]]:
    answer = CliRunner().invoke(app, ["doctor", "--json", "--config", str(config)])
    document = json.loads(answer.stdout)
    assert document["ok"] == (answer.exit_code == 0)
    return answer.exit_code, {row["id"]: row for row in document["findings"]}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "edge.toml"
    path.write_text(f'state_dir = "{tmp_path / "state"}"\n{STATION}', encoding="utf-8")
    return path


def test_wrong_settings_are_findings_and_status_2(config: Path) -> None:
    config.write_text("[broker]\nprt = 1\n", encoding="utf-8")
    status, found = doctor(config)
    assert status == 2
    assert set(found) == {"configuration.station", "configuration.broker.prt"}
    assert "broker.port" in found["configuration.broker.prt"]["remedy_zh"]


def test_a_station_without_its_folder_fails_with_the_remedy(config: Path, tmp_path: Path) -> None:
    status, found = doctor(config)
    assert status == 1
    assert found["configuration"]["level"] == "ok"
    assert f"{tmp_path / 'state'}" in found["disk"]["remedy_en"]


def test_present_decoders_are_named(config: Path) -> None:
    _, found = doctor(config)
    assert "zxing-cpp" in found["decoders"]["en"]


def test_a_person_reads_both_languages(config: Path) -> None:
    answer = CliRunner().invoke(app, ["doctor", "--config", str(config)])
    assert "没有状态目录" in answer.stdout
    assert "There is no state directory" in answer.stdout


def test_every_obstacle_on_the_way_to_the_broker_has_its_words() -> None:
    assert {f"broker.{each.value}" for each in Obstacle} <= set(WORDS)
