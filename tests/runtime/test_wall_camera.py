"""The wall of a site's room with a camera: the real process, its child, and its photographs."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest
from shots import numbered_shots
from waiting import until
from wall_site import WallSite, wall_site

from edge.core.ids import Digest
from edge.core.people import Role
from edge.storage.evidence import EvidenceFiles
from edge.storage.station import StationReader

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
def wall(tmp_path: Path) -> Iterator[WallSite]:
    """Of 1280 x 720 pixels, as a camera gives them."""
    source = numbered_shots(tmp_path / "shots", size=(1280, 720))
    with wall_site(tmp_path, more=site_with(source)) as made:
        yield made


def site_with(source: str) -> str:
    return f'kind = "site"\n[wall.camera]\nsource = "{source}"\ndeadline_s = 2.0\n'


def begin(wall: WallSite) -> None:
    """The tester's badge, the mode, the shelf."""
    tester = wall.site.world.population.with_role(Role.TESTER)[0]
    for text in (wall.site.world.badges[tester.person], wall.command("in"), shelf(wall)):
        assert wall.show(text)["outcome"] == "ok"


def shelf(wall: WallSite) -> str:
    return wall.command("shelf a-1")


def entered(wall: WallSite) -> list[Mapping[str, Any]]:
    with StationReader(wall.settings.station_db) as log:
        bodies = [json.loads(each.body) for epoch in log.epochs() for each in log.events(epoch)]
    return [each["data"] for each in bodies if "curing.entered" in each["type"]]


def eye(wall: WallSite) -> psutil.Process | None:
    """The camera's process, once it has loaded what it needs."""
    assert wall.child.pid is not None
    children = psutil.Process(wall.child.pid).children()
    return next((each for each in children if "still_worker" in " ".join(each.cmdline())), None)


def until_it_looks(wall: WallSite) -> psutil.Process:
    until(lambda: (found := eye(wall)) is not None and maps(found.pid, "cv2"), limit_s=30)
    found = eye(wall)
    assert found is not None
    return found


def maps(pid: int, name: str) -> bool:
    return f"/{name}" in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8")


def test_each_block_is_photographed_by_a_process_of_its_own(wall: WallSite) -> None:
    wall.start()
    until_it_looks(wall)
    begin(wall)
    first, second = wall.blocks()[:2]
    for block in (first, second):
        wall.show(wall.chip(block))
    told = entered(wall)
    assert [each["specimen"] for each in told] == [first, second]
    assert [each["photograph_missing"] for each in told] == [None, None]
    files = EvidenceFiles(wall.settings.evidence_dir)
    names = [Digest(each["evidence"][0]["sha256"]) for each in told]
    pictures = [files.get(name) for name in names]
    assert all(each is not None and each.startswith(b"\xff\xd8\xff") for each in pictures)
    assert len(set(names)) == 2
    assert wall.child.pid is not None
    assert not maps(wall.child.pid, "cv2")
    assert not maps(wall.child.pid, "numpy")
    assert psutil.Process(wall.child.pid).memory_info().rss < 80 * 1024 * 1024
    assert wall.child.stop() == 0


def test_a_camera_process_that_is_killed_costs_a_photograph_and_no_transfer(
    wall: WallSite,
) -> None:
    wall.start()
    found = until_it_looks(wall)
    begin(wall)
    first, second = wall.blocks()[:2]
    found.kill()
    found.wait(10)
    answer = wall.show(wall.chip(first))
    assert "EVIDENCE_INCOMPLETE" in answer["codes"]
    assert entered(wall)[0]["photograph_missing"] == "restarting"
    until(lambda: (again := eye(wall)) is not None and again.pid != found.pid)
    until_it_looks(wall)
    wall.show(wall.chip(second))
    assert entered(wall)[1]["photograph_missing"] is None
    assert wall.child.stop() == 0


def test_the_camera_ends_with_a_door_that_is_killed(wall: WallSite) -> None:
    wall.start()
    found = until_it_looks(wall)
    wall.child.kill()
    until(lambda: not psutil.pid_exists(found.pid) or found.status() == psutil.STATUS_ZOMBIE)


def test_a_camera_that_is_not_there_is_said_in_the_event(tmp_path: Path) -> None:
    with wall_site(tmp_path, more=site_with("/dev/video251")) as wall:
        wall.start()
        until_it_looks(wall)
        begin(wall)
        wall.show(wall.chip(wall.blocks()[0]))
        assert entered(wall)[0]["photograph_missing"] == "absent"
        assert wall.journal("photograph.missing")


def test_a_laboratory_starts_no_camera(tmp_path: Path) -> None:
    source = numbered_shots(tmp_path / "shots")
    with wall_site(tmp_path, more=f'[wall.camera]\nsource = "{source}"\n') as wall:
        wall.start()
        assert wall.journal("camera.not_needed")
        assert wall.child.pid is not None
        assert psutil.Process(wall.child.pid).children() == []
