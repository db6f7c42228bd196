"""A year of readings as fast as a disk takes them, for tests and benches of the climate's file."""

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from math import sin
from pathlib import Path

from edge.core.curing.climate import Accuracy, Sensor
from edge.core.curing.record import Heard
from edge.core.ids import RoomId, SensorId
from edge.storage.climate import SqliteClimate
from edge.storage.climate_reads import seconds

ROOM = RoomId("room-1")
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_SUMS = """
INSERT INTO {table}
SELECT sensor, {span}, count(temperature), sum(temperature), min(temperature), max(temperature),
       count(humidity), sum(humidity), min(humidity), max(humidity),
       total(verdict=0), total(verdict=1), total(verdict=2), 0
FROM readings GROUP BY 1, 2
"""


def sensor(number: int, room: RoomId = ROOM) -> Sensor:
    return Sensor(
        SensorId(f"th-{number}"), room, Accuracy(20), Accuracy(150), calibrated_on=date(2026, 1, 1)
    )


def heard_at(minute: int, number: int) -> tuple[int, int, Heard]:
    """A room that breathes by the day, is out for an hour each week and unsure for two."""
    temperature = 2000 + round(90 * sin(minute / 229 + number))
    in_week = minute % 10_080
    verdict = Heard.OUT if in_week < 60 else Heard.UNSURE if in_week < 180 else Heard.IN
    return temperature, 9700 + minute % 200, verdict


def write_year(path: Path, *, sensors: int, days: int) -> None:
    """The file that as many minutes would have made; the sums by one statement instead of many."""
    with_sensors = SqliteClimate(path)
    for number in range(1, sensors + 1):
        with_sensors.know(sensor(number), profile="calibrated", since=BEGIN)
    with_sensors.close()
    start = seconds(BEGIN)
    with closing(sqlite3.connect(path)) as db, db:
        for number in range(1, sensors + 1):
            db.executemany(
                "INSERT INTO readings VALUES (?, ?, ?, ?, ?)",
                (
                    (number, start + 60 * minute, *heard_at(minute, number))
                    for minute in range(days * 1440)
                ),
            )
        db.execute(_SUMS.format(table="hours", span="at/3600"))
        db.execute(_SUMS.format(table="days", span="(at+28800)/86400"))


def minute(number: int) -> datetime:
    return BEGIN + timedelta(minutes=number)
