"""What the wall station costs: its start, its memory, its idleness, and a scan until the answer.

The real process, a simulated scanner on a pseudo-terminal, ten thousand blocks in the room. The
time of a scan ends when the answer is in the journal, which is when lamp and buzzer are told.

Run: .venv/bin/python tests/bench/bench_wall.py [--blocks N] [--scans N] [--idle-s N] [--starts N]
     … --camera: only what photographs add at a site, 1280 x 720 pixels, blocks in and out again
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from statistics import median, quantiles

import psutil
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from shots import numbered_shots
from waiting import pause, until
from wall_site import WallSite, wall_site

from edge.core.curing.places import Spot
from edge.core.curing.state import Book, Presence, Standing
from edge.core.ids import GroupId, RoomId, SpecimenId
from edge.core.people import Role
from edge.host.clock import SystemClock
from edge.storage.station import SqliteStation

ROOM = RoomId("room-1")
CELLS = tuple(
    Spot(ROOM, rack, row, column, level)
    for rack in "abcdefgh"
    for row in range(1, 6)
    for column in range(1, 21)
    for level in range(1, 6)
)
SAME_CODE_S = 3.5
"""So long a code must be away before it counts as shown again."""
_TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser()
    options.add_argument("--blocks", type=int, default=10_000)
    options.add_argument("--scans", type=int, default=300)
    options.add_argument("--idle-s", type=float, default=20.0)
    options.add_argument("--starts", type=int, default=5)
    options.add_argument("--camera", action="store_true")
    asked = options.parse_args()
    if asked.camera:
        photographs()
        return
    table = Table(
        "what", "value", "bar", title=f"wall station, {asked.blocks:,} blocks in the room"
    )
    with tempfile.TemporaryDirectory() as folder, wall_site(Path(folder)) as wall:
        wall.start()
        wall.child.stop()
        fill(wall, asked.blocks)
        starts = [start_ms(wall) for _ in range(asked.starts)]
        table.add_row("start until it reads, p50", f"{median(starts):.0f} ms", "2000 ms")
        table.add_row("start, slowest", f"{max(starts):.0f} ms", "2000 ms")
        wall.start()
        spans = sorted(scans(wall, asked.scans))
        p95 = quantiles(spans, n=20)[18]
        table.add_row("scan to answer, p50", f"{median(spans):.1f} ms", "300 ms")
        table.add_row("scan to answer, p95", f"{p95:.1f} ms", "50 ms")
        table.add_row("scan to answer, slowest", f"{spans[-1]:.1f} ms", "300 ms")
        pause(65)
        table.add_row("idle", f"{idle_share(wall, asked.idle_s):.2%} of a core", "3 %")
        table.add_row("memory (RSS)", f"{memory_mb(wall):.1f} MB", "80 MB")
        wall.child.stop()
    Console().print(table)


def photographs() -> None:
    """The same with a camera: every transfer waits for its photograph, within the deadline."""
    table = Table("what", "value", "bar", title="wall station of a site with a camera")
    with tempfile.TemporaryDirectory() as folder:
        source = numbered_shots(Path(folder) / "shots", size=(1280, 720), count=30)
        more = f'kind = "site"\n[wall.camera]\nsource = "{source}"\n'
        with wall_site(Path(folder), more=more) as wall:
            wall.start()
            pause(5)
            spans = sorted([*carried(wall, "in"), *carried(wall, "out")])
            p95 = quantiles(spans, n=20)[18]
            late = len(wall.journal("photograph.missing"))
            table.add_row("scan to answer, p50", f"{median(spans):.1f} ms", "300 ms")
            table.add_row("scan to answer, p95", f"{p95:.1f} ms", "300 ms")
            table.add_row("scan to answer, slowest", f"{spans[-1]:.1f} ms", "300 ms")
            table.add_row("photographs kept, missing", f"{len(spans) - late}, {late}", "-")
            table.add_row("memory of the door (RSS)", f"{memory_mb(wall):.1f} MB", "80 MB")
            eye = psutil.Process(wall.child.pid).children()[0]
            table.add_row("memory of the camera", f"{eye.memory_info().rss / 1e6:.0f} MB", "-")
            eye.cpu_percent()
            pause(10)
            table.add_row("camera, idle", f"{eye.cpu_percent():.0f} % of a core", "-")
            wall.child.stop()
    Console().print(table)


def carried(wall: WallSite, mode: str) -> Iterator[float]:
    """Milliseconds to the answer for each block of the day that is carried in a mode."""
    clock = SystemClock()
    pause(SAME_CODE_S)
    tester = wall.site.world.population.with_role(Role.TESTER)[0]
    wall.show(wall.site.world.badges[tester.person])
    wall.show(wall.command(mode))
    if mode == "in":
        wall.show(wall.command("shelf a-1"))
    for block in wall.blocks():
        said = len(wall.said())
        shown = clock.now()
        wall.scanner.show(wall.chip(block).encode())
        until(lambda said=said: len(wall.said()) > said)  # type: ignore[misc] # bound at once
        answered = datetime.fromisoformat(str(wall.said()[-1]["timestamp"]))
        yield (answered - shown).total_seconds() * 1e3


def fill(wall: WallSite, blocks: int) -> None:
    """Lines of blocks that nobody scans: what the book is searched among."""
    store = SqliteStation(wall.settings.station_db)
    at = datetime(2026, 6, 1, tzinfo=UTC)
    lines = tuple(
        Standing(
            SpecimenId(f"f-{number}"),
            GroupId(f"fg-{number // 3}"),
            Presence.INSIDE,
            CELLS[number // 3 % len(CELLS)],
            at,
            at,
        )
        for number in range(blocks)
    )
    store.commit(book=Book(lines))
    store.close()


def start_ms(wall: WallSite) -> float:
    """From the command to the scanner's first sign, then ended in good order."""
    clock = SystemClock()
    begun = clock.mono_ns()
    wall.start()
    ended = clock.mono_ns()
    wall.child.stop()
    return (ended - begun) / 1e6


def scans(wall: WallSite, count: int) -> Iterator[float]:
    """Milliseconds from the code before the scanner to the answer, block after block."""
    clock = SystemClock()
    known = wall.blocks()
    wall.show(wall.badge())
    done = 0
    for turn in range(count // len(known) + 1):
        pause(SAME_CODE_S)
        wall.show(wall.command("audit"))
        wall.show(wall.command("move"))
        wall.show(wall.command("shelf " + ("a-1", "b-1")[turn % 2]))
        for block in islice(known, count - done):
            said = len(wall.said())
            shown = clock.now()
            wall.scanner.show(wall.chip(block).encode())
            until(lambda said=said: len(wall.said()) > said)  # type: ignore[misc] # bound at once
            answered = datetime.fromisoformat(str(wall.said()[-1]["timestamp"]))
            yield (answered - shown).total_seconds() * 1e3
            done += 1


def idle_share(wall: WallSite, seconds: float) -> float:
    """Share of a core that the process takes while nobody is there."""
    clock = SystemClock()
    ticks, begun = cpu_ticks(wall), clock.mono_ns()
    pause(seconds)
    return (cpu_ticks(wall) - ticks) / _TICKS / ((clock.mono_ns() - begun) / 1e9)


def cpu_ticks(wall: WallSite) -> int:
    """User and system time so far."""
    stat = Path(f"/proc/{wall.child.pid}/stat").read_text(encoding="utf-8")
    fields = stat.rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def memory_mb(wall: WallSite) -> float:
    """Resident memory."""
    statm = Path(f"/proc/{wall.child.pid}/statm").read_text(encoding="utf-8").split()
    return int(statm[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
