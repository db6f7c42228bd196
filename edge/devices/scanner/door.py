"""A reader of the desk from one entry of the settings: profile, line, and the thread that reads."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge.core.carriers import Carrier, Reading
from edge.devices.firmware.apply import Mender
from edge.devices.firmware.place import configs_dir
from edge.devices.firmware.profile import scanner_profile
from edge.devices.scanner.reader import Port, Scanner
from edge.devices.scanner.transport import transport_of
from edge.ports import Clock, Journal


@dataclass(frozen=True, slots=True)
class WantedScanner:
    """One entry: `carrier` None is the profile's own; with `mend` the module is set as wanted."""

    name: str
    place: str
    profile: str = "generic-cr"
    carrier: Carrier | None = None
    mend: bool = True


def scanner_door(
    wanted: WantedScanner,
    *,
    report: Callable[[Reading], None],
    clock: Clock,
    journal: Journal,
    configs: Path | None = None,
) -> Scanner:
    """A reader, not yet started; ConfigError for a profile or a place that is none."""
    profile = scanner_profile(wanted.profile, configs_dir(configs))
    carrier = wanted.carrier or profile.default_carrier
    port = Port(wanted.name, wanted.place, transport_of(wanted.place), carrier)
    mender = Mender(profile, name=wanted.name, journal=journal, writes=wanted.mend)
    return Scanner(
        port, profile.manner, report=report, clock=clock, journal=journal, prepare=mender
    )
