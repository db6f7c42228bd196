"""The climate's own file, `climate.db`: minutes for a season, hours and days for ever (DOMAIN d5).

One writer; commits once a minute without waiting for the disk, for a lost minute is a gap that the
record shows.
"""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from edge.core.curing.alarm import Alarm
from edge.core.curing.climate import Quantity, Sensor
from edge.core.curing.record import Heard, Incident, Ledger, LoggedReading
from edge.core.errors import BrokenInvariant
from edge.core.ids import PersonId, SensorId
from edge.storage.climate_reads import DAY_S, HOUR_S, LOCAL_S, MIGRATIONS, ClimateLog, seconds
from edge.storage.db import WriterLock, open_database, transaction

_ADD = """
INSERT INTO {table} VALUES (:sensor, :span, :tn, :ts, :t, :t, :hn, :hs, :h, :h, :i, :u, :o, :f)
ON CONFLICT (sensor, span) DO UPDATE SET
    temperature_count = temperature_count + excluded.temperature_count,
    temperature_sum = temperature_sum + excluded.temperature_sum,
    temperature_min = min(coalesce(temperature_min, excluded.temperature_min),
                          coalesce(excluded.temperature_min, temperature_min)),
    temperature_max = max(coalesce(temperature_max, excluded.temperature_max),
                          coalesce(excluded.temperature_max, temperature_max)),
    humidity_count = humidity_count + excluded.humidity_count,
    humidity_sum = humidity_sum + excluded.humidity_sum,
    humidity_min = min(coalesce(humidity_min, excluded.humidity_min),
                       coalesce(excluded.humidity_min, humidity_min)),
    humidity_max = max(coalesce(humidity_max, excluded.humidity_max),
                       coalesce(excluded.humidity_max, humidity_max)),
    is_in = is_in + excluded.is_in,
    is_unsure = is_unsure + excluded.is_unsure,
    is_out = is_out + excluded.is_out,
    is_fault = is_fault + excluded.is_fault
"""


