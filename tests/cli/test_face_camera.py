"""Enrolling before the station's camera: drawn people, a real stream, the real engine."""

import json
from pathlib import Path

import numpy as np
import pytest
from face_samples import ANN, looks
from typer.testing import CliRunner, Result

from edge.cli.app import app
from edge.sim.camera import SimulatedCamera
from edge.sim.scenes import empty_desk, face_at_desk

pytestmark = pytest.mark.slow
RUNNER = CliRunner()


def enrol(folder: Path, camera: str, *words: str) -> Result:
    config = folder / "edge.toml"
    source = f'[camera]\nsource = "{camera}"\nwidth = 640\nheight = 480\n' if camera else ""
    config.write_text(
        f'state_dir = "{folder}/state"\n'
        '[station]\ncity = "nanchang"\nlab = "lab-1"\ndevice = "desk-1"\n'
        f'[face]\npopulation = "rendered"\n{source}',
        encoding="utf-8",
    )
    told = ["face", "enrol", ANN, "--consent-by", "p-staff", "--config", str(config), *words]
    return RUNNER.invoke(app, told)


def test_a_person_before_the_camera_is_enrolled(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    with SimulatedCamera(face_at_desk(looks()[ANN], rng)) as camera:
        told = enrol(tmp_path, camera.url, "--camera")
    assert told.exit_code == 0, told.output
    assert told.stdout.strip().endswith("photographs=5")
    assert told.stderr.count("✓") == 5
    config = str(tmp_path / "edge.toml")
    listed = RUNNER.invoke(app, ["face", "list", "--json", "--config", config])
    assert json.loads(listed.stdout)["photographs"] == 5


def test_an_empty_desk_ends_with_its_reason(tmp_path: Path) -> None:
    with SimulatedCamera(empty_desk(np.random.default_rng(1))) as camera:
        told = enrol(tmp_path, camera.url, "--camera")
    assert told.exit_code == 1
    assert "没有人脸" in told.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [((), "face_photographs_or_camera"), (("--camera",), "camera_unset")],
)
def test_neither_photographs_nor_a_camera_is_a_named_error(
    tmp_path: Path, words: tuple[str, ...], code: str
) -> None:
    told = enrol(tmp_path, "", *words)
    assert told.exit_code == 2
    assert code in told.stderr
