"""What a look at a full room and one page of it cost: ten thousand blocks, four sensors for a day.

Run: .venv/bin/python tests/bench/bench_board.py [--blocks N] [--rounds N] [--folder DIR]
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median, quantiles

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
import samples
from board_room import CityRegistry, Room, board_room, cast, standing

from edge.core.commission import Binding, Commission
from edge.core.ids import CommissionId, SpecimenId
from kiosk.board_screens import PAGES, Wall, render_board

WALL = Wall("lab", {}, "bench", 5.0)
A_COMMISSION = 10
"""Groups of one commission."""


class FullRegistry(CityRegistry):
    """Many commissions, found by key as the real one does."""

    def fill(self, groups: int) -> None:
        self.by_name = {}
        self.by_specimen = {}
        for first in range(0, groups, A_COMMISSION):
            numbers = range(first, min(groups, first + A_COMMISSION))
            name = CommissionId(f"commission-{first}")
            made = tuple(cast(samples.group(number), number % 40) for number in numbers)
            whole = replace(samples.commission(groups=1), commission=name, groups=made)
            self.by_name[name] = whole
            for group in made:
                for block in group.specimens:
                    self.by_specimen[block.specimen] = (whole, group)

    def bindings(self, specimen: SpecimenId) -> tuple[Binding, ...]:
        whole, group = self.by_specimen[specimen]
        return (Binding(specimen, group.group, whole.commission, whole.project, whole.lab),)

    def commission(self, commission: CommissionId) -> Commission | None:
        return self.by_name[commission]


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser()
    options.add_argument("--blocks", type=int, default=10_000)
    options.add_argument("--rounds", type=int, default=30)
    options.add_argument("--folder", type=Path)
    asked = options.parse_args()
    table = Table(
        "what", "p50 ms", "p95 ms", "at most", title=f"{asked.blocks:,} blocks in one room"
    )
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder, board_room(Path(folder)) as room:
        fill(room, asked.blocks)
        first = span(room.look)
        looks = [span(room.look) for _ in range(asked.rounds)]
        view = room.look()
        table.add_row("first look, groups looked up", f"{first * 1e3:.0f}", "-", "-")
        table.add_row("a look", *figures(looks), "-")
        for page in PAGES:
            show = partial(render_board, page, view, WALL, "zh-CN")
            spans = [span(show) for _ in range(asked.rounds)]
            table.add_row(f"page {page}", *figures(spans), "300")
    Console().print(table)


def fill(room: Room, blocks: int) -> None:
    """Three blocks a group, twenty a cell."""
    groups = -(-blocks // 3)
    registry = FullRegistry()
    registry.fill(groups)
    room.registry = registry
    lines = [
        standing(block.specimen, cell=number // 7 % 99 + 1, rack=f"r{number // 700}")
        for number in range(groups)
        for block in samples.group(number).specimens
    ]
    room.put(*lines[:blocks])


def figures(spans: list[float]) -> tuple[str, str]:
    """Median and 95th of a hundred, in ms."""
    return f"{median(spans) * 1e3:.0f}", f"{quantiles(spans, n=20)[18] * 1e3:.0f}"


def span(work: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
