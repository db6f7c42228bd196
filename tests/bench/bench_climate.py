"""What a year of four sensors weighs, and what joining one block's stay with it costs.

Run: .venv/bin/python tests/bench/bench_climate.py [--days N] [--sensors N] [--folder DIR]
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random
from statistics import median, quantiles

from rich.console import Console
from rich.table import Table

from edge.core.curing.record import Heard, LoggedReading
from edge.storage.climate import SqliteClimate
from edge.storage.climate_reads import ClimateLog

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from climate_year import BEGIN, ROOM, minute, sensor, write_year

ROUNDS = 300
STAY_MINUTES = 28 * 1440


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser()
    options.add_argument("--days", type=int, default=365)
    options.add_argument("--sensors", type=int, default=4)
    options.add_argument("--folder", type=Path)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        path = Path(folder) / "climate.db"
        begun = time.perf_counter()
        write_year(path, sensors=asked.sensors, days=asked.days)
        written_s = time.perf_counter() - begun
        size_mb = path.stat().st_size / 1e6
        table = Table("what", "p50 ms", "p99 ms", "at most ms", title=_title(asked, size_mb))
        for name, spans, bar in measure(path, asked.days, asked.sensors):
            p50, p99 = median(spans) * 1e3, quantiles(spans, n=100)[98] * 1e3
            table.add_row(name, f"{p50:.2f}", f"{p99:.2f}", bar)
    Console().print(table)
    Console().print(f"written for this bench in {written_s:.1f} s")


def measure(path: Path, days: int, sensors: int) -> list[tuple[str, list[float], str]]:
    """Seconds of each join and of keeping one minute, in turns."""
    draw = Random(7)
    last = days * 1440 - STAY_MINUTES
    with ClimateLog(path) as log:
        stays = [
            span(partial(join, log, draw.randint(0, last), STAY_MINUTES)) for _ in range(ROUNDS)
        ]
        whole = [span(partial(join, log, 7, days * 1440 - 11)) for _ in range(ROUNDS)]
        curve = partial(log.readings, sensor(1).sensor, minute(0), minute(1440))
        day = [span(curve) for _ in range(ROUNDS)]
    store = SqliteClimate(path)
    kept = [span(partial(store.keep, polled(days * 1440 + at, sensors))) for at in range(ROUNDS)]
    store.close()
    return [
        ("one block, 28 days", stays, "50"),
        ("one block, the whole span", whole, "50"),
        ("24 h of one sensor for the plot", day, "-"),
        ("keep one minute of all sensors", kept, "-"),
    ]


def join(log: ClimateLog, at: int, minutes: int) -> None:
    """The stay of one block, not on the hour."""
    since = minute(at) + timedelta(seconds=13)
    log.stay(ROOM, since, since + timedelta(minutes=minutes))


def polled(at: int, sensors: int) -> list[LoggedReading]:
    """One minute."""
    when = BEGIN + timedelta(minutes=at)
    return [
        LoggedReading(sensor(number).sensor, when, 2000, 9800, Heard.IN)
        for number in range(1, sensors + 1)
    ]


def span(work: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _title(asked: argparse.Namespace, size_mb: float) -> str:
    readings = asked.days * 1440 * asked.sensors
    return f"{asked.days} days of {asked.sensors} sensors: {readings:,} readings, {size_mb:.1f} MB"


if __name__ == "__main__":
    main()
