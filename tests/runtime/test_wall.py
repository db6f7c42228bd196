"""The wall station as a process: scanner and sensor on pseudo-terminals, killed at work."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from waiting import until
from wall_site import WallSite, wall_site

from edge.core.curing.state import Door
from edge.core.ids import SpecimenId
from edge.runtime.supervisor import own_command
from edge.sim.climate import SimClimateLine, SimSensor
from edge.sim.pn532.messages import text_message
from edge.sim.pn532.ntag21x import Model, Ntag21x
from edge.sim.pn532.pty import Pn532Port
from edge.storage.station import StationReader
from edge.wire.door_json import load_door

pytestmark = pytest.mark.slow

FORBIDDEN = ("cv2", "dlib", "numpy", "fastapi", "uvicorn", "openvino", "onnxruntime", "PIL")


@pytest.fixture
def wall(tmp_path: Path) -> Iterator[WallSite]:
    with wall_site(tmp_path) as made:
        yield made


def specimen_edge(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        own_command(*arguments), capture_output=True, text=True, timeout=60, check=False
    )


def door_of(wall: WallSite) -> Door:
    with StationReader(wall.settings.station_db) as log:
        record = load_door(log.document("door", "room-1"))
    assert record is not None
    return record.door


def where(wall: WallSite, block: SpecimenId) -> str:
    with StationReader(wall.settings.station_db) as log:
        standing = log.places.standing(block)
    return "" if standing is None else f"{standing.presence} {standing.spot or ''}".strip()


def types_of(wall: WallSite) -> list[str]:
    with StationReader(wall.settings.station_db) as log:
        events = [each.type for epoch in log.epochs() for each in log.events(epoch)]
    return [each.removeprefix("specimen.").removesuffix(".v1") for each in events]


@pytest.mark.timeout(180)
def test_blocks_go_in_and_a_kill_in_the_middle_loses_nothing(wall: WallSite) -> None:
    wall.start()
    assert wall.show(wall.badge())["outcome"] == "ok"
    wall.show(wall.command("in"))
    wall.show(wall.command("shelf a-1"))
    first, second, third = wall.blocks()[:3]
    assert wall.show(wall.chip(first))["subject"] == first
    wall.show(wall.chip(second))
    before = door_of(wall)
    assert before.sessions[0].transaction is not None
    wall.child.kill()
    assert door_of(wall) == before
    wall.start()
    assert door_of(wall) == before
    assert wall.show(wall.command("undo-last"))["subject"] == second
    assert where(wall, second) == "outside"
    wall.show(wall.chip(second))
    wall.show(wall.chip(third))
    assert wall.show(wall.chip(first))["outcome"] == "already"
    assert [where(wall, each) for each in (first, second, third)] == ["inside room-1/a/1"] * 3
    assert wall.child.stop() == 0
    told = types_of(wall)
    assert told.count("curing.entered") == 4
    assert told.count("curing.undone") == 1
    verified = specimen_edge("log", "verify", "--config", wall.config)
    assert verified.returncode == 0, verified.stdout


@pytest.mark.timeout(180)
def test_a_killed_write_is_whole_or_not_there(wall: WallSite) -> None:
    """Killed at once after each of many scans: every block that was answered for is in the book."""
    wall.start()
    for text in (wall.badge(), wall.command("in"), wall.command("shelf b-1")):
        wall.show(text)
    for number, block in enumerate(wall.blocks()[:4], 1):
        wall.scanner.show(wall.chip(block).encode())
        if number % 2:
            until(lambda block=block: where(wall, block))  # type: ignore[misc] # bound at once
        wall.child.kill()
        transfers = {
            each.specimen
            for session in door_of(wall).sessions
            for each in (session.transaction.transfers if session.transaction else ())
        }
        inside = {each for each in wall.blocks() if where(wall, each).startswith("inside")}
        assert transfers == inside
        assert types_of(wall).count("curing.entered") == len(inside)
        wall.start()
    assert specimen_edge("log", "verify", "--config", wall.config).returncode == 0


@pytest.mark.timeout(180)
def test_a_typed_number_is_obeyed_and_a_foreign_code_is_kept(wall: WallSite) -> None:
    wall.start()
    for text in (wall.badge(), wall.command("in"), wall.command("shelf b-1")):
        wall.show(text)
    block = wall.blocks()[0]
    before = len(wall.said())
    why = ("--why", "chip crushed")
    done = specimen_edge("curing", "type", block, *why, "--config", wall.config)
    assert done.returncode == 0, done.stderr
    until(lambda: len(wall.said()) > before)
    assert (wall.said()[-1]["outcome"], wall.said()[-1]["why"]) == ("hold", "chip crushed")
    assert where(wall, block) == ""
    assert list(wall.settings.typed_dir.iterdir()) == []
    assert wall.show("https://example.org/whatever")["outcome"] in {"hold", "refuse"}
    assert types_of(wall).count("curing.scan_refused") == 2
    assert specimen_edge("curing", "type", "no number", *why).returncode == 2
    persons = [line for line in wall.log.read_text(encoding="utf-8").splitlines() if "p-00" in line]
    assert persons == []


@pytest.mark.timeout(180)
def test_a_sensor_is_polled_kept_and_its_silence_told(tmp_path: Path) -> None:
    link = tmp_path / "climate"
    sensor = SimSensor(address=1, values=[201, 970])
    line = SimClimateLine(link, sensor)
    more = (
        f'poll_s = 0.1\n[[wall.sensors]]\nname = "th-1"\nport = "{link}"\nprofile = "xy-md02"\n'
        f"calibrated_on = {date(2026, 1, 1).isoformat()}\ncalibration_days = 3650\n"
    )
    with wall_site(tmp_path, more=more) as wall:
        line.plug()
        wall.start()
        until(lambda: wall.settings.climate_db.exists() and sensor.polls > 2)
        line.unplug()
        until(lambda: wall.journal("sensor.silent"))
        until(lambda: [each for each in wall.journal("door.answer") if each["about"] == "room"])
        assert wall.child.stop() == 0
        assert "sensor.faulted" in types_of(wall)
        line.close()


@pytest.mark.timeout(180)
def test_a_badge_and_chips_are_laid_on_the_tag_reader(tmp_path: Path) -> None:
    link = tmp_path / "nfc"
    with (
        wall_site(tmp_path, more=f'\n[nfc]\npath = "{link}"\n') as wall,
        Pn532Port(link, timed=False) as port,
    ):
        wall.start()
        first, second = wall.site.world.cast.standard.blocks()[:2]
        assert lay(port, wall, wall.badge(), "04a0000000000a")["about"] == "badge"
        wall.show(wall.command("in"))
        wall.show(wall.command("shelf a-1"))
        lay(port, wall, wall.chip(first.specimen), first.uid or "")
        assert where(wall, first.specimen) == "inside room-1/a/1"
        wall.scanner.show(wall.chip(first.specimen).encode())
        copied = lay(port, wall, wall.chip(second.specimen), "04ffffffffffff")
        assert "CARRIERS_DISAGREE" in copied["codes"]
        assert where(wall, second.specimen) == ""
        assert types_of(wall).count("curing.entered") == 1


def lay(port: Pn532Port, wall: WallSite, text: str, uid: str) -> Mapping[str, Any]:
    """Lay a tag on the reader, and take it away once the door has answered."""
    before = len(wall.said())
    port.tap(Ntag21x(bytes.fromhex(uid), model=Model.NTAG216, message=text_message(text)))
    until(lambda: len(wall.said()) > before)
    port.lift()
    return wall.said()[-1]


@pytest.mark.timeout(120)
def test_nothing_heavy_is_loaded() -> None:
    """Pictures, faces and web servers belong to other processes; so does what they weigh."""
    program = (
        "import sys\nfrom edge.cli.main import only\nonly('wall')\n"
        "import edge.compose.wall, edge.devices.climate.modbus\n"
        f"print(*sorted(set(sys.modules) & set({FORBIDDEN!r})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == ""
    assert done.stdout.split() == []


@pytest.mark.timeout(120)
def test_a_running_door_has_no_heavy_library_in_its_memory(wall: WallSite) -> None:
    wall.start()
    maps = Path(f"/proc/{wall.child.pid}/maps").read_text(encoding="utf-8")
    assert not [name for name in ("cv2", "dlib", "numpy", "openvino") if f"/{name}" in maps]
    statm = Path(f"/proc/{wall.child.pid}/statm").read_text(encoding="utf-8").split()
    assert int(statm[1]) * os.sysconf("SC_PAGE_SIZE") < 80 * 1024 * 1024


@pytest.mark.timeout(120)
def test_without_its_section_the_door_says_what_to_write(tmp_path: Path) -> None:
    config = tmp_path / "edge.toml"
    config.write_text(
        f'state_dir = "{tmp_path}"\n[station]\ncity = "nanchang"\nlab = "lab-1"\ndevice = "w-1"\n',
        encoding="utf-8",
    )
    done = specimen_edge("wall", "--config", str(config))
    assert done.returncode == 1
    assert "wall_not_set" in done.stderr
