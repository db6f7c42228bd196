"""The platform's store is an older backup: what it has forgotten comes again, whoever is silent."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from faults.nursery import Nursery
from faults.plan import Act, Plan, Step
from faults.run import is_empty
from faults.scene import Scene
from faults.verdict import Held, judge
from waiting import until

from edge.core.errors import StorageError
from edge.host.clock import SystemClock
from edge.runtime.provision import provision

pytestmark = pytest.mark.slow


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    site = provision(tmp_path / "site", now=SystemClock().now(), seed=7)
    plan = Plan(seed=1, rate=200.0, has_small_disks=False, steps=())
    with (
        Nursery(tmp_path) as nursery,
        Scene(plan, site, nursery, tmp_path / "scene", with_peers=False) as made,
    ):
        yield made


def held(scene: Scene) -> int:
    """Events at the platform; none while its store is being made."""
    with suppress(StorageError):
        return len(Held.read(scene.platform.central_db, scene.sides["station"].name).events)
    return 0


def test_a_backup_gets_again_what_it_has_forgotten_though_nothing_new_happens(
    scene: Scene,
) -> None:
    until(lambda: held(scene) > 50)
    scene.act(Step(0.0, Act.BACKUP))
    until(lambda: held(scene) > 150)
    scene.parts["capture"].stop()
    until(lambda: is_empty(scene))
    before = held(scene)
    scene.act(Step(0.0, Act.KILL, "central"))
    scene.act(Step(0.0, Act.RESTORE, "central"))
    assert held(scene) < before
    scene.act(Step(0.0, Act.START, "central"))
    until(lambda: held(scene) == before)
    verdict = judge(scene, seconds=0.0)
    assert verdict.is_good, verdict.text()
