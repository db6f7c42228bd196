"""The register of a room: fixed times, nothing filled in, faults by their name."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.curing.record import Heard, LoggedReading
from edge.core.ids import SensorId
from edge.wire.climate_csv import climate_csv, customary_lines, tenth

SEVEN = datetime(2026, 5, 31, 23, 0, tzinfo=UTC)


def reading(at: datetime, heard: Heard, temperature: int | None = 2004) -> LoggedReading:
    return LoggedReading(SensorId("th-1"), at, temperature, 9655, heard)


def test_a_day_of_the_register() -> None:
    known = {
        SEVEN: reading(SEVEN + timedelta(seconds=50), Heard.IN),
        SEVEN + timedelta(hours=14): reading(SEVEN + timedelta(hours=14), Heard.FAULT),
    }
    lines = customary_lines(date(2026, 6, 1), date(2026, 6, 1), known.get)

    assert climate_csv(lines).split("\r\n") == [
        "日期,时间,温度(℃),相对湿度(%),判定,备注",
        "2026-06-01,07:00,20.0,96.6,合格,th-1 07:00",
        "2026-06-01,14:00,,,,无读数",
        "2026-06-01,21:00,,,传感器故障,th-1 21:00",
        "",
    ]


@pytest.mark.parametrize(
    ("heard", "word"), [(Heard.UNSURE, "不能判定"), (Heard.OUT, "超限"), (Heard.IN, "合格")]
)
def test_every_verdict_has_its_word(heard: Heard, word: str) -> None:
    lines = customary_lines(date(2026, 6, 1), date(2026, 6, 1), lambda at: reading(at, heard))

    assert climate_csv(lines).count(word) == 3


def test_the_times_are_the_laboratorys_choice() -> None:
    lines = customary_lines(
        date(2026, 6, 1), date(2026, 6, 30), lambda _: None, times=(time(16), time(8, 30))
    )

    assert len(lines) == 60
    assert lines[0].due == SEVEN + timedelta(hours=1, minutes=30)


@given(st.integers(-10_000, 10_000))
def test_a_tenth_is_rounded_half_even(centi: int) -> None:
    expected = (Decimal(centi) / 100).quantize(Decimal("0.1"), ROUND_HALF_EVEN)

    assert Decimal(tenth(centi)) == expected
    assert not tenth(centi).startswith("-0.0")


def test_nothing_is_written_as_nothing() -> None:
    assert tenth(None) == ""
