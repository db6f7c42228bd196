import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from heard_journal import HeardJournal
from hypothesis import given
from hypothesis import strategies as st
from waiting import until

from edge.core.carriers import Reading
from edge.core.errors import DeviceBusy, DeviceDenied, DeviceError, DeviceGone
from edge.devices.scanner.board import Why
from edge.devices.scanner.dialects import HID
from edge.devices.scanner.frames import Code, Dropped, Frame, Loss
from edge.devices.scanner.hid import EVENT, KeyFramer
from edge.devices.scanner.hid_port import HidPort, grab
from edge.devices.scanner.manner import Manner
from edge.devices.scanner.reader import Port, Scanner
from edge.devices.scanner.transport import transport_of
from edge.host.clock import SystemClock

SHIFT, CONTROL, ALT, CAPS, ENTER, KEYPAD_ENTER, TAB = 42, 29, 56, 58, 28, 96, 15
PLAIN = {"A": 30, "H": 35, "J": 36, "-": 12, "0": 11, "1": 2, "2": 3, "5": 6, "3": 4, "]": 27}


def event(type_: int, code: int, value: int) -> bytes:
    return EVENT.pack(1_700_000_000, 1234, type_, code, value)


def key(code: int, *, shift: int = 0) -> bytes:
    """As a wedge sends it: scan code, press, report, release, report, with shift around it."""
    parts = [event(4, 4, 0x70000 + code), event(1, code, 1), event(0, 0, 0), event(1, code, 0)]
    pressed = b"".join((*parts, event(0, 0, 0)))
    return event(1, shift, 1) + pressed + event(1, shift, 0) if shift else pressed


def typed(text: str, *, shift: int = SHIFT, end: int = ENTER) -> bytes:
    keys = (key(PLAIN[char], shift=shift if char.isupper() else 0) for char in text)
    return b"".join(keys) + key(end)


def ready() -> KeyFramer:
    framer = KeyFramer()
    framer.settle()
    return framer


def test_an_event_is_as_long_as_the_kernel_says() -> None:
    assert EVENT.size == 24


@pytest.mark.parametrize("shift", [42, 54])
@pytest.mark.parametrize("end", [ENTER, KEYPAD_ENTER, TAB])
def test_keys_become_a_code(shift: int, end: int) -> None:
    assert ready().feed(typed("AHJ-2025-1", shift=shift, end=end)) == (Code(b"AHJ-2025-1"),)


@given(cuts=st.sets(st.integers(0, 3000), max_size=30))
def test_no_split_of_the_events_cuts_or_joins_a_code(cuts: set[int]) -> None:
    stream = typed("AHJ-1") + typed("AHJ-2")
    places = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    framer = ready()
    frames: list[Frame] = []
    for at, place in enumerate(places[1:]):
        frames += framer.feed(stream[places[at] : place])
    assert frames == [Code(b"AHJ-1"), Code(b"AHJ-2")]


def test_caps_lock_is_known_and_undone() -> None:
    framer = ready()
    text = key(CAPS) + typed("AHJ-1") + key(CAPS) + typed("AHJ-1")
    assert framer.feed(text) == (Code(b"ahj-1"), Code(b"AHJ-1"))
    locked = KeyFramer(caps=True)
    locked.settle()
    assert locked.feed(key(PLAIN["A"]) + key(PLAIN["1"]) + key(ENTER)) == (Code(b"A1"),)


def test_control_and_a_bracket_are_a_group_separator() -> None:
    held = event(1, CONTROL, 1) + key(PLAIN["]"]) + event(1, CONTROL, 0)
    assert ready().feed(key(2) + held + key(3) + key(ENTER)) == (Code(b"1\x1d2"),)


