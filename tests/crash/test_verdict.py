"""The count has teeth: whatever is taken from the platform or put into it, it says so."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from faults.nursery import Nursery
from faults.plan import Plan, plan_of
from faults.roles import read_ledger
from faults.run import is_empty
from faults.scene import Scene
from faults.soak import summary
from faults.verdict import Share, Verdict, judge
from waiting import until

from edge.host.clock import SystemClock
from edge.runtime.provision import provision

pytestmark = pytest.mark.slow

ALARM = (
    "INSERT INTO alarms (at, station, code, facts) "
    "VALUES ('2026-11-23T00:00:00+00:00', 'x', 'fork', '{}')"
)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Everything has arrived, and nothing runs any more."""
    folder = tmp_path_factory.mktemp("verdict")
    site = provision(folder / "site", now=SystemClock().now(), seed=7)
    plan = Plan(seed=1, rate=200.0, has_small_disks=False, steps=())
    with (
        Nursery(folder) as nursery,
        Scene(plan, site, nursery, folder / "scene", with_peers=False) as made,
    ):
        until(lambda: len(read_ledger(made.folder / "capture.ledger")) > 100)
        made.parts["capture"].stop()
        until(lambda: is_empty(made))
        for part in made.parts.values():
            part.stop()
        yield made


def changed(scene: Scene, *statements: str) -> Verdict:
    """The verdict on a platform that was changed; it is as before afterwards."""
    path = scene.platform.central_db
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        before = path.read_bytes()
        for statement in statements:
            assert db.execute(statement).rowcount > 0
    try:
        return judge(scene, seconds=0.0)
    finally:
        for each in path.parent.glob(f"{path.name}-*"):
            each.unlink()
        path.write_bytes(before)


def test_a_platform_that_holds_everything_is_good(scene: Scene) -> None:
    verdict = judge(scene, seconds=0.0)
    assert verdict.is_good, verdict.text()
    assert verdict.confirmed > 100
    assert Verdict.parse(verdict.text()) == verdict


@pytest.mark.parametrize(
    ("statement", "finds"),
    [
        ("DELETE FROM events WHERE sequence=40", lambda v: (v.lost, v.undetected) == (1, 1)),
        ("UPDATE events SET digest=prev WHERE sequence=40", lambda v: v.lost == 1),
        ("UPDATE events SET prev=digest WHERE sequence=40", lambda v: v.misordered == 1),
        ("UPDATE marks SET upto=upto+3", lambda v: v.undetected == 3),
        (
            ALARM,
            lambda v: v.false_alarms == 1,
        ),
    ],
)
def test_whatever_is_wrong_at_the_platform_is_counted(
    scene: Scene, statement: str, finds: Callable[[Verdict], bool]
) -> None:
    verdict = changed(scene, statement)
    assert not verdict.is_good
    assert finds(verdict), verdict.text()


def test_what_was_confirmed_and_is_not_in_the_log_is_lost(scene: Scene) -> None:
    ledger = scene.folder / "capture.ledger"
    before = ledger.read_text()
    epoch, sequence, digest = before.splitlines()[-1].split()
    ledger.write_text(f"{before}{epoch} {int(sequence) + 1} {digest}\n")
    try:
        assert judge(scene, seconds=0.0).lost == 1
    finally:
        ledger.write_text(before)


def test_a_seed_makes_the_same_plan_every_time() -> None:
    assert plan_of(417) == plan_of(417)
    assert len({plan_of(seed).steps for seed in range(50)}) == 50


def test_the_summary_shows_the_share_of_the_peers() -> None:
    good = Verdict(1, 10, 0, 0, 0, 0, 0, 0, peers={"bare": Share(10, 4), "forgetful": Share(8, 1)})
    shares = list(summary([good]).columns[3].cells)
    assert shares == ["0.00 %", "40.00 %", "12.50 %"]
