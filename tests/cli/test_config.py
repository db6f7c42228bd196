import json
from pathlib import Path

from typer.testing import CliRunner

from edge.cli.app import app

GOOD = '[station]\ncity = "nanchang"\nlab = "lab-1"\ndevice = "desk-1"\n'


def test_values_and_sources_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "edge.toml"
    path.write_text(GOOD, encoding="utf-8")
    answer = CliRunner().invoke(app, ["config", "--config", str(path)])
    assert answer.exit_code == 0
    assert "station.city" in answer.stdout
    assert "nanchang" in answer.stdout


def test_json_is_one_document(tmp_path: Path) -> None:
    path = tmp_path / "edge.toml"
    path.write_text(GOOD, encoding="utf-8")
    answer = CliRunner().invoke(app, ["config", "--json", "--config", str(path)])
    rows = {row["field"]: row for row in json.loads(answer.stdout)["settings"]}
    assert rows["station.lab"] == {"field": "station.lab", "value": "lab-1", "source": str(path)}


def test_broken_settings_are_wrong_use(tmp_path: Path) -> None:
    path = tmp_path / "edge.toml"
    path.write_text('[station]\ncity = "!"\n', encoding="utf-8")
    answer = CliRunner().invoke(app, ["config", "--json", "--config", str(path)])
    assert answer.exit_code == 2
    fields = {row["field"] for row in json.loads(answer.stdout)["problems"]}
    assert fields == {"station.city", "station.lab", "station.device"}
    assert "请" in answer.stderr
