from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from heard_journal import HeardJournal
from scanner_bench import ScannerBench, running
from waiting import until

from edge.core.errors import DeviceGone
from edge.devices.firmware.apply import Applied, Mender, apply, check
from edge.devices.firmware.banks import TRIES, Bank, bank_of
from edge.devices.firmware.place import configs_dir
from edge.devices.firmware.profile import ScannerProfile, scanner_profile
from edge.devices.scanner import gm65
from edge.devices.scanner.frames import Code, Dropped
from edge.devices.scanner.framing import AnswerFinder
from edge.devices.scanner.link import Link
from edge.devices.scanner.serial_port import SerialPort
from edge.host.clock import SystemClock
from edge.sim.scanner.gm65 import Faults, Gm65Module, setup_code
from edge.sim.scanner.honeywell import HoneywellModule
from edge.sim.scanner.line import Module, SimScanner
from edge.sim.scanner.newland import NewlandModule

HEARD: list[Code | Dropped] = []
GM65 = scanner_profile("gm65", configs_dir())


@contextmanager
def line_to(module: Module, folder: Path, dialect: str, baud: int) -> Iterator[tuple[Link, Bank]]:
    sim = SimScanner(module, folder / "scanner")
    sim.plug()
    manner = scanner_profile(_NAMES[dialect], configs_dir()).manner
    link = Link(
        SerialPort(str(sim.path)),
        AnswerFinder(manner.dialect.take_answer),
        mono_ns=SystemClock().mono_ns,
        hear=HEARD.append,
    )
    link.open(baud)
    bank = bank_of(dialect, link)
    assert bank is not None
    yield link, bank
    link.close()
    sim.close()


_NAMES = {"gm65": "gm65", "honeywell": "honeywell-n3680", "newland": "newland-fm430"}


def run(link: Link, bank: Bank, profile: ScannerProfile) -> Applied:
    return apply(bank, profile.wants, line=link, baud=profile.port.baud)


@pytest.mark.parametrize("name", ["gm65", "gm861", "waveshare"])
def test_a_second_run_writes_nothing_and_saves_nothing(tmp_path: Path, name: str) -> None:
    module, profile = Gm65Module(), scanner_profile(name, configs_dir())
    with line_to(module, tmp_path, "gm65", 9600) as (link, bank):
        first = run(link, bank, profile)
        assert first.is_done
        assert first.saved
        assert module.saves == 1
        assert link.baud == module.baud == profile.port.baud
        written = module.writes
        second = run(link, bank, profile)
        assert second.is_done
        assert not second.is_changed
        assert (module.writes, module.saves) == (written, 1)
        assert check(bank, profile.wants).changes == ()
        module.power_on()
        for want in profile.wants:
            assert want.holds(module.flash[int(want.key, 16) :][: len(want.value)])


@pytest.mark.parametrize(
    ("dialect", "module"),
    [("honeywell", HoneywellModule()), ("newland", NewlandModule())],
    ids=["honeywell", "newland"],
)
def test_modules_with_tags_are_written_once_too(
    tmp_path: Path, dialect: str, module: HoneywellModule | NewlandModule
) -> None:
    profile = scanner_profile(_NAMES[dialect], configs_dir())
    with line_to(module, tmp_path, dialect, 9600) as (link, bank):
        assert run(link, bank, profile).is_done
        written = module.writes
        assert written == len(profile.wants)
        assert not run(link, bank, profile).is_changed
        assert module.writes == module.saves == written
    assert all(module.kept[want.key].encode() == want.value for want in profile.wants)


def test_two_wants_of_one_zone_do_not_undo_each_other(tmp_path: Path) -> None:
    module = Gm65Module()
    module.zones[gm65.ZONE_TAIL] = 0x61
    module.flash = bytes(module.zones)
    with line_to(module, tmp_path, "gm65", 9600) as (link, bank):
        assert run(link, bank, GM65).is_done
        assert module.zones[gm65.ZONE_TAIL] == 0x81


def test_only_what_differs_is_written(tmp_path: Path) -> None:
    module = Gm65Module()
    with line_to(module, tmp_path, "gm65", 9600) as (link, bank):
        run(link, bank, GM65)
        module.zones[gm65.ZONE_LOCK] = 0
        written = module.writes
        done = run(link, bank, GM65)
        assert [change.want.key for change in done.kept] == ["0003"]
        assert (module.writes, module.saves) == (written + 1, 2)


def test_a_check_writes_nothing(tmp_path: Path) -> None:
    module = Gm65Module()
    with line_to(module, tmp_path, "gm65", 9600) as (_, bank):
        assert {change.want.key for change in check(bank, GM65.wants).changes} >= {"0003", "0060"}
        assert (module.writes, module.saves) == (0, 0)


def test_what_a_module_acknowledges_and_forgets_is_seen(tmp_path: Path) -> None:
    module = Gm65Module(faults=Faults(forgets=frozenset({gm65.ZONE_TAIL, gm65.ZONE_LOCK})))
    with line_to(module, tmp_path, "gm65", 9600) as (link, bank):
        done = run(link, bank, GM65)
        assert {change.want.key for change in done.refused} == {"0003", "0060"}
        assert not done.is_done
        again = run(link, bank, GM65)
        assert not again.saved
        assert module.saves == 1


