import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edge.cli.app import app

SYSTEMD = Path(__file__).parents[2] / "systemd"
UNITS = sorted(SYSTEMD.glob("*.service"))
MOST_EXPOSURE = 20
"""Of 100, in tenths of systemd's own scale: 2.0; peers of this kind stand at 6.7 to 9.6."""
SCREEN_EXPOSURE = 30
"""The browser's unit: it needs a terminal, a seat, namespaces and executable memory."""

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)


def is_screen(unit: Path) -> bool:
    return unit.stem.endswith("-screen")


def test_there_are_units() -> None:
    assert len(UNITS) == 6


@needs_systemd
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_a_unit_is_hardly_exposed(unit: Path) -> None:
    done = subprocess.run(
        [
            "systemd-analyze",
            "security",
            "--offline=true",
            f"--threshold={SCREEN_EXPOSURE if is_screen(unit) else MOST_EXPOSURE}",
            "--no-pager",
            str(unit),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout[-400:]


@needs_systemd
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_a_unit_is_read_without_a_word(unit: Path, tmp_path: Path) -> None:
    """An unknown key alone leaves status 0, so any output counts."""
    copy = tmp_path / unit.name
    text = unit.read_text(encoding="utf-8")
    text = text.replace("/opt/specimen-edge/.venv/bin/specimen-edge", sys.executable)
    text = text.replace("/usr/bin/cage", sys.executable)
    copy.write_text(text.replace("/opt/specimen-edge/README.md", str(unit)), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copy)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout + done.stderr == ""
    assert done.returncode == 0


@pytest.mark.parametrize(
    "unit", [unit for unit in UNITS if not is_screen(unit)], ids=lambda path: path.stem
)
def test_a_unit_runs_a_verb_that_exists(unit: Path) -> None:
    started = re.search(r"specimen-edge ([a-z]+) --config", unit.read_text(encoding="utf-8"))
    assert started is not None
    verbs = {
        info.name or (info.callback.__name__ if info.callback else "")
        for info in app.registered_commands
    } | {group.name for group in app.registered_groups}
    assert started[1] in verbs
