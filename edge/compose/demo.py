"""The demonstration: provisioned, started, driven through a day or by a person, and stopped."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np

from edge.compose.cast import cast_of, enrol_cast
from edge.compose.face import RENDERED
from edge.compose.reckoning import Reckoning, Summary, joined
from edge.compose.wall import door_alone
from edge.host.clock import SystemClock
from edge.runtime.demo import LocalSystem, Measure, Network, Said, Tell, run_day
from edge.runtime.provision import BrokerAddress, Sections, Site, configure, provision
from edge.runtime.room_play import perform
from edge.runtime.strip import StripServer
from edge.settings import load_settings
from edge.sim.broker import HOST, BrokerTls, Mosquitto
from edge.sim.camera import SimulatedCamera
from edge.sim.room_play import PLAN, ROOM, SENSOR, RoomPlay
from edge.sim.scenes import empty_desk
from edge.sim.stage import Stage
from edge.sim.stepped_clock import SteppedClock
from edge.sim.world import World

SEED = 20231


@dataclass(frozen=True, slots=True)
class Demo:
    """A running system with its stage, and what is known of it."""

    system: LocalSystem
    stage: Stage
    stores: Reckoning
    wall: Reckoning
    site: Site

    @property
    def world(self) -> World:
        """The city."""
        return self.site.world


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
        room_as_planned = play_room(demo, tell)
        as_planned = run_day(demo.system, demo.stage, demo.world, seed=SEED, tell=tell)
        demo.system.drain()
        seconds = (clock.mono_ns() - begun_ns) / 1e9
        return joined(
            demo.stores.summary(as_planned=as_planned, seconds=seconds),
            demo.wall.summary(as_planned=room_as_planned, seconds=seconds),
            demo.wall.room(ROOM),
        )


def serve_demo(wishes: Wishes, tell: Tell, *, opened: Callable[[str], None]) -> None:
    """The system with its page until the process is told to end; `opened` hears the address."""
    with running_demo(wishes, tell) as demo:
        play_room(demo, tell)
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
        configure(site, broker, station=more, wall=_door_of(site))
        station, wall, platform = (
            load_settings(side.config) for side in (site.station, site.wall, site.platform)
        )
        number = enrol_cast(station, stage.faces, site.world, seed=SEED)
        tell(Said(f"{number} 位送样人已登记人脸", f"{number} deliverers' faces are enrolled"))
        stores = stack.enter_context(Reckoning(station, platform))
        door = stack.enter_context(Reckoning(wall, platform))
        measure = Measure(
            stores.is_mirrored,
            lambda: stores.backlog().waiting + door.waiting(),
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
            yield Demo(system, stage, stores, door, site)


def play_room(demo: Demo, tell: Tell) -> bool:
    """Four weeks of the curing room in seconds; whether everything went as it should."""
    play = RoomPlay(demo.world)
    clock = SteppedClock(play.begin)
    with door_alone(load_settings(demo.site.wall.config), clock) as curing:
        went = demo.system.wait(demo.wall.is_mirrored) and perform(play, curing, clock)
    room = demo.wall.room(ROOM)
    went = went and room.excursions == 1 and room.missing == {play.missing}
    went = went and room.touched == frozenset(play.early)
    zh = f"标养室：{room.transfers} 次出入移位，{len(room.missing)} 块盘点缺失，温度超限涉及"
    en = f"curing room: {room.transfers} transfers, {len(room.missing)} cube missing at the audit"
    touched = len(room.touched)
    tell(Said(f"{zh} {touched} 块", f"{en}, an excursion on {touched} cubes", ok=went))
    return went


def _door_of(site: Site) -> Sections:
    """The settings of the curing room's door: its plan and one sensor."""
    plan = site.wall.folder / "room.toml"
    plan.write_text(PLAN, encoding="utf-8")
    sensor = {
        "name": SENSOR,
        "port": "/dev/specimen-climate",
        "calibrated_on": site.world.today - timedelta(days=60),
    }
    return {"wall": {"room": ROOM, "layout": str(plan)}, "wall.sensors": (sensor,)}


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
