"""A provisioned station at a curing room's door, driven through a scanner on a pseudo-terminal."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_site import local_site
from waiting import until

from edge.core.ids import SpecimenId
from edge.runtime.provision import Site
from edge.runtime.supervisor import Child, own_command
from edge.settings import Settings, load_settings
from edge.sim.scanner.gm65 import Gm65Module
from edge.sim.scanner.line import SimScanner

READER = "door"
PLAN = """
room = "room-1"

[[racks]]
rack = "a"
rows = 1
columns = 2
levels = 1
width_mm = 2000
depth_mm = 1000

[[racks]]
rack = "b"
rows = 1
columns = 2
levels = 1
width_mm = 2000
depth_mm = 1000
"""


@dataclass
class WallSite:
    """The process, its scanner, and what its journal says."""

    site: Site
    settings: Settings
    scanner: SimScanner
    log: Path
    child: Child

    @property
    def config(self) -> str:
        """Its settings file."""
        return str(self.settings.state_dir / "edge.toml")

    def start(self) -> None:
        """Start it and wait until it reads its scanner."""
        ready = self.journal("wall.ready")
        live = self.journal("scanner.live")
        self.child.start()
        until(lambda: len(self.journal("wall.ready")) > len(ready))
        until(lambda: len(self.journal("scanner.live")) > len(live))

    def journal(self, event: str = "") -> list[Mapping[str, Any]]:
        """Lines of the journal, of one event or all."""
        if not self.log.exists():
            return []
        whole, _, _ = self.log.read_text(encoding="utf-8").rpartition("\n")
        lines = whole.splitlines()
        read = [json.loads(line) for line in lines if line.startswith("{")]
        return [each for each in read if not event or each["event"] == event]

    def show(self, text: str) -> Mapping[str, Any]:
        """Hold a code before the scanner; the door's answer to it."""
        before = len(self.said())
        self.scanner.show(text.encode())
        until(lambda: len(self.said()) > before)
        return self.said()[-1]

    def said(self) -> list[Mapping[str, Any]]:
        """Answers to people at the door."""
        quiet = {"room", "time", "climate", "start"}
        return [each for each in self.journal("door.answer") if each["about"] not in quiet]

    def badge(self) -> str:
        """The keeper's."""
        world = self.site.world
        return world.badges[world.curing_keeper.person]

    def command(self, name: str) -> str:
        """A laminated code."""
        return self.site.world.commands[name]

    def chip(self, specimen: SpecimenId) -> str:
        """A block's code."""
        return self.site.world.chips[specimen]

    def blocks(self) -> tuple[SpecimenId, ...]:
        """Blocks of the lab's day."""
        commission = self.site.world.cast.standard
        return tuple(each.specimen for each in commission.blocks())


@contextmanager
def wall_site(folder: Path, *, more: str = "") -> Iterator[WallSite]:
    """Provisioned, mirrored, its scanner plugged in, nothing running."""
    with local_site(folder / "site") as place:
        path, plan = folder / "scanner", folder / "room.toml"
        plan.write_text(PLAN, encoding="utf-8")
        with Path(place.config).open("a", encoding="utf-8") as file:
            file.write(f'\n[[scanners]]\nname = "{READER}"\npath = "{path}"\nprofile = "gm65"\n')
            file.write(f'\n[wall]\nroom = "room-1"\nlayout = "{plan}"\n{more}')
        with free_wall(place.site, Path(place.config), folder) as wall:
            yield wall


@contextmanager
def free_wall(site: Site, config: Path, folder: Path) -> Iterator[WallSite]:
    """A wall by any settings, its scanner plugged in below `folder`; killed at the end."""
    scanner = SimScanner(Gm65Module(), folder / "scanner")
    scanner.plug()
    log = folder / "wall.log"
    child = Child("wall", own_command("wall", "--config", str(config)), log=log)
    try:
        yield WallSite(site, load_settings(config), scanner, log, child)
    finally:
        child.kill()
        scanner.close()
