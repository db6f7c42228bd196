"""A scanner module on a pty with a reader on it, and what the reader reported."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Condition

from heard_journal import HeardJournal
from waiting import until

from edge.core.carriers import Reading
from edge.devices.scanner.manner import Manner
from edge.devices.scanner.reader import Port, Prepare, Scanner
from edge.devices.scanner.transport import transport_of
from edge.host.clock import SystemClock
from edge.sim.scanner.line import Module, SimScanner

_LIMIT_S = 20.0


class ScannerBench:
    """`sim` is the module, `scanner` the product's reader, `readings` what came out."""

    def __init__(
        self,
        module: Module,
        path: Path,
        manner: Manner,
        *,
        boot_s: float = 0.0,
        prepare: Prepare | None = None,
    ) -> None:
        self.sim = SimScanner(module, path, boot_s=boot_s)
        self.readings: list[Reading] = []
        self._read = Condition()
        self.journal = HeardJournal()
        self.clock = SystemClock()
        self.scanner = Scanner(
            Port("desk", str(path), transport_of(str(path))),
            manner,
            report=self._report,
            clock=self.clock,
            journal=self.journal,
            prepare=prepare,
        )

    @property
    def payloads(self) -> list[bytes]:
        return [reading.payload for reading in self.readings]

    def _report(self, reading: Reading) -> None:
        with self._read:
            self.readings.append(reading)
            self._read.notify_all()

    def until_live(self) -> None:
        until(lambda: self.scanner.state.live)

    def has_read(self, count: int, *, limit_s: float) -> bool:
        with self._read:
            return self._read.wait_for(lambda: len(self.readings) >= count, limit_s)

    def until_read(self, count: int) -> None:
        assert self.has_read(count, limit_s=_LIMIT_S), f"{count} readings did not come in time"

    def show(self, code: bytes) -> None:
        """Show a code and wait until it was read."""
        count = len(self.readings)
        self.sim.show(code)
        self.until_read(count + 1)


@contextmanager
def running(bench: ScannerBench, *, plugged: bool = True) -> Iterator[ScannerBench]:
    if plugged:
        bench.sim.plug()
    bench.scanner.start()
    try:
        if plugged:
            bench.until_live()
        yield bench
    finally:
        bench.scanner.stop()
        bench.sim.close()
