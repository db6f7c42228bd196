"""Reading rate, wrong texts and CPU time of our reader beside zxing-cpp and pyzbar alone.

All readers see each picture in turn within one run, so that a busy machine troubles them alike.
Run: .venv/bin/python tests/bench/bench_decode.py [--pictures N]
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import zxingcpp
from pyzbar import pyzbar
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from qr_score import (
    Picture,
    Score,
    Told,
    load_pictures,
    score,
    shared_dir,
    tell,
)

from edge.devices.pixels import Grey
from edge.devices.qr.cascade import QrReader
from edge.devices.qr.engine import CodeRead, Quad
from edge.devices.qr.gate import ChangeGate
from edge.devices.qr.images import load_grey

Read = Callable[[Grey], Sequence[Told]]
_QR_MODELS = "QRCodeModel1|QRCodeModel2"
_IDLE_FRAMES = 500
_NO_QUAD: Quad = ((-1.0, -1.0),) * 4


@dataclass(slots=True)
class Tally:
    """What one reader has scored so far."""

    found: int = 0
    false: int = 0
    wrong: list[str] = field(default_factory=list)
    ms: list[float] = field(default_factory=list)
    miss_ms: list[float] = field(default_factory=list)

    def add(self, one: Score, ms: float, *, empty: bool) -> None:
        """Take one picture up."""
        self.found += one.found
        self.false += one.false
        self.wrong.extend(one.wrong)
        self.ms.append(ms)
        if empty:
            self.miss_ms.append(ms)


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=None, help="only the first N pictures")
    wanted = parser.parse_args().pictures
    folder = shared_dir() / "data" / "qr"
    if not folder.is_dir():
        raise SystemExit(f"no pictures in {folder}: set EDGE_SHARED_DIR")
    cv2.setNumThreads(1)
    pictures = load_pictures(folder)[:wanted]
    tallies, noise = measure(pictures)
    console = Console(width=110)
    console.print(rates(pictures, tallies))
    for name, tally in tallies.items():
        for line in tally.wrong:
            console.print(f"wrong text by {name}: {line[:80]}", markup=False, highlight=False)
    console.print(idle_table())
    console.print(noise)


def measure(pictures: Sequence[Picture]) -> tuple[dict[str, Tally], str]:
    """Every reader on every picture, the order of readers turning from picture to picture."""
    reader = QrReader()
    readers: dict[str, Read] = {
        "specimen-edge": lambda grey: tell(reader.read_still(grey)),
        "zxing-cpp alone": read_with_zxing,
        "pyzbar alone": read_with_pyzbar,
    }
    tallies = {name: Tally() for name in readers}
    names, loops = list(readers), []
    for turn, picture in enumerate(pictures):
        grey = load_grey(picture.path)
        for name in names[turn % 3 :] + names[: turn % 3]:
            start = time.process_time_ns()
            told = readers[name](grey)
            ms = (time.process_time_ns() - start) / 1e6
            tallies[name].add(score(picture, told), ms, empty=not told)
        loops.append(calibration_ms())
    low, middle, high = np.percentile(loops, (5, 50, 95))
    noise = (
        f"Machine noise: one fixed loop, repeated after each picture, took {middle:.2f} ms "
        f"(5 % {low:.2f}, 95 % {high:.2f}); differences below {100 * (high / low - 1):.0f} % "
        "say nothing."
    )
    return tallies, noise


def read_with_zxing(grey: Grey) -> Sequence[Told]:
    """zxing-cpp as it comes, for QR codes, with its own text."""
    found = zxingcpp.read_barcodes(
        grey,
        formats=zxingcpp.barcode_formats_from_str(_QR_MODELS),
        text_mode=zxingcpp.TextMode.Plain,
    )
    return [Told(CodeRead(one.bytes, "QRCode", "zxing", _corners(one)), one.text) for one in found]


def _corners(one: zxingcpp.Barcode) -> Quad:
    at = one.position
    corners = (at.top_left, at.top_right, at.bottom_right, at.bottom_left)
    a, b, c, d = ((float(corner.x), float(corner.y)) for corner in corners)
    return a, b, c, d


def read_with_pyzbar(grey: Grey) -> Sequence[Told]:
    """`pyzbar.decode` as it comes: all symbologies, libzbar's own text."""
    told = []
    for one in pyzbar.decode(grey):
        points = [(float(point.x), float(point.y)) for point in one.polygon]
        quad: Quad = (points[0], points[1], points[2], points[3]) if len(points) == 4 else _NO_QUAD
        told.append(Told(CodeRead(one.data, one.type, "zbar", quad), one.data.decode()))
    return told


