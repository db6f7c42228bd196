"""Reading the climate beside its writer: curves, sums, alarms, and what a block's stay was like."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from edge.core.curing.alarm import Alarm, AlarmState
from edge.core.curing.climate import Quantity
from edge.core.curing.record import Aggregate, Heard, Incident, LoggedReading
from edge.core.curing.stays import StayClimate
from edge.core.ids import PersonId, RoomId, SensorId
from edge.core.moments import local_midnight
from edge.storage.db import open_database, open_if_made, translated

MIGRATIONS: Final = "climate"
HOUR_S: Final = 3_600
DAY_S: Final = 86_400
LOCAL_S: Final = 28_800
"""Local days begin at +08:00."""
_EXTREMES = "min(temperature), max(temperature), min(humidity), max(humidity)"
_FOLDED = (
    "min(temperature_min), max(temperature_max), min(humidity_min), max(humidity_max), "
    "total(is_in), total(is_unsure), total(is_out), total(is_fault)"
)


class ClimateLog:
    """Opened read-only; the writer is a subclass."""

    _db: sqlite3.Connection
    _path: Path

    def __init__(self, path: Path) -> None:
        self._adopt(open_database(path, migrations=MIGRATIONS, read_only=True), path)

    @classmethod
    def open_if_made(cls, path: Path) -> Self | None:
        """A reader once the writer has made the file, None before."""
        made = open_if_made(path, migrations=MIGRATIONS)
        if made is None:
            return None
        made.close()
        return cls(path)

    def __enter__(self) -> Self:
        """Use as a context manager."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the database."""
        self.close()

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def sensors(self, room: RoomId | None = None) -> tuple[tuple[SensorId, RoomId], ...]:
        """Every sensor that was ever known, or those of a room."""
        rows = self._all("SELECT sensor, room FROM sensors ORDER BY sensor")
        return tuple(
            (SensorId(sensor), RoomId(of)) for sensor, of in rows if room is None or of == room
        )

    def readings(
        self, sensor: SensorId, since: datetime, until: datetime
    ) -> tuple[LoggedReading, ...]:
        """The minutes of a span, `until` not included."""
        rows = self._all(
            "SELECT at, temperature, humidity, verdict FROM readings "
            "WHERE sensor=? AND at>=? AND at<? ORDER BY at",
            self._number(sensor),
            seconds(since),
            seconds(until),
        )
        return tuple(LoggedReading(sensor, _instant(at), t, h, Heard(v)) for at, t, h, v in rows)

    def latest(self, sensor: SensorId) -> LoggedReading | None:
        """The last minute that was kept."""
        rows = self._all(
            "SELECT at, temperature, humidity, verdict FROM readings "
            "WHERE sensor=? ORDER BY at DESC LIMIT 1",
            self._number(sensor),
        )
        return next(
            (LoggedReading(sensor, _instant(at), t, h, Heard(v)) for at, t, h, v in rows), None
        )

    def nearest(self, sensor: SensorId, at: datetime, *, within_s: int) -> LoggedReading | None:
        """The minute nearest to an instant, of those within so many seconds of it."""
        reach = timedelta(seconds=within_s)
        found = self.readings(sensor, at - reach, at + reach + timedelta(seconds=1))
        return min(found, key=lambda each: abs(each.at - at), default=None)

    def hours(self, sensor: SensorId, since: datetime, until: datetime) -> tuple[Aggregate, ...]:
        """The hours that begin in a span."""
        first, end = -(-seconds(since) // HOUR_S), -(-seconds(until) // HOUR_S)
        return tuple(
            _aggregate(sensor, _instant(row[0] * HOUR_S), row)
            for row in self._spans("hours", sensor, first, end)
        )

    def days(self, sensor: SensorId, since: date, until: date) -> tuple[Aggregate, ...]:
        """The local days of a span, both ends included."""
        first, end = _day_number(since), _day_number(until) + 1
        return tuple(
            _aggregate(sensor, _instant(row[0] * DAY_S - LOCAL_S), row)
            for row in self._spans("days", sensor, first, end)
        )

    def hourly_means(self, sensor: SensorId, on: date) -> dict[int, int]:
        """Mean temperature of each local hour of a day, hundredths, where anything was believed."""
        begin = local_midnight(on)
        hours = self.hours(sensor, begin, begin + timedelta(days=1))
        return {
            (each.since - begin) // timedelta(hours=1): each.temperature_centi_c[1]
            for each in hours
            if each.temperature_centi_c is not None
        }

    def stay(self, room: RoomId, since: datetime, until: datetime) -> tuple[StayClimate, ...]:
        """What the sensors of a room saw of a span; one line a sensor.

        Whole hours come from their sums and the ends from minutes. Where these are gone, an hour
        whose minutes all said the same stands for its part, and any other counts as unsure.
        """
        return tuple(
            self._seen(sensor, seconds(since), seconds(until)) for sensor, _ in self.sensors(room)
        )

    def alarms(self) -> tuple[tuple[SensorId, Quantity, Alarm], ...]:
        """Every alarm as it stood last."""
        rows = self._all(
            "SELECT sensors.sensor, quantity, state, since, turned, alarmed_at, worst, worst_off, "
            "acknowledged_by, escalated, grace_until FROM alarms "
            "JOIN sensors ON sensors.id=alarms.sensor ORDER BY sensors.sensor, quantity"
        )
        return tuple((SensorId(row[0]), Quantity(row[1]), _alarm(row[2:])) for row in rows)

    def incidents(self, since: datetime, until: datetime) -> tuple[Incident, ...]:
        """What rang or failed at any moment of a span, oldest first."""
        rows = self._all(
            "SELECT sensors.sensor, kind, detail, since, until, worst, acknowledged_by "
            "FROM incidents JOIN sensors ON sensors.id=incidents.sensor "
            "WHERE since<? AND (until IS NULL OR until>=?) ORDER BY since, incidents.id",
            seconds(until),
            seconds(since),
        )
        return tuple(
            Incident(
                sensor=SensorId(sensor),
                kind=kind,
                detail=detail,
                since=_instant(begun),
                until=None if ended is None else _instant(ended),
                worst_centi=worst,
                acknowledged_by=PersonId(by) if by else None,
            )
            for sensor, kind, detail, begun, ended, worst, by in rows
        )

    def ledger_days(self, place: str) -> tuple[tuple[date, int, str], ...]:
        """Daily means of others for a place, tenths, with their source; the last file wins."""
        rows = self._all(
            "SELECT day, tenths, source FROM ledger_days "
            "JOIN ledgers ON ledgers.id=ledger_days.ledger WHERE place=? ORDER BY ledgers.id",
            place,
        )
        days = {date.fromisoformat(day): (tenths, source) for day, tenths, source in rows}
        return tuple((on, *days[on]) for on in sorted(days))

    def _adopt(self, db: sqlite3.Connection, path: Path) -> None:
        self._db, self._path = db, path

    def _seen(self, sensor: SensorId, since: int, until: int) -> StayClimate:
        first, end = -(-since // HOUR_S), until // HOUR_S
        if first >= end:
            parts = [self._minutes(sensor, since, until)]
        else:
            parts = [
                self._minutes(sensor, since, first * HOUR_S),
                self._whole(sensor, first, end),
                self._minutes(sensor, end * HOUR_S, until),
            ]
        inside, unsure, out, fault = (sum(part[4 + each] for part in parts) for each in range(4))
        span = round((until - since) / 60)
        return StayClimate(
            sensor=sensor,
            minutes_in=inside,
            minutes_unsure=unsure,
            minutes_out=out,
            minutes_fault=fault,
            minutes_none=max(0, span - inside - unsure - out - fault),
            temperature_centi_c=_range(parts, 0),
            humidity_centi_pct=_range(parts, 2),
        )

    def _whole(self, sensor: SensorId, first: int, end: int) -> tuple[Any, ...]:
        rows = self._all(
            f"SELECT {_FOLDED} FROM hours WHERE sensor=? AND span>=? AND span<?",  # noqa: S608 - constant columns
            self._number(sensor),
            first,
            end,
        )
        return (*rows[0][:4], *(int(each) for each in rows[0][4:]))

    def _minutes(self, sensor: SensorId, since: int, until: int) -> tuple[Any, ...]:
        """A part of an hour, or of two that touch: minutes where they are kept."""
        if until <= since:
            return (None, None, None, None, 0, 0, 0, 0)
        (*extremes, i, u, o, f) = self._all(
            f"SELECT {_EXTREMES}, total(verdict=0), total(verdict=1), total(verdict=2), "  # noqa: S608 - constant columns
            "total(verdict=3) FROM readings WHERE sensor=? AND at>=? AND at<? ",
            self._number(sensor),
            since,
            until,
        )[0]
        counts = (int(i), int(u), int(o), int(f))
        if sum(counts):
            return (*extremes, *counts)
        return self._part_of_hours(sensor, since, until)

    def _part_of_hours(self, sensor: SensorId, since: int, until: int) -> tuple[Any, ...]:
        counts = [0, 0, 0, 0]
        parts: list[tuple[Any, ...]] = []
        for span in range(since // HOUR_S, -(-until // HOUR_S)):
            hour = self._whole(sensor, span, span + 1)
            begin, end = max(since, span * HOUR_S), min(until, (span + 1) * HOUR_S)
            heard = sum(hour[4:])
            minutes = min(heard, round((end - begin) / 60))
            alike = next((at for at in range(4) if heard and hour[4 + at] == heard), None)
            counts[Heard.UNSURE if alike is None else alike] += minutes
            parts.append(hour)
        temperature, humidity = _range(parts, 0), _range(parts, 2)
        return (*(temperature or (None, None)), *(humidity or (None, None)), *counts)

    def _spans(self, table: str, sensor: SensorId, first: int, end: int) -> Iterator[Any]:
        yield from self._all(
            "SELECT span, temperature_count, temperature_sum, temperature_min, temperature_max, "  # noqa: S608 - a constant table
            "humidity_count, humidity_sum, humidity_min, humidity_max, "
            f"is_in, is_unsure, is_out, is_fault FROM {table} "
            "WHERE sensor=? AND span>=? AND span<? ORDER BY span",
            self._number(sensor),
            first,
            end,
        )

    def _number(self, sensor: SensorId) -> int | None:
        rows = self._all("SELECT id FROM sensors WHERE sensor=?", sensor)
        return int(rows[0][0]) if rows else None

    def _all(self, sql: str, *values: Any) -> list[Any]:
        with translated(self._path):
            return self._db.execute(sql, values).fetchall()


def seconds(at: datetime) -> int:
    """Unix seconds, rounded down."""
    return int(at.timestamp() // 1)


def _instant(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _day_number(on: date) -> int:
    return (on - date(1970, 1, 1)).days


def _aggregate(sensor: SensorId, since: datetime, row: Any) -> Aggregate:
    _, tn, ts, t_min, t_max, hn, hs, h_min, h_max, *counts = row
    return Aggregate(
        sensor,
        since,
        (t_min, round(ts / tn), t_max) if tn else None,
        (h_min, round(hs / hn), h_max) if hn else None,
        *counts,
    )


def _range(parts: list[tuple[Any, ...]], at: int) -> tuple[int, int] | None:
    lows = [part[at] for part in parts if part[at] is not None]
    highs = [part[at + 1] for part in parts if part[at + 1] is not None]
    return (min(lows), max(highs)) if lows and highs else None


def _alarm(row: Any) -> Alarm:
    state, since, turned, alarmed_at, worst, worst_off, by, escalated, grace = row
    since, turned, alarmed_at, grace = (
        datetime.fromisoformat(each) if each else None
        for each in (since, turned, alarmed_at, grace)
    )
    return Alarm(
        state=AlarmState(state),
        since=since,
        turned=turned,
        alarmed_at=alarmed_at,
        worst_centi=worst,
        worst_off_centi=worst_off,
        acknowledged_by=PersonId(by) if by else None,
        escalated=bool(escalated),
        grace_until=grace,
    )
