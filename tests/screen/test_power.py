"""The page while the kiosk dies and comes back, and while the camera is pulled and returned."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

import numpy as np
import pytest
from local_site import LocalSite, local_site
from playwright.sync_api import Browser
from screen_browser import Visitor, chromium, visit
from screen_receiver import calm
from screen_site import Paged
from waiting import until

from edge.core.intake.state import Phase
from edge.sim.camera import SimulatedCamera
from edge.sim.courier import prepare
from edge.sim.receiver import Receiver
from edge.sim.scenes import empty_desk

pytestmark = pytest.mark.slow

HEALED_S = 5.0


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def place(tmp_path: Path) -> Iterator[LocalSite]:
    with local_site(tmp_path / "site") as made:
        yield made


@dataclass
class Watched:
    """A desk that is killed after every command, before the eyes of its page."""

    paged: Paged
    visitor: Visitor
    phases: set[str] = field(default_factory=set)
    slowest_s: float = 0.0

    def do(self, verb: str, **arguments: object) -> Any:
        seen = self.paged.desk.do(verb, **arguments)
        if verb == "state":
            return seen
        self.phases.add(seen["phase"])
        until(self._is_calm)
        before, run = self._shown(), self._run()
        self.paged.desk.kill()
        self.visitor.page.wait_for_selector("#notice:not([hidden])")
        back = self.paged.desk.start()
        begun = monotonic()
        until(lambda: calm(self._run) not in {run, ""})
        until(lambda: calm(self._shown) == before)
        self.visitor.page.wait_for_selector("#notice", state="hidden")
        self.slowest_s = max(self.slowest_s, monotonic() - begun)
        return back

    def _run(self) -> str:
        mark: str = self.visitor.page.evaluate("mark")
        return mark.partition("-")[0]

    def _is_calm(self) -> bool:
        """The page shows the desk's latest moment."""
        mark: str = self.visitor.page.evaluate("mark")
        latest: str = self.visitor.page.evaluate(
            "fetch('/').then((a) => a.text()).then((t) => /data-mark=\"([^\"]*)/.exec(t)[1])"
        )
        return mark == latest

    def _shown(self) -> str:
        body: str = self.visitor.page.evaluate(
            "[byId('main'), byId('bar')].map((e) => e.innerHTML).join('')"
            ".replace(/ flash/g, '').replace(/ (width|height)=\"\\d+\"/g, '')"
        )
        return body


@pytest.mark.timeout(300)
def test_the_page_comes_back_by_itself_after_a_power_cut_in_every_state(
    place: LocalSite, browser: Browser, tmp_path: Path
) -> None:
    world = place.site.world
    arrival = prepare(world, world.cast.small, rng=Random(1))
    first, second = world.receivers[:2]
    paged = Paged(place)
    paged.desk.start()
    with visit(browser, paged.url) as visitor:
        watched = Watched(paged, visitor)
        clerk = Receiver(
            watched,
            badge=world.badges[first.person],
            second_badge=world.badges[second.person],
            photographs=tmp_path / "photographs",
        )
        clerk.log_in()
        clerk.show_papers(arrival)
        clerk.identify(arrival.deliverer)
        clerk.scan_layers(arrival)
        clerk.inspect(arrival)
        watched.do("accept")
        watched.do("sign", acknowledged=True)
        watched.do("next")
        watched.do("logout")
    met = {"ready", "opened", "scanning", "inspect", "reconcile", "sign", "closed", "idle"}
    assert watched.phases >= met
    assert watched.slowest_s < HEALED_S
    assert set(watched.phases) <= set(Phase)


@pytest.mark.timeout(120)
def test_a_camera_that_is_pulled_is_named_and_heals(place: LocalSite, browser: Browser) -> None:
    world = place.site.world
    with SimulatedCamera(empty_desk(np.random.default_rng(1))) as camera:
        paged = Paged(place, camera.url)
        paged.desk.start()
        with visit(browser, paged.url) as visitor:
            paged.desk.do("scan", text=world.badges[world.receivers[0].person])
            visitor.on("ready")
            for _ in range(2):
                until(visitor.watches, HEALED_S)
                camera.unplug()
                visitor.sees(".camera.none", HEALED_S * 1000)
                assert visitor.text(".camera.none").startswith("摄像头：")
                visitor.page.wait_for_timeout(1_500)
                camera.plug()
                begun = monotonic()
                until(visitor.watches, HEALED_S)
                assert monotonic() - begun < HEALED_S
            assert visitor.complaints == []
        assert paged.child.pid is not None
        begun = monotonic()
        paged.desk.stop()
        assert monotonic() - begun < 5
