"""What the platform takes in a second on one core: SQLite against PostgreSQL, in batches.

Two ways of a city: `drain` (one station after an outage, its events in a row) and `live` (every
event of another station). Each is measured in turns on both stores with the same events; `verify`
is the part that no store can save, `server` what PostgreSQL's own process spends beside ours.

Run: .venv/bin/python tests/bench/bench_central.py [--events N] [--stations N]
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from fleet_site import FleetSite, database_of, engine, said, topic_of
from postgres_site import Cluster, cluster, find_postgres

from edge.central.open import open_event
from edge.central.platform import Platform
from edge.storage.central import SqliteCentral
from edge.storage.central_postgres import PostgresCentral
from edge.wire.topics import parse_topic

Messages = list[tuple[str, bytes]]
BATCHES = (1, 10, 100)


@dataclass
class Side:
    """One store under its engine."""

    name: str
    platform: Platform
    server: psutil.Process | None

    def server_s(self) -> float:
        """CPU seconds of the server with its children so far."""
        if self.server is None:
            return 0.0
        every = [self.server, *self.server.children(recursive=True)]
        times = [each.cpu_times() for each in every]
        return sum(each.user + each.system for each in times)


@dataclass
class Cost:
    """Seconds of one batch: by the wall, of our process, of the server."""

    wall_s: float
    own_s: float
    server_s: float


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser()
    options.add_argument("--events", type=int, default=4000)
    options.add_argument("--stations", type=int, default=200)
    asked = options.parse_args()
    columns = ("way", "batch", "store", "events/s", "p99 ms", "µs own", "µs server", "x SQLite")
    table = Table(*columns, title="taking in at the platform")
    for batch in BATCHES:
        for way in ("drain", "live"):
            number = min(asked.events, batch * 400)
            with sides(asked.stations) as (site, pair):
                messages = record(site, number, way)
                spent = measure(pair, messages, batch)
            rates = {
                name: batch / median(each.wall_s for each in costs) for name, costs in spent.items()
            }
            for name, costs in spent.items():
                table.add_row(
                    way,
                    str(batch),
                    name,
                    *figures(costs, batch),
                    f"{rates[name] / rates['SQLite']:.2f}",
                )
    Console().print(table)
    Console().print(f"verify alone: {1 / verify(asked.events):.0f} events/s a core")


def figures(costs: list[Cost], batch: int) -> Iterator[str]:
    """Events a second by the median, the slowest hundredth, and CPU an event."""
    walls = sorted(each.wall_s for each in costs)
    yield f"{batch / median(walls):.0f}"
    yield f"{walls[int(len(walls) * 0.99)] * 1e3:.1f}"
    events = len(costs) * batch
    yield f"{sum(each.own_s for each in costs) / events * 1e6:.0f}"
    yield f"{sum(each.server_s for each in costs) / events * 1e6:.0f}"


@contextmanager
def sides(stations: int) -> Iterator[tuple[FleetSite, list[Side]]]:
    """Both stores, empty, under an engine each."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        site = FleetSite(folder, port=1, labs=stations)
        sqlite = stack.enter_context(closing(SqliteCentral(folder / "central.db")))
        pair = [Side("SQLite", engine(site, sqlite), None)]
        if find_postgres() is not None:
            made: Cluster = stack.enter_context(cluster())
            postgres = stack.enter_context(closing(PostgresCentral(database_of(made))))
            pair.append(Side("PostgreSQL", engine(site, postgres), psutil.Process(made.pid)))
        yield site, pair


def record(site: FleetSite, number: int, way: str) -> Messages:
    """Signed events as they arrive: one station's in a row, or each of the next station."""
    stations = site.stations[:1] if way == "drain" else site.stations
    messages: Messages = []
    for count in range(number):
        station = stations[count % len(stations)]
        data = {"specimen": f"s-{count}", "carrier": "qr", "trust": "signed", "note": "x" * 200}
        sealed = station.chain.append("specimen.identified", f"s-{count}", data)
        messages += said(station, sealed)
    return messages


def measure(pair: list[Side], messages: Messages, batch: int) -> dict[str, list[Cost]]:
    """The cost of each batch on each store, in turns."""
    spent: dict[str, list[Cost]] = {side.name: [] for side in pair}
    for first in range(0, len(messages) - batch + 1, batch):
        some = messages[first : first + batch]
        for side in pair:
            spent[side.name].append(cost(side, some))
    return spent


def cost(side: Side, messages: Messages) -> Cost:
    """What taking in one batch costs."""
    server, own, wall = side.server_s(), time.process_time(), time.perf_counter()
    side.platform.receive(messages)
    return Cost(
        wall_s=time.perf_counter() - wall,
        own_s=time.process_time() - own,
        server_s=side.server_s() - server,
    )


def verify(number: int) -> float:
    """Seconds to open and verify one event."""
    with tempfile.TemporaryDirectory() as folder:
        site = FleetSite(Path(folder), port=1, labs=1)
        (station,) = site.stations
        messages = record(site, min(number, 2000), "drain")
        topic = parse_topic(topic_of(station.station, station.chain.sealed[0]))
        begun = time.perf_counter()
        for _, payload in messages:
            open_event(topic, payload, site.ring)
        return (time.perf_counter() - begun) / len(messages)


if __name__ == "__main__":
    main()
