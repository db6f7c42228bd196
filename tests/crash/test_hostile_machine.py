"""One fault at a time and to the end: full disks, failing writes, wrong clocks, silent lines."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

import pytest
from bad_proxy import Fault
from faults.nursery import Nursery
from faults.plan import HOUR_S, Act, Plan, Step
from faults.roles import read_ledger
from faults.run import is_empty, quiesce
from faults.scene import Scene
from faults.verdict import Held, Verdict, judge
from waiting import until

from edge.core.errors import StorageError
from edge.host.clock import SystemClock
from edge.host.identity import boot_id
from edge.runtime.provision import Site, provision
from edge.storage.link import LinkReader
from edge.storage.station import StationReader

pytestmark = pytest.mark.slow

NOTICED_S = 15.0
"""A half-open line is to be noticed within this while something is being published."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return provision(tmp_path_factory.mktemp("site") / "s", now=SystemClock().now(), seed=7)


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    with Nursery(tmp_path_factory.mktemp("nursery")) as made:
        yield made


SceneOf = Callable[..., Scene]


@pytest.fixture
def scene_of(site: Site, nursery: Nursery, tmp_path: Path) -> Iterator[SceneOf]:
    entered: list[Scene] = []

    def make(*, disks: bool = False, hurried: bool = True, keepalive_s: int = 5) -> Scene:
        scene = Scene(
            Plan(seed=1, rate=100.0, has_small_disks=disks, steps=()),
            site,
            nursery,
            tmp_path / "scene",
            with_peers=False,
            hurried=hurried,
            keepalive_s=keepalive_s,
        )
        entered.append(scene.__enter__())
        until(lambda: held(scene) > 0)
        return scene

    yield make
    for scene in entered:
        scene.__exit__(None, None, None)


def held(scene: Scene) -> int:
    """Events at the platform; none while its store is being made."""
    with suppress(StorageError):
        return len(Held.read(scene.platform.central_db, scene.sides["station"].name).events)
    return 0


def ledger(scene: Scene) -> list[str]:
    return read_ledger(scene.folder / "capture.ledger")


def concluded(scene: Scene) -> Verdict:
    quiesce(scene)
    assert is_empty(scene)
    verdict = judge(scene, seconds=0.0)
    assert verdict.is_good, verdict.text()
    return verdict


def disks_or_skip(scene: Scene) -> None:
    if not scene.disks:
        pytest.skip("mounting a tmpfs is not permitted here")


def test_a_full_disk_refuses_aloud_and_goes_on_by_itself(scene_of: SceneOf) -> None:
    scene = scene_of(disks=True)
    disks_or_skip(scene)
    scene.act(Step(0.0, Act.FILL, "station"))
    until(lambda: ledger(scene)[-5:] == ["refused"] * 5)
    pid = scene.parts["capture"].pid
    scene.disks["station"].clear()
    until(lambda: ledger(scene)[-1] != "refused")
    assert scene.parts["capture"].pid == pid, "it needed no restart"
    assert concluded(scene).refused >= 5


def test_a_full_disk_at_the_platform_holds_the_watermark_and_nothing_else(
    scene_of: SceneOf,
) -> None:
    scene = scene_of(disks=True)
    disks_or_skip(scene)
    scene.act(Step(0.0, Act.FILL, "platform"))
    before = len(ledger(scene))
    until(lambda: len(ledger(scene)) > before + 100)
    assert not is_empty(scene)
    scene.disks["platform"].clear()
    concluded(scene)


@pytest.mark.parametrize("part", ["capture", "ship", "central"])
def test_writes_that_fail_in_the_middle_lose_nothing(scene_of: SceneOf, part: str) -> None:
    scene = scene_of()
    scene.act(Step(0.0, Act.BREAK, part))
    if part == "capture":
        until(lambda: "refused" in ledger(scene))
    else:
        before = len(ledger(scene))
        until(lambda: len(ledger(scene)) > before + 150)
    concluded(scene)


@pytest.mark.parametrize("off_s", [72 * HOUR_S, -HOUR_S, -1.7e9])
def test_a_wrong_clock_neither_reorders_nor_holds_back(scene_of: SceneOf, off_s: float) -> None:
    scene = scene_of()
    for part in ("capture", "ship"):
        scene.act(Step(0.0, Act.KILL, part))
    first = last_time(scene)
    for part in ("capture", "ship"):
        scene.act(Step(0.0, Act.START, part, number=off_s))
    before = held(scene)
    until(lambda: held(scene) > before + 50)
    shifted = last_time(scene)
    assert abs((shifted - first).total_seconds() - off_s) < 60
    scene.act(Step(0.0, Act.KILL, "capture"))
    scene.act(Step(0.0, Act.START, "capture"))
    concluded(scene)
    qualities = {each["timequality"] for each in bodies(scene)}
    assert ("untrusted" in qualities) == (off_s < -HOUR_S)


def bodies(scene: Scene) -> list[dict[str, str]]:
    with StationReader(scene.station.station_db) as log:
        (epoch,) = log.epochs()
        return [json.loads(each.body) for each in log.events(epoch, limit=100_000)]


def last_time(scene: Scene) -> datetime:
    return datetime.fromisoformat(bodies(scene)[-1]["recordedtime"]).astimezone(UTC)


@pytest.mark.parametrize("fault", [Fault.HALF_OPEN, Fault.BLACKHOLE])
def test_a_silent_line_is_noticed_while_publishing_at_the_products_own_pace(
    scene_of: SceneOf, fault: Fault
) -> None:
    """With the default keepalive of 30 s, of which MQTT alone would need up to two."""
    scene = scene_of(hurried=False, keepalive_s=30)
    link = LinkReader(scene.station.link_db, clock=SystemClock(), boot_id=boot_id())
    try:
        until(link.online)
        scene.lines["station"].impose(fault)
        begun = monotonic()
        until(lambda: not link.online(), 2 * NOTICED_S)
        assert monotonic() - begun < NOTICED_S
        assert not is_empty(scene), "nothing is taken for sent meanwhile"
    finally:
        link.close()
    concluded(scene)


@pytest.mark.parametrize("fault", [Fault.SATELLITE, Fault.DRIP, Fault.CUT])
def test_a_line_that_is_merely_bad_still_carries(scene_of: SceneOf, fault: Fault) -> None:
    scene = scene_of(hurried=False)
    scene.lines["station"].cut_bytes = (4_000, 20_000)
    scene.lines["station"].impose(fault)
    before = held(scene)
    until(lambda: held(scene) > before + 20, 60.0)
    concluded(scene)
