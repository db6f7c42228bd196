"""Equivalent age of same-condition specimens: degree days from daily means (A3).

Means are whole tenths of ℃, sums whole tenths of ℃·d.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal
from enum import StrEnum

from edge.core.curing.limits import MaturityLimits

_OBSERVED_HOURS = (2, 8, 14, 20)
_LEAST_HOURS = 20
_FORECAST_DAYS = 7


class MeanMethod(StrEnum):
    """How a day's mean was made; the ledger's own is taken as it stands."""

    MEAN24 = "mean24"
    OBS4 = "obs4"
    MINMAX = "minmax"
    LEDGER = "ledger"


@dataclass(frozen=True, slots=True)
class DayMean:
    """A day's mean, with how it was made and where it comes from."""

    on: date
    tenths_c: int
    method: MeanMethod
    source: str


@dataclass(frozen=True, slots=True)
class MaturityDay:
    """One line of the table; `mean` is None on a gap, which adds nothing and is shown."""

    on: date
    mean: DayMean | None
    added_tenths_cd: int
    total_tenths_cd: int
    days: int

    @property
    def is_counted(self) -> bool:
        """Whether the day counts: measured, and above 0 ℃."""
        return self.added_tenths_cd > 0


@dataclass(frozen=True, slots=True)
class Maturity:
    """What the days so far give."""

    lines: tuple[MaturityDay, ...]
    target_tenths_cd: int
    reached_on: date | None
    is_over_days: bool

    @property
    def total_tenths_cd(self) -> int:
        """Degree days so far."""
        return self.lines[-1].total_tenths_cd if self.lines else 0

    @property
    def days(self) -> int:
        """Counted days so far."""
        return self.lines[-1].days if self.lines else 0

    @property
    def gaps(self) -> tuple[date, ...]:
        """Days that nobody measured."""
        return tuple(line.on for line in self.lines if line.mean is None)


@dataclass(frozen=True, slots=True)
class Forecast:
    """When the target may be reached; None where the last days give no end."""

    earliest: date | None
    likely: date | None
    latest: date | None


def daily_mean(
    hours_centi_c: Mapping[int, int], method: MeanMethod, *, on: date, source: str
) -> DayMean | None:
    """A day's mean from the means of its local hours (hundredths of ℃); None when too few.

    mean24 asks for 20 of 24 hours, obs4 for 02, 08, 14 and 20, minmax for 20 hours as well: the
    lowest and highest of a few hours of daylight are not those of the day. Half-even (GB/T 8170).
    """
    hours = {hour: value for hour, value in hours_centi_c.items() if 0 <= hour < 24}  # noqa: PLR2004 - a day
    match method:
        case MeanMethod.MEAN24:
            chosen = tuple(hours.values()) if len(hours) >= _LEAST_HOURS else ()
        case MeanMethod.OBS4:
            has_all = all(hour in hours for hour in _OBSERVED_HOURS)
            chosen = tuple(hours[hour] for hour in _OBSERVED_HOURS) if has_all else ()
        case MeanMethod.MINMAX:
            enough = len(hours) >= _LEAST_HOURS
            chosen = (min(hours.values()), max(hours.values())) if enough else ()
        case MeanMethod.LEDGER:
            chosen = ()
    if not chosen:
        return None
    mean = Decimal(sum(chosen)) / (10 * len(chosen))
    return DayMean(on, int(mean.quantize(Decimal(1), ROUND_HALF_EVEN)), method, source)


def fill(first: Iterable[DayMean], second: Iterable[DayMean]) -> tuple[DayMean, ...]:
    """Days of a first source, and of a second where the first has none; each keeps its source."""
    days = {day.on: day for day in second} | {day.on: day for day in first}
    return tuple(days[on] for on in sorted(days))


def reckon(
    means: Iterable[DayMean],
    *,
    cast_on: date,
    until: date,
    limits: MaturityLimits,
    target_tenths_cd: int | None = None,
    counts_casting_day: bool | None = None,
) -> Maturity:
    """The table of a group from its first counted day to `until`, both included (A3).

    Days at or below 0 ℃ add neither degrees nor a day. Reached when the sum is at the target and
    the edition's least days have counted; beyond its most days the result is flagged.
    """
    target = limits.target_tenths_cd if target_tenths_cd is None else target_tenths_cd
    on_first = limits.counts_casting_day if counts_casting_day is None else counts_casting_day
    by_day = {mean.on: mean for mean in means}
    day = cast_on if on_first else cast_on + timedelta(days=1)
    lines: list[MaturityDay] = []
    total, counted, reached_on, over = 0, 0, None, False
    while day <= until:
        mean = by_day.get(day)
        added = max(0, mean.tenths_c) if mean is not None else 0
        total, counted = total + added, counted + (added > 0)
        lines.append(MaturityDay(day, mean, added, total, counted))
        if reached_on is None:
            over = limits.most_days is not None and counted > limits.most_days
            if total >= target and counted >= limits.least_days:
                reached_on = day
        day += timedelta(days=1)
    return Maturity(tuple(lines), target, reached_on, over)


def in_band(maturity: Maturity, limits: MaturityLimits) -> bool:
    """Whether the sum lies where the edition's practice takes it for 600 ℃·d."""
    low, high = limits.band_tenths_cd
    return low <= maturity.total_tenths_cd <= high


def forecast(maturity: Maturity, *, today: date, limits: MaturityLimits) -> Forecast | None:
    """What is left by the means of the last seven measured days: warmest, all, coldest.

    None when it is reached, or when nothing was measured in the last seven lines.
    """
    if maturity.reached_on is not None:
        return None
    recent = [
        line.mean.tenths_c for line in maturity.lines[-_FORECAST_DAYS:] if line.mean is not None
    ]
    if not recent:
        return None
    left = max(0, maturity.target_tenths_cd - maturity.total_tenths_cd)
    least = max(0, limits.least_days - maturity.days)
    mean = Decimal(sum(max(0, each) for each in recent)) / len(recent)
    return Forecast(
        earliest=_reached(today, left, Decimal(max(recent)), least),
        likely=_reached(today, left, mean, least),
        latest=_reached(today, left, Decimal(min(recent)), least),
    )


def _reached(today: date, left: int, per_day: Decimal, least: int) -> date | None:
    if per_day <= 0:
        return None
    days = (left / per_day).to_integral_value(ROUND_CEILING)
    return today + timedelta(days=max(least, int(days)))
