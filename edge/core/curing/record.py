"""What is kept of a room's climate: readings, their sums by hour and day, and what rang."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum

from edge.core.curing.climate import InSpec, Poll, Sample, Sensor, judge_sample
from edge.core.curing.limits import ClimateLimits
from edge.core.ids import PersonId, SensorId


class Heard(IntEnum):
    """What a kept reading said; the numbers stand in the store and never change."""

    IN = 0
    UNSURE = 1
    OUT = 2
    FAULT = 3


_HEARD = {InSpec.IN: Heard.IN, InSpec.UNSURE: Heard.UNSURE, InSpec.OUT: Heard.OUT}


@dataclass(frozen=True, slots=True)
class LoggedReading:
    """One minute of a sensor, in hundredths; a reading not believed keeps what was shown."""

    sensor: SensorId
    at: datetime
    temperature_centi_c: int | None
    humidity_centi_pct: int | None
    heard: Heard


@dataclass(frozen=True, slots=True)
class Aggregate:
    """An hour or a local day of a sensor: least, mean, most of what was believed; hundredths."""

    sensor: SensorId
    since: datetime
    temperature_centi_c: tuple[int, int, int] | None
    humidity_centi_pct: tuple[int, int, int] | None
    minutes_in: int
    minutes_unsure: int
    minutes_out: int
    minutes_fault: int

    @property
    def readings(self) -> int:
        """How many minutes were heard."""
        return self.minutes_in + self.minutes_unsure + self.minutes_out + self.minutes_fault


@dataclass(frozen=True, slots=True)
class Incident:
    """An excursion of a quantity, or a fault with its name; open while `until` is None."""

    sensor: SensorId
    kind: str
    detail: str
    since: datetime
    until: datetime | None = None
    worst_centi: int | None = None
    acknowledged_by: PersonId | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """Daily means that others measured: where from, and the digest of their file."""

    source: str
    place: str
    sha256: str
    days: tuple[tuple[date, int], ...]


def logged(
    poll: Poll, shown: Sample | None, at: datetime, sensor: Sensor, limits: ClimateLimits
) -> LoggedReading | None:
    """What is kept of a poll; None of one without an answer while nothing is known to be wrong."""
    if poll.sample is not None:
        heard = _HEARD[judge_sample(poll.sample, sensor, limits).worst]
    elif shown is not None or poll.watch.fault is not None:
        heard = Heard.FAULT
    else:
        return None
    return LoggedReading(
        sensor=sensor.sensor,
        at=at,
        temperature_centi_c=shown.temperature_centi_c if shown else None,
        humidity_centi_pct=shown.humidity_centi_pct if shown else None,
        heard=heard,
    )
