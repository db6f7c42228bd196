"""A sensor's polls become readings, excursions and faults, each told once."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from rules import shipped

from edge.core.codes import Code
from edge.core.curing import events, monitor
from edge.core.curing.alarm import AlarmState
from edge.core.curing.climate import Accuracy, Sample, Sensor
from edge.core.curing.monitor import SensorState
from edge.core.curing.record import Aggregate, Heard
from edge.core.ids import PersonId, RoomId, SensorId
from edge.core.intake.step import Outcome

LIMITS = shipped().curing.climate
START = datetime(2026, 6, 1, tzinfo=UTC)
ROOM = RoomId("room-1")
SENSOR = Sensor(SensorId("th-1"), ROOM, Accuracy(50), Accuracy(300), date(2026, 5, 1))


class Minutes:
    """Polls of one sensor, a minute apart."""

    def __init__(self) -> None:
        self.state = SensorState()
        self.minute = 0
        self.heard: list[monitor.Heard] = []

    def poll(self, temperature: int | None, humidity: int = 9900, times: int = 1) -> None:
        for _ in range(times):
            at = START + timedelta(minutes=self.minute)
            # The last digit moves, as a living sensor's does.
            wobble = 10 * (self.minute % 2)
            shown = None if temperature is None else Sample(at, temperature + wobble, humidity)
            heard = monitor.hear(self.state, shown, at, sensor=SENSOR, limits=LIMITS)
            self.state, self.minute = heard.state, self.minute + 1
            self.heard.append(heard)

    def told(self) -> list[tuple[int, str]]:
        return [
            (minute, event.TYPE)
            for minute, heard in enumerate(self.heard)
            for event in heard.events
        ]


def test_an_excursion_is_told_from_its_beginning_to_its_end() -> None:
    room = Minutes()
    room.poll(2000, times=5)
    room.poll(2300, times=20)
    room.state = monitor.acknowledge(room.state, PersonId("keeper-1"))
    assert not monitor.rings(room.state)
    room.poll(2000, times=30)
    ended = room.heard[40].events[0]

    assert room.told() == [
        (15, "environment.excursion_started"),
        (40, "environment.excursion_ended"),
    ]
    assert isinstance(ended, events.ExcursionEnded)
    assert (ended.since, ended.until) == (
        START + timedelta(minutes=5),
        START + timedelta(minutes=25),
    )
    assert (ended.worst_centi, ended.acknowledged_by) == (2310, "keeper-1")
    assert [each.notices[0].outcome for each in room.heard if each.notices] == [
        Outcome.ALARM,
        Outcome.OK,
    ]
    first, last = (each.incidents[0] for each in room.heard if each.incidents)
    assert (first.since, last.since, first.until) == (ended.since, ended.since, None)


def test_both_quantities_ring_on_their_own() -> None:
    room = Minutes()
    room.poll(2300, humidity=9100, times=11)
    kinds = {event.quantity for event in room.heard[10].events if hasattr(event, "quantity")}

    assert kinds == {"temperature", "humidity"}
    assert monitor.rings(room.state)


def test_a_silent_sensor_is_a_fault_and_no_excursion() -> None:
    room = Minutes()
    room.poll(2300, times=5)
    room.poll(None, times=30)
    readings = [each.reading for each in room.heard]
    assert room.told() == [(7, "sensor.faulted")]
    assert [each.notices[0].codes for each in room.heard if each.notices] == [(Code.SENSOR_FAULT,)]
    assert readings[5] is readings[6] is None
    assert readings[7] is not None
    assert (readings[7].heard, readings[7].temperature_centi_c) == (Heard.FAULT, None)
    assert room.state.temperature.state is AlarmState.PENDING

    room.poll(2000)
    assert room.told()[-1] == (35, "sensor.restored")


def test_an_impossible_value_is_kept_and_not_believed() -> None:
    room = Minutes()
    room.poll(2000)
    room.poll(2000, humidity=12_000)
    reading = room.heard[-1].reading

    assert reading is not None
    assert (reading.heard, reading.humidity_centi_pct) == (Heard.FAULT, 12_000)
    assert room.told() == [(1, "sensor.faulted")]
    room.poll(None, times=3)
    faults = [e.fault for h in room.heard for e in h.events if isinstance(e, events.SensorFaulted)]
    assert faults == ["impossible", "silent"]


def test_the_open_door_has_its_grace() -> None:
    room = Minutes()
    room.state = monitor.open_door(room.state, START, LIMITS)
    room.poll(2300, times=16)

    assert room.told() == [(15, "environment.excursion_started")]


def test_an_hour_and_a_day_become_events() -> None:
    hour = Aggregate(SENSOR.sensor, START, (1990, 2000, 2010), None, 50, 8, 2, 0)
    event = monitor.hour_event(hour, ROOM)
    day = replace(hour, since=datetime(2026, 5, 31, 16, tzinfo=UTC))
    unsure = monitor.unsure_event(day, ROOM)

    assert (event.readings, event.minutes_in, event.temperature_centi_c) == (
        60,
        50,
        (1990, 2000, 2010),
    )
    assert unsure == events.EnvironmentUnsure(SENSOR.sensor, ROOM, date(2026, 6, 1), 8)
    assert monitor.unsure_event(replace(day, minutes_unsure=0), ROOM) is None
