"""What one step of the desk costs on this disk: a sealed event, kept durably.

Ours (seal, sign, SQLite WAL with synchronous=FULL) beside the limit (append and fdatasync of the
same bytes), taken in turns in one run; the ratio is what counts, the disk's own noise is shown.

Run: .venv/bin/python tests/bench/bench_append.py [--rounds N] [--folder DIR]
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rich.console import Console
from rich.table import Table

from edge.core.envelope import Seal
from edge.core.events import DeviceStarted
from edge.core.ids import DeviceId, KeyId, RuleSetId
from edge.flows.epoch import EpochOpener
from edge.flows.record import Recorder
from edge.host.clock import SystemClock
from edge.host.identity import SystemIds
from edge.storage.station import SqliteStation

RULES, DEVICE = RuleSetId("nanchang-2023"), DeviceId("desk-1")


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=1500)
    options.add_argument("--folder", type=Path)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        ours, limit, group = measure(Path(folder), asked.rounds)
    table = Table("what", "p50 ms", "p99 ms", "events/s", "x limit", title="one durable event")
    base = median(limit)
    for name, spans, events in (
        ("append + fdatasync", limit, 1),
        ("ours, one event a step", ours, 1),
        ("ours, ten events a step", group, 10),
    ):
        p50, p99 = median(spans), quantiles(spans, n=100)[98]
        rate = events / p50
        ratio = base / p50 * events
        table.add_row(name, f"{p50 * 1e3:.2f}", f"{p99 * 1e3:.2f}", f"{rate:.0f}", f"{ratio:.2f}")
    Console().print(table)
    low, *_, high = quantiles(limit, n=10)
    Console().print(f"noise of the disk: p10 {low * 1e3:.2f} ms, p90 {high * 1e3:.2f} ms")


def measure(folder: Path, rounds: int) -> tuple[list[float], list[float], list[float]]:
    """Seconds of each step: ours, the limit, and ours with ten events, in turns."""
    clock, ids, key = SystemClock(assume_synced=True), SystemIds(), Ed25519PrivateKey.generate()
    by = Seal("urn:specimen-edge:nanchang:lab-1:desk-1", "boot", KeyId("bench-1"), key.sign)
    store = SqliteStation(folder / "station.db")
    first = EpochOpener(clock=clock, ids=ids, by=by, device=DEVICE, ruleset=RULES).open(store)
    recorder = Recorder(store=store, clock=clock, ids=ids, by=by, device=DEVICE)
    ours, limit, group = [], [], []
    raw = os.open(folder / "raw", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for _ in range(rounds):
        ours.append(span(lambda: record(recorder, clock, 1)))
        limit.append(span(lambda: append(raw, first.body)))
        group.append(span(lambda: record(recorder, clock, 10)))
    os.close(raw)
    store.close()
    return ours, limit, group


def record(recorder: Recorder, clock: SystemClock, number: int) -> None:
    """One step with so many events."""
    events = tuple(DeviceStarted(f"0.{each}") for each in range(number))
    recorder.record(events, occurred=clock.read(), ruleset=RULES)


def append(descriptor: int, body: bytes) -> None:
    """What any durable log must do at least."""
    os.write(descriptor, body)
    os.fdatasync(descriptor)


def span(work: Callable[[], None]) -> float:
    """Seconds that a call takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
