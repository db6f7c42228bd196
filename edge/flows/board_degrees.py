"""Degree days on the board: how far each group of a cage is, and when it may be ripe (A3)."""

from collections.abc import Iterable, Iterator
from datetime import date

from edge.core.curing.degree_days import DegreeBook
from edge.core.curing.limits import MaturityLimits
from edge.core.curing.maturity import DayMean, MeanMethod, forecast, reckon
from edge.flows.board_view import DegreeLine

FORGOTTEN_DAYS = 60
"""So long a group that is ripe stands on the board."""


def degree_lines(
    books: Iterable[DegreeBook], *, today: date, limits: MaturityLimits
) -> tuple[DegreeLine, ...]:
    """What was stated of each group, by the likely day; those without one at the end."""
    lines = _lines(books, today, limits)
    return tuple(sorted(lines, key=lambda line: (line.ripe_on or date.max, line.group)))


def _lines(
    books: Iterable[DegreeBook], today: date, limits: MaturityLimits
) -> Iterator[DegreeLine]:
    for book in books:
        if not book.days:
            continue
        last = book.days[-1].on
        if (today - (book.reached_on or last)).days > FORGOTTEN_DAYS:
            continue
        means = (
            DayMean(day.on, day.tenths_c, MeanMethod.LEDGER, "")
            for day in book.days
            if day.tenths_c is not None
        )
        maturity = reckon(means, cast_on=book.cast_on, until=last, limits=limits)
        yield DegreeLine(
            group=book.group,
            total_tenths_cd=maturity.total_tenths_cd,
            target_tenths_cd=maturity.target_tenths_cd,
            days=maturity.days,
            gaps=len(maturity.gaps),
            until=last,
            reached_on=book.reached_on,
            expected=forecast(maturity, today=last, limits=limits),
        )
