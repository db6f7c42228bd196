"""The customary tables: every day has its line, and what is missing says so."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import pytest

from edge.core.curing.limits import Edition, MaturityLimits
from edge.core.curing.maturity import Forecast, Maturity, MeanMethod, reckon
from edge.core.ids import SensorId
from edge.flows.curing_tables import (
    Subject,
    TableLanguage,
    degree_day_table,
    needs_hours,
    temperature_table,
)
from edge.flows.maturity import Place, day_means, hours_of

CAST_ON = date(2026, 3, 1)
UNTIL = date(2026, 3, 6)
SUBJECT = Subject("3#", "cage-7", CAST_ON, "2015")
LIMITS = MaturityLimits(Edition.Y2015, 500, (480, 520), 2, None, counts_casting_day=False)
PLACE = Place(SensorId("th-1"), "cage-7")


class Record:
    """A sensor that was silent on the third day, and a ledger that knows the third and fourth."""

    def hourly_means(self, sensor: SensorId, on: date) -> dict[int, int]:
        assert sensor == "th-1"
        number = (on - CAST_ON).days
        return {} if number == 3 else dict.fromkeys(range(24), -50 if number == 5 else 2000)

    def ledger_days(self, place: str) -> tuple[tuple[date, int, str], ...]:
        if place != "cage-7":
            return ()
        return (
            (CAST_ON + timedelta(days=3), 155, "site log"),
            (CAST_ON + timedelta(days=4), 999, "site log"),
        )


def maturity_of(
    place: Place = PLACE,
) -> tuple[Mapping[date, Mapping[int, int]], Maturity]:
    hours = hours_of(Record(), place, CAST_ON, UNTIL)
    means = day_means(Record(), place, hours, method=MeanMethod.MEAN24)
    return hours, reckon(means, cast_on=CAST_ON, until=UNTIL, limits=LIMITS)


def test_degree_days_line_by_line() -> None:
    _, maturity = maturity_of()
    table = degree_day_table(SUBJECT, maturity)

    assert [row[1:7] for row in table.rows] == [
        ("2026-03-02", "20.0", "20.0", "20.0", "1", "th-1"),
        ("2026-03-03", "20.0", "20.0", "40.0", "2", "th-1"),
        ("2026-03-04", "15.5", "15.5", "55.5", "3", "site log"),
        ("2026-03-05", "20.0", "20.0", "75.5", "4", "th-1"),
        ("2026-03-06", "-0.5", "0.0", "75.5", "4", "th-1"),
    ]
    assert [row[7] for row in table.rows] == ["", "", "达到目标", "", "0℃及以下，不计入"]
    assert dict(table.above)["达到日期"] == "2026-03-04"
    assert len(table.headings) == len(table.shares) == len(table.rows[0])


def test_temperatures_show_the_four_hours_of_measured_days_only() -> None:
    hours, maturity = maturity_of()
    shown = {day: hours[day] for day in needs_hours(maturity)}
    table = temperature_table(SUBJECT, maturity, shown)

    assert table.rows[0][1:7] == ("20.0", "20.0", "20.0", "20.0", "20.0", "mean24")
    assert table.rows[2][1:8] == ("", "", "", "", "15.5", "ledger", "site log")
    assert len(table.headings) == len(table.shares) == len(table.rows[0])


@pytest.mark.parametrize("language", TableLanguage)
def test_a_gap_is_said_in_both_languages(language: TableLanguage) -> None:
    hours, maturity = maturity_of(Place(SensorId("th-1"), "nowhere"))
    table = degree_day_table(SUBJECT, maturity, language)
    note = {TableLanguage.ZH_CN: "缺测 1 d", TableLanguage.EN: "1 d not measured"}[language]

    assert maturity.gaps == (CAST_ON + timedelta(days=3),)
    assert any(note in line for line in table.below)
    assert table.rows[2][2:4] == ("", "")
    assert temperature_table(SUBJECT, maturity, hours, language).rows[2][1:8] == ("",) * 7


def test_without_a_sensor_the_ledger_stands_alone() -> None:
    hours, maturity = maturity_of(Place(None, "cage-7"))

    assert hours == {}
    assert maturity.days == 2
    assert needs_hours(maturity) == ()


def test_beyond_the_days_of_the_rule_is_written_beside_the_date() -> None:
    strict = MaturityLimits(Edition.Y2002, 500, (480, 520), 2, 1, counts_casting_day=False)
    hours = hours_of(Record(), PLACE, CAST_ON, UNTIL)
    means = day_means(Record(), PLACE, hours, method=MeanMethod.MEAN24)
    maturity = reckon(means, cast_on=CAST_ON, until=UNTIL, limits=strict)
    table = degree_day_table(SUBJECT, maturity, TableLanguage.EN)

    assert dict(table.above)["Reached on"] == "2026-03-04 (beyond the days of the rule)"


@pytest.mark.parametrize("language", TableLanguage)
def test_until_it_is_reached_the_end_is_a_range(language: TableLanguage) -> None:
    _, maturity = maturity_of()
    expected = Forecast(date(2026, 3, 9), date(2026, 3, 11), None)
    below = degree_day_table(SUBJECT, maturity, language, expected=expected).below
    (line,) = [each for each in below if "2026-03-09" in each]
    assert "2026-03-11" in line
    unknown = {TableLanguage.ZH_CN: "最迟 无法推算", TableLanguage.EN: "latest cannot be told"}
    assert unknown[language] in line


@pytest.mark.parametrize(
    ("band", "said"), [((700, 800), "：在内。"), ((480, 520), "：不在内。"), (None, "")]
)
def test_the_customary_range_is_named_where_there_is_one(
    band: tuple[int, int] | None, said: str
) -> None:
    _, maturity = maturity_of()
    subject = replace(SUBJECT, band_tenths_cd=band, counts_casting_day=True)
    table = degree_day_table(subject, maturity)
    assert any(said in line for line in table.below if "习惯范围" in line) is bool(said)
    assert dict(table.above)["首个计入日"] == "成型当日"
