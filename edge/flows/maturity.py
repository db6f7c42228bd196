"""Daily means of a group's place: measured ones first, imported ones where these are missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from edge.core.curing.limits import MaturityLimits
from edge.core.curing.maturity import DayMean, MeanMethod, daily_mean, fill, reckon
from edge.core.ids import SensorId
from edge.ports import ClimateRecord


@dataclass(frozen=True, slots=True)
class Place:
    """Where a group lies: its sensor, if it has one, and the place that ledgers name."""

    sensor: SensorId | None
    name: str


def hours_of(
    record: ClimateRecord, place: Place, since: date, until: date
) -> Mapping[date, Mapping[int, int]]:
    """The hourly means of each day of a span, both ends included; no sensor, no hours."""
    if place.sensor is None:
        return {}
    days = (since + timedelta(days=number) for number in range((until - since).days + 1))
    return {day: record.hourly_means(place.sensor, day) for day in days}


def day_means(
    record: ClimateRecord,
    place: Place,
    hours: Mapping[date, Mapping[int, int]],
    *,
    method: MeanMethod,
) -> tuple[DayMean, ...]:
    """Every day's mean that is known, each with its method and source; gaps stay gaps."""
    measured = (
        daily_mean(each, method, on=day, source=str(place.sensor)) for day, each in hours.items()
    )
    imported = (
        DayMean(day, tenths, MeanMethod.LEDGER, source)
        for day, tenths, source in record.ledger_days(place.name)
    )
    return fill((each for each in measured if each is not None), imported)


def matured_on(
    record: ClimateRecord,
    place: Place,
    span: tuple[date, date],
    *,
    method: MeanMethod,
    limits: MaturityLimits,
) -> date | None:
    """The day on which blocks cast on the first day of a span reached the target by its last."""
    cast_on, until = span
    hours = hours_of(record, place, cast_on, until)
    means = day_means(record, place, hours, method=method)
    return reckon(means, cast_on=cast_on, until=until, limits=limits).reached_on
