"""600 ℃·d against tables worked by hand, for both editions."""

from datetime import date, timedelta

import pytest
from rules import shipped

from edge.core.curing.limits import Edition, MaturityLimits
from edge.core.curing.maturity import (
    DayMean,
    Forecast,
    MeanMethod,
    daily_mean,
    fill,
    forecast,
    in_band,
    reckon,
)

CAST_ON = date(2026, 3, 1)
LIMITS = shipped().curing.maturity
OLD, NEW = LIMITS[Edition.Y2002], LIMITS[Edition.Y2015]


def days(*tenths: int | None, first: int = 1, source: str = "cage-1") -> tuple[DayMean, ...]:
    """One mean a day from so many days after casting; None is a gap."""
    return tuple(
        DayMean(CAST_ON + timedelta(days=first + index), value, MeanMethod.MEAN24, source)
        for index, value in enumerate(tenths)
        if value is not None
    )


def on(day: int) -> date:
    return CAST_ON + timedelta(days=day)


@pytest.mark.parametrize(
    ("limits", "means", "reached", "total", "counted", "over"),
    [
        # 30 × 20.0 = 600.0 on the 30th day
        pytest.param(NEW, (200,) * 40, 30, 8000, 40, False, id="2015: thirty days of 20.0"),
        pytest.param(OLD, (200,) * 40, 30, 8000, 40, False, id="2002: thirty days of 20.0"),
        # 29 × 20.0 + 19.9 = 599.9, one tenth short
        pytest.param(NEW, ((200,) * 29 + (199,)), None, 5999, 30, False, id="a tenth short"),
        # 14 × 45.0 = 630.0, but 600 already on day 14: 13 × 45 = 585, 14 × 45 = 630
        pytest.param(NEW, (450,) * 14, 14, 6300, 14, False, id="14 days at least"),
        # 12 × 50.0 = 600.0 on day 12: too few days, so day 14
        pytest.param(NEW, (500,) * 20, 14, 10_000, 20, False, id="600 before the 14th day"),
        # two frosty days add neither: 30 warm days end on day 32
        pytest.param(
            NEW, ((200,) * 10 + (0, -35) + (200,) * 20), 32, 6000, 30, False, id="0 and below"
        ),
        # 60 × 9.0 = 540 on day 60, 600 on day 67: counted for 2015, flagged for 2002
        pytest.param(NEW, (90,) * 70, 67, 6300, 70, False, id="2015: no end"),
        pytest.param(OLD, (90,) * 70, 67, 6300, 70, True, id="2002: beyond 60 days"),
        # 60 × 10.0 = 600.0 on day 60 exactly
        pytest.param(OLD, (100,) * 60, 60, 6000, 60, False, id="2002: the 60th day"),
        # 50 days of 12.0 with 15 frosty days between: calendar 65, counted 50
        pytest.param(
            OLD, ((120,) * 25 + (-10,) * 15 + (120,) * 25), 65, 6000, 50, False, id="frost is free"
        ),
    ],
)
def test_tables_worked_by_hand(
    limits: MaturityLimits,
    means: tuple[int, ...],
    reached: int | None,
    total: int,
    counted: int,
    over: bool,  # noqa: FBT001 - a table of cases
) -> None:
    maturity = reckon(days(*means), cast_on=CAST_ON, until=on(len(means)), limits=limits)

    assert maturity.reached_on == (None if reached is None else on(reached))
    assert (maturity.total_tenths_cd, maturity.days) == (total, counted)
    assert maturity.is_over_days is over
    assert maturity.gaps == ()


def test_a_gap_adds_nothing_and_is_shown() -> None:
    maturity = reckon(days(200, None, 200), cast_on=CAST_ON, until=on(3), limits=NEW)

    assert maturity.gaps == (on(2),)
    assert [line.total_tenths_cd for line in maturity.lines] == [200, 200, 400]
    assert maturity.days == 2


def test_a_second_source_fills_a_gap_under_its_own_name() -> None:
    ledger = days(150, 160, 170, source="ledger")
    filled = fill(days(200, None, 200), ledger)
    maturity = reckon(filled, cast_on=CAST_ON, until=on(3), limits=NEW)

    assert maturity.gaps == ()
    assert [line.mean.source for line in maturity.lines if line.mean] == [
        "cage-1",
        "ledger",
        "cage-1",
    ]
    assert maturity.total_tenths_cd == 560


