import fcntl
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from waiting import until

from edge.core.errors import DeviceBusy
from edge.devices.scanner import gm65
from edge.devices.scanner.serial_port import SerialPort
from edge.sim.scanner.gm65 import Faults, Gm65Module, setup_code
from edge.sim.scanner.line import SimScanner
from edge.sim.scanner.modules import MODULES
from edge.sim.scanner.plain import PlainModule
from edge.sim.scanner.uhf import UhfModule

ACK = gm65.answer(b"\x00")


@pytest.fixture
def module() -> Gm65Module:
    made = Gm65Module()
    made.power_on()
    return made


def test_published_frames_get_their_published_answers(module: Gm65Module) -> None:
    assert module.hear(bytes.fromhex("7E000701002A02D80F")) == bytes.fromhex("0200000239 01C14C")
    assert module.hear(bytes.fromhex("7E0008010002 0102DA")) == bytes.fromhex("02000001003331")
    assert module.hear(bytes.fromhex("7E000A01000000301A")) == bytes.fromhex("03000001003331")


def test_frames_come_in_any_pieces_and_between_rubbish(module: Gm65Module) -> None:
    frame = b"\x7e\x55" + gm65.read_zones(gm65.ZONE_LOCK, 1)
    assert b"".join(module.hear(frame[at : at + 1]) for at in range(len(frame))) == ACK


@pytest.mark.parametrize(
    ("check", "answer"), [(b"\xab\xcd", ACK), (b"\x02\xda", ACK), (b"\x02\xdb", b"")]
)
def test_a_checksum_is_checked_unless_waived(
    module: Gm65Module, check: bytes, answer: bytes
) -> None:
    assert module.hear(bytes.fromhex("7E000801000201") + check) == answer
    assert module.writes == (1 if answer else 0)


def test_only_what_was_saved_outlives_the_power(module: Gm65Module) -> None:
    module.hear(gm65.write_zones(gm65.ZONE_LOCK, b"\x02"))
    module.power_on()
    assert module.zones[gm65.ZONE_LOCK] == 0
    module.hear(gm65.write_zones(gm65.ZONE_LOCK, b"\x02") + gm65.save())
    module.power_on()
    assert module.zones[gm65.ZONE_LOCK] == 2
    assert (module.writes, module.saves) == (2, 1)


@pytest.mark.parametrize("lock_mask", [1, 2])
def test_a_configuration_code_reprograms_an_open_module_only(lock_mask: int) -> None:
    module = Gm65Module(lock_mask=lock_mask)
    assert module.see(setup_code(gm65.ZONE_TAIL, 0x61)) == b""
    assert module.see(b"AHJ-1") == b"AHJ-1"
    module.hear(gm65.write_zones(gm65.ZONE_LOCK, bytes([lock_mask])))
    code = setup_code(gm65.ZONE_TAIL, 0x01)
    assert module.see(code) == code
    assert module.see(b".SETUP FACTORY.") == b".SETUP FACTORY."


@pytest.mark.parametrize(
    ("tail", "sent"),
    [
        (0x01, b"AHJ\r"),
        (0x21, b"AHJ\r\n"),
        (0x41, b"AHJ\t"),
        (0x61, b"AHJ"),
        (0x00, b"AHJ"),
        (0x81, b"\x03\x00\x03AHJ"),
    ],
)
def test_the_tail_zone_says_how_a_code_ends(module: Gm65Module, tail: int, sent: bytes) -> None:
    module.zones[gm65.ZONE_TAIL] = tail
    assert module.see(b"AHJ") == sent


def test_factory_reset_sleep_and_speed(module: Gm65Module) -> None:
    module.hear(gm65.write_zones(gm65.ZONE_BAUD, gm65.baud_zone(115200)) + gm65.save())
    assert module.baud == 115200
    module.hear(gm65.write_zones(gm65.ZONE_RESET, b"\xa5"))
    assert module.see(b"AHJ") == b""
    module.hear(gm65.write_zones(gm65.ZONE_RESET, b"\x00"))
    assert module.see(b"AHJ") == b"AHJ\r"
    module.hear(gm65.write_zones(gm65.ZONE_RESET, b"\x50"))
    assert module.baud == 9600


