"""Tap to verified code, replug, restart after kill -9 and idle CPU of the NFC door, in one table.

The simulated reader is a process of its own with the byte-time model; nfcpy's own `connect()` loop
reads the same tag on the same reader, in turns with ours, so that a busy machine troubles both.
Run: .venv/bin/python tests/bench/bench_nfc.py [--taps N]
"""

import argparse
import os
import queue
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

import nfc
import psutil
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nfc.clf import pn532, transport
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from heard_journal import HeardJournal

from edge.core.carriers import ChipCode
from edge.core.ids import KeyId, SpecimenId
from edge.core.nfc import NfcVerdict, TagEvent, TagSeen, TapFacts, judge_tap
from edge.devices.nfc.reader import NfcReader, ReaderPhase, ReaderWishes
from edge.host.clock import SystemClock
from edge.host.tag_keys import FileTagKeys, SunKey, TagKeyFile
from edge.wire.chip_text import identify, issue_chip

SUPPORT = Path(__file__).resolve().parents[1] / "support"
UID = "0453c652fe4a80"
SIGNATURE = "edfd3263e7ddb1730260b832605205fb40fb32d7bb06f1db49f17706c2ed6727"
ZERO = "00" * 16
LIMIT_S = 30.0
IDLE_S = 15.0


class Simulator:
    """`specimen-edge sim pn532` and its answers."""

    def __init__(self, link: Path) -> None:
        argv = [sys.executable, "-m", "edge", "sim", "pn532", str(link)]
        self._process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def tell(self, line: str) -> int:
        """Give an order; the monotonic nanoseconds at which it was done."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(line, file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline().split()[-1])

    def order(self, line: str) -> None:
        """Give an order that has no answer."""
        assert self._process.stdin is not None
        print(line, file=self._process.stdin, flush=True)

    def end(self) -> None:
        """End the process."""
        self._process.communicate("quit\n", timeout=LIMIT_S)


class AnyRing:
    """A key ring of one key."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._public = key.public_key()

    def verifies(self, key_id: KeyId, *, purpose: str, message: bytes, signature: bytes) -> bool:
        self._public.verify(signature, message)
        return bool(key_id and purpose)

    def knows(self, key_id: KeyId, *, purpose: str) -> bool:
        return bool(key_id and purpose)

    def counts(self, key_id: KeyId, *, purpose: str) -> bool:
        return bool(key_id and purpose)


@dataclass(slots=True)
class Desk:
    """Our door, and everything that makes a verified code of what it tells."""

    link: Path
    ring: AnyRing
    baud_cap: int = 921_600
    keys: FileTagKeys = field(
        default_factory=lambda: FileTagKeys(
            TagKeyFile(sun=(SunKey("z", ZERO, ZERO, diversified=False),))
        )
    )
    done: "queue.Queue[tuple[NfcVerdict, int]]" = field(default_factory=queue.Queue)
    last_counter: int | None = None

    def hear(self, event: TagEvent) -> None:
        if not isinstance(event, TagSeen):
            return
        sun = self.keys.sun(event.sun)
        names: frozenset[str] = frozenset()
        if event.sun is None:
            code = identify(event.payload, ring=self.ring)
            assert isinstance(code, ChipCode)
            names = frozenset({str(code.uid)})
        facts = TapFacts(
            event.uid,
            names,
            self.keys.originality(event.uid, event.signature),
            sun,
            self.last_counter if event.sun else None,
        )
        verdict = judge_tap(facts)
        self.last_counter = sun.counter or self.last_counter
        self.done.put((verdict, time.monotonic_ns()))

    @contextmanager
    def running(self) -> Iterator[NfcReader]:
        reader = NfcReader(
            ReaderWishes(self.link, baud_cap=self.baud_cap),
            report=self.hear,
            read_clock=SystemClock(assume_synced=True).read,
            journal=HeardJournal(),
        )
        reader.start()
        try:
            wait(lambda: reader.state.phase is ReaderPhase.READY)
            yield reader
        finally:
            reader.stop()


def wait(condition: Callable[[], bool]) -> None:
    """Until the condition holds."""
    end = time.monotonic() + LIMIT_S
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("the condition did not come true")
        threading.Event().wait(0.001)


def our_taps(desk: Desk, simulator: Simulator, order: str, taps: int) -> list[float]:
    """Milliseconds from laying a tag down to its verdict."""
    draw, spans = random.Random(1), []
    with desk.running():
        for _ in range(taps):
            simulator.tell("lift")
            threading.Event().wait(0.25 + draw.random() * 0.06)
            began = simulator.tell(order)
            verdict, ended = desk.done.get(timeout=LIMIT_S)
            if verdict is not NfcVerdict.OK:
                raise SystemExit(f"a tap came out as {verdict}")
            spans.append((ended - began) / 1e6)
        simulator.tell("lift")
    return spans


