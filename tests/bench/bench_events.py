"""What losing nothing costs: ours beside the limit and beside peers, taken in turns in one run.

Five tables: durable appends against fdatasync; the way to the platform's watermark against bare
paho, persist-queue + paho and litequeue + paho; the time until a scan is confirmed with the line
up, down and half-open; the drain of a long outage. Ratios count; the disk's noise is in both sides.
The store has no commit shared by several writers: 64 writers are measured as 64 threads behind one
lock, and beside them a step of 64 events, which is what such a commit would be.

Run: .venv/bin/python tests/bench/bench_events.py [--events N] [--rounds N] [--late-ms MS]
"""

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from statistics import median, quantiles

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from bad_proxy import Fault
from event_line import EventLine, drain, event_line
from faults.plan import Act, Step
from queue_peers import PEERS
from slow_disk import run_on_slow_disk

WRITERS = 64
COUNTED = "a platform elsewhere"
CONSUMED = "our consumer here"
BODY = bytes(600)
CONSOLE = Console()


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser()
    options.add_argument("--events", type=int, default=40_000, help="events of the long outage")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--batch", type=int, default=20_000, help="events of each way in a round")
    options.add_argument("--seconds", type=float, default=8.0, help="of each latency")
    options.add_argument("--folder", type=Path, help="on the disk that counts")
    options.add_argument("--late-ms", type=float, default=0.0, help="as if the disk took longer")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        folder = Path(name)
        run_on_slow_disk(asked.late_ms, folder)
        with (
            event_line(folder / "counted", is_direct=True, platform="counter") as counted,
            event_line(folder / "consumed", is_direct=True) as consumed,
        ):
            lines = {COUNTED: counted, CONSUMED: consumed}
            CONSOLE.print(appends(counted, asked.rounds))
            CONSOLE.print(ways(lines, folder, asked.rounds, asked.batch))
            CONSOLE.print(outage(lines, folder, asked.events))
        with event_line(folder / "proxied") as line:
            CONSOLE.print(confirmations(line, asked.seconds))


def appends(line: EventLine, rounds: int) -> Table:
    """Durable appends a second, over the raw limit."""
    ways_in: dict[str, tuple[Callable[[], None], int]] = {
        "append + fdatasync": (lambda: line.append_raw(BODY), 1),
        "ours, one event a step": (line.record, 1),
        f"ours, {WRITERS} threads": (lambda: crowd(line), WRITERS),
        f"ours, {WRITERS} events a step": (lambda: line.record(WRITERS), WRITERS),
    }
    spent: dict[str, list[float]] = {name: [] for name in ways_in}
    for _ in range(rounds * 40):
        for name, (work, events) in ways_in.items():
            if events == 1 or len(spent[name]) < rounds * 4:
                spent[name].append(span(work) / events)
    table = Table("what", "events/s", "x limit", title="durable appends (median of turns)")
    limit = median(spent["append + fdatasync"])
    for name, spans in spent.items():
        table.add_row(name, f"{1 / median(spans):.0f}", f"{limit / median(spans):.2f}")
    low, *_, high = quantiles(spent["append + fdatasync"], n=10)
    table.caption = f"fdatasync p10 {low * 1e3:.2f} ms, p90 {high * 1e3:.2f} ms"
    return table


