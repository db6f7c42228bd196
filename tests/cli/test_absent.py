"""A station without the extras of others: its verbs work, the rest says what to install."""

import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from edge.cli.absent import absent

HEAVY = ("cv2", "numpy", "dlib", "fastapi", "zxingcpp", "pyzbar", "serial", "nfc", "fpdf")
BLOCKED = f"""
import sys

class Nowhere:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {HEAVY!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Nowhere())
from edge.__main__ import main
main()
"""


def bare(*words: str) -> "subprocess.CompletedProcess[str]":
    """The command line where nothing but the base is installed."""
    return subprocess.run(
        [sys.executable, "-c", BLOCKED, *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("words", [(), ("status",), ("status", "--json"), ("nonsense", "x")])
def test_whatever_is_asked_it_says_what_to_install(words: tuple[str, ...]) -> None:
    app = typer.Typer()
    app.command("other")(lambda: None)
    app.add_typer(absent("face", missing="cv2", extra="face"), name="face")
    answer = CliRunner().invoke(app, ["face", *words])
    assert answer.exit_code == 2
    assert answer.output.strip() == 'cv2: pip install "specimen-edge[face]"'


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ("wall", "--help"),
        ("doctor", "--help"),
        ("curing", "type", "--help"),
        ("log", "verify", "--help"),
        ("central", "--help"),
        ("--help",),
    ],
)
def test_a_bare_station_has_its_verbs(words: tuple[str, ...]) -> None:
    done = bare(*words)
    assert done.returncode == 0, done.stderr[-500:]


@pytest.mark.slow
def test_a_bare_station_names_what_faces_need() -> None:
    done = bare("face", "status")
    assert done.returncode == 2
    assert "specimen-edge[face]" in done.stderr
