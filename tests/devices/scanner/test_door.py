from contextlib import closing
from pathlib import Path

import pytest
from heard_journal import HeardJournal
from waiting import until

from edge.core.carriers import Carrier, Reading
from edge.core.errors import ConfigError
from edge.devices.panel import Pins
from edge.devices.scanner.door import WantedScanner, scanner_door
from edge.devices.scanner.reader import Scanner
from edge.host.clock import SystemClock
from edge.reader_sections import Signals
from edge.sim.scanner.gm65 import Gm65Module
from edge.sim.scanner.line import SimScanner


def door(wanted: WantedScanner, readings: list[Reading]) -> Scanner:
    return scanner_door(wanted, report=readings.append, clock=SystemClock(), journal=HeardJournal())


@pytest.mark.parametrize("mend", [True, False])
def test_an_entry_of_the_settings_becomes_a_reader(tmp_path: Path, *, mend: bool) -> None:
    module, readings = Gm65Module(), list[Reading]()
    with closing(SimScanner(module, tmp_path / "desk")) as sim:
        sim.plug()
        scanner = door(WantedScanner("left", str(sim.path), "gm65", Carrier.RF, mend), readings)
        scanner.start()
        until(lambda: scanner.state.live)
        assert (module.saves == 1) is mend
        sim.show(b"AHJ-1")
        until(lambda: readings)
        assert (readings[0].device, readings[0].carrier) == ("left", Carrier.RF)
        assert readings[0].payload == b"AHJ-1"
        scanner.stop()


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (WantedScanner("left", "/dev/x", "gm66"), "profile_unknown"),
        (WantedScanner("left", "ttyUSB0"), "scanner_place_malformed"),
    ],
)
def test_a_slip_in_an_entry_is_found_before_anything_starts(
    wanted: WantedScanner, code: str
) -> None:
    with pytest.raises(ConfigError, match=code):
        door(wanted, [])


def test_the_pins_of_the_settings_are_those_of_the_panel() -> None:
    pins, section = Pins(), Signals()
    assert (pins.red, pins.green, pins.blue, pins.buzzer, pins.active_high) == (
        *(section.red, section.green, section.blue, section.buzzer),
        section.active_high,
    )
