import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
ROOT = REPOSITORY / "firmware_configs"
UNIT = "specimen-edge-kiosk.service"
WALL = "specimen-edge-wall.service"
DROP_INS = sorted((ROOT / "systemd" / f"{UNIT}.d").glob("*.conf"))

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)


def read(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign] # keys keep their case
    parser.read_string(path.read_text(encoding="utf-8"))
    return parser


def unit_with_drop_ins(folder: Path, name: str = UNIT) -> Path:
    text = (REPOSITORY / "systemd" / name).read_text(encoding="utf-8")
    text = text.replace("/opt/specimen-edge/.venv/bin/specimen-edge", sys.executable)
    unit = folder / name
    unit.write_text(
        text.replace("/opt/specimen-edge/README.md", str(REPOSITORY / "README.md")),
        encoding="utf-8",
    )
    shutil.copytree(ROOT / "systemd" / f"{name}.d", folder / f"{name}.d")
    return unit


@needs_systemd
@pytest.mark.parametrize("name", [UNIT, WALL])
def test_the_unit_with_its_drop_ins_is_read_without_a_word(tmp_path: Path, name: str) -> None:
    unit = unit_with_drop_ins(tmp_path, name)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout + done.stderr == ""
    assert done.returncode == 0


@needs_systemd
def test_an_unknown_key_in_a_drop_in_would_be_seen(tmp_path: Path) -> None:
    unit = unit_with_drop_ins(tmp_path)
    (tmp_path / f"{UNIT}.d" / "slip.conf").write_text("[Service]\nDeviceAlow=x\n", encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "DeviceAlow" in done.stderr


def test_readers_are_allowed_by_class_and_nothing_else() -> None:
    (path,) = DROP_INS
    lines = path.read_text(encoding="utf-8").splitlines()
    allowed = [line.partition("=")[2] for line in lines if line.startswith("DeviceAllow=")]
    assert allowed == [
        *("char-ttyUSB rw", "char-ttyACM rw", "char-ttyAMA rw", "char-input r"),
        "char-gpiochip rw",
    ]
    assert "SupplementaryGroups=dialout input gpio" in lines


def test_a_door_with_a_camera_has_the_camera_and_room_for_its_process() -> None:
    (path,) = (ROOT / "systemd" / f"{WALL}.d").glob("*.conf")
    service = read(path)["Service"]
    assert service["DeviceAllow"] == "char-video4linux rw"
    assert service["SupplementaryGroups"] == "video"


def test_the_watchdog_is_fed_before_the_hardware_bites() -> None:
    manager = read(ROOT / "systemd" / "system.conf.d" / "watchdog.conf")["Manager"]
    assert int(manager["RuntimeWatchdogSec"]) < 15
    assert set(manager) <= {"RuntimeWatchdogSec", "RebootWatchdogSec"}


def test_the_log_stays_in_memory() -> None:
    journal = read(ROOT / "systemd" / "journald.conf.d" / "specimen-edge.conf")["Journal"]
    assert journal["Storage"] == "volatile"
    assert set(journal) <= {
        *("Storage", "RuntimeMaxUse", "RateLimitIntervalSec", "RateLimitBurst"),
    }


def test_the_state_is_on_a_partition_of_its_own_that_lasts() -> None:
    text = (ROOT / "rootfs" / "fstab").read_text(encoding="utf-8")
    (entry,) = [line.split() for line in text.splitlines() if not line.startswith("#")]
    device, place, kind, options, dump, check = entry
    assert (device, place, kind) == ("LABEL=specimen-state", "/var/lib/specimen-edge", "ext4")
    assert (dump, check) == ("0", "2")
    given = options.split(",")
    assert {"nosuid", "nodev", "noexec"} <= set(given)
    assert not {"nobarrier", "data=writeback", "async"} & set(given)


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(ROOT.rglob("*")) if path.is_file() and path.suffix != ".json"],
    ids=lambda path: path.name,
)
def test_every_file_says_where_it_goes_or_what_it_is(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# ") or path.name == "cmdline.txt"


def test_the_readme_names_every_folder_and_every_step() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for folder in (each for each in ROOT.iterdir() if each.is_dir()):
        assert f"`{folder.name}/`" in text
    for number in range(1, 7):
        assert f"**{number}. " in text