def test_a_tail_that_a_module_lacks_is_no_failure(tmp_path: Path) -> None:
    module = Gm65Module(faults=Faults(forgets=frozenset({gm65.ZONE_TAIL})))
    with line_to(module, tmp_path, "gm65", 9600) as (link, bank):
        assert run(link, bank, GM65).is_done


def test_a_refused_save_is_told(tmp_path: Path) -> None:
    module = Gm65Module(faults=Faults(refuse_saves=True))
    with line_to(module, tmp_path, "gm65", 9600) as (link, bank):
        done = run(link, bank, GM65)
        assert done.save_refused
        assert not done.is_done


def test_spoilt_and_missing_answers_are_asked_again(tmp_path: Path) -> None:
    module = Gm65Module(faults=Faults(silent=1, corrupt=1))
    with line_to(module, tmp_path, "gm65", 9600) as (link, bank):
        assert run(link, bank, GM65).is_done
        assert module.saves == 1


def test_a_module_that_falls_silent_is_given_up_at_once(tmp_path: Path) -> None:
    module = Gm65Module()
    with line_to(module, tmp_path, "gm65", 9600) as (link, bank):
        module.faults.silent = 1_000
        with pytest.raises(DeviceGone, match="scanner_unanswered"):
            run(link, bank, GM65)
        assert 1_000 - module.faults.silent == TRIES + 1


def bench_of(
    folder: Path, module: Gm65Module, journal: HeardJournal, *, lock_mask: int = 2
) -> ScannerBench:
    module.lock_mask = lock_mask
    profile = GM65.model_copy(
        update={"watch": GM65.watch.model_copy(update={"beat_s": 0.1, "same_code_s": 0.0})}
    )
    mender = Mender(profile, name="desk", journal=journal)
    return ScannerBench(module, folder / "scanner", profile.manner, prepare=mender)


@pytest.mark.parametrize("lock_mask", [1, 2])
def test_a_strangers_configuration_code_changes_nothing(tmp_path: Path, lock_mask: int) -> None:
    module = Gm65Module()
    with running(bench_of(tmp_path, module, HeardJournal(), lock_mask=lock_mask)) as bench:
        before = bytes(module.zones)
        for code in (setup_code(0x0060, 0x01), setup_code(0x002A, 0x39), b".SETUP FACTORY."):
            bench.show(code)
        bench.show(b"AHJ-1")
        assert bytes(module.zones) == before
        assert bench.payloads[-1] == b"AHJ-1"


def test_a_fresh_module_is_set_by_its_reader_and_left_alone_afterwards(tmp_path: Path) -> None:
    module, journal = Gm65Module(), HeardJournal()
    with running(bench_of(tmp_path, module, journal)) as bench:
        assert bench.scanner.state.baud == 115200
        bench.show(b"a\rb")
        assert bench.payloads == [b"a\rb"]
        assert bench.scanner.state.last_aim == "]Q1"
        counts = (module.writes, module.saves)
        for _ in range(3):
            bench.sim.unplug()
            until(lambda: not bench.scanner.state.live)
            bench.sim.plug()
            bench.until_live()
        assert (module.writes, module.saves) == counts
    assert len(journal.named("scanner.set")) == 1


def test_a_reader_that_may_not_write_says_what_differs_and_reads(tmp_path: Path) -> None:
    module, journal = Gm65Module(), HeardJournal()
    looker = Mender(GM65, name="desk", journal=journal, writes=False)
    with running(ScannerBench(module, tmp_path / "s", GM65.manner, prepare=looker)) as bench:
        bench.show(b"AHJ-1")
        assert bench.payloads == [b"AHJ-1"]
        assert (module.writes, module.saves) == (0, 0)
    assert journal.named("scanner.differs") == [{"name": "desk", "keys": "0003"}]


def test_a_module_reset_in_the_middle_of_the_day_is_set_again(tmp_path: Path) -> None:
    module, journal = Gm65Module(), HeardJournal()
    with running(bench_of(tmp_path, module, journal)) as bench:
        module.factory_reset()
        until(lambda: len(journal.named("scanner.set")) == 2)
        until(lambda: bench.scanner.state.live)
        bench.show(b"AHJ-1")
        assert bench.payloads == [b"AHJ-1"]
        assert module.zones[gm65.ZONE_LOCK] & 0x03 == 0x03


def test_a_module_that_lost_its_tail_is_noticed_by_what_it_sends(tmp_path: Path) -> None:
    """Same speed, so that only the framing tells: nothing wrong is emitted, then it is mended."""
    module, journal = Gm65Module(), HeardJournal()
    with running(bench_of(tmp_path, module, journal)) as bench:
        module.zones[gm65.ZONE_TAIL] = 0x61
        bench.sim.show(b"AHJ-LOST")
        until(lambda: len(journal.named("scanner.set")) == 2)
        bench.show(b"AHJ-1")
        assert bench.payloads == [b"AHJ-1"]


def test_a_module_that_cannot_be_locked_is_told_and_read_all_the_same(tmp_path: Path) -> None:
    module = Gm65Module(faults=Faults(forgets=frozenset({gm65.ZONE_LOCK, gm65.ZONE_TAIL})))
    journal = HeardJournal()
    with running(bench_of(tmp_path, module, journal)) as bench:
        bench.show(b"AHJ-1")
        assert bench.payloads == [b"AHJ-1"]
    assert [line["keys"] for line in journal.named("scanner.settings_refused")] == ["0003"]
