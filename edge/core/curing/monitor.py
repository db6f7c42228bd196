"""One sensor over time: each poll becomes a kept reading, events, incidents and notices."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from edge.core.codes import Code
from edge.core.curing import alarm as alarms
from edge.core.curing.alarm import Alarm, AlarmState, Change
from edge.core.curing.climate import (
    Fault,
    Poll,
    Quantity,
    Sample,
    Sensor,
    Watch,
    judge_sample,
    observe,
)
from edge.core.curing.events import (
    CuringEvent,
    EnvironmentSampled,
    EnvironmentUnsure,
    ExcursionEnded,
    ExcursionStarted,
    SensorFaulted,
    SensorRestored,
)
from edge.core.curing.limits import ClimateLimits
from edge.core.curing.record import Aggregate, Incident, LoggedReading, logged
from edge.core.ids import PersonId, RoomId
from edge.core.intake.step import Outcome, Signal
from edge.core.moments import CHINA

FAULT_KIND = "fault"
"""The kind of incidents in which a sensor was not believed."""


@dataclass(frozen=True, slots=True)
class SensorState:
    """What is remembered of a sensor: how it answers, and its alarms."""

    watch: Watch = field(default_factory=Watch)
    temperature: Alarm = field(default_factory=Alarm)
    humidity: Alarm = field(default_factory=Alarm)

    def alarm(self, quantity: Quantity) -> Alarm:
        """The alarm of a quantity."""
        return self.temperature if quantity is Quantity.TEMPERATURE else self.humidity


@dataclass(frozen=True, slots=True)
class Heard:
    """What one poll did; everything in it is kept in one transaction, then told."""

    state: SensorState
    reading: LoggedReading | None
    events: tuple[CuringEvent, ...] = ()
    incidents: tuple[Incident, ...] = ()
    notices: tuple[Signal, ...] = ()
    alarms: tuple[tuple[Quantity, Alarm], ...] = ()


def hear(
    state: SensorState, shown: Sample | None, at: datetime, *, sensor: Sensor, limits: ClimateLimits
) -> Heard:
    """One poll: what was shown at `at`, or None when no answer came."""
    poll = observe(state.watch, shown, at, sensor, limits)
    heard = Heard(replace(state, watch=poll.watch), logged(poll, shown, at, sensor, limits))
    heard = _with_faults(heard, state.watch, poll, at, sensor)
    if poll.sample is None:
        return heard
    for quantity in Quantity:
        heard = _with_alarm(heard, quantity, poll.sample, sensor, limits)
    return heard


def acknowledge(state: SensorState, person: PersonId) -> SensorState:
    """Somebody has seen what rings."""
    return replace(
        state,
        temperature=alarms.acknowledge(state.temperature, person),
        humidity=alarms.acknowledge(state.humidity, person),
    )


def open_door(state: SensorState, at: datetime, limits: ClimateLimits) -> SensorState:
    """The door was opened: the grace begins for both quantities."""
    return replace(
        state,
        temperature=alarms.open_door(state.temperature, at, limits),
        humidity=alarms.open_door(state.humidity, at, limits),
    )


def hour_event(hour: Aggregate, room: RoomId) -> EnvironmentSampled:
    """What an hour that has ended states."""
    return EnvironmentSampled(
        sensor=hour.sensor,
        room=room,
        since=hour.since,
        readings=hour.readings,
        temperature_centi_c=hour.temperature_centi_c,
        humidity_centi_pct=hour.humidity_centi_pct,
        minutes_in=hour.minutes_in,
        minutes_unsure=hour.minutes_unsure,
        minutes_out=hour.minutes_out,
    )


def unsure_event(day: Aggregate, room: RoomId) -> EnvironmentUnsure | None:
    """A day's minutes without a verdict; None on a day that had none."""
    if day.minutes_unsure == 0:
        return None
    on = day.since.astimezone(CHINA).date()
    return EnvironmentUnsure(day.sensor, room, on, day.minutes_unsure)


def _with_faults(heard: Heard, before: Watch, poll: Poll, at: datetime, sensor: Sensor) -> Heard:
    """A fault that began or ended: its own code, never an excursion."""
    events, incidents, notices = list(heard.events), list(heard.incidents), list(heard.notices)
    name, room = sensor.sensor, sensor.room
    if poll.ended is not None:
        since = before.since or at
        events.append(SensorRestored(name, room, poll.ended.value, since))
        incidents.append(Incident(name, FAULT_KIND, poll.ended.value, since, until=at))
    if poll.began is not None:
        events.append(SensorFaulted(name, room, poll.began.value, at))
        incidents.append(Incident(name, FAULT_KIND, poll.began.value, at))
        notices.append(_fault_notice(poll.began, name))
    return replace(heard, events=tuple(events), incidents=tuple(incidents), notices=tuple(notices))


def _fault_notice(fault: Fault, sensor: str) -> Signal:
    return Signal(Outcome.WARN, (Code.SENSOR_FAULT,), sensor, (("fault", fault.value),))


def _with_alarm(
    heard: Heard, quantity: Quantity, sample: Sample, sensor: Sensor, limits: ClimateLimits
) -> Heard:
    verdict = judge_sample(sample, sensor, limits)
    said = verdict.temperature if quantity is Quantity.TEMPERATURE else verdict.humidity
    if said is None:
        return heard
    side = alarms.side_of(quantity, sample, said, sensor, limits)
    before = heard.state.alarm(quantity)
    if side is None:
        return heard
    after, change = alarms.step(before, side, limits)
    if after == before:
        return heard
    if quantity is Quantity.TEMPERATURE:
        state = replace(heard.state, temperature=after)
    else:
        state = replace(heard.state, humidity=after)
    heard = replace(heard, state=state, alarms=(*heard.alarms, (quantity, after)))
    if change is None:
        return heard
    told = _Told(quantity, before if change is Change.ENDED else after, change, sample.at)
    return _tell(heard, told, sensor)


@dataclass(frozen=True, slots=True)
class _Told:
    quantity: Quantity
    alarm: Alarm
    change: Change
    at: datetime


def _tell(heard: Heard, told: _Told, sensor: Sensor) -> Heard:
    """Everything that a change of an alarm makes true."""
    name, room, kind = sensor.sensor, sensor.room, told.quantity.value
    since, worst = told.alarm.since or told.at, told.alarm.worst_centi
    events, incidents = heard.events, heard.incidents
    if told.change is Change.STARTED:
        events = (*events, ExcursionStarted(name, room, kind, since, worst))
        incidents = (*incidents, Incident(name, kind, "", since, worst_centi=worst))
    elif told.change is Change.ENDED:
        seen, until = told.alarm.acknowledged_by, told.alarm.turned or told.at
        events = (*events, ExcursionEnded(name, room, kind, since, until, worst, seen))
        incidents = (*incidents, Incident(name, kind, "", since, until, worst, seen))
    facts = (("quantity", kind), ("worst_centi", str(worst)), ("change", told.change.value))
    outcome = Outcome.OK if told.change is Change.ENDED else Outcome.ALARM
    notices = (*heard.notices, Signal(outcome, (), name, facts))
    return replace(heard, events=events, incidents=incidents, notices=notices)


def rings(state: SensorState) -> bool:
    """Whether an alarm of this sensor sounds now."""
    return AlarmState.ALARM in {state.temperature.state, state.humidity.state}
