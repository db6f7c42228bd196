"""Finding the chip: at each speed that a killed host may have left, asleep, or not at all."""

from pathlib import Path

import pytest

from edge.core.errors import DeviceBusy, DeviceDenied, DeviceError, DeviceGone
from edge.devices.nfc.probe import SPEEDS, USB_ROUNDS, open_reader, rounds_of
from edge.sim.pn532.faults import Fault, FaultKind
from edge.sim.pn532.pty import Pn532Port


@pytest.mark.parametrize("left_at", SPEEDS)
@pytest.mark.parametrize("cap", [115_200, 921_600])
def test_a_chip_that_was_left_at_any_speed(tmp_path: Path, left_at: int, cap: int) -> None:
    with Pn532Port(tmp_path / "reader", timed=False) as port:
        open_reader(port.link, baud_cap=left_at).abandon()
        assert port.chip.baud == left_at
        again = open_reader(port.link, baud_cap=cap)
        assert (again.baud, port.chip.baud) == (cap, cap)
        again.check_alive()
        again.close()
        assert port.chip.baud == 115_200


def test_an_orderly_end_puts_the_chip_to_sleep_and_a_new_start_wakes_it(tmp_path: Path) -> None:
    with Pn532Port(tmp_path / "reader", timed=False) as port:
        for _ in range(3):
            open_reader(port.link, baud_cap=921_600).close()
        assert port.chip.counts[0x16] == 3


def test_nothing_is_there(tmp_path: Path) -> None:
    with pytest.raises(DeviceGone, match="nfc_absent"):
        open_reader(tmp_path / "none", baud_cap=921_600)


def test_somebody_else_is_there(tmp_path: Path) -> None:
    with Pn532Port(tmp_path / "reader", timed=False) as port:
        first = open_reader(port.link, baud_cap=921_600)
        with pytest.raises(DeviceBusy):
            open_reader(port.link, baud_cap=921_600)
        first.close()


@pytest.mark.parametrize("name", ["a b", "a;b", "a'b", "a$(b)"])
def test_a_path_that_no_port_has(name: str) -> None:
    with pytest.raises(DeviceDenied, match="path_unsafe"):
        open_reader(Path("/dev") / name, baud_cap=921_600)


def test_a_file_is_no_port(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DeviceError):
        open_reader(tmp_path / "file", baud_cap=921_600)


@pytest.mark.parametrize(("node", "rounds"), [("ttyUSB0", USB_ROUNDS), ("ttyAMA0", 1)])
def test_a_usb_adapter_gets_time_for_its_first_bytes(
    tmp_path: Path, node: str, rounds: int
) -> None:
    (tmp_path / node).touch()
    (tmp_path / "link").symlink_to(tmp_path / node)
    assert rounds_of(tmp_path / "link") == rounds


def test_a_chip_that_hears_nothing(tmp_path: Path) -> None:
    with Pn532Port(tmp_path / "reader", timed=False) as port:
        port.trouble([Fault(FaultKind.HANG)])
        with pytest.raises(DeviceError, match="no chip answers"):
            open_reader(port.link, baud_cap=921_600)
