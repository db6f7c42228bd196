"""The climate of a station's rooms: each poll is judged, stated, kept and told, in this order.

Events are recorded before the reading that caused them is kept: a power cut between the two says
something twice, and never leaves it unsaid.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

from edge.core.curing import monitor
from edge.core.curing.climate import Quantity, Sample, Sensor
from edge.core.curing.limits import ClimateLimits
from edge.core.curing.monitor import SensorState
from edge.core.events import Event
from edge.core.ids import PersonId, SensorId
from edge.core.intake.step import Signal
from edge.core.moments import CHINA, Instant
from edge.ports import ClimateStore

Record = Callable[[tuple[Event, ...], Instant], object]
"""Seals and keeps events; raises StorageError, and then nothing has happened."""


class ClimateWatch:
    """Follows every sensor; alarms go on where the store left them."""

    def __init__(
        self,
        sensors: tuple[Sensor, ...],
        *,
        store: ClimateStore,
        record: Record,
        limits: ClimateLimits,
    ) -> None:
        self._sensors = {sensor.sensor: sensor for sensor in sensors}
        self._store = store
        self._record = record
        self._limits = limits
        self._states = dict.fromkeys(self._sensors, SensorState())
        self._until: dict[SensorId, datetime] = {}
        for name, quantity, alarm in store.alarms():
            if name in self._states and quantity is Quantity.TEMPERATURE:
                self._states[name] = replace(self._states[name], temperature=alarm)
            elif name in self._states:
                self._states[name] = replace(self._states[name], humidity=alarm)

    @property
    def rings(self) -> bool:
        """Whether any alarm sounds now."""
        return any(monitor.rings(state) for state in self._states.values())

    def state(self, sensor: SensorId) -> SensorState:
        """What is remembered of a sensor."""
        return self._states[sensor]

    def hear(self, sensor: SensorId, at: Instant, sample: Sample | None) -> tuple[Signal, ...]:
        """One poll, None when no answer came; what is to be told. Raises StorageError."""
        known = self._sensors[sensor]
        heard = monitor.hear(self._states[sensor], sample, at.at, sensor=known, limits=self._limits)
        events: tuple[Event, ...] = (*self._closed(known, at.at), *heard.events)
        if events:
            self._record(events, at)
        self._store.keep(
            () if heard.reading is None else (heard.reading,),
            alarms=[(sensor, quantity, alarm) for quantity, alarm in heard.alarms],
            incidents=heard.incidents,
        )
        self._states[sensor] = heard.state
        self._until[sensor] = at.at
        return heard.notices

    def acknowledge(self, person: PersonId) -> None:
        """Somebody has seen what rings; kept at once, so that a restart does not ring again."""
        for name, state in self._states.items():
            self._change(name, monitor.acknowledge(state, person))

    def open_door(self, at: datetime) -> None:
        """The door was opened: its grace begins."""
        for name, state in self._states.items():
            self._states[name] = monitor.open_door(state, at, self._limits)

    def _change(self, name: SensorId, state: SensorState) -> None:
        before = self._states[name]
        changed = [
            (name, quantity, state.alarm(quantity))
            for quantity in Quantity
            if state.alarm(quantity) != before.alarm(quantity)
        ]
        if changed:
            self._store.keep((), alarms=changed)
        self._states[name] = state

    def _closed(self, sensor: Sensor, at: datetime) -> tuple[Event, ...]:
        """Hours and days that ended since this sensor was last heard, each once."""
        last = self._until.get(sensor.sensor) or self._last_kept(sensor.sensor)
        if last is None:
            return ()
        hours = self._store.hours(sensor.sensor, _hour(last), _hour(at))
        days = self._store.days(sensor.sensor, _day(last), _day(at) - timedelta(days=1))
        unsure = (monitor.unsure_event(each, sensor.room) for each in days)
        return (
            *(monitor.hour_event(each, sensor.room) for each in hours),
            *(each for each in unsure if each is not None),
        )

    def _last_kept(self, sensor: SensorId) -> datetime | None:
        latest = self._store.latest(sensor)
        return latest.at if latest is not None else None


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _day(at: datetime) -> date:
    return at.astimezone(CHINA).date()