def test_faults_happen_as_often_as_asked() -> None:
    module = Gm65Module(faults=Faults(silent=1, corrupt=1, forgets=frozenset({3})))
    beat = gm65.beat()
    assert module.hear(beat) == b""
    assert module.hear(beat) not in (b"", gm65.answer(b"\x00", head=b"\x03\x00\x00"))
    assert module.hear(beat) == gm65.answer(b"\x00", head=b"\x03\x00\x00")
    assert module.hear(gm65.write_zones(3, b"\x02")) == ACK
    assert module.zones[3] == 0


def test_a_host_at_another_speed_hears_and_says_garbage(tmp_path: Path) -> None:
    with closing(SimScanner(Gm65Module(), tmp_path / "desk")) as sim:
        sim.plug()
        line = SerialPort(str(sim.path))
        line.open(115200)
        line.write(gm65.beat())
        until(lambda: sim.heard)
        sim.show(b"AHJ-1")
        heard = line.read(5.0)
        assert len(heard) == len(b"AHJ-1\r")
        assert heard != b"AHJ-1\r"
        line.open(9600)
        line.write(gm65.beat())
        assert line.read(5.0) == gm65.answer(b"\x00", head=b"\x03\x00\x00")
        line.close()


def test_a_booting_module_neither_hears_nor_sees(tmp_path: Path) -> None:
    with closing(SimScanner(Gm65Module(), tmp_path / "desk", boot_s=30.0)) as sim:
        sim.plug()
        line = SerialPort(str(sim.path))
        line.open(9600)
        line.write(gm65.beat())
        sim.show(b"AHJ-1")
        assert line.read(0.2) == b""
        line.close()


def test_each_plugging_gives_another_node_behind_the_same_link(tmp_path: Path) -> None:
    with closing(SimScanner(PlainModule(), tmp_path / "desk")) as sim:
        sim.plug()
        sim.plug()
        first = sim.path.readlink()
        assert str(first) == sim.node
        sim.unplug()
        sim.show(b"nobody is there")
        assert not sim.plugged
        assert not sim.path.is_symlink()
        sim.plug()
        assert str(sim.path.readlink()) == sim.node


HOLDER = """
import sys, time
from edge.devices.scanner.serial_port import SerialPort
port = SerialPort(sys.argv[1])
port.open(9600)
print("held", flush=True)
sys.stdin.read()
"""
EXCLUSIVE = 0x80045440
"""TIOCGEXCL of asm-generic/ioctls.h."""


def test_the_claim_of_a_killed_host_is_forgotten_and_that_of_a_living_one_is_not(
    tmp_path: Path,
) -> None:
    with closing(SimScanner(PlainModule(), tmp_path / "desk")) as sim:
        sim.plug()
        with (
            sim.path.open("rb", buffering=0) as node,
            subprocess.Popen(
                [sys.executable, "-c", HOLDER, str(sim.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            ) as holder,
        ):

            def is_claimed() -> bool:
                flag = fcntl.ioctl(node.fileno(), EXCLUSIVE, bytes(4))
                return any(flag)

            assert holder.stdout is not None
            assert holder.stdout.readline() == b"held\n"
            line = SerialPort(str(sim.path))
            with pytest.raises(DeviceBusy):
                line.open(9600)
            until(is_claimed)
            holder.kill()
            holder.wait()
            until(lambda: not is_claimed())
            line.open(9600)
            line.close()


def test_every_profile_that_speaks_over_a_line_has_its_module() -> None:
    for make in MODULES.values():
        module = make()
        module.power_on()
        assert module.baud in (9600, 115200)


def test_a_uhf_reader_tells_nothing_until_it_polls() -> None:
    module = UhfModule()
    module.power_on()
    assert module.see(bytes(12)) == b""
    assert module.hear(bytes.fromhex("BB00270003 22FFFF4A7E")) == b""
    assert module.see(bytes(12)).startswith(b"\xbb\x02\x22")
    assert module.hear(bytes.fromhex("BB 00 99 00 00 99 7E"))[:3] == b"\xbb\x01\xff"