def crowd(line: EventLine) -> None:
    """One event of each of 64 writers; the store is one writer's, so they queue for it."""
    lock = threading.Lock()

    def write() -> None:
        with lock:
            line.record()

    threads = [threading.Thread(target=write) for _ in range(WRITERS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()


def ways(lines: Mapping[str, EventLine], folder: Path, rounds: int, batch: int) -> Table:
    """From the producer's call to the last acknowledgement, events a second."""
    port = lines[COUNTED].scene.broker.port
    peers = [make(folder, port) for make in PEERS.values()]
    rates: dict[str, list[float]] = {}

    def note(name: str, number: int, work: Callable[[], object]) -> None:
        rates.setdefault(name, []).append(number / span(work))

    for _ in range(rounds):
        for name, peer in zip(PEERS, peers, strict=True):
            number = int(batch * peer.share)
            note(name, number, partial(peer.send, number))
        for platform, line in lines.items():
            for step, number in ((1, batch // 10), (WRITERS, batch)):
                what = f"ours, {step} a step, {platform}"
                note(what, number, partial(through, line, number, step))
            line.record(batch)
            note(f"ours, shipping alone, {platform}", batch, line.settle)
    for peer in peers:
        peer.close()
    return _table_of_ways(rates)


def _table_of_ways(rates: dict[str, list[float]]) -> Table:
    table = Table("way", "events/s", "range", "x paho", title="made, sent and acknowledged")
    paho = rates["paho, window 100"]
    for name, found in rates.items():
        ratio = median(one / other for one, other in zip(found, paho, strict=True))
        table.add_row(
            name, f"{median(found):.0f}", f"{min(found):.0f}-{max(found):.0f}", f"{ratio:.3f}"
        )
    table.caption = "peers: until the broker's PUBACK; ours: until the platform's watermark"
    table.caption += f"; {COUNTED}: costs these cores nearly nothing; {CONSUMED}: shares them"
    return table


def through(line: EventLine, number: int, step: int) -> None:
    """Record so many in steps, and wait until the platform has confirmed them."""
    for _ in range(number // step):
        line.record(step)
    line.settle()


def confirmations(line: EventLine, seconds: float) -> Table:
    """The time from a scan to its confirmation, beside one fdatasync taken in turns."""
    columns = ("line", "events/s", "p50 ms", "p99 ms", "x p50", "x p99")
    table = Table(*columns, title="until a scan is confirmed")
    for state in ("up", "down", "half-open"):
        for rate in (10, 200):
            set_line(line, state)
            ours, raw = paced(line, rate, seconds)
            p50, p99 = median(ours), quantiles(ours, n=100)[98]
            of = (p50 / median(raw), p99 / quantiles(raw, n=100)[98])
            table.add_row(
                state,
                str(rate),
                *(f"{each * 1e3:.2f}" for each in (p50, p99)),
                *(f"{each:.2f}" for each in of),
            )
            set_line(line, "up")
    return table


def set_line(line: EventLine, state: str) -> None:
    """As the desk would find it."""
    scene = line.scene
    match state:
        case "down":
            scene.act(Step(0.0, Act.KILL, "broker"))
        case "half-open":
            scene.lines["station"].impose(Fault.HALF_OPEN)
        case _:
            scene.heal()


def paced(line: EventLine, rate: int, seconds: float) -> tuple[list[float], list[float]]:
    """Seconds of each record and of each fdatasync, at a pace."""
    ours, raw = [], []
    tick = threading.Event()
    due = time.perf_counter()
    for _ in range(max(100, int(rate * seconds))):
        due += 1 / rate
        tick.wait(max(0.0, due - time.perf_counter()))
        ours.append(span(line.record))
        raw.append(span(lambda: line.append_raw(BODY)))
    return ours, raw


def outage(lines: Mapping[str, EventLine], folder: Path, events: int) -> Table:
    """A long outage and its end, once with each platform."""
    table = Table("what", *lines, title=f"an outage of {events} events")
    columns: list[tuple[str, ...]] = []
    for line in lines.values():
        paho = PEERS["paho, window 100"](folder, line.scene.broker.port)
        rate = events / span(partial(paho.send, events))
        paho.close()
        found = drain(line, events)
        columns.append(
            (
                f"{found.rate:.0f}",
                f"{found.rate / rate:.2f}",
                str(found.is_in_order),
                f"{found.rss_growth_bytes / 1e6:.1f}",
                f"{found.append_growth:.2f}",
            )
        )
    names = (
        "drained, events/s",
        "x paho",
        "in order",
        "shipper's memory grew by, MB",
        "append, last over first 1,000",
    )
    for row in zip(names, *columns, strict=True):
        table.add_row(*row)
    return table


def span(work: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