def library_taps(
    link: Path, simulator: Simulator, order: str, taps: int, rdwr: dict[str, object]
) -> list[float]:
    """The same with nfcpy's `connect()` until the message is there, nothing verified."""
    draw, spans = random.Random(1), []
    ended: queue.Queue[int] = queue.Queue()
    frontend = nfc.ContactlessFrontend()
    frontend.device = pn532.init(transport.TTY(str(link)))
    stop = threading.Event()

    def connected(tag: nfc.tag.Tag) -> bool:
        if tag.ndef is not None:
            ended.put(time.monotonic_ns())
        return True

    def loop() -> None:
        while not stop.is_set():
            frontend.connect(rdwr={"on-connect": connected, **rdwr}, terminate=stop.is_set)

    thread = threading.Thread(target=loop)
    thread.start()
    for _ in range(taps):
        simulator.tell("lift")
        threading.Event().wait(0.9 + draw.random() * 0.5)
        began = simulator.tell(order)
        spans.append((ended.get(timeout=LIMIT_S) - began) / 1e6)
    stop.set()
    thread.join(LIMIT_S)
    frontend.close()
    return spans


def replugs(desk: Desk, simulator: Simulator, order: str, times: int) -> list[float]:
    """Milliseconds from the node's return to the verdict of a tag that lies there."""
    draw, spans = random.Random(2), []
    with desk.running() as reader:
        for _ in range(times):
            simulator.tell("unplug")
            wait(lambda: reader.state.phase is ReaderPhase.ABSENT)
            threading.Event().wait(2.1 + draw.random())
            simulator.tell(order)
            began = simulator.tell("plug")
            spans.append((desk.done.get(timeout=LIMIT_S)[1] - began) / 1e6)
        simulator.tell("lift")
    return spans


def restarts(link: Path, simulator: Simulator, order: str, times: int) -> list[float]:
    """Milliseconds from starting a process anew, after kill -9 at full speed, to its first tag."""
    spans = []
    environment = os.environ | {"PYTHONPATH": str(SUPPORT)}
    simulator.tell(order)
    for _ in range(times + 1):
        began = time.monotonic_ns()
        argv = [sys.executable, str(SUPPORT / "nfc_victim.py"), str(link)]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, env=environment) as process:
            assert process.stdout is not None
            process.stdout.readline()
            spans.append((time.monotonic_ns() - began) / 1e6)
            process.send_signal(signal.SIGKILL)
    simulator.tell("lift")
    return spans[1:]


def idle_share(desk: Desk) -> float:
    """Share of a core that a waiting reader takes, the simulator not counted."""
    process = psutil.Process()
    with desk.running():
        threading.Event().wait(1.0)
        before, began = sum(process.cpu_times()[:2]), time.monotonic()
        threading.Event().wait(IDLE_S)
        return (sum(process.cpu_times()[:2]) - before) / (time.monotonic() - began)


def row(table: Table, name: str, spans: list[float], goal: str) -> None:
    """One line of the table."""
    p95 = quantiles(spans, n=20, method="inclusive")[18]
    table.add_row(name, f"{median(spans):.0f}", f"{p95:.0f}", f"{max(spans):.0f}", goal)


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser()
    options.add_argument("--taps", type=int, default=60)
    taps = options.parse_args().taps
    key = Ed25519PrivateKey.generate()
    code = issue_chip(SpecimenId("s-000123"), key_id=KeyId("c1"), sign=key.sign, uid=UID)
    ntag = f"tap ntag215 {UID} {code}"
    sun = "tap ntag424 04de5f1eacc040 https://specimen.example/t"
    table = Table(
        "what",
        "p50 ms",
        "p95 ms",
        "max ms",
        "goal",
        title=f"NFC, byte-time model, {len(code)} bytes of signed code",
    )
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder) / "reader"
        simulator = Simulator(link)
        wait(link.exists)
        simulator.order(f"signature {SIGNATURE}")
        for baud, goal in ((921_600, "p95 120"), (115_200, "p95 200")):
            desk = Desk(link, AnyRing(key), baud)
            row(table, f"tap, signed NTAG215, {baud}", our_taps(desk, simulator, ntag, taps), goal)
            row(table, f"tap, NTAG 424 SUN, {baud}", our_taps(desk, simulator, sun, taps), goal)
        few = max(2, taps // 3)
        spans = library_taps(link, simulator, ntag, few, {})
        row(table, "nfcpy connect(), as it comes", spans, "beside")
        quick: dict[str, object] = {"targets": ["106A"], "interval": 0.05}
        spans = library_taps(link, simulator, ntag, few, quick)
        row(table, "nfcpy connect(), 106A, 0.05 s", spans, "beside")
        desk = Desk(link, AnyRing(key))
        row(table, "replug to verdict", replugs(desk, simulator, ntag, few), "p95 1000")
        row(table, "start after kill -9", restarts(link, simulator, ntag, few), "max 3000")
        share = idle_share(Desk(link, AnyRing(key)))
        simulator.end()
    table.add_row("idle CPU of one reader", f"{share * 100:.1f} %", "", "", "3 % with 2 scanners")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
