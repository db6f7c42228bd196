"""The world of one schedule: files, broker, bad lines and processes, and every act upon them."""

import os
import resource
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from bad_proxy import BadProxy, Fault
from faults.nursery import Grown, Nursery
from faults.plan import DEVICE, Act, Plan, Step
from faults.roles import Order
from small_disk import SmallDisk, mounted

from edge.core.errors import DeviceGone
from edge.runtime.provision import Side, Site
from edge.settings import Settings, load_settings
from edge.sim.broker import Mosquitto

OURS = ("capture", "ship", "central")
PEERS_DEVICE = ("bare", "forgetful")
BROKER = "connect_timeout_s = 1.5, retry_max_s = 0.5, allow_plain = true"
PEERS = (*PEERS_DEVICE, "collector")
DISK_MB = 24
ROOM_BYTES = 64 * 1024
"""What an I/O error leaves of a file: enough for the log, too little for a store."""


@dataclass
class Scene:
    """Starts everything at entry, ends everything at exit."""

    plan: Plan
    site: Site
    nursery: Nursery
    folder: Path
    with_peers: bool = True
    cast: tuple[str, ...] = OURS
    hurried: bool = True
    keepalive_s: int = 5
    clocks: dict[str, float] = field(default_factory=dict)
    fired: list[str] = field(default_factory=list)
    stack: ExitStack = field(default_factory=ExitStack)
    backup: Path | None = None
    disks: dict[str, SmallDisk] = field(default_factory=dict)
    restored: int = 0
    is_direct: bool = False
    """Without the proxies, whose work is this process's: for rates."""
    armed: dict[str, str] = field(default_factory=dict)

    def __enter__(self) -> Self:
        """Everything runs at return."""
        self.folder.mkdir(parents=True)
        self.broker = Mosquitto(self.folder / "broker")
        self.broker.start()
        self.stack.callback(self._end_broker)
        self._make_sides()
        self._open_lines()
        self._configure()
        self.parts = {
            name: Grown(self.nursery, name, self.folder / f"{name}.log")
            for name in (*self.cast, *(PEERS if self.with_peers else ()))
        }
        for part in self.parts.values():
            self.stack.callback(part.kill)
        self.revive()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Everything is gone at return; the files stay."""
        self.stack.close()

    @property
    def station(self) -> Settings:
        """The station's settings."""
        return load_settings(self.sides["station"].config)

    @property
    def platform(self) -> Settings:
        """The platform's settings."""
        return load_settings(self.sides["platform"].config)

    def act(self, step: Step) -> None:
        """Do one step of the plan."""
        acts: Mapping[Act, Callable[[Step], None]] = {
            Act.KILL: self._kill,
            Act.START: self._start,
            Act.ARM: self._arm,
            Act.LINE: lambda step: self.lines[step.part].impose(Fault(step.word)),
            Act.FREEZE: lambda _: self._signal_broker(signal.SIGSTOP),
            Act.WIPE: lambda _: self._wipe(),
            Act.MOVE: self._move,
            Act.BACKUP: lambda _: self._back_up(),
            Act.RESTORE: lambda _: self._restore(),
            Act.FILL: lambda step: self._fill(step.part),
            Act.BREAK: lambda step: self._limit(step.part, ROOM_BYTES),
            Act.HEAL: lambda _: self.heal(),
        }
        acts[step.act](step)

    def heal(self) -> None:
        """The outage is over: disks, lines and broker are well, and whoever is dead is back."""
        for disk in self.disks.values():
            disk.clear()
        for name in self.cast:
            self._limit(name, resource.RLIM_INFINITY)
        self._signal_broker(signal.SIGCONT)
        self._start_broker()
        for line in self.lines.values():
            line.heal()
        self.revive()

    def revive(self) -> None:
        """Start whoever does not run, with a clock that is right again."""
        for name in self.parts:
            if not self.runs(name):
                self.clocks.pop(name, None)
                self.spawn(name)

    def runs(self, name: str) -> bool:
        """Whether it lives; a death at a statement is noted."""
        runs = self.parts[name].runs()
        if not runs and (point := self.armed.pop(name, "")):
            self.fired.append(point)
        return runs

    def spawn(self, name: str, point: str = "", hit: int = 1) -> None:
        side = "platform" if name in {"central", "collector", "counter"} else "station"
        order = Order(
            role=name,
            config=str(self.sides[side].config),
            folder=str(self.folder),
            port=self.lines[side].port,
            seed=self.plan.seed + len(self.parts[name].ends),
            rate=self.plan.rate,
            clock_off_s=self.clocks.get(name, 0.0),
            point=point,
            hit=hit,
            hurried=self.hurried,
        )
        self.parts[name].start(order)

    def _kill(self, step: Step) -> None:
        if step.part == "broker":
            self.broker.kill()
            return
        for name in self._with_peers(step.part):
            self.runs(name)
            self.armed.pop(name, None)
            self.parts[name].kill()

    def _start(self, step: Step) -> None:
        if step.part == "broker":
            self._start_broker()
            return
        self.clocks[step.part] = step.number
        for name in self._with_peers(step.part):
            if not self.runs(name):
                self.spawn(name)

    def _arm(self, step: Step) -> None:
        """It starts anew, and ends itself at a statement; its peers die here and come back."""
        self._kill(step)
        self.spawn(step.part, step.word, int(step.number))
        self.armed[step.part] = step.word
        for name in self._with_peers(step.part)[1:]:
            self.spawn(name)

    def _with_peers(self, part: str) -> tuple[str, ...]:
        """Who shares a fate: a peer is one process where we have two."""
        peers = PEERS_DEVICE if part in DEVICE else ("collector",)
        return (part, *peers) if self.with_peers else (part,)

    def _signal_broker(self, number: signal.Signals) -> None:
        if self.broker.pid is not None:
            os.kill(self.broker.pid, number)

    def _start_broker(self) -> None:
        """On its port; a client of anybody may have been given that port meanwhile."""
        try:
            self.broker.start()
        except DeviceGone:
            self.broker.port = 0
            self.broker.start()
            for line in self.lines.values():
                line.upstream_port = self.broker.port

    def _end_broker(self) -> None:
        self.broker.kill()

    def _wipe(self) -> None:
        """Whatever the broker held is gone."""
        assert self.broker.pid is None
        (self.folder / "broker" / "mosquitto.db").unlink(missing_ok=True)

    def _move(self, step: Step) -> None:
        """Another broker, empty, elsewhere: behind the same name, or the settings say so."""
        self.broker.kill()
        self.broker = Mosquitto(self.folder / f"broker-{step.word}-{len(self.fired)}-new")
        self.broker.start()
        for line in self.lines.values():
            line.upstream_port = self.broker.port
            line.reset()
        if step.word == "config":
            self._open_lines()
            self._configure()
            for name in self.parts:
                if name != "capture":
                    self._kill(Step(0.0, Act.KILL, name))
            self.revive()

    def _back_up(self) -> None:
        """A copy of the platform's store as it is now."""
        self.backup = self.folder / "backup.db"
        with (
            closing(sqlite3.connect(self.platform.central_db)) as live,
            closing(sqlite3.connect(self.backup)) as copy,
        ):
            live.backup(copy)

    def _restore(self) -> None:
        """The platform's store is that copy again; everything since is forgotten."""
        assert self.parts["central"].pid is None
        assert self.backup is not None
        store = self.platform.central_db
        for suffix in ("-wal", "-shm"):
            store.with_name(store.name + suffix).unlink(missing_ok=True)
        shutil.copy(self.backup, store)
        self.restored += 1

    def _fill(self, side: str) -> None:
        if side in self.disks:
            self.disks[side].fill()

    def _limit(self, name: str, size_bytes: int) -> None:
        """Writing beyond a size fails with EFBIG: an I/O error that the kernel itself makes."""
        pid = self.parts[name].pid
        if pid is not None:
            hard = resource.RLIM_INFINITY
            try:
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (size_bytes, hard))
            except ProcessLookupError:
                return

    def _open_lines(self) -> None:
        self.lines = {
            side: BadProxy(self.broker.port, seed=self.plan.seed)
            for side in ("station", "platform")
        }
        for line in self.lines.values():
            self.stack.callback(line.close)

    def _make_sides(self) -> None:
        """A folder of its own for each side, on a small disk where the plan wants one."""
        self.sides: dict[str, Side] = {}
        for name, side in (("station", self.site.station), ("platform", self.site.platform)):
            folder = self.folder / name
            if self.plan.has_small_disks:
                try:
                    disk = self.stack.enter_context(mounted(folder, size_mb=DISK_MB))
                except (OSError, subprocess.CalledProcessError):
                    folder.mkdir(exist_ok=True)
                else:
                    self.disks[name] = disk
            else:
                folder.mkdir()
            shutil.copytree(side.folder / "keys", folder / "keys")
            self.sides[name] = replace(side, folder=folder)

    def _configure(self) -> None:
        for name, side in self.sides.items():
            own, port = side.name, self.broker.port if self.is_direct else self.lines[name].port
            lines = [
                f'state_dir = "{side.folder}"',
                f'station = {{city = "{own.city}", lab = "{own.lab}", device = "{own.device}"}}',
                f"broker = {{{BROKER}, port = {port}, keepalive_s = {self.keepalive_s}}}",
                "clock = {assume_synced = true}",
                "central = {ack_min_gap_s = 0.05, ack_every_s = 2.0, gap_alarm_s = 30.0}",
            ]
            side.config.write_text("\n".join(lines) + "\n", encoding="utf-8")
