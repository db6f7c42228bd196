"""What one scan at a curing room's door costs with a full room: looked up, judged, kept.

The bar of 50 ms counts from the code to the answer; the scanner's own line comes before it.

Run: .venv/bin/python tests/bench/bench_door.py [--blocks N] [--rounds N] [--folder DIR]
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median, quantiles

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rich.console import Console
from rich.table import Table

from edge.core.curing.door import step
from edge.core.curing.inputs import BlockShown
from edge.core.curing.places import Layout, Rack
from edge.core.curing.state import Book, Mode, Presence, Standing
from edge.core.curing.step import Step
from edge.core.documents import Document
from edge.core.envelope import Seal
from edge.core.ids import DeviceId, GroupId, KeyId, RuleSetId, SpecimenId
from edge.core.specimen import Group, Specimen
from edge.flows.epoch import EpochOpener
from edge.flows.record import Recorder
from edge.host.clock import SystemClock
from edge.host.identity import SystemIds
from edge.storage.station import SqliteStation
from edge.wire.convert import converter

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
import samples
from curing_room import ROOM, START, CuringRoom

RULES, DEVICE = RuleSetId("nanchang-2023"), DeviceId("wall-1")
CARRIED = 30
"""Blocks of one transaction."""
RACKS = tuple(Rack(ROOM, name, 5, 20, 5, 650, 480) for name in "abcdefgh")


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser()
    options.add_argument("--blocks", type=int, default=10_000)
    options.add_argument("--rounds", type=int, default=600)
    options.add_argument("--folder", type=Path)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        spans = Bench(Path(folder), asked.blocks).measure(asked.rounds)
    table = Table(
        "step", "p50 ms", "p95 ms", title=f"one scan, {asked.blocks:,} blocks in the room"
    )
    for name, seconds in spans.items():
        p95 = quantiles(seconds, n=20)[18]
        table.add_row(name, f"{median(seconds) * 1e3:.2f}", f"{p95 * 1e3:.2f}")
    Console().print(table)


class Bench:
    """A full room, its store, and a keeper who moves one block after another."""

    def __init__(self, folder: Path, blocks: int) -> None:
        clock, ids, key = SystemClock(assume_synced=True), SystemIds(), Ed25519PrivateKey.generate()
        by = Seal("urn:specimen-edge:nanchang:lab-1:wall-1", "boot", KeyId("bench-1"), key.sign)
        self.store = SqliteStation(folder / "station.db")
        opener = EpochOpener(clock=clock, ids=ids, by=by, device=DEVICE, ruleset=RULES)
        opener.open(self.store)
        self.recorder = Recorder(store=self.store, clock=clock, ids=ids, by=by, device=DEVICE)
        self.clock = clock
        self.cells = tuple(cell for rack in RACKS for cell in rack.cells())
        self.blocks = blocks
        self.store.commit(book=Book(tuple(self.line(number) for number in range(blocks))))
        self.room = CuringRoom(layout=Layout(ROOM, RACKS, 15))
        self.spot = self.cells[0]
        self.taken = Step(self.room.door)

    def line(self, number: int) -> Standing:
        """A block somewhere in the room."""
        return Standing(
            SpecimenId(f"s-{number}"),
            GroupId(f"group-{number // 3}"),
            Presence.INSIDE,
            self.cells[1 + number // 3 % (len(self.cells) - 1)],
            START,
            START,
        )

    def measure(self, rounds: int) -> dict[str, list[float]]:
        """Seconds of each part of a scan."""
        found: dict[str, list[float]] = {"look up": [], "judge": [], "keep": [], "all": []}
        for number in range(rounds):
            if number % CARRIED == 0:
                self.begin(number)
            shown: list[BlockShown] = []
            parts = [
                span(partial(self.look_up, number * 7 % self.blocks, shown)),
                span(partial(self.judge, shown)),
                span(self.keep),
            ]
            for name, seconds in zip(found, (*parts, sum(parts)), strict=True):
                found[name].append(seconds)
        self.store.close()
        return found

    def look_up(self, number: int, shown: list[BlockShown]) -> None:
        """What a flow asks of the store before a step."""
        name, group = SpecimenId(f"s-{number}"), group_of(number)
        places = self.store.places
        standing = places.standing(name)
        others = tuple(each for each in places.group(group.group) if each.specimen != name)
        beside = tuple(each.size_mm for each in places.on(self.spot))
        self.room.groups = (group,)
        plain = self.room.shown(name)
        shown.append(
            BlockShown(
                plain.reader,
                plain.reading,
                plain.code,
                group,
                standing=standing,
                siblings=others,
                beside_mm=beside,
            )
        )

    def begin(self, number: int) -> None:
        """The keeper before it signs off, and comes again with another shelf."""
        self.room.wait(61)
        self.spot = self.cells[number // CARRIED % len(self.cells)]
        self.room.begin(Mode.MOVE, self.spot)

    def judge(self, shown: list[BlockShown]) -> None:
        """The step itself."""
        self.taken = step(self.room.door, shown[0], self.room.context())
        self.room.door = self.taken.door

    def keep(self) -> None:
        """Events sealed; the door's snapshot, the book and custody in the same transaction."""
        body = json.dumps(converter.unstructure(self.taken.door)).encode()
        self.recorder.record(
            self.taken.events,
            occurred=self.clock.read(),
            ruleset=RULES,
            documents=(Document("door", ROOM, "open", body),),
            custody=self.taken.custody,
            book=self.taken.book,
        )


def group_of(number: int) -> Group:
    """The three blocks that belong together."""
    first = number // 3 * 3
    blocks = tuple(Specimen(SpecimenId(f"s-{first + each}"), each + 1) for each in range(3))
    plain = samples.group(1)
    return Group(
        GroupId(f"group-{number // 3}"),
        plain.kind,
        plain.curing,
        plain.grade,
        plain.pour_location,
        plain.casting,
        blocks,
    )


def span(work: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
