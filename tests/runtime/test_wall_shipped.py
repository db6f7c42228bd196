"""The wall's log on its way: a real broker, a real platform, and a kill in between."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from shots import numbered_shots
from waiting import until
from wall_site import PLAN, READER, WallSite, free_wall

from edge.compose.reckoning import Reckoning
from edge.core.people import Role
from edge.host.clock import SystemClock
from edge.runtime.provision import BrokerAddress, Site, configure, provision
from edge.runtime.supervisor import Child, own_command
from edge.settings import load_settings
from edge.sim.broker import HOST, Mosquitto

pytestmark = pytest.mark.slow


@dataclass
class Line:
    """A wall with its shipper, a platform, and what both have."""

    wall: WallSite
    ship: Child
    stores: Reckoning


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    with wall_line(tmp_path, {}) as made:
        yield made


@contextmanager
def wall_line(tmp_path: Path, camera: Mapping[str, object]) -> Iterator[Line]:
    """All of it; with a camera the room is a site's."""
    with ExitStack() as stack:
        site = provision(tmp_path / "site", now=SystemClock().now(), seed=7)
        broker = Mosquitto(tmp_path / "broker", tls=site.broker_tls)
        broker.start()
        stack.callback(broker.stop)
        plan = tmp_path / "room.toml"
        plan.write_text(PLAN, encoding="utf-8")
        scanner = {"name": READER, "path": str(tmp_path / "scanner"), "profile": "gm65"}
        room = {"room": "room-1", "layout": str(plan), "kind": "site" if camera else "lab"}
        sections: dict[str, Any] = {"wall": room, "scanners": (scanner,)}
        if camera:
            sections["wall.camera"] = camera
        configure(site, BrokerAddress(HOST, broker.port), wall=sections)
        stack.enter_context(child("central", site, tmp_path))
        wall = stack.enter_context(free_wall(site, site.wall.config, tmp_path))
        wall.start()
        ship = stack.enter_context(child("ship", site, tmp_path))
        settings, platform = load_settings(site.wall.config), load_settings(site.platform.config)
        yield Line(wall, ship, stack.enter_context(Reckoning(settings, platform)))


def child(verb: str, site: Site, logs: Path) -> Child:
    side = site.platform if verb == "central" else site.wall
    return Child(verb, own_command(verb, "--config", str(side.config)), log=logs / f"{verb}.log")


@pytest.mark.timeout(120)
def test_every_transfer_reaches_the_platform_once(line: Line) -> None:
    until(line.stores.is_mirrored, limit_s=40)
    wall = line.wall
    for text in (wall.badge(), wall.command("in"), wall.command("shelf a-1")):
        assert wall.show(text)["outcome"] == "ok"
    first, second, third = wall.blocks()[:3]
    wall.show(wall.chip(first))
    line.ship.kill()
    wall.show(wall.chip(second))
    wall.child.kill()
    wall.start()
    wall.show(wall.chip(third))
    line.ship.start()
    until(lambda: line.stores.waiting() == 0, limit_s=40)
    summary = line.stores.summary(as_planned=True, seconds=1.0)
    assert (summary.lost, summary.duplicates_at_platform, summary.log_ok) == (0, 0, True)
    assert summary.events_confirmed == summary.events_recorded > 5


@pytest.mark.timeout(120)
def test_photographs_of_a_site_follow_their_transfers(tmp_path: Path) -> None:
    camera = {"source": numbered_shots(tmp_path / "shots"), "deadline_s": 2.0}
    with wall_line(tmp_path, camera) as line:
        until(line.stores.is_mirrored, limit_s=40)
        wall, world = line.wall, line.wall.site.world
        tester = world.population.with_role(Role.TESTER)[0]
        for text in (world.badges[tester.person], wall.command("in"), wall.command("shelf a-1")):
            assert wall.show(text)["outcome"] == "ok"
        for block in wall.blocks()[:6]:
            wall.show(wall.chip(block))
        until(lambda: line.stores.waiting() == 0, limit_s=40)
        going, _ = line.stores.photographs()
        assert 0 < going <= 6
        until(lambda: line.stores.photographs() == (going, going), limit_s=40)
