"""Degree days of a group are closed day by day, each once, and never changed in silence (A3).

What was stated stands: a day that was a gap and is known later is stated as filled, with its
source; a ledger that is written anew changes no day that has a mean.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from edge.core.curing.events import (
    CuringEvent,
    MaturityDayClosed,
    MaturityGapFilled,
    MaturityReached,
)
from edge.core.curing.limits import MaturityLimits
from edge.core.curing.maturity import DayMean, MeanMethod, reckon
from edge.core.ids import GroupId

DAYS = 62
"""So many days are closed, and so many gaps looked into, in one transaction."""


@dataclass(frozen=True, slots=True)
class MeasuredDay:
    """What is known of a day; `hours` of 24 in which the sensor was believed, None without one."""

    mean: DayMean | None = None
    hours: int | None = None


@dataclass(frozen=True, slots=True)
class ClosedDay:
    """A day as it was stated; None is a gap."""

    on: date
    tenths_c: int | None


@dataclass(frozen=True, slots=True)
class DegreeBook:
    """What was stated of a group so far, its days one after the other."""

    group: GroupId
    cast_on: date
    days: tuple[ClosedDay, ...] = ()
    reached_on: date | None = None

    def gaps(self, until: date) -> tuple[date, ...]:
        """Days that are over, were stated as gaps and not filled since, the newest of them.

        After a clock that was ahead a stated day may not be over yet.
        """
        gaps = (day.on for day in self.days if day.tenths_c is None and day.on <= until)
        return tuple(gaps)[-DAYS:]

    def open_days(self, until: date, limits: MaturityLimits) -> tuple[date, ...]:
        """Days that are over and were not stated yet, the oldest of them."""
        first = self.cast_on + timedelta(days=not limits.counts_casting_day)
        day = self.days[-1].on + timedelta(days=1) if self.days else first
        count = min(DAYS, (until - day).days + 1)
        return tuple(day + timedelta(days=number) for number in range(count))


def close_days(
    book: DegreeBook,
    measured: Mapping[date, MeasuredDay],
    *,
    until: date,
    limits: MaturityLimits,
    method: MeanMethod,
) -> tuple[DegreeBook, tuple[CuringEvent, ...]]:
    """Fill gaps that are known now, close the days up to `until`, and say once that it is enough.

    A day that `measured` does not name is a gap. Nothing follows the day on which the target was
    reached.
    """
    events: list[CuringEvent] = []
    if book.reached_on is not None:
        return book, ()
    for changed, event in _steps(book, measured, until=until, limits=limits, method=method):
        book = changed
        events.append(event)
        reached = _reached(book, limits)
        if reached is not None:
            return replace(book, reached_on=reached.on), (*events, reached)
    return book, tuple(events)


def _steps(
    book: DegreeBook,
    measured: Mapping[date, MeasuredDay],
    *,
    until: date,
    limits: MaturityLimits,
    method: MeanMethod,
) -> Iterator[tuple[DegreeBook, CuringEvent]]:
    for on in book.gaps(until):
        mean = measured.get(on, MeasuredDay()).mean
        if mean is not None:
            filled = ClosedDay(on, mean.tenths_c)
            days = tuple(filled if day.on == on else day for day in book.days)
            book = replace(book, days=days)
            yield book, _filled(book, mean)
    for on in book.open_days(until, limits):
        known = measured.get(on, MeasuredDay())
        tenths = None if known.mean is None else known.mean.tenths_c
        book = replace(book, days=(*book.days, ClosedDay(on, tenths)))
        yield book, _closed(book, known, method)


def _sums(book: DegreeBook) -> tuple[int, int]:
    """Degree days, and days that count: measured and above 0 ℃."""
    added = [max(0, day.tenths_c or 0) for day in book.days]
    return sum(added), sum(each > 0 for each in added)


def _closed(book: DegreeBook, known: MeasuredDay, method: MeanMethod) -> MaturityDayClosed:
    total, days = _sums(book)
    last, mean = book.days[-1], known.mean
    return MaturityDayClosed(
        group=book.group,
        on=last.on,
        mean_tenths_c=last.tenths_c,
        method=(method if mean is None else mean.method).value,
        source="" if mean is None else mean.source,
        hours=known.hours,
        counted=(last.tenths_c or 0) > 0,
        total_tenths_cd=total,
        days=days,
    )


def _filled(book: DegreeBook, mean: DayMean) -> MaturityGapFilled:
    total, days = _sums(book)
    return MaturityGapFilled(
        group=book.group,
        on=mean.on,
        mean_tenths_c=mean.tenths_c,
        method=mean.method.value,
        source=mean.source,
        counted=mean.tenths_c > 0,
        total_tenths_cd=total,
        days=days,
    )


def _reached(book: DegreeBook, limits: MaturityLimits) -> MaturityReached | None:
    """When the stated days are enough; a filled gap may say so of a day before the last."""
    total, counted = _sums(book)
    if total < limits.target_tenths_cd or counted < limits.least_days:
        return None
    means = (
        DayMean(day.on, day.tenths_c, MeanMethod.LEDGER, "")
        for day in book.days
        if day.tenths_c is not None
    )
    last = book.days[-1].on
    maturity = reckon(means, cast_on=book.cast_on, until=last, limits=limits)
    if maturity.reached_on is None:
        return None
    line = next(each for each in maturity.lines if each.on == maturity.reached_on)
    gaps = sum(each.mean is None for each in maturity.lines if each.on <= line.on)
    over = maturity.is_over_days
    return MaturityReached(book.group, line.on, line.total_tenths_cd, line.days, gaps, over)
