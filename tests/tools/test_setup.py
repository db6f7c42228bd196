import ast
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SETUP = ROOT / "tools" / "setup.py"


def setup(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SETUP), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_wrong_use_is_status_2() -> None:
    assert setup().returncode == 2
    assert setup("both").returncode == 2


@pytest.mark.parametrize(
    ("version", "pointer_bytes", "says"),
    [
        ((3, 9, 2), 8, ("3.9.2", "make PYTHON=")),
        ((3, 10, 99), 8, ("3.10.99", "3.11")),
        ((3, 11, 2), 4, ("64 位", "Raspberry Pi OS (64-bit)")),
    ],
)
def test_what_cannot_run_the_station_is_refused_with_the_remedy(
    version: tuple[int, ...], pointer_bytes: int, says: tuple[str, ...]
) -> None:
    told = "\n".join(runpy.run_path(str(SETUP))["unsuitable"](version, pointer_bytes))
    assert all(part in told for part in says)


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 13, 5)])
def test_what_can_is_not(version: tuple[int, ...]) -> None:
    assert runpy.run_path(str(SETUP))["unsuitable"](version, 8) == ()


def test_the_script_stays_readable_for_an_old_python() -> None:

    ast.parse(SETUP.read_text(encoding="utf-8"), feature_version=(3, 7))
