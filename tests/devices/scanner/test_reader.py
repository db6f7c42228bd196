from collections.abc import Callable
from os import close, openpty
from pathlib import Path
from threading import enumerate as all_threads

import pytest
from heard_journal import HeardJournal
from memory_line import MemoryLine
from scanner_bench import ScannerBench, running
from waiting import until

from edge.core.carriers import Carrier, Reading
from edge.core.errors import DeviceDenied
from edge.devices.scanner import gm65
from edge.devices.scanner.board import Why
from edge.devices.scanner.dialects import GM65
from edge.devices.scanner.manner import Framing, Manner, Style
from edge.devices.scanner.reader import Port, Scanner
from edge.host.clock import SystemClock
from edge.sim.scanner.gm65 import Faults, Gm65Module
from edge.sim.scanner.plain import PlainModule

PLAIN = Manner(same_code_s=0.0)
GROW = Manner(GM65, bauds=(9600, 115200, 57600), beat_s=0.2, same_code_s=0.0)


def plain(folder: Path, manner: Manner = PLAIN) -> ScannerBench:
    return ScannerBench(PlainModule(), folder / "scanner", manner)


def grow(folder: Path, manner: Manner = GROW, *, boot_s: float = 0.0) -> ScannerBench:
    return ScannerBench(Gm65Module(), folder / "scanner", manner, boot_s=boot_s)


def test_a_code_becomes_one_reading_with_its_door_and_instant(tmp_path: Path) -> None:
    with running(plain(tmp_path)) as bench:
        before_ns = bench.clock.mono_ns()
        bench.show(b"AHJ-2025-000123")
        (reading,) = bench.readings
        assert (reading.device, reading.carrier) == ("desk", Carrier.QR)
        assert reading.payload == b"AHJ-2025-000123"
        assert before_ns < reading.at.mono_ns <= bench.clock.mono_ns()


@pytest.mark.parametrize(
    "code", ["试块-0001".encode(), "试块-0001".encode("gb18030"), b"L" * 2048, b"\x80\xff\xfe"]
)
def test_bytes_come_as_they_are(tmp_path: Path, code: bytes) -> None:
    with running(plain(tmp_path)) as bench:
        bench.show(code)
        assert bench.payloads == [code]


def test_a_slow_code_is_one_code(tmp_path: Path) -> None:
    with running(plain(tmp_path)) as bench:
        bench.sim.send_slowly(b"AHJ-2025-000123\r", pieces=3, gap_s=0.08)
        bench.until_read(1)
        bench.show(b"AHJ-2025-000124")
        assert bench.payloads == [b"AHJ-2025-000123", b"AHJ-2025-000124"]


def test_unplugged_within_a_code_nothing_of_it_is_emitted(tmp_path: Path) -> None:
    with running(plain(tmp_path)) as bench:
        bench.sim.send(b"AHJ-2025")
        bench.sim.unplug()
        until(lambda: bench.scanner.state.why is Why.ABSENT)
        bench.sim.plug()
        bench.until_live()
        bench.show(b"AHJ-2025-000124")
        assert bench.payloads == [b"AHJ-2025-000124"]


def test_a_renumbered_node_is_found_behind_its_link(tmp_path: Path) -> None:
    with running(plain(tmp_path)) as bench:
        first = bench.sim.node
        bench.sim.unplug()
        until(lambda: bench.scanner.state.why is Why.ABSENT)
        taken = openpty()
        bench.sim.plug()
        bench.until_live()
        assert bench.sim.node != first
        assert bench.scanner.state.node == bench.sim.node
        bench.show(b"AHJ-1")
        for fd in taken:
            close(fd)
    back = bench.journal.named("scanner.back")
    assert [line["node"] for line in back] == [bench.scanner.state.node or back[0]["node"]]


def test_gone_and_back_are_one_line_each(tmp_path: Path) -> None:
    with running(plain(tmp_path)) as bench:
        bench.sim.unplug()
        until(lambda: bench.scanner.state.why is Why.ABSENT)
        until(lambda: len(bench.journal.named("scanner.gone")) == 1)
        bench.sim.plug()
        bench.until_live()
    assert len(bench.journal.named("scanner.gone")) == 1
    assert len(bench.journal.named("scanner.back")) == 1