class SqliteClimate(ClimateLog):
    """The one writer of the climate."""

    def __init__(self, path: Path) -> None:
        self._lock = WriterLock(path)
        try:
            self._adopt(open_database(path, migrations=MIGRATIONS, synchronous="NORMAL"), path)
        except BaseException:
            self._lock.release()
            raise

    def close(self) -> None:
        """Close the database and let another process write."""
        super().close()
        self._lock.release()

    def know(self, sensor: Sensor, *, profile: str, since: datetime) -> None:
        """A sensor as it is from now on; told again unchanged, nothing is written."""
        dry = sensor.humidity is None
        worth = (
            profile,
            sensor.temperature.uncertainty(0),
            None if dry or sensor.humidity is None else sensor.humidity.uncertainty(0),
            sensor.calibrated_on.isoformat() if sensor.calibrated_on else None,
        )
        with transaction(self._db, self._path):
            self._db.execute(
                "INSERT INTO sensors (sensor, room) VALUES (?, ?) "
                "ON CONFLICT (sensor) DO UPDATE SET room=excluded.room",
                (sensor.sensor, sensor.room),
            )
            number = self._number_in(sensor.sensor)
            last = self._db.execute(
                "SELECT profile, temperature_centi, humidity_centi, calibrated_on "
                "FROM calibrations WHERE sensor=? ORDER BY since DESC LIMIT 1",
                (number,),
            ).fetchone()
            if last != worth:
                self._db.execute(
                    "INSERT OR REPLACE INTO calibrations VALUES (?, ?, ?, ?, ?, ?)",
                    (number, seconds(since), *worth),
                )

    def keep(
        self,
        readings: Iterable[LoggedReading],
        *,
        alarms: Iterable[tuple[SensorId, Quantity, Alarm]] = (),
        incidents: Iterable[Incident] = (),
    ) -> None:
        """Readings with their hours and days, alarms as they stand, and incidents: all or nothing.

        A second reading of a sensor in the same second is dropped; an incident with the same
        sensor, kind and beginning replaces the one before.
        """
        with transaction(self._db, self._path):
            for reading in readings:
                self._keep_reading(reading)
            for sensor, quantity, alarm in alarms:
                self._put_alarm(sensor, quantity, alarm)
            for incident in incidents:
                self._put_incident(incident)

    def prune(self, before: datetime) -> int:
        """Drop the minutes before an instant; whole hours only, for their sums stay."""
        edge = seconds(before) // HOUR_S * HOUR_S
        with transaction(self._db, self._path):
            return self._db.execute("DELETE FROM readings WHERE at<?", (edge,)).rowcount

    def import_ledger(self, ledger: Ledger, *, at: datetime, by: PersonId | None) -> bool:
        """Daily means of others, with their source; False when this file is here already."""
        with transaction(self._db, self._path):
            made = self._db.execute(
                "INSERT INTO ledgers (source, place, sha256, imported_at, imported_by) "
                "VALUES (?, ?, ?, ?, ?) ON CONFLICT (sha256) DO NOTHING",
                (ledger.source, ledger.place, ledger.sha256, at.isoformat(), by),
            )
            if made.rowcount < 1:
                return False
            self._db.executemany(
                "INSERT INTO ledger_days VALUES (?, ?, ?)",
                [(made.lastrowid, day.isoformat(), tenths) for day, tenths in ledger.days],
            )
        return True

    def _keep_reading(self, reading: LoggedReading) -> None:
        number, at = self._number_in(reading.sensor), seconds(reading.at)
        values = (reading.temperature_centi_c, reading.humidity_centi_pct)
        kept = self._db.execute(
            "INSERT OR IGNORE INTO readings VALUES (?, ?, ?, ?, ?)",
            (number, at, *values, reading.heard.value),
        )
        if kept.rowcount < 1:
            return
        warm, wet = values if reading.heard is not Heard.FAULT else (None, None)
        row = {
            "sensor": number,
            "t": warm,
            "tn": int(warm is not None),
            "ts": warm or 0,
            "h": wet,
            "hn": int(wet is not None),
            "hs": wet or 0,
            "i": int(reading.heard is Heard.IN),
            "u": int(reading.heard is Heard.UNSURE),
            "o": int(reading.heard is Heard.OUT),
            "f": int(reading.heard is Heard.FAULT),
        }
        self._db.execute(_ADD.format(table="hours"), row | {"span": at // HOUR_S})
        self._db.execute(_ADD.format(table="days"), row | {"span": (at + LOCAL_S) // DAY_S})

    def _put_alarm(self, sensor: SensorId, quantity: Quantity, alarm: Alarm) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO alarms VALUES (?,?,?,?,?,?,?,?,?,?,?)",
            (
                self._number_in(sensor),
                quantity.value,
                alarm.state.value,
                _text(alarm.since),
                _text(alarm.turned),
                _text(alarm.alarmed_at),
                alarm.worst_centi,
                alarm.worst_off_centi,
                alarm.acknowledged_by,
                alarm.escalated,
                _text(alarm.grace_until),
            ),
        )

    def _put_incident(self, each: Incident) -> None:
        number, since = self._number_in(each.sensor), seconds(each.since)
        until = None if each.until is None else seconds(each.until)
        ending = (until, each.worst_centi, each.acknowledged_by)
        changed = self._db.execute(
            "UPDATE incidents SET until=?, worst=?, acknowledged_by=? "
            "WHERE sensor=? AND kind=? AND detail=? AND since=?",
            (*ending, number, each.kind, each.detail, since),
        )
        if changed.rowcount < 1:
            self._db.execute(
                "INSERT INTO incidents "
                "(sensor, kind, detail, since, until, worst, acknowledged_by) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (number, each.kind, each.detail, since, *ending),
            )

    def _number_in(self, sensor: SensorId) -> int:
        number = self._number(sensor)
        if number is None:
            raise BrokenInvariant("sensor_unknown", sensor=sensor)
        return number


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
