"""The demonstration: provisioned, started, driven through a day or by a person, and stopped."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.compose.cast import cast_of, enrol_cast
from edge.compose.face import RENDERED
from edge.compose.reckoning import Reckoning, Summary
from edge.host.clock import SystemClock
from edge.runtime.demo import LocalSystem, Measure, Network, Said, Tell, run_day
from edge.runtime.provision import BrokerAddress, configure, provision
from edge.runtime.strip import StripServer
from edge.settings import load_settings
from edge.sim.broker import HOST, BrokerTls, Mosquitto
from edge.sim.camera import SimulatedCamera
from edge.sim.scenes import empty_desk
from edge.sim.stage import Stage
from edge.sim.world import World

SEED = 20231


@dataclass(frozen=True, slots=True)
class Demo:
    """A running system with its stage, and what is known of it."""

    system: LocalSystem
    stage: Stage
    stores: Reckoning
    world: World


@dataclass(frozen=True, slots=True)
class Wishes:
    """How the demonstration is wanted: its folder, a broker that is named, the page's port."""

    folder: Path
    broker: BrokerAddress | None = None
    page_port: int | None = None


def run_demo(wishes: Wishes, tell: Tell) -> Summary:
    """A whole delivery day by itself, and what it came to."""
    clock = SystemClock()
    begun_ns = clock.mono_ns()
    with running_demo(wishes, tell) as demo:
        as_planned = run_day(demo.system, demo.stage, demo.world, seed=SEED, tell=tell)
        demo.system.drain()
        seconds = (clock.mono_ns() - begun_ns) / 1e9
        return demo.stores.summary(as_planned=as_planned, seconds=seconds)


def serve_demo(wishes: Wishes, tell: Tell, *, opened: Callable[[str], None]) -> None:
    """The system with its page until the process is told to end; `opened` hears the address."""
    with running_demo(wishes, tell) as demo:
        opened(f"http://{HOST}:{wishes.page_port}/")
        demo.system.keep()


@contextmanager
def running_demo(wishes: Wishes, tell: Tell) -> Iterator[Demo]:
    """Everything started; everything ended afterwards, whatever happens."""
    folder, clock = wishes.folder, SystemClock(assume_synced=True)
    site = provision(folder, now=clock.now(), seed=SEED)
    tell(Said("密钥、证书与模拟城市已生成", "keys, certificates and a simulated city are made"))
    with ExitStack() as stack:
        network, broker = _broker(wishes, folder, site.broker_tls, stack)
        tell(Said("消息服务器已启动", "the broker is up"))
        camera = SimulatedCamera(empty_desk(np.random.default_rng(SEED)))
        camera.start()
        stack.callback(camera.stop)
        stage = _stage(site.world, camera, network)
        strip = StripServer(stage.act)
        strip.start()
        stack.callback(strip.stop)
        page: dict[str, object] = {"port": wishes.page_port or 0, "idle_lock_s": 0.0}
        if wishes.page_port is not None:
            page |= {"strip": stage.acts, "strip_url": strip.url}
        more: dict[str, Mapping[str, object]] = {
            "camera": {"source": camera.url},
            "page": page,
            "face": {"population": RENDERED},
        }
        configure(site, broker, station=more)
        station, platform = (load_settings(side.config) for side in (site.station, site.platform))
        number = enrol_cast(station, stage.faces, site.world, seed=SEED)
        tell(Said(f"{number} 位送样人已登记人脸", f"{number} deliverers' faces are enrolled"))
        stores = stack.enter_context(Reckoning(station, platform))
        measure = Measure(
            stores.is_mirrored,
            lambda: stores.backlog().waiting,
            stores.undecided,
            stores.photographs,
        )
        system = LocalSystem(
            site,
            network=network,
            measure=measure,
            page=wishes.page_port is not None,
            tell=tell,
        )
        with system.running():
            yield Demo(system, stage, stores, site.world)


def _broker(
    wishes: Wishes, folder: Path, tls: BrokerTls, stack: ExitStack
) -> tuple[Network | None, BrokerAddress]:
    """A mosquitto of its own unless one is named."""
    if wishes.broker is not None:
        return None, wishes.broker
    own = Mosquitto(folder / "broker", tls=tls)
    own.start()
    stack.callback(own.stop)
    return own, BrokerAddress(HOST, own.port)


def _stage(world: World, camera: SimulatedCamera, network: Network | None) -> Stage:
    faces = cast_of(world, seed=SEED)
    is_down = False

    def pull() -> None:
        nonlocal is_down
        if network is not None:
            (network.start if is_down else network.stop)()
            is_down = not is_down

    return Stage(camera, world, faces, seed=SEED, network=pull)
