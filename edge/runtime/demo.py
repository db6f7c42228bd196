"""A whole system on one machine: broker, platform, shipper and a desk, driven by a script."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from edge.core.errors import DeviceGone, LinkDown
from edge.runtime.desk_client import DeskClient
from edge.runtime.provision import Site
from edge.runtime.supervisor import Child, own_command
from edge.sim.day import Turn, delivery_day
from edge.sim.live_receiver import LiveReceiver
from edge.sim.stage import Stage
from edge.sim.world import World

READY_S = 60.0
DECISION_S = 60.0
PATIENCE_S = 25.0
KEEP_S = 1.0
POLL_S = 0.1


class Network(Protocol):
    """The network between station and platform."""

    def start(self) -> object:
        """Bring it up."""
        ...

    def stop(self) -> object:
        """Take it down."""
        ...


@dataclass(frozen=True, slots=True)
class Measure:
    """What the stores say at the moment of asking."""

    is_mirrored: Callable[[], bool]
    waiting: Callable[[], int]
    undecided: Callable[[], int]
    photographs: Callable[[], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Said:
    """One line of progress: what, in both languages, and whether it went as it should."""

    zh: str
    en: str
    ok: bool = True


Tell = Callable[[Said], None]


class LocalSystem:
    """The processes of one station and its platform, each a child with a log of its own.

    `network` is up already; without one, pulling it means stopping the shipper.
    """

    def __init__(
        self,
        site: Site,
        *,
        network: Network | None,
        measure: Measure,
        page: bool,
        tell: Tell,
    ) -> None:
        logs = site.folder / "logs"
        self._measure = measure
        self._tell = tell
        self.central = _child("central", site.platform.config, logs)
        self.ship = _child("ship", site.station.config, logs)
        self.wall_ship = _child("ship", site.wall.config, logs, name="wall-ship")
        self._network = network or self.ship
        screen = "--page" if page else "--no-page"
        desk = own_command("kiosk", "--console", screen, "--config", str(site.station.config))
        self.desk = DeskClient(Child("kiosk", desk, log=logs / "kiosk.log", piped=True))

    @contextmanager
    def running(self) -> Iterator[None]:
        """Everything started and ready to receive; ended in reverse order whatever happens."""
        with ExitStack() as stack:
            stack.enter_context(self.central)
            stack.enter_context(self.ship)
            stack.enter_context(self.wall_ship)
            stack.callback(self.desk.stop)
            self.desk.start()
            self._tell(Said("平台、上传程序与收样台已启动", "platform, shipper and desk are up"))
            self._await(self._is_ready, READY_S, "reference_data")
            self._tell(Said("基础数据已同步并验签", "reference data is here and verified"))
            yield

    def keep(self) -> None:
        """Start anew whatever ends, as a service manager does, until this process is told to end.

        A shipper that stands for the network is left alone: it was stopped on purpose.
        """
        stop = threading.Event()
        while not stop.wait(KEEP_S):
            for child in (self.central, self.ship, self.wall_ship):
                if child.exit_status is not None and child is not self._network:
                    child.stop()
                    child.start()
                    self._tell(Said(f"{child.name} 已重新启动", f"{child.name} was started anew"))
            if not self.desk.is_up:
                self.desk.stop()
                self.desk.start()
                self._tell(Said("收样台已重新启动", "the desk was started anew"))

    def cut(self) -> None:
        """Pull the network and wait until the desk knows."""
        self._network.stop()
        self._tell(Said("网络已断开", "the network is down"))
        self._await(lambda: not self._is_online(), READY_S, "offline")

    def mend(self) -> None:
        """Bring the network back and wait until the desk knows."""
        self._network.start()
        self._tell(Said("网络已恢复", "the network is back"))
        self._await(self._is_online, READY_S, "online")

    def await_decision(self) -> None:
        """Stay with the delivery until the platform has decided on it."""
        self._await(lambda: self.desk.do("state")["decision"] is not None, DECISION_S, "decision")

    def drain(self) -> None:
        """Wait until the platform has confirmed every event and decided on every delivery."""
        self._await(self._is_drained, DECISION_S, "drain")

    def _is_ready(self) -> bool:
        return self._measure.is_mirrored() and self._is_online()

    def _is_drained(self) -> bool:
        if self._measure.waiting() or self._measure.undecided():
            return False
        sent, arrived = self._measure.photographs()
        return sent == arrived

    def _is_online(self) -> bool:
        return bool(self.desk.do("state")["online"])

    def wait(self, holds: Callable[[], bool], within_s: float = PATIENCE_S) -> bool:
        """Whether a condition came true in time; raise DeviceGone when a process has ended."""
        end_s = time.monotonic() + within_s
        while not holds():
            for child in (self.central, self.ship, self.wall_ship):
                if child.exit_status not in {None, 0}:
                    raise DeviceGone("process_ended", name=child.name, said=child.last_words())
            if time.monotonic() > end_s:
                return False
            threading.Event().wait(POLL_S)
        return True

    def _await(self, holds: Callable[[], bool], within_s: float, what: str) -> None:
        """Wait for what must come; raise LinkDown with the words of whoever may be the cause."""
        if not self.wait(holds, within_s):
            raise LinkDown(
                "demo_waits_in_vain",
                what=what,
                central=self.central.last_words(3),
                ship=self.ship.last_words(3),
            )


def run_day(system: LocalSystem, stage: Stage, world: World, *, seed: int, tell: Tell) -> bool:
    """Every turn of the day, the offline one without network; whether each went as it should."""
    went = [_take(turn, system, stage, world, tell) for turn in delivery_day(world, seed=seed)]
    return all(went)


def _take(turn: Turn, system: LocalSystem, stage: Stage, world: World, tell: Tell) -> bool:
    tell(Said(f"送样：{turn.zh}", f"delivery: {turn.en}"))
    if turn.offline:
        system.cut()
    first, second = world.receivers[:2]
    receiver = LiveReceiver(
        system.desk,
        stage,
        first=first.person,
        second=second.person,
        wait=system.wait,
        linger=(lambda: None) if turn.offline else system.await_decision,
    )
    visit = receiver.receive(turn.arrival)
    is_good = visit.ending == turn.ending and visit.provisional == turn.offline
    zh = f"{OUTCOMES[visit.ending]}，{visit.counted} 块" + ("，待平台确认" if turn.offline else "")
    en = f"{visit.ending}, {visit.counted} blocks" + (", provisional" if turn.offline else "")
    tell(Said(zh, en, ok=is_good))
    if turn.offline:
        system.mend()
    return is_good


OUTCOMES: Mapping[str, str] = {
    "received": "全部接收",
    "partially_received": "部分接收",
    "refused": "拒收",
    "held": "暂存",
    "cancelled": "取消",
    "recorded_unverified": "登记未核实",
}
"""Outcomes as the desk's people call them."""


def _child(verb: str, config: Path, logs: Path, *, name: str = "") -> Child:
    called = name or verb
    return Child(called, own_command(verb, "--config", str(config)), log=logs / f"{called}.log")
