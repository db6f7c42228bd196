import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_arrow_points_one_way() -> None:
    """The contracts of pyproject.toml, run as the tool's own command runs them."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout
