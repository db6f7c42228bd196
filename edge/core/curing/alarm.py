"""The alarm of one quantity of one sensor: ok, pending, alarm, acknowledged, clearing."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from edge.core.curing.climate import InSpec, Quantity, Sample, Sensor
from edge.core.curing.limits import ClimateLimits
from edge.core.ids import PersonId


class AlarmState(StrEnum):
    """Where an alarm stands."""

    OK = "ok"
    PENDING = "pending"
    ALARM = "alarm"
    ACKNOWLEDGED = "acknowledged"
    CLEARING = "clearing"


class Change(StrEnum):
    """What a step of the alarm is worth telling."""

    STARTED = "started"
    ESCALATED = "escalated"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm; `since`: when the room went out; `turned`: when it last came back.

    `worst_centi` is the value furthest out; `grace_until` follows the door.
    """

    state: AlarmState = AlarmState.OK
    since: datetime | None = None
    turned: datetime | None = None
    alarmed_at: datetime | None = None
    worst_centi: int = 0
    worst_off_centi: int = 0
    acknowledged_by: PersonId | None = None
    escalated: bool = False
    grace_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """A sample as the alarm sees it: out, back within the hysteresis, or between."""

    at: datetime
    centi: int
    off_centi: int
    is_out: bool
    is_back: bool


def side_of(
    quantity: Quantity, sample: Sample, verdict: InSpec, sensor: Sensor, limits: ClimateLimits
) -> Side | None:
    """How far a sample is from its limit; None when the sensor does not measure that quantity.

    Back means nearer than the limit of `out` by the hysteresis: a room that hovers there must not
    ring twice, and one whose sensor can never prove `in` must not ring for ever.
    """
    days = sensor.days_since_calibration(sample.at) or 0
    if quantity is Quantity.TEMPERATURE:
        value = sample.temperature_centi_c
        off = abs(value - limits.temperature_centi_c)
        limit = limits.temperature_tolerance_centi_c + sensor.temperature.uncertainty(days)
        back = limit - limits.temperature_hysteresis_centi_c
    else:
        if sample.humidity_centi_pct is None or sensor.humidity is None:
            return None
        value = sample.humidity_centi_pct
        off = limits.humidity_centi_pct - value
        back = sensor.humidity.uncertainty(days) - limits.humidity_hysteresis_centi_pct
    return Side(sample.at, value, off, verdict is InSpec.OUT, off <= back)


def step(alarm: Alarm, side: Side, limits: ClimateLimits) -> tuple[Alarm, Change | None]:
    """One believed sample; a sensor at fault gives none, and then no time counts."""
    match alarm.state:
        case AlarmState.OK:
            return _from_ok(alarm, side, limits)
        case AlarmState.PENDING:
            return _from_pending(alarm, side, limits)
        case AlarmState.ALARM | AlarmState.ACKNOWLEDGED:
            return _from_alarm(alarm, side, limits)
        case AlarmState.CLEARING:
            return _from_clearing(alarm, side, limits)


def acknowledge(alarm: Alarm, person: PersonId) -> Alarm:
    """Somebody has seen it; what does not ring stays as it is."""
    if alarm.state is AlarmState.ALARM:
        return replace(alarm, state=AlarmState.ACKNOWLEDGED, acknowledged_by=person)
    if alarm.state is AlarmState.CLEARING and alarm.acknowledged_by is None:
        return replace(alarm, acknowledged_by=person)
    return alarm


def open_door(alarm: Alarm, at: datetime, limits: ClimateLimits) -> Alarm:
    """The door was opened: what follows within the grace counts only after it."""
    return replace(alarm, grace_until=at + timedelta(minutes=limits.door_grace_minutes))


def _from_ok(alarm: Alarm, side: Side, limits: ClimateLimits) -> tuple[Alarm, Change | None]:
    if not side.is_out:
        return alarm, None
    grace = alarm.grace_until
    begun = max(side.at, grace) if grace is not None else side.at
    pending = replace(alarm, state=AlarmState.PENDING, since=begun)
    return _from_pending(pending, side, limits)


def _from_pending(alarm: Alarm, side: Side, limits: ClimateLimits) -> tuple[Alarm, Change | None]:
    if side.is_back:
        return Alarm(grace_until=alarm.grace_until), None
    alarm = _worse(alarm, side)
    since = alarm.since or side.at
    if side.at - since < timedelta(minutes=limits.pending_minutes):
        return alarm, None
    return replace(alarm, state=AlarmState.ALARM, alarmed_at=side.at), Change.STARTED


def _from_alarm(alarm: Alarm, side: Side, limits: ClimateLimits) -> tuple[Alarm, Change | None]:
    if side.is_back:
        return replace(alarm, state=AlarmState.CLEARING, turned=side.at), None
    alarm = _worse(alarm, side)
    rung = side.at - (alarm.alarmed_at or side.at)
    due = rung >= timedelta(minutes=limits.escalate_minutes)
    if due and alarm.acknowledged_by is None and not alarm.escalated:
        return replace(alarm, escalated=True), Change.ESCALATED
    return alarm, None


def _from_clearing(alarm: Alarm, side: Side, limits: ClimateLimits) -> tuple[Alarm, Change | None]:
    if not side.is_back:
        seen = alarm.acknowledged_by is not None
        state = AlarmState.ACKNOWLEDGED if seen else AlarmState.ALARM
        return _worse(replace(alarm, state=state, turned=None), side), None
    if side.at - (alarm.turned or side.at) < timedelta(minutes=limits.clearing_minutes):
        return alarm, None
    return Alarm(grace_until=alarm.grace_until), Change.ENDED


def _worse(alarm: Alarm, side: Side) -> Alarm:
    """Keep the value that is furthest out."""
    if side.off_centi <= alarm.worst_off_centi:
        return alarm
    return replace(alarm, worst_centi=side.centi, worst_off_centi=side.off_centi)