@pytest.mark.parametrize(("counts", "reached"), [(False, 30), (True, 29)])
def test_the_first_day_is_a_parameter(counts: bool, reached: int) -> None:  # noqa: FBT001 - a table of cases
    maturity = reckon(
        days(*(200,) * 41, first=0),
        cast_on=CAST_ON,
        until=on(40),
        limits=NEW,
        counts_casting_day=counts,
    )

    assert maturity.reached_on == on(reached)


def test_the_target_is_a_parameter() -> None:
    """A design age of 60 days asks for 1200 ℃·d."""
    means = days(*(200,) * 60)
    maturity = reckon(means, cast_on=CAST_ON, until=on(60), limits=NEW, target_tenths_cd=12_000)

    assert maturity.reached_on == on(60)


@pytest.mark.parametrize(
    ("total", "inside"), [(5599, False), (5600, True), (6400, True), (6401, False)]
)
def test_the_band_of_the_2015_practice(total: int, inside: bool) -> None:  # noqa: FBT001 - a table of cases
    maturity = reckon(days(total), cast_on=CAST_ON, until=on(1), limits=NEW)

    assert in_band(maturity, NEW) is inside


@pytest.mark.parametrize(
    ("method", "hours", "expected"),
    [
        (MeanMethod.MEAN24, dict.fromkeys(range(24), 2000), 200),
        (MeanMethod.MEAN24, dict.fromkeys(range(20), 2000), 200),
        (MeanMethod.MEAN24, dict.fromkeys(range(19), 2000), None),
        (MeanMethod.OBS4, {2: 1000, 8: 1400, 14: 2200, 20: 1500}, 152),
        (MeanMethod.OBS4, {2: 1000, 8: 1400, 14: 2200}, None),
        (MeanMethod.OBS4, {8: 1400, 16: 2400}, None),
        (MeanMethod.MINMAX, dict.fromkeys(range(23), 1500) | {23: 2000}, 175),
        (MeanMethod.MINMAX, {8: 1400, 16: 2400}, None),
        # 20.25 and 20.35 ℃: halves go to the even tenth
        (MeanMethod.MEAN24, dict.fromkeys(range(24), 2025), 202),
        (MeanMethod.MEAN24, dict.fromkeys(range(24), 2035), 204),
        (MeanMethod.LEDGER, dict.fromkeys(range(24), 2000), None),
    ],
)
def test_named_means_and_what_they_need(
    method: MeanMethod, hours: dict[int, int], expected: int | None
) -> None:
    mean = daily_mean(hours, method, on=CAST_ON, source="cage-1")

    assert (mean.tenths_c if mean else None) == expected


def test_a_forecast_is_a_range() -> None:
    """300 left after 15 × 20.0; the last seven days were 20, 20, 20, 15, 25, 20, 20."""
    means = days(*(200,) * 11, 150, 250, 200, 200)
    maturity = reckon(means, cast_on=CAST_ON, until=on(15), limits=NEW)
    said = forecast(maturity, today=on(15), limits=NEW)

    assert maturity.total_tenths_cd == 3000
    assert said == Forecast(on(15 + 12), on(15 + 15), on(15 + 20))


def test_frost_has_no_latest_day_and_the_least_days_hold() -> None:
    cold = reckon(days(*(100,) * 10, -20), cast_on=CAST_ON, until=on(11), limits=NEW)
    said = forecast(cold, today=on(11), limits=NEW)
    assert said is not None
    assert said.latest is None

    hot = reckon(days(*(590,) * 10), cast_on=CAST_ON, until=on(10), limits=NEW)
    assert forecast(hot, today=on(10), limits=NEW) == Forecast(on(14), on(14), on(14))


def test_nothing_is_foretold_without_a_measured_week_or_once_it_is_reached() -> None:
    empty = reckon((), cast_on=CAST_ON, until=on(8), limits=NEW)
    assert forecast(empty, today=on(8), limits=NEW) is None
    done = reckon(days(*(400,) * 16), cast_on=CAST_ON, until=on(16), limits=NEW)
    assert forecast(done, today=on(16), limits=NEW) is None
