"""How many simulated labels our reader reads, by kind of wear, and whole layers of a trolley.

Run: .venv/bin/python tests/bench/bench_labels.py [--seeds N] [--layers N]
"""

import argparse
import base64
import time
from hashlib import sha512
from statistics import fmean

import numpy as np
from rich.console import Console
from rich.table import Table

from edge.devices.qr.cascade import QrReader
from edge.sim.degrade import Degradation, Kind, combined
from edge.sim.labels import Photograph, render_label, render_layer

LEVELS: dict[str, tuple[float, ...]] = {
    Kind.GLARE_CENTRE: (0.1, 0.2, 0.3),
    Kind.GLARE_CORNER: (0.05, 0.1, 0.15, 0.2),
    Kind.DUST: (0.02, 0.05, 0.1, 0.15),
    Kind.OCCL_CORNER: (0.05, 0.1, 0.2),
    Kind.CONTRAST: (60, 40, 25, 15),
    Kind.MOTION: (0.5, 1, 1.5, 2),
    Kind.DEFOCUS: (0.25, 0.4, 0.6),
    Kind.TILT: (35, 50, 60),
    Kind.CYLINDER: (40, 90, 130),
    Kind.LOWLIGHT: (60, 20, 12),
    Kind.MODULE_PX: (3, 2.5, 2, 1.5),
    Kind.SHADOW: (0.6, 0.4, 0.25),
    "combined": (0.25, 0.5, 0.75),
}


def code(number: int) -> str:
    """A chip's text with a signature that looks like one."""
    signature = base64.b32encode(sha512(bytes([number])).digest()).decode().rstrip("=")
    return f"V1.NC-2026-{number:06d}.04A1B2C3D4E5F6.NC-CHIP-1.{signature}"


CODES = tuple(map(code, range(15)))
EC_LEVELS = (("M", 0), ("H", 40))
LABEL_FRAME = (800, 600)


def is_complete(reader: QrReader, photograph: Photograph) -> bool:
    """Whether every code of the picture is read."""
    seen = {code.payload for code in reader.read_still(photograph.picture)}
    return seen >= {placed.text.encode() for placed in photograph.placed}


def wear(kind: str, level: float) -> tuple[Degradation, ...]:
    """The degradations of one cell of the table."""
    return combined(level) if kind == "combined" else (Degradation(Kind(kind), level),)


def share_read(reader: QrReader, kind: str, level: float, *, high_up_to: int, seeds: int) -> int:
    """Labels read of 100."""
    pictures = (
        render_label(
            CODES[0],
            rng=np.random.default_rng(seed),
            worn=wear(kind, level),
            size=LABEL_FRAME,
            high_up_to=high_up_to,
        )
        for seed in range(seeds)
    )
    return round(100 * fmean(is_complete(reader, picture) for picture in pictures))


def labels_table(reader: QrReader, seeds: int) -> Table:
    """Labels read of 100 by kind and level, at error correction M and H."""
    table = Table("kind", "level: % read at M / H", title=f"single labels, {seeds} seeds a level")
    for kind, levels in LEVELS.items():
        cells = []
        for level in levels:
            shares = [
                share_read(reader, kind, level, high_up_to=high_up_to, seeds=seeds)
                for _, high_up_to in EC_LEVELS
            ]
            cells.append(f"{level:g}: {shares[0]} / {shares[1]}")
        table.add_row(kind, "   ".join(cells))
    return table


def layers_table(reader: QrReader, layers: int) -> Table:
    """Whole layers read in one photograph, and the time to draw and to read one."""
    table = Table("chips", "complete", "draw ms", "read ms", title="trolley layers, 1920 x 1080")
    for count in (12, 15):
        draw_ms, read_ms, complete = [], [], 0
        for seed in range(layers):
            begun = time.perf_counter()
            picture = render_layer(CODES[:count], rng=np.random.default_rng(seed))
            drawn = time.perf_counter()
            complete += is_complete(reader, picture)
            draw_ms.append(1000 * (drawn - begun))
            read_ms.append(1000 * (time.perf_counter() - drawn))
        table.add_row(
            str(count), f"{complete} / {layers}", f"{fmean(draw_ms):.0f}", f"{fmean(read_ms):.0f}"
        )
    return table


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--layers", type=int, default=100)
    arguments = parser.parse_args()
    reader, console = QrReader(), Console(width=110)
    console.print(layers_table(reader, arguments.layers))
    console.print(labels_table(reader, arguments.seeds))


if __name__ == "__main__":
    main()
