from pathlib import Path

import pytest

from edge.devices.scanner.places import Node, PlaceFault, fault_of, nodes


@pytest.fixture
def dev(tmp_path: Path) -> Path:
    """A /dev with two identical adapters, one of our names, and a wedge."""
    for folder in ("serial/by-path", "serial/by-id", "input/by-path"):
        (tmp_path / folder).mkdir(parents=True)
    for node in ("ttyUSB0", "ttyUSB1", "ttyAMA0", "ttyS0", "input/event3"):
        (tmp_path / node).touch()
    (tmp_path / "serial/by-path/usb-0:1.1").symlink_to("../../ttyUSB1")
    (tmp_path / "serial/by-path/usb-0:1.2").symlink_to("../../ttyUSB0")
    (tmp_path / "serial/by-id/usb-1a86_USB_Serial").symlink_to("../../ttyUSB0")
    (tmp_path / "input/by-path/usb-event-kbd").symlink_to("../event3")
    (tmp_path / "specimen-desk-left").symlink_to("ttyUSB1")
    return tmp_path


def test_every_node_is_listed_with_the_names_that_stay(dev: Path) -> None:
    assert nodes(dev) == (
        Node(f"{dev}/input/event3", (f"{dev}/input/by-path/usb-event-kbd",)),
        Node(f"{dev}/ttyAMA0", ()),
        Node(f"{dev}/ttyUSB0", (f"{dev}/serial/by-path/usb-0:1.2",)),
        Node(f"{dev}/ttyUSB1", (f"{dev}/specimen-desk-left", f"{dev}/serial/by-path/usb-0:1.1")),
    )


def test_names_by_id_are_offered_only_when_they_tell_all_adapters_apart(dev: Path) -> None:
    (dev / "serial/by-id/usb-FTDI_A1").symlink_to("../../ttyUSB1")
    assert f"{dev}/serial/by-id/usb-FTDI_A1" in nodes(dev)[3].names
    assert f"{dev}/serial/by-id/usb-1a86_USB_Serial" in nodes(dev)[2].names


def test_an_empty_machine_has_no_node(tmp_path: Path) -> None:
    assert nodes(tmp_path) == ()


@pytest.mark.parametrize(
    ("place", "fault"),
    [
        ("ttyUSB0", PlaceFault.MALFORMED),
        ("/dev/ttyUSB0", PlaceFault.UNSTABLE),
        ("/dev/input/event7", PlaceFault.UNSTABLE),
        ("/dev/specimen-not-here", PlaceFault.ABSENT),
        ("/dev/serial/by-path/none", PlaceFault.ABSENT),
        ("/dev/null", None),
        ("socket://127.0.0.1:4001", None),
    ],
)
def test_what_is_wrong_with_a_place_is_named(place: str, fault: PlaceFault | None) -> None:
    assert fault_of(place) is fault
