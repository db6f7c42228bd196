"""Degree days are closed one by one, filled openly, and reached once (A3)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rules import shipped

from edge.core.curing import events
from edge.core.curing.degree_days import DAYS, DegreeBook, MeasuredDay, close_days
from edge.core.curing.limits import Edition, MaturityLimits
from edge.core.curing.maturity import DayMean, MeanMethod, reckon
from edge.core.ids import GroupId

CAST_ON = date(2026, 3, 2)
GROUP = GroupId("group-1")
LIMITS = shipped().curing.maturity[Edition.Y2015]
OLD = shipped().curing.maturity[Edition.Y2002]


def day(number: int) -> date:
    return CAST_ON + timedelta(days=number)


def mean(number: int, tenths: int, source: str = "cage-1") -> DayMean:
    return DayMean(day(number), tenths, MeanMethod.MEAN24, source)


def measured(*tenths: int | None) -> dict[date, MeasuredDay]:
    """Means of the days from the first counted one; None is a gap of which 7 hours are known."""
    return {
        day(number): MeasuredDay() if each is None else MeasuredDay(mean(number, each), 24)
        for number, each in enumerate(tenths, 1)
    }


def close(
    book: DegreeBook, known: dict[date, MeasuredDay], until: int, limits: MaturityLimits = LIMITS
) -> tuple[DegreeBook, tuple[events.CuringEvent, ...]]:
    return close_days(book, known, until=day(until), limits=limits, method=MeanMethod.MEAN24)


def begun() -> DegreeBook:
    return DegreeBook(GROUP, CAST_ON)


def test_each_day_is_stated_with_method_coverage_and_whether_it_counts() -> None:
    known = measured(200, None, -15, 0) | {day(2): MeasuredDay(None, 17)}
    _, told = close(begun(), known, 4)
    stated = [each for each in told if isinstance(each, events.MaturityDayClosed)]
    assert [
        (each.mean_tenths_c, each.method, each.hours, each.counted, each.total_tenths_cd, each.days)
        for each in stated
    ] == [
        (200, "mean24", 24, True, 200, 1),
        (None, "mean24", 17, False, 200, 1),
        (-15, "mean24", 24, False, 200, 1),
        (0, "mean24", 24, False, 200, 1),
    ]
    assert [each.source for each in stated] == ["cage-1", "", "cage-1", "cage-1"]


def test_reached_is_said_once_and_nothing_follows() -> None:
    known = measured(*[450] * 20)
    book, told = close(begun(), known, 20)
    assert [each.TYPE for each in told] == ["maturity.day_closed"] * 14 + ["maturity.reached"]
    last = told[-1]
    assert isinstance(last, events.MaturityReached)
    assert (last.on, last.total_tenths_cd, last.days, last.gaps) == (day(14), 6300, 14, 0)
    assert close(book, known, 20) == (book, ())


def test_a_filled_gap_is_stated_with_its_source_and_may_reach_the_target() -> None:
    known = measured(*[450] * 13, None)
    book, told = close(begun(), known, 14)
    assert len(told) == 14
    book, told = close(book, {day(14): MeasuredDay(mean(14, 300, "site book"))}, 14)
    filled, reached = told
    assert isinstance(filled, events.MaturityGapFilled)
    assert (filled.on, filled.source, filled.total_tenths_cd) == (day(14), "site book", 6150)
    assert isinstance(reached, events.MaturityReached)
    assert (reached.on, reached.gaps) == (day(14), 0)
    assert book.reached_on == day(14)


def test_a_day_that_was_stated_is_never_stated_otherwise() -> None:
    book, _ = close(begun(), measured(200), 1)
    assert close(book, measured(999), 1) == (book, ())


@pytest.mark.parametrize(("limits", "over"), [(LIMITS, False), (OLD, True)])
def test_the_old_edition_flags_more_than_sixty_days(limits: MaturityLimits, *, over: bool) -> None:
    book, _ = close(begun(), measured(*[95] * 70), 70, limits)
    book, told = close(book, measured(*[95] * 70), 70, limits)
    last = told[-1]
    assert isinstance(last, events.MaturityReached)
    assert (last.on, last.days, last.over_days) == (day(64), 64, over)


def test_a_long_sleep_is_made_up_in_parts() -> None:
    book, first = close(begun(), {}, 100)
    book, rest = close(book, {}, 100)
    assert (len(first), len(rest)) == (DAYS, 100 - DAYS)
    assert [each.on for each in book.days] == [day(number) for number in range(1, 101)]


@given(
    tenths=st.lists(st.none() | st.integers(-100, 400), max_size=60),
    cuts=st.lists(st.integers(0, 60), max_size=8),
)
def test_however_the_days_are_cut_the_sums_are_those_of_the_table(
    tenths: list[int | None], cuts: list[int]
) -> None:
    known, book = measured(*tenths), begun()
    stated: list[events.MaturityDayClosed] = []
    for until in (*sorted(min(cut, len(tenths)) for cut in cuts), len(tenths)):
        book, told = close(book, known, until)
        stated += [each for each in told if isinstance(each, events.MaturityDayClosed)]
    means = [each.mean for each in known.values() if each.mean is not None]
    table = reckon(means, cast_on=CAST_ON, until=day(len(tenths)), limits=LIMITS)
    expected = [
        (line.on, line.total_tenths_cd, line.days, line.is_counted)
        for line in table.lines
        if table.reached_on is None or line.on <= table.reached_on
    ]
    assert [(e.on, e.total_tenths_cd, e.days, e.counted) for e in stated] == expected
    assert book.reached_on == table.reached_on
