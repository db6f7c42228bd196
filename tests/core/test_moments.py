"""Test-age windows, exactly as DOMAIN A2 lists them, and as a partition of the time line."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core.moments import CHINA, AgeWindow, Casting, Due, Interval, age_window

DAY = date(2026, 3, 2)
ORDER = (Due.NOT_DUE, Due.OPENING, Due.DUE_NOW, Due.CLOSING, Due.OVERDUE)


def local(day: int, hour: int = 0) -> datetime:
    """The local hour of the day `day` days after casting."""
    return datetime(DAY.year, DAY.month, DAY.day, hour, tzinfo=CHINA) + timedelta(days=day)


@pytest.mark.parametrize(
    ("age_days", "tolerance_h", "certain", "possible"),
    [
        (28, 20, (local(28, 4), local(28, 20)), (local(27, 4), local(29, 20))),
        (56, 24, (local(56), local(57)), (local(55), local(58))),
        (60, 24, (local(60), local(61)), (local(59), local(62))),
        (90, 48, (local(89), local(92)), (local(88), local(93))),
        (7, 6, None, (local(6, 18), local(8, 6))),
        (3, 2, None, (local(2, 22), local(4, 2))),
        (1, 0.5, None, (local(1) - timedelta(minutes=30), local(2) + timedelta(minutes=30))),
    ],
)
def test_windows_of_a_casting_date(
    age_days: int,
    tolerance_h: float,
    certain: tuple[datetime, datetime] | None,
    possible: tuple[datetime, datetime],
) -> None:
    window = age_window(Casting(DAY), age_days=age_days, tolerance=timedelta(hours=tolerance_h))

    assert window.possible == Interval(*possible)
    if certain is None:
        assert window.certain.empty
    else:
        assert window.certain == Interval(*certain)


@pytest.mark.parametrize(
    ("age_days", "tolerance_h"), [(1, 0.5), (3, 2), (7, 6), (28, 20), (56, 24), (90, 48)]
)
def test_a_casting_time_makes_both_windows_one(age_days: int, tolerance_h: float) -> None:
    cast = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
    tolerance = timedelta(hours=tolerance_h)
    window = age_window(Casting(DAY, cast), age_days=age_days, tolerance=tolerance)
    due = cast + timedelta(days=age_days)

    assert window.certain == window.possible == Interval(due - tolerance, due + tolerance)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (local(27, 4) - timedelta(seconds=1), Due.NOT_DUE),
        (local(27, 4), Due.OPENING),
        (local(28, 4) - timedelta(seconds=1), Due.OPENING),
        (local(28, 4), Due.DUE_NOW),
        (local(28, 20), Due.DUE_NOW),
        (local(28, 20) + timedelta(seconds=1), Due.CLOSING),
        (local(29, 20), Due.CLOSING),
        (local(29, 20) + timedelta(seconds=1), Due.OVERDUE),
    ],
)
def test_the_edges_of_28_days(at: datetime, expected: Due) -> None:
    window = age_window(Casting(DAY), age_days=28, tolerance=timedelta(hours=20))

    assert window.due(at) is expected


@pytest.mark.parametrize("offset", range(-3, 40))
def test_peer_defect_due_tomorrow_looks_done(offset: int) -> None:
    """Each whole day has its state; the day before the due day is not "completed"."""
    window = age_window(Casting(DAY), age_days=28, tolerance=timedelta(hours=20))
    noon = window.due(local(offset, 12))

    if offset < 27:
        assert noon is Due.NOT_DUE
    elif offset < 30:
        assert noon is {27: Due.OPENING, 28: Due.DUE_NOW, 29: Due.CLOSING}[offset]
    else:
        assert noon is Due.OVERDUE


@pytest.mark.parametrize("age_days", [1, 3, 7, 28, 60, 90])
def test_peer_defect_bounds_with_swapped_names(age_days: int) -> None:
    """A peer's `start` held the late bound and its `end` the early one."""
    window = age_window(Casting(DAY), age_days=age_days, tolerance=timedelta(hours=20))

    assert window.possible.since < local(age_days) < window.possible.until
    assert window.due(window.possible.since - timedelta(seconds=1)) is Due.NOT_DUE
    assert window.due(window.possible.until + timedelta(seconds=1)) is Due.OVERDUE


def test_an_empty_certain_window_is_never_due_for_sure() -> None:
    window = age_window(Casting(DAY), age_days=7, tolerance=timedelta(hours=6))

    assert window.due(local(7, 11)) is Due.OPENING
    assert window.due(local(7, 13)) is Due.CLOSING


instants = st.integers(0, 3 * 365 * 24 * 60).map(
    lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
windows = st.builds(
    lambda on, at, age, hours: age_window(
        Casting(on, at), age_days=age, tolerance=timedelta(hours=hours)
    ),
    st.dates(date(2025, 6, 1), date(2027, 1, 1)),
    st.none() | instants,
    st.integers(1, 180),
    st.floats(0, 72),
)


@settings(deadline=None)
@given(windows, instants, instants)
def test_due_goes_forward_in_time_and_only_forward(
    window: AgeWindow, first: datetime, second: datetime
) -> None:
    early, late = sorted((first, second))

    assert ORDER.index(window.due(early)) <= ORDER.index(window.due(late))


@settings(deadline=None)
@given(windows, instants)
def test_what_is_certain_is_possible(window: AgeWindow, at: datetime) -> None:
    if not window.certain.empty:
        assert window.possible.holds(window.certain.since)
        assert window.possible.holds(window.certain.until)
    outside = window.due(at) in {Due.NOT_DUE, Due.OVERDUE}
    assert outside is not window.possible.holds(at)
    assert (window.due(at) is Due.DUE_NOW) is window.certain.holds(at)