def calibration_ms() -> float:
    """CPU time of a fixed piece of work."""
    sheet = np.full((720, 1280), 128, np.uint8)
    start = time.process_time_ns()
    for _ in range(4):
        cv2.GaussianBlur(sheet, (0, 0), 2.0)
    return (time.process_time_ns() - start) / 1e6


def rates(pictures: Sequence[Picture], tallies: dict[str, Tally]) -> Table:
    """The table of rates and times."""
    total = sum(picture.count for picture in pictures)
    negatives = sum(not picture.count for picture in pictures)
    table = Table(title=f"{total} QR codes, {negatives} negatives; CPU ms a picture, one thread")
    for column in ("reader", "read", "rate %", "wrong", "false", "median", "mean", "p95", "max"):
        table.add_column(column, justify="left" if column == "reader" else "right")
    table.add_column("empty p95", justify="right")
    for name, tally in tallies.items():
        median, p95 = np.percentile(tally.ms, (50, 95))
        times = (median, float(np.mean(tally.ms)), p95, max(tally.ms))
        empty = np.percentile(tally.miss_ms, 95) if tally.miss_ms else 0.0
        counts = (tally.found, f"{100 * tally.found / total:.1f}", len(tally.wrong), tally.false)
        cells = [*(str(cell) for cell in counts), *(f"{ms:.1f}" for ms in (*times, empty))]
        table.add_row(name, *cells)
    return table


def idle_table() -> Table:
    """Cost of video frames without a code, with the gate and without."""
    table = Table(title=f"1280x720 frames without a code, CPU ms, {_IDLE_FRAMES} frames a scene")
    for column in ("scene", "gated mean", "gated p95", "no gate, plain", "no gate, one view"):
        table.add_column(column, justify="left" if column == "scene" else "right")
    for name, scene in scenes():
        frames = [jittered(scene, seed) for seed in range(8)]
        gated = list(gated_ms(frames))
        plain = [frame_ms(frame, budget=0) for frame in frames]
        viewed = [frame_ms(frame, budget=1) for frame in frames * 3]
        cells = (np.mean(gated), np.percentile(gated, 95), np.mean(plain), np.mean(viewed))
        table.add_row(name, *(f"{ms:.2f}" for ms in cells))
    return table


_IDLE_READER = QrReader()


def gated_ms(frames: Sequence[Grey]) -> Iterator[float]:
    """CPU time of each frame of a still scene behind the gate, opening frames included."""
    gate = ChangeGate()
    for index in range(_IDLE_FRAMES):
        frame = frames[index % len(frames)]
        start = time.process_time_ns()
        if gate.changed(frame):
            _IDLE_READER.read_frame(frame)
        yield (time.process_time_ns() - start) / 1e6


def frame_ms(frame: Grey, *, budget: int) -> float:
    """CPU time of one frame without the gate."""
    start = time.process_time_ns()
    _IDLE_READER.read_frame(frame, budget=budget)
    return (time.process_time_ns() - start) / 1e6


def scenes() -> Iterator[tuple[str, Grey]]:
    """Flat light, white noise, and grey concrete: noise at three scales."""
    noise = np.random.default_rng(7)
    shape = (720, 1280)
    yield "flat", np.full(shape, 150, np.uint8)
    yield "noise", noise.normal(128, 40, shape).clip(0, 255).astype(np.uint8)
    concrete = np.full(shape, 150.0)
    for scale_px, spread in ((3, 10), (12, 14), (40, 18)):
        grain = np.asarray(cv2.GaussianBlur(noise.normal(0, 1, shape), (0, 0), scale_px))
        concrete += spread * grain / grain.std()
    yield "concrete", concrete.clip(0, 255).astype(np.uint8)


def jittered(scene: Grey, seed: int) -> Grey:
    """The scene with the sensor noise of one more frame."""
    noise = np.random.default_rng(seed).normal(0, 3, scene.shape)
    return (scene + noise).clip(0, 255).astype(np.uint8)


if __name__ == "__main__":
    main()
