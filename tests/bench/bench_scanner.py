"""What a serial reader costs: from the last byte to the reading, from the plug to the next code.

Real readers of the product on pseudo-terminals; simulated modules answer at once, so that no time
of theirs is in the figures, and none of a real line either.

Run: .venv/bin/python tests/bench/bench_scanner.py [--scans N] [--replugs N] [--idle-s N]
"""

import argparse
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path
from statistics import median, quantiles

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from heard_journal import HeardJournal
from scanner_bench import ScannerBench, running
from waiting import until

from edge.devices.firmware.apply import Mender
from edge.devices.firmware.place import configs_dir
from edge.devices.firmware.profile import scanner_profile
from edge.sim.scanner.gm65 import Gm65Module
from edge.sim.scanner.plain import PlainModule


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser()
    options.add_argument("--scans", type=int, default=2000)
    options.add_argument("--replugs", type=int, default=60)
    options.add_argument("--idle-s", type=float, default=30.0)
    asked = options.parse_args()
    table = Table("what", "n", "p50 ms", "p95 ms", "p99 ms", "max ms", title="serial scanners")
    for name in ("generic-cr", "gm65"):
        with tempfile.TemporaryDirectory() as folder, running(bench_of(name, Path(folder))) as it:
            add(table, f"{name}: last byte to reading", scans(it, asked.scans))
            add(table, f"{name}: plugged to live", replugs(it, asked.replugs))
            if name == "gm65":
                add(table, "gm65: factory reset to set again", resets(it, 5))
    Console().print(table)
    Console().print(f"idle, two readers: {idle_share(asked.idle_s):.2%} of a core")


def bench_of(name: str, folder: Path) -> ScannerBench:
    """A reader with its shipped profile, on a module as it leaves the factory."""
    profile = scanner_profile(name, configs_dir())
    watch = profile.watch.model_copy(update={"same_code_s": 0.0})
    mender = Mender(profile, name=name, journal=HeardJournal())
    module = Gm65Module() if name == "gm65" else PlainModule()
    manner = profile.model_copy(update={"watch": watch}).manner
    return ScannerBench(module, folder / name, manner, prepare=mender)


def scans(bench: ScannerBench, count: int) -> list[float]:
    """Seconds from the write of a whole code to the report of its reading."""
    spans = []
    for number in range(count):
        begun_ns = bench.clock.mono_ns()
        bench.show(b"L1.AHJ-2025-%06d." % number + b"x" * 110)
        spans.append((bench.readings[-1].at.mono_ns - begun_ns) / 1e9)
    return spans


def replugs(bench: ScannerBench, count: int) -> list[float]:
    """Seconds from the node's return to a reader that reads, proven by a code."""
    spans = []
    for number in range(count):
        bench.sim.unplug()
        until(lambda: not bench.scanner.state.live)
        threading.Event().wait(0.05 * (number % 20))
        begun_ns = bench.clock.mono_ns()
        bench.sim.plug()
        bench.until_live()
        spans.append((bench.clock.mono_ns() - begun_ns) / 1e9)
        bench.show(b"AHJ-%06d" % number)
    return spans


def resets(bench: ScannerBench, count: int) -> list[float]:
    """Seconds from a factory reset, noticed by the next code, to a module set again."""
    module = bench.sim.module
    assert isinstance(module, Gm65Module)
    spans = []
    for number in range(count):
        is_set = partial(_has_saved, module, module.saves)
        begun_ns = bench.clock.mono_ns()
        module.factory_reset()
        bench.sim.show(b"LOST")
        until(is_set)
        bench.until_live()
        spans.append((bench.clock.mono_ns() - begun_ns) / 1e9)
        bench.show(b"AHJ-%06d" % number)
    return spans


def _has_saved(module: Gm65Module, saves: int) -> bool:
    return module.saves > saves


def idle_share(span_s: float) -> float:
    """Part of a core that the threads of two idle readers take; the modules are not counted."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running(bench_of("generic-cr", Path(folder))),
        running(bench_of("gm65", Path(folder))),
    ):
        threads = [each for each in threading.enumerate() if each.name == "scanner-desk"]
        begun_s, before = time.monotonic(), sum(map(cpu_s, threads))
        threading.Event().wait(span_s)
        return (sum(map(cpu_s, threads)) - before) / (time.monotonic() - begun_s)


def cpu_s(thread: threading.Thread) -> float:
    """CPU seconds of a thread so far, as the scheduler counts them."""
    path = Path(f"/proc/self/task/{thread.native_id}/schedstat")
    return int(path.read_text(encoding="ascii").split()[0]) / 1e9


def add(table: Table, name: str, spans: list[float]) -> None:
    """A row."""
    cuts = quantiles(spans, n=100, method="inclusive")
    figures = (median(spans), cuts[94], cuts[98], max(spans))
    table.add_row(name, str(len(spans)), *(f"{span * 1e3:.2f}" for span in figures))


if __name__ == "__main__":
    main()
