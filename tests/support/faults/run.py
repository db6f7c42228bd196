"""Runs one schedule from its seed to its verdict."""

import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from faults.nursery import Nursery
from faults.peers import collected
from faults.plan import Act, Plan, plan_of
from faults.roles import read_ledger
from faults.scene import PEERS_DEVICE, Scene
from faults.verdict import Held, Verdict, judge
from waiting import pause

from edge.core.errors import StorageError
from edge.flows.backlog import backlog_of
from edge.host.clock import SystemClock
from edge.host.identity import boot_id
from edge.runtime.provision import Site
from edge.storage.link import LinkReader
from edge.storage.station import StationReader

QUIET_S = 40.0
"""How long everything may take to arrive once nothing is broken any more."""
PEERS_QUIET_S = 3.0
_POLL_S = 0.05


def run_seed(
    seed: int, *, site: Site, nursery: Nursery, folder: Path, with_peers: bool = True
) -> Verdict:
    """The verdict on a seed; its files go when it is good."""
    return run_plan(plan_of(seed), site=site, nursery=nursery, folder=folder, with_peers=with_peers)


def run_plan(
    plan: Plan, *, site: Site, nursery: Nursery, folder: Path, with_peers: bool = True
) -> Verdict:
    """The verdict on a plan."""
    begun = perf_counter()
    place = folder / f"seed-{plan.seed}"
    surprises: list[str] = []
    with Scene(plan, site, nursery, place, with_peers=with_peers) as scene:
        for step in plan.steps:
            pause(step.pause_s)
            scene.act(step)
            surprises += _too_much_promised(scene, step.act)
        quiesce(scene)
        verdict = judge(scene, seconds=perf_counter() - begun, surprises=surprises)
    if verdict.is_good:
        shutil.rmtree(place)
    return verdict


def quiesce(scene: Scene) -> None:
    """Everything is well again; wait until the station knows that all of it has arrived."""
    scene.heal()
    pause(0.2)
    scene.armed.pop("capture", None)
    scene.parts["capture"].stop()
    _wait(scene, lambda: is_empty(scene), QUIET_S)
    if scene.with_peers:
        _settle_peers(scene)


def is_empty(scene: Scene) -> bool:
    """Whether the platform has confirmed the station's whole log."""
    settings = scene.station
    link = LinkReader(settings.link_db, clock=SystemClock(), boot_id=boot_id())
    try:
        with StationReader(settings.station_db) as log:
            return backlog_of(log, link.marks()).waiting == 0
    except StorageError:
        return False
    finally:
        link.close()


def _wait(scene: Scene, condition: Callable[[], bool], limit_s: float) -> None:
    """Until it holds or time is over; the count shows which. Who dies late comes back."""
    end = perf_counter() + limit_s
    while not condition() and perf_counter() < end:
        for name in scene.parts:
            if name != "capture" and not scene.runs(name):
                scene.spawn(name)
        pause(_POLL_S)


def _settle_peers(scene: Scene) -> None:
    """The peers stop making events; what they still have gets the time to arrive."""
    for name in PEERS_DEVICE:
        scene.parts[name].signal(signal.SIGUSR1)

    def all_there() -> bool:
        path = scene.folder / "peers.db"
        return all(
            {int(n) for n in read_ledger(scene.folder / f"{name}.ledger")}
            <= collected(path, f"peer/{name}")
            for name in PEERS_DEVICE
        )

    _wait(scene, all_there, PEERS_QUIET_S)


def _too_much_promised(scene: Scene, act: Act) -> list[str]:
    """While the platform lies dead, its watermark may not cover a place that it does not hold."""
    if act is not Act.KILL or scene.parts["central"].pid is not None:
        return []
    try:
        held = Held.read(scene.platform.central_db, scene.sides["station"].name)
    except StorageError:
        return []
    missing = held.promised_too_much()
    return [f"watermark over {missing} missing"] if missing else []
