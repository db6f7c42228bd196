"""One reading of a room: its verdict within the uncertainty, and the faults of a sensor (A10).

All values are whole hundredths of ℃ and %RH.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from edge.core.curing.limits import ClimateLimits
from edge.core.ids import RoomId, SensorId
from edge.core.moments import CHINA

_DAYS_PER_YEAR = 365
_FULL_CENTI_PCT = 10_000


class Quantity(StrEnum):
    """What is measured."""

    TEMPERATURE = "temperature"
    HUMIDITY = "humidity"


class InSpec(StrEnum):
    """Three values: a sensor whose uncertainty spans the limit cannot tell."""

    IN = "in"
    UNSURE = "unsure"
    OUT = "out"


class Fault(StrEnum):
    """Why a sensor is not believed: never the same as a room out of its limits."""

    SILENT = "silent"
    IMPOSSIBLE = "impossible"
    JUMP = "jump"
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Expanded uncertainty of a sensor: specification, drift a year, and the calibration's own."""

    spec_centi: int
    drift_centi_per_year: int = 0
    calibration_centi: int = 0

    def uncertainty(self, days: int) -> int:
        """Summed at so many days after the calibration, rounded up."""
        drift = -(-self.drift_centi_per_year * max(0, days) // _DAYS_PER_YEAR)
        return self.spec_centi + drift + self.calibration_centi


@dataclass(frozen=True, slots=True)
class Sensor:
    """One sensor of a room; a tank's measures no humidity."""

    sensor: SensorId
    room: RoomId
    temperature: Accuracy
    humidity: Accuracy | None
    calibrated_on: date | None = None
    calibration_days: int = 365
    range_centi_c: tuple[int, int] = (-4_000, 8_000)

    def days_since_calibration(self, at: datetime) -> int | None:
        """Days since the calibration; None when it never was or is no longer valid."""
        if self.calibrated_on is None:
            return None
        days = (at.astimezone(CHINA).date() - self.calibrated_on).days
        return days if 0 <= days <= self.calibration_days else None


@dataclass(frozen=True, slots=True)
class Sample:
    """What a poll gave."""

    at: datetime
    temperature_centi_c: int
    humidity_centi_pct: int | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a good sample says of the room."""

    temperature: InSpec
    humidity: InSpec | None

    @property
    def worst(self) -> InSpec:
        """Out before unsure before in."""
        both = [self.temperature, *([self.humidity] if self.humidity else [])]
        return max(both, key=tuple(InSpec).index)


def judge_sample(sample: Sample, sensor: Sensor, limits: ClimateLimits) -> Verdict:
    """Each quantity against the room's limits (GB/T 50081 through the rule set; A10).

    Without a valid calibration nothing is `in`: conformity is a claim, an alarm is none.
    """
    days = sensor.days_since_calibration(sample.at)
    temperature = judge_temperature(
        sample.temperature_centi_c, sensor.temperature.uncertainty(days or 0), limits
    )
    humidity = None
    if sample.humidity_centi_pct is not None and sensor.humidity is not None:
        humidity = judge_humidity(
            sample.humidity_centi_pct, sensor.humidity.uncertainty(days or 0), limits
        )
    if days is not None:
        return Verdict(temperature, humidity)
    return Verdict(_doubted(temperature), _doubted(humidity) if humidity else None)


def judge_temperature(centi_c: int, uncertainty: int, limits: ClimateLimits) -> InSpec:
    """In when surely within the tolerance, out when surely not."""
    off = abs(centi_c - limits.temperature_centi_c)
    if off <= limits.temperature_tolerance_centi_c - uncertainty:
        return InSpec.IN
    if off > limits.temperature_tolerance_centi_c + uncertainty:
        return InSpec.OUT
    return InSpec.UNSURE


def judge_humidity(centi_pct: int, uncertainty: int, limits: ClimateLimits) -> InSpec:
    """In when surely at or above the limit, out when surely below."""
    if centi_pct >= limits.humidity_centi_pct + uncertainty:
        return InSpec.IN
    if centi_pct < limits.humidity_centi_pct - uncertainty:
        return InSpec.OUT
    return InSpec.UNSURE


@dataclass(frozen=True, slots=True)
class Watch:
    """What is remembered of a sensor between polls.

    `good`: the last believed sample; `anchor`: the sample since which nothing has changed.
    """

    good: Sample | None = None
    anchor: Sample | None = None
    misses: int = 0
    fault: Fault | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Poll:
    """What one poll did: the sample when it can be believed, and a fault that began or ended."""

    watch: Watch
    sample: Sample | None
    began: Fault | None = None
    ended: Fault | None = None


def observe(
    watch: Watch, sample: Sample | None, at: datetime, sensor: Sensor, limits: ClimateLimits
) -> Poll:
    """One poll of a sensor; None is an answer that did not come."""
    if sample is None:
        watch = replace(watch, misses=watch.misses + 1)
        fault = Fault.SILENT if watch.misses >= limits.missed_polls else watch.fault
        return _settled(watch, None, fault, at)
    watch = replace(watch, misses=0)
    fault = _impossible(sample, sensor) or _jump(watch, sample, limits)
    if fault is not None:
        return _settled(watch, None, fault, at)
    anchor = watch.anchor
    if anchor is None or _has_changed(anchor, sample, limits):
        anchor = sample
    watch = replace(watch, anchor=anchor)
    if sample.at - anchor.at >= timedelta(hours=limits.frozen_hours):
        return _settled(replace(watch, good=sample), None, Fault.FROZEN, at)
    return _settled(replace(watch, good=sample), sample, None, at)


def _settled(watch: Watch, sample: Sample | None, fault: Fault | None, at: datetime) -> Poll:
    """The poll with what began and what ended; one fault may follow another without a break."""
    if fault is watch.fault:
        return Poll(watch, sample)
    changed = replace(watch, fault=fault, since=at if fault else None)
    return Poll(changed, sample, began=fault, ended=watch.fault)


def _impossible(sample: Sample, sensor: Sensor) -> Fault | None:
    low, high = sensor.range_centi_c
    humidity = sample.humidity_centi_pct
    is_wet = humidity is not None and not 0 <= humidity <= _FULL_CENTI_PCT
    is_hot = not low <= sample.temperature_centi_c <= high
    return Fault.IMPOSSIBLE if is_wet or is_hot else None


def _jump(watch: Watch, sample: Sample, limits: ClimateLimits) -> Fault | None:
    """Further from the last believed value than a room can go in the time between."""
    if watch.good is None:
        return None
    minutes = max(1.0, (sample.at - watch.good.at).total_seconds() / 60)
    way = abs(sample.temperature_centi_c - watch.good.temperature_centi_c)
    return Fault.JUMP if way > limits.jump_centi_c_per_minute * minutes else None


def _has_changed(anchor: Sample, sample: Sample, limits: ClimateLimits) -> bool:
    """Whether the sensor lives: any quantity has moved by its last digit.

    A saturated room may stand at 100 % for days, so full humidity alone proves nothing; nor does
    a fault of one quantity hide behind the other, since both come from one chip.
    """
    step = limits.frozen_step_centi
    if abs(sample.temperature_centi_c - anchor.temperature_centi_c) >= step:
        return True
    now, then = sample.humidity_centi_pct, anchor.humidity_centi_pct
    if now is None or then is None:
        return False
    return abs(now - then) >= step


def _doubted(verdict: InSpec) -> InSpec:
    return InSpec.UNSURE if verdict is InSpec.IN else verdict
