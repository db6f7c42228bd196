import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [
            sys.executable,
            *("-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"),
            *("--wheel-dir", str(folder), str(ROOT)),
        ],
        check=True,
        timeout=120,
    )
    (built,) = folder.glob("*.whl")
    return built


def tracked(pattern: str) -> set[str]:
    listed = subprocess.run(
        ["git", "ls-files", pattern], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return set(listed.split())


def test_the_wheel_carries_its_data(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    data = tracked("edge/rulesets/*.toml") | tracked("edge/storage/migrations/**")
    shared = tracked("systemd/*") | tracked("firmware_configs/*")
    assert data <= names
    assert {f"edge/share/{name}" for name in shared} <= names
    assert {"edge/py.typed", "kiosk/py.typed"} <= names
    assert not any(name.startswith(("tests", "tools")) for name in names)


def test_the_wheel_runs_in_a_clean_environment(wheel: Path, tmp_path: Path) -> None:
    """Its own code from the wheel, its dependencies from the environment under test."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "v")], check=True)
    (site,) = (tmp_path / "v" / "lib").glob("python3.*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    dependencies = next(path for path in sys.path if path.endswith("site-packages"))
    (site / "dependencies.pth").write_text(dependencies, encoding="utf-8")
    code = (
        "import json, sys; import edge; from importlib.resources import files; "
        "names = [each.name for each in files('edge').joinpath('rulesets').iterdir()]; "
        "print(json.dumps([edge.__file__, names]))"
    )
    python = str(tmp_path / "v" / "bin" / "python")
    told = subprocess.run(
        [python, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    place, rulesets = json.loads(told.stdout)
    assert Path(place).is_relative_to(tmp_path)
    assert {Path(name).name for name in tracked("edge/rulesets/*.toml")} <= set(rulesets)
    shown = subprocess.run(
        [python, "-m", "edge", "--help"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert shown.returncode == 0, shown.stderr
    assert "config" in shown.stdout
    listed = subprocess.run(
        [python, "-m", "edge", "firmware", "list", "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "gm65" in {row["name"] for row in json.loads(listed.stdout)}
