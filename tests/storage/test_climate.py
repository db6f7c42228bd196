"""The climate's file: sums that agree with the minutes, and a stay joined with them."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from time import perf_counter

import pytest
from climate_year import BEGIN, ROOM, heard_at, minute, sensor, write_year

from edge.core.curing.alarm import Alarm, AlarmState
from edge.core.curing.climate import Quantity
from edge.core.curing.record import Heard, Incident, Ledger, LoggedReading
from edge.core.curing.stays import StayClimate, joined, worst
from edge.core.errors import BrokenInvariant, StorageError
from edge.core.ids import PersonId, RoomId, SensorId
from edge.storage.climate import SqliteClimate
from edge.storage.climate_reads import ClimateLog

ONE = SensorId("th-1")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteClimate]:
    climate = SqliteClimate(tmp_path / "climate.db")
    climate.know(sensor(1), profile="calibrated", since=BEGIN)
    yield climate
    climate.close()


def reading(number: int, heard: Heard = Heard.IN, temperature: int | None = 2000) -> LoggedReading:
    return LoggedReading(ONE, minute(number), temperature, 9800, heard)


def counted(readings: list[LoggedReading], since: datetime, until: datetime) -> StayClimate:
    """The join by hand: every minute looked at."""
    inside = [each for each in readings if since <= each.at < until]
    minutes = [sum(each.heard is heard for each in inside) for heard in Heard]
    believed = [each for each in inside if each.heard is not Heard.FAULT]
    warm = [each.temperature_centi_c for each in believed if each.temperature_centi_c is not None]
    wet = [each.humidity_centi_pct for each in believed if each.humidity_centi_pct is not None]
    return StayClimate(
        ONE,
        minutes[0],
        minutes[1],
        minutes[2],
        minutes[3],
        round((until - since).total_seconds() / 60) - sum(minutes),
        (min(warm), max(warm)) if warm else None,
        (min(wet), max(wet)) if wet else None,
    )


@pytest.mark.parametrize("seed", range(4))
def test_a_stay_has_exactly_its_minutes(store: SqliteClimate, seed: int) -> None:
    """Random readings with gaps and faults, random stays: the join is the count by hand."""
    draw = random.Random(seed)
    readings = [
        replace(reading(number, draw.choice(tuple(Heard)), draw.randint(1500, 2500)))
        for number in range(600)
        if draw.random() > 0.1
    ]
    believed = [
        replace(each, temperature_centi_c=None, humidity_centi_pct=None)
        if each.heard is Heard.FAULT
        else each
        for each in readings
    ]
    store.keep(believed)
    for _ in range(60):
        first, last = sorted((draw.randint(0, 620), draw.randint(0, 620)))
        since, until = minute(first), minute(last)
        assert store.stay(ROOM, since, until) == (counted(believed, since, until),)


def test_hours_and_days_are_the_sums_of_their_minutes(store: SqliteClimate) -> None:
    store.keep(
        reading(number, Heard.OUT if number < 10 else Heard.IN, 1990 + number)
        for number in range(60)
    )
    store.keep([reading(60, Heard.FAULT, 9999)])
    first, second = store.hours(ONE, BEGIN, minute(120))

    assert first.temperature_centi_c == (1990, 2020, 2049)
    assert (first.minutes_out, first.minutes_in, first.readings) == (10, 50, 60)
    assert (second.temperature_centi_c, second.minutes_fault) == (None, 1)
    (day,) = store.days(ONE, date(2026, 1, 1), date(2026, 1, 2))
    assert (day.readings, day.humidity_centi_pct) == (61, (9800, 9800, 9800))
    assert day.since == datetime(2025, 12, 31, 16, tzinfo=BEGIN.tzinfo)


def test_a_second_reading_of_the_same_second_counts_once(store: SqliteClimate) -> None:
    store.keep([reading(1), reading(1, Heard.OUT)])
    store.keep([reading(1, Heard.OUT)])

    assert [each.heard for each in store.readings(ONE, BEGIN, minute(5))] == [Heard.IN]
    assert store.hours(ONE, BEGIN, minute(60))[0].readings == 1


def test_pruned_minutes_leave_their_hours(store: SqliteClimate) -> None:
    store.keep(reading(number) for number in range(180))
    store.keep([reading(180, Heard.OUT), *(reading(number) for number in range(181, 240))])
    before = store.stay(ROOM, minute(0), minute(240))
    assert store.prune(minute(200)) == 180
    assert store.stay(ROOM, minute(0), minute(240)) == before
    (part,) = store.stay(ROOM, minute(30), minute(100))
    assert (part.minutes_in, part.minutes_none) == (70, 0)

    store.prune(minute(240))
    (mixed,) = store.stay(ROOM, minute(190), minute(210))
    assert (mixed.minutes_in, mixed.minutes_unsure) == (0, 20)


def test_what_nobody_measured_is_said_to_be_so(store: SqliteClimate) -> None:
    (seen,) = store.stay(ROOM, minute(0), minute(90))

    assert (seen.minutes_none, seen.minutes, seen.temperature_centi_c) == (90, 90, None)
    assert seen.share_in() == 0
    assert store.stay(RoomId("room-9"), minute(0), minute(90)) == ()
    (none,) = store.stay(ROOM, minute(7), minute(7))
    assert (none.minutes, none.share_in()) == (0, None)


def test_stays_add_up_and_the_worst_sensor_speaks() -> None:
    one = StayClimate(ONE, 50, 5, 5, 0, 0, (1900, 2100), None)
    two = StayClimate(ONE, 10, 0, 0, 2, 3, (1800, 2000), (9500, 9900))
    other = StayClimate(SensorId("th-2"), 20, 40, 0)
    lines = joined((one, two, other))

    assert lines[0] == StayClimate(ONE, 60, 5, 5, 2, 3, (1800, 2100), (9500, 9900))
    assert worst(lines) == lines[0]
    assert worst((other, StayClimate(ONE, 60))) == other
    assert worst(()) is None


def test_alarms_and_incidents_survive_a_restart(tmp_path: Path, store: SqliteClimate) -> None:
    alarm = Alarm(
        AlarmState.ACKNOWLEDGED,
        since=BEGIN,
        alarmed_at=minute(10),
        worst_centi=2400,
        worst_off_centi=400,
        acknowledged_by=PersonId("keeper-1"),
        escalated=True,
    )
    begun = Incident(ONE, "temperature", "", minute(10), worst_centi=2300)
    ended = replace(begun, until=minute(40), worst_centi=2400)
    store.keep([reading(10)], alarms=[(ONE, Quantity.TEMPERATURE, alarm)], incidents=[begun])
    store.keep([], incidents=[ended, Incident(ONE, "fault", "frozen", minute(60))])
    with ClimateLog(tmp_path / "climate.db") as log:
        assert log.alarms() == ((ONE, Quantity.TEMPERATURE, alarm),)
        assert [each.until for each in log.incidents(BEGIN, minute(100))] == [minute(40), None]
        assert log.incidents(BEGIN, minute(5)) == ()
        assert len(log.incidents(minute(41), minute(100))) == 1


def test_one_writer_and_a_reading_of_no_sensor_is_ours_to_mend(
    tmp_path: Path, store: SqliteClimate
) -> None:
    with pytest.raises(StorageError):
        SqliteClimate(tmp_path / "climate.db")
    with pytest.raises(BrokenInvariant):
        store.keep([reading(1), replace(reading(2), sensor=SensorId("th-9"))])
    assert store.latest(ONE) is None


def test_a_sensor_told_again_writes_nothing_new(store: SqliteClimate) -> None:
    store.know(sensor(1), profile="calibrated", since=minute(5))
    store.know(
        replace(sensor(1), calibrated_on=date(2026, 6, 1)), profile="calibrated", since=minute(9)
    )

    assert store.sensors() == ((ONE, ROOM),)
    (rows,) = store._db.execute("SELECT count(*) FROM calibrations").fetchone()
    assert rows == 2


def test_imported_days_keep_their_source_and_come_once(store: SqliteClimate) -> None:
    ledger = Ledger("site log book", "cage-7", "a" * 64, ((date(2026, 1, 1), 52),))
    later = Ledger("loggers", "cage-7", "b" * 64, ((date(2026, 1, 2), 61), (date(2026, 1, 1), 55)))
    assert store.import_ledger(ledger, at=BEGIN, by=None)
    assert not store.import_ledger(ledger, at=BEGIN, by=None)
    store.import_ledger(later, at=BEGIN, by=PersonId("keeper-1"))

    assert store.ledger_days("cage-7") == (
        (date(2026, 1, 1), 55, "loggers"),
        (date(2026, 1, 2), 61, "loggers"),
    )
    assert store.ledger_days("cage-8") == ()


def test_hourly_means_are_by_the_local_hour(store: SqliteClimate) -> None:
    store.keep(reading(number, temperature=2000 + number // 60) for number in range(180))

    assert store.hourly_means(ONE, date(2026, 1, 1)) == {8: 2000, 9: 2001, 10: 2002}
    assert store.hourly_means(ONE, date(2026, 1, 2)) == {}
    near = store.nearest(ONE, minute(30) + timedelta(seconds=20), within_s=60)
    assert near is not None
    assert near.at == minute(30)
    assert store.nearest(ONE, minute(400), within_s=600) is None


def test_a_season_joins_in_a_blink(tmp_path: Path) -> None:
    """Forty days of two sensors; the year of four is measured by tests/bench/bench_climate.py."""
    path = tmp_path / "season.db"
    write_year(path, sensors=2, days=40)
    with ClimateLog(path) as log:
        begun = perf_counter()
        seen = log.stay(ROOM, minute(1003), minute(1003 + 28 * 1440 + 17))
        spent_s = perf_counter() - begun

    expected = [heard_at(1003 + each, 1)[2] for each in range(28 * 1440 + 17)]
    assert seen[0].minutes_out == expected.count(Heard.OUT)
    assert seen[0].minutes_unsure == expected.count(Heard.UNSURE)
    assert spent_s < 0.05
