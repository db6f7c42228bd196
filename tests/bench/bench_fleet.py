"""Five thousand stations at one mosquitto: all reconnect at once, then one message a minute each.

Raw sockets and a codec of a few lines, because a thread for each station is not possible; the
envelopes are the product's own, signed, and confirmed by a signed watermark of the platform.
Run: .venv/bin/python tests/bench/bench_fleet.py [STATIONS]
"""

import asyncio
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from statistics import quantiles
from tempfile import TemporaryDirectory

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from raw_mqtt import Peer, PeerLost

from edge.core.backoff import Backoff
from edge.core.envelope import EVENT_PAYLOAD_TYPE, digest_of, sign_envelope
from edge.core.ids import EpochId, KeyId
from edge.host.clock import SystemClock
from edge.sim.broker import HOST, Mosquitto
from edge.wire.downlink import Ack, Mark, sign_message
from edge.wire.topics import Station, ack_topic, event_topic

STATIONS = 5_000
SPARE_FILES = 200
OUTAGE_S = 6.0
MINUTE_S = 60.0
LIMIT_S = 60.0
LAST_ANSWER_S = 10.0
OURS, STEP = Backoff(1.0, 120.0), Backoff(1.0, 120.0)
KEY = Ed25519PrivateKey.from_private_bytes(bytes([7] * 32))
NAME = KeyId("fleet-1")
EPOCH = EpochId("018f0000-0000-7000-8000-000000000000")
Draw = Callable[[], float]


@dataclass
class Storm:
    """What one reconnection of everybody was like."""

    back_s: float
    peak_s: int
    refused: int
    back: int


class Fleet:
    """Stations that hold a connection each, in one event loop."""

    def __init__(self, port: int, count: int, draw: Draw) -> None:
        self.port = port
        self.draw = draw
        self.names = [Station.parse(f"city/lab-{number}/desk-1") for number in range(count)]
        self.peers: dict[Station, Peer] = {}
        self.up_at: dict[Station, float] = {}
        self.refused = 0

    async def connect(self, name: Station, delays: Callable[[int], float]) -> None:
        """Try until it stands, with the delay that belongs to each attempt."""
        attempt = 0
        while True:
            attempt += 1
            await asyncio.sleep(delays(attempt))
            try:
                peer = await Peer.connect(HOST, self.port, name.name, (ack_topic(name),))
            except (OSError, PeerLost, TimeoutError):
                self.refused += 1
                continue
            self.peers[name] = peer
            self.up_at[name] = time.monotonic()
            return

    async def connect_all(self) -> None:
        """A calm first start, 500 a second."""
        spread = len(self.names) / 500
        await asyncio.gather(*(self.connect(each, self._spread(spread)) for each in self.names))

    def _spread(self, over_s: float) -> Callable[[int], float]:
        return lambda attempt: self.draw() * over_s if attempt == 1 else OURS.delay_s(attempt, 0.5)

    async def storm(self, broker: Mosquitto, delays: Callable[[int], float]) -> Storm:
        """Everybody is cut off at once; the broker comes back after the outage."""
        broker.kill()
        for peer in self.peers.values():
            peer.close()
        self.peers.clear()
        self.up_at.clear()
        self.refused = 0
        tries = [asyncio.create_task(self.connect(each, delays)) for each in self.names]
        await asyncio.sleep(OUTAGE_S)
        await asyncio.to_thread(broker.start)
        started = time.monotonic()
        _, late = await asyncio.wait(tries, timeout=LIMIT_S)
        for each in late:
            each.cancel()
        per_second = Counter(int(at - started) for at in self.up_at.values())
        last = max(self.up_at.values(), default=started)
        return Storm(
            last - started, max(per_second.values(), default=0), self.refused, len(self.up_at)
        )

    def close(self) -> None:
        for peer in self.peers.values():
            peer.close()