@pytest.mark.parametrize(
    ("spoiler", "why"),
    [
        (key(115), Loss.UNKNOWN_KEY),
        (event(1, ALT, 1) + key(82) + event(1, ALT, 0), Loss.UNKNOWN_KEY),
        (event(1, CONTROL, 1) + key(2) + event(1, CONTROL, 0), Loss.UNKNOWN_KEY),
        (event(0, 3, 0), Loss.EVENTS_LOST),
    ],
)
def test_what_cannot_be_told_spoils_its_code_and_no_other(spoiler: bytes, why: Loss) -> None:
    frames = ready().feed(key(2) + spoiler + typed("AHJ-1") + typed("AHJ-2"))
    assert frames == (Dropped(why, 6), Code(b"AHJ-2"))


def test_a_held_key_is_typed_once() -> None:
    held = event(1, 2, 1) + event(1, 2, 2) * 5 + event(1, 2, 0)
    assert ready().feed(held + key(ENTER)) == (Code(b"1"),)


def test_a_code_that_began_before_us_or_has_no_end_is_dropped() -> None:
    framer = KeyFramer()
    assert framer.feed(typed("J-1")) == (Dropped(Loss.BEFORE_START, 3),)
    framer.feed(key(2) + key(3))
    assert framer.quiet() == (Dropped(Loss.UNENDED, 2),)
    assert framer.quiet() == ()
    assert framer.feed(typed("J-1") + typed("AHJ-2")) == (
        Dropped(Loss.UNENDED, 3),
        Code(b"AHJ-2"),
    )


def test_a_code_beyond_any_symbol_is_dropped() -> None:
    framer = KeyFramer(longest_bytes=4)
    framer.settle()
    assert framer.feed(typed("AHJ-1") + key(ENTER)) == (Dropped(Loss.TOO_LONG, 4),)


@pytest.fixture
def recorded(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A pipe in place of an event node: its bytes are those that a kernel gives."""
    path = tmp_path / "event-kbd"
    os.mkfifo(path)
    fd = os.open(path, os.O_RDWR)
    yield path, fd
    os.close(fd)


def test_recorded_events_through_a_pipe_become_readings(recorded: tuple[Path, int]) -> None:
    path, fd = recorded
    grabbed: list[int] = []
    readings: list[Reading] = []
    port = Port("desk", str(path), HidPort(str(path), take_alone=grabbed.append))
    scanner = Scanner(
        port, Manner(HID), report=readings.append, clock=SystemClock(), journal=HeardJournal()
    )
    scanner.start()
    until(lambda: scanner.state.live)
    stream = typed("AHJ-2025-1")
    for at in range(0, len(stream), 7):
        os.write(fd, stream[at : at + 7])
    until(lambda: readings)
    assert [reading.payload for reading in readings] == [b"AHJ-2025-1"]
    assert len(grabbed) == 1
    assert not scanner.beep()
    scanner.stop()
    assert scanner.state.why is Why.STOPPED


def test_a_pipe_is_no_keyboard_so_the_real_grab_refuses_it(recorded: tuple[Path, int]) -> None:
    with pytest.raises(DeviceGone):
        HidPort(str(recorded[0]), take_alone=grab).open(0)


@pytest.mark.parametrize(
    ("number", "kind"), [(16, DeviceBusy), (13, DeviceDenied), (19, DeviceGone)]
)
def test_a_node_that_cannot_be_taken_says_why(
    recorded: tuple[Path, int], number: int, kind: type[DeviceError]
) -> None:
    def refuse(fd: int) -> None:
        raise OSError(number, str(fd))

    with pytest.raises(kind):
        HidPort(str(recorded[0]), take_alone=refuse).open(0)


def test_a_keyboard_takes_no_orders(recorded: tuple[Path, int]) -> None:
    port = HidPort(str(recorded[0]))
    with pytest.raises(DeviceError, match="scanner_one_way"):
        port.write(b"x")
    with pytest.raises(DeviceGone):
        port.read(0.0)
    port.wake()


def test_an_input_node_is_read_as_a_keyboard() -> None:
    assert isinstance(transport_of("/dev/input/by-id/usb-scanner-event-kbd"), HidPort)
