"""The page with a live camera: from a frame's capture to its answer's paint, and the preview's CPU.

The kiosk is a process of its own, the page real Chromium; both read the same wall clock.
Run: .venv/bin/python tests/bench/bench_page.py
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from local_site import LocalSite, local_site
from screen_browser import Visitor, chromium, visit
from screen_site import Paged
from waiting import until

from edge.sim.camera import SimulatedCamera
from edge.sim.courier import Arrival, prepare
from edge.sim.receiver import Receiver
from edge.sim.scenes import block_close_up, empty_desk, layer_on_trolley
from edge.storage.station import StationReader
from edge.wire.desk_json import load_delivery

_SECONDS = 8.0
_STAMP = """
window.painted = {};
source.addEventListener("moment", () => requestAnimationFrame(() => {
  const after = new MessageChannel();
  after.port1.onmessage = () => {
    const at = performance.timeOrigin + performance.now();
    for (const tile of document.querySelectorAll("[data-tile]"))
      if (tile.dataset.state === "read") window.painted[tile.dataset.tile] ??= at;
  };
  after.port2.postMessage(0);
}));
"""


@dataclass
class Bench:
    """Everything that is measured together."""

    place: LocalSite
    camera: SimulatedCamera
    paged: Paged
    visitor: Visitor
    folder: Path


def main() -> None:
    """Measure and print."""
    console = Console(width=110)
    table = Table("codes come", "codes", "ms p50", "ms p95", "ms max", title="capture to paint")
    for name, is_layered in (("one block after another", False), ("a layer of 12 at once", True)):
        with bench() as running:
            delays = scan(running, is_layered=is_layered)
        p50, p95 = np.percentile(delays, (50, 95))
        row = (f"{p50:.0f}", f"{p95:.0f}", f"{max(delays):.0f}")
        table.add_row(name, str(len(delays)), *row)
    console.print(table)
    with bench() as running:
        console.print(shares(running))


@contextmanager
def bench() -> Iterator[Bench]:
    """A kiosk with camera and page, nobody logged in."""
    with (
        TemporaryDirectory() as made,
        local_site(Path(made) / "site") as place,
        SimulatedCamera(empty_desk(np.random.default_rng(1))) as camera,
        chromium() as browser,
    ):
        paged = Paged(place, camera.url)
        paged.desk.start()
        with visit(browser, paged.url) as visitor:
            yield Bench(place, camera, paged, visitor, Path(made))
        paged.desk.stop()


def scan(running: Bench, *, is_layered: bool) -> list[float]:
    """Milliseconds from the capture of each code's frame to the paint of its tile."""
    world, desk = running.place.site.world, running.paged.desk
    arrival = prepare(world, world.cast.standard, rng=Random(1))
    first, second = world.receivers[:2]
    clerk = Receiver(
        desk,
        badge=world.badges[first.person],
        second_badge=world.badges[second.person],
        photographs=running.folder,
    )
    clerk.log_in()
    clerk.show_papers(arrival)
    clerk.identify(arrival.deliverer)
    running.visitor.on("scanning")
    until(running.visitor.watches)
    running.visitor.page.evaluate(_STAMP)
    if is_layered:
        for number in range(len(arrival.layers)):
            running.camera.show(layer_on_trolley(arrival, number))
            until(partial(has_painted, running, blocks_to(arrival, number)))
    else:
        rng = np.random.default_rng(3)
        for count, cube in enumerate(arrival.cubes, 1):
            running.camera.show(block_close_up(cube, rng))
            until(partial(has_painted, running, count))
    return delays(running)


def blocks_to(arrival: Arrival, layer: int) -> int:
    """Blocks of the layers down to this one."""
    return sum(len(each) for each in arrival.layers[: layer + 1])


def has_painted(running: Bench, count: int) -> bool:
    """Whether a person has seen so many tiles turn."""
    painted = running.visitor.page.evaluate("Object.keys(window.painted).length")
    return bool(painted >= count)


def delays(running: Bench) -> list[float]:
    """By the instants that the station recorded for its blocks."""
    seen = running.visitor.page.evaluate("window.painted")
    with StationReader(running.place.settings.station_db) as log:
        (document,) = log.documents("delivery")
    blocks = load_delivery(document).blocks
    return [seen[block.specimen] - block.at.timestamp() * 1000 for block in blocks]


def shares(running: Bench) -> Table:
    """CPU of the kiosk in percent of a core, a still scene before the camera."""
    table = Table("the kiosk, still scene, 10 frames/s", "% of a core", title="preview")
    kiosk = psutil.Process(running.paged.child.pid)
    world = running.place.site.world
    running.visitor.on("idle")
    time.sleep(3)
    without = share(kiosk)
    table.add_row("page open, picture not on the screen", f"{without:.1f}")
    running.paged.desk.do("scan", text=world.badges[world.receivers[0].person])
    running.visitor.on("ready")
    until(running.visitor.watches)
    time.sleep(3)
    looking = share(kiosk)
    table.add_row("page open, picture on the screen", f"{looking:.1f}")
    table.add_row("the preview itself", f"{looking - without:.1f}")
    running.visitor.page.context.close()
    time.sleep(2)
    table.add_row("no page", f"{share(kiosk):.1f}")
    return table


def share(process: psutil.Process) -> float:
    """Percent of one core that a process takes in the next seconds."""

    def spent() -> float:
        times = process.cpu_times()
        return times.user + times.system

    wall, cpu = time.monotonic(), spent()
    time.sleep(_SECONDS)
    return 100 * (spent() - cpu) / (time.monotonic() - wall)


if __name__ == "__main__":
    main()
