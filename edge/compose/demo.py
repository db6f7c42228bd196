"""The demonstration: provisioned, started, driven through a day, counted, and stopped."""

from contextlib import ExitStack
from pathlib import Path

from edge.compose.reckoning import Reckoning, Summary
from edge.host.clock import SystemClock
from edge.runtime.demo import LocalSystem, Measure, Network, Said, Tell, run_day
from edge.runtime.provision import BrokerAddress, configure, provision
from edge.settings import load_settings
from edge.sim.broker import HOST, Mosquitto

SEED = 20231


def run_demo(folder: Path, *, broker: BrokerAddress | None, tell: Tell) -> Summary:
    """A whole day in `folder`; with a mosquitto of its own unless `broker` names one."""
    clock = SystemClock(assume_synced=True)
    begun_ns = clock.mono_ns()
    site = provision(folder, now=clock.now(), seed=SEED)
    tell(Said("密钥、证书与模拟城市已生成", "keys, certificates and a simulated city are made"))
    with ExitStack() as stack:
        network: Network | None = None
        if broker is None:
            own = Mosquitto(folder / "broker", tls=site.broker_tls)
            own.start()
            stack.callback(own.stop)
            network, broker = own, BrokerAddress(HOST, own.port)
            tell(Said("消息服务器已启动", "the broker is up"))
        configure(site, broker)
        station, platform = (load_settings(side.config) for side in (site.station, site.platform))
        stores = stack.enter_context(Reckoning(station, platform))
        measure = Measure(stores.is_mirrored, lambda: stores.backlog().waiting, stores.undecided)
        system = LocalSystem(site, network=network, measure=measure, clock=clock, tell=tell)
        with system.running():
            as_planned = run_day(system, site, seed=SEED, tell=tell)
            system.drain()
        seconds = (clock.mono_ns() - begun_ns) / 1e9
        return stores.summary(as_planned=as_planned, seconds=seconds)
