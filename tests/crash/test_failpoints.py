"""Death at every statement of append, publish, acknowledge and mark, one after the other."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults.failpoints import END, GROUPS, catalogue
from faults.nursery import Nursery
from faults.plan import Plan
from faults.scene import Scene
from faults.sweep import groups, sweep

from edge.host.clock import SystemClock
from edge.runtime.provision import provision

COMMIT = "append/SqliteStation.commit"


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    site = provision(tmp_path / "site", now=SystemClock().now(), seed=7)
    plan = Plan(seed=1, rate=150.0, has_small_disks=False, steps=())
    with (
        Nursery(tmp_path) as nursery,
        Scene(plan, site, nursery, tmp_path / "scene", with_peers=False) as made,
    ):
        yield made


def test_the_catalogue_holds_every_statement_of_every_group() -> None:
    by_group = Counter(name.split("/", 1)[0] for name in catalogue())
    assert set(by_group) == set(GROUPS)
    assert all(number > 20 for number in by_group.values())
    commit = [name for name in catalogue() if name.startswith(f"{COMMIT}/")]
    assert commit[-1] == f"{COMMIT}/{END}"
    lines = [catalogue()[name].line for name in commit[:-1]]
    assert lines == sorted(lines, key=lambda line: line or 0)
    assert len(set(lines)) == len(lines)


@pytest.mark.slow
def test_a_desk_that_dies_at_each_statement_of_an_append_loses_nothing(scene: Scene) -> None:
    verdict, missed = sweep(scene, groups("append"), second_chance=False, patience_s=4.0)
    assert verdict.is_good, verdict.text()
    assert len(verdict.fired) >= 25
    assert len(missed) <= 8, "beyond the branches for counters, documents and failing disks"


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_whoever_dies_at_whatever_statement_nothing_is_lost(scene: Scene) -> None:
    verdict, missed = sweep(scene, groups(*GROUPS))
    assert verdict.is_good, verdict.text()
    assert len(missed) < 0.2 * len(catalogue()), sorted(missed)