def test_two_identical_adapters_are_told_apart_by_their_place(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with running(plain(tmp_path / "a")) as left, running(plain(tmp_path / "b")) as right:
        left.sim.unplug()
        right.sim.unplug()
        until(lambda: not left.scanner.state.live and not right.scanner.state.live)
        right.sim.plug()
        left.sim.plug()
        left.until_live()
        right.until_live()
        left.show(b"LEFT")
        right.show(b"RIGHT")
        assert (left.payloads, right.payloads) == ([b"LEFT"], [b"RIGHT"])


def test_a_port_that_another_process_holds_is_named(tmp_path: Path) -> None:
    first = plain(tmp_path)
    with running(first):
        second = ScannerBench(PlainModule(), tmp_path / "scanner", PLAIN)
        second.scanner.start()
        until(lambda: second.scanner.state.why is Why.BUSY)
        first.scanner.stop()
        second.until_live()
        second.scanner.stop()
    (line,) = second.journal.named("scanner.gone")
    assert line == {"name": "desk", "place": str(tmp_path / "scanner"), "why": "busy"}


def test_a_port_without_permission_is_named() -> None:
    line, journal = MemoryLine(), HeardJournal()
    line.refusal = DeviceDenied("scanner_denied")
    readings: list[Reading] = []
    port = Port("desk", "memory", line)
    scanner = Scanner(port, PLAIN, report=readings.append, clock=SystemClock(), journal=journal)
    scanner.start()
    until(lambda: scanner.state.why is Why.DENIED)
    line.refusal = None
    until(lambda: scanner.state.live)
    line.say(b"AHJ-1\r")
    until(lambda: readings)
    line.fail()
    until(lambda: len(journal.named("scanner.gone")) == 2)
    scanner.stop()
    assert [reading.payload for reading in readings] == [b"AHJ-1"]
    assert not line.is_open


def test_a_code_that_stays_before_the_scanner_is_read_once(tmp_path: Path) -> None:
    with running(plain(tmp_path, Manner(same_code_s=30.0))) as bench:
        for code in (b"AHJ-1", b"AHJ-1", b"AHJ-2", b"AHJ-1", b"AHJ-2", b"AHJ-3"):
            bench.sim.show(code)
        bench.until_read(3)
        assert bench.payloads == [b"AHJ-1", b"AHJ-2", b"AHJ-3"]
        assert bench.scanner.state.repeats == 3


@pytest.mark.parametrize("baud", [9600, 57600, 115200])
def test_the_speed_of_a_module_that_answers_is_found(tmp_path: Path, baud: int) -> None:
    bench = grow(tmp_path)
    module = bench.sim.module
    assert isinstance(module, Gm65Module)
    divisor = gm65.baud_zone(baud)
    module.flash = module.flash[:0x2A] + divisor + module.flash[0x2C:]
    with running(bench):
        assert bench.scanner.state.baud == baud
        bench.show(b"AHJ-1")
        assert bench.payloads == [b"AHJ-1"]


def test_a_module_that_was_reset_while_it_ran_is_found_again_at_9600(tmp_path: Path) -> None:
    bench = grow(tmp_path)
    module = bench.sim.module
    assert isinstance(module, Gm65Module)
    module.flash = module.flash[:0x2A] + gm65.baud_zone(115200) + module.flash[0x2C:]
    with running(bench):
        assert bench.scanner.state.baud == 115200
        module.factory_reset()
        bench.sim.show(b"AHJ-LOST")
        until(lambda: bench.scanner.state.baud == 9600)
        bench.show(b"AHJ-1")
        assert bench.payloads == [b"AHJ-1"]


def test_a_booting_module_is_waited_for(tmp_path: Path) -> None:
    with running(grow(tmp_path, boot_s=0.7)) as bench:
        bench.show(b"AHJ-1")
        assert bench.payloads == [b"AHJ-1"]


def test_a_silent_module_is_lost_and_found(tmp_path: Path) -> None:
    bench = grow(tmp_path)
    module = bench.sim.module
    assert isinstance(module, Gm65Module)
    with running(bench):
        module.faults.silent = 1_000
        until(lambda: bench.scanner.state.why is Why.UNANSWERED)
        module.faults.silent = 0
        bench.until_live()
        bench.show(b"AHJ-1")
        assert bench.payloads == [b"AHJ-1"]


def test_codes_between_answers_are_whole(tmp_path: Path) -> None:
    with running(grow(tmp_path, Manner(GM65, beat_s=0.01, same_code_s=0.0))) as bench:
        wanted = [b"AHJ-%06d" % number for number in range(300)]
        for code in wanted:
            bench.sim.show(code)
        bench.until_read(len(wanted))
        module = bench.sim.module
        assert isinstance(module, Gm65Module)
        until(lambda: module.beats > 10)
        assert bench.payloads == wanted


@pytest.mark.parametrize("code", [b"a\r\nb\x02\x00\x00", b"L" * 2048, b"\x03" * 300])
def test_a_code_framed_by_length_may_hold_any_byte(tmp_path: Path, code: bytes) -> None:
    manner = Manner(GM65, Framing(Style.LENGTH), beat_s=0.2, same_code_s=0.0)
    bench = grow(tmp_path, manner)
    module = bench.sim.module
    assert isinstance(module, Gm65Module)
    tail = module.flash[:0x60] + b"\x81" + module.flash[0x61:]
    module.flash = tail
    with running(bench):
        bench.show(code)
        assert bench.payloads == [code]


def test_stopping_frees_the_port_and_ends_the_thread(tmp_path: Path) -> None:
    bench = plain(tmp_path)
    with running(bench):
        bench.scanner.stop()
        assert bench.scanner.state.why is Why.STOPPED
        assert "scanner-desk" not in {thread.name for thread in all_threads()}
        bench.scanner.start()
        bench.until_live()
        bench.show(b"AHJ-1")


@pytest.mark.parametrize("make", [plain, grow], ids=["plain", "grow"])
def test_a_module_without_a_terminator_says_nothing_rather_than_two_codes_in_one(
    tmp_path: Path, make: Callable[[Path], ScannerBench]
) -> None:
    with running(make(tmp_path)) as bench:
        bench.sim.send(b"AHJ-2025-000123")
        until(lambda: bench.scanner.state.dropped)
        heard = bench.sim.heard
        bench.sim.send(b"AHJ-2025-000124")
        until(lambda: bench.scanner.state.dropped > 1 or bench.sim.heard > heard + 200)
        assert bench.payloads == []


def test_a_plain_module_at_another_speed_gives_no_part_of_a_code(tmp_path: Path) -> None:
    bench = plain(tmp_path)
    assert isinstance(bench.sim.module, PlainModule)
    bench.sim.module.speed = 115200
    with running(bench):
        bench.sim.show(b"AHJ-2025-000123")
        until(lambda: bench.scanner.state.dropped)
        assert bench.payloads == []


def test_a_noisy_line_is_one_line_of_the_log(tmp_path: Path) -> None:
    with running(plain(tmp_path)) as bench:
        for _ in range(50):
            bench.sim.send(b"x" * 9000 + b"\r")
        bench.show(b"AHJ-1")
        assert bench.payloads == [b"AHJ-1"]
        assert bench.scanner.state.dropped >= 50
    assert len(bench.journal.named("scanner.dropped")) == 1


def test_stopping_does_not_wait_for_a_silent_module(tmp_path: Path) -> None:
    manner = Manner(GM65, bauds=(9600, 57600, 115200), answer_s=0.5)
    bench = ScannerBench(Gm65Module(faults=Faults(silent=1_000)), tmp_path / "scanner", manner)
    bench.sim.plug()
    bench.scanner.start()
    until(lambda: bench.sim.heard)
    begun_ns = bench.clock.mono_ns()
    bench.scanner.stop()
    assert bench.clock.mono_ns() - begun_ns < 1_400_000_000
    assert "scanner-desk" not in {thread.name for thread in all_threads()}
    bench.sim.close()