class Minute:
    """One signed event of each station in a minute, each confirmed by the platform's watermark."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.sent: dict[str, float] = {}
        self.confirmed: dict[str, float] = {}
        self._whole = asyncio.Event()

    async def run(self, pid: int) -> tuple[float, int]:
        """CPU share of a core and resident KiB of the broker."""
        platform = await Peer.connect(
            HOST, self.fleet.port, "platform", ("specimen/v1/+/+/+/ev/+",)
        )
        platform.on_message = lambda topic, body: self._answer(platform, topic, body)
        for name, peer in self.fleet.peers.items():
            peer.on_message = partial(self._hear, name)
        before, began = _cpu_s(pid), time.monotonic()
        await asyncio.gather(*(self._speak(each) for each in self.fleet.peers))
        with suppress(TimeoutError):
            await asyncio.wait_for(self._whole.wait(), LAST_ANSWER_S)
        share = (_cpu_s(pid) - before) / (time.monotonic() - began)
        platform.close()
        return share, _resident_kib(pid)

    async def _speak(self, name: Station) -> None:
        await asyncio.sleep(self.fleet.draw() * MINUTE_S)
        body = b'{"source":"%s","data":"%s"}' % (name.urn.encode(), b"x" * 500)
        envelope = sign_envelope(EVENT_PAYLOAD_TYPE, body, key_id=NAME, sign=KEY.sign)
        self.sent[name.name] = time.monotonic()
        self.fleet.peers[name].publish(event_topic(name, "specimen.device.started.v1"), envelope)

    @staticmethod
    def _answer(platform: Peer, topic: str, body: bytes) -> None:
        name = Station.parse("/".join(topic.split("/")[2:5]))
        mark = Mark(1, digest_of(body))
        ack = Ack(name.name, "store-1", SystemClock().now(), {EPOCH: mark})
        platform.publish(ack_topic(name), sign_message(ack, key_id=NAME, sign=KEY.sign))

    def _hear(self, name: Station, *_: object) -> None:
        self.confirmed.setdefault(name.name, time.monotonic())
        if len(self.confirmed) == len(self.fleet.peers):
            self._whole.set()


def main() -> int:
    """Measure and print; 1 when too few files may be open."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else STATIONS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = count + SPARE_FILES
    if hard != resource.RLIM_INFINITY and hard < needed:
        said = f"{count} stations need {needed} open files; `ulimit -Hn` here is {hard}.\n"
        sys.stderr.write(said)
        return 1
    if soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    with TemporaryDirectory() as folder:
        broker = Mosquitto(Path(folder) / "broker")
        broker.start()
        try:
            asyncio.run(measure(broker, count))
        finally:
            broker.stop()
    return 0


async def measure(broker: Mosquitto, count: int) -> None:
    """Both tables."""
    rng = Random(7)
    fleet = Fleet(broker.port, count, rng.random)
    await fleet.connect_all()
    table = Table(
        "way", "all back s", "most in 1 s", "refused tries", "back", title=f"{count} stations"
    )
    ways: dict[str, Callable[[int], float]] = {
        "no jitter: 1, 2, 4 … 120 s": lambda attempt: STEP.delay_s(attempt, 1.0),
        "ours: full jitter below them": lambda attempt: OURS.delay_s(attempt, rng.random()),
    }
    for name, delays in ways.items():
        storm = await fleet.storm(broker, delays)
        row = (f"{storm.back_s:.1f}", f"{storm.peak_s}", f"{storm.refused}", f"{storm.back}")
        table.add_row(name, *row)
    console = Console(width=110)
    console.print(table)
    assert broker.pid is not None
    minute = Minute(fleet)
    share, kib = await minute.run(broker.pid)
    waits = sorted(minute.confirmed[each] - minute.sent[each] for each in minute.confirmed)
    cuts = quantiles(waits, n=100)
    lost = len(minute.sent) - len(waits)
    table = Table(
        "sent", "confirmed", "lost", "p50 ms", "p99 ms", "broker % of a core", "broker MiB"
    )
    figures = (
        f"{cuts[49] * 1e3:.1f}",
        f"{cuts[98] * 1e3:.1f}",
        f"{share:.1%}",
        f"{kib / 1024:.1f}",
    )
    table.add_row(str(len(minute.sent)), str(len(waits)), str(lost), *figures)
    console.print(table)
    fleet.close()


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident_kib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


if __name__ == "__main__":
    sys.exit(main())
