"""A room's polls through judgement, log and store: nothing unsaid, nothing said twice."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from rules import shipped

from edge.core.curing import events
from edge.core.curing.climate import Accuracy, Quantity, Sample, Sensor
from edge.core.curing.record import Heard
from edge.core.errors import StorageFull
from edge.core.events import Event
from edge.core.ids import PersonId, RoomId, SensorId
from edge.core.moments import Instant, TimeQuality
from edge.flows.climate import ClimateWatch
from edge.storage.climate import SqliteClimate

START = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
ONE, TANK = SensorId("th-1"), SensorId("tank-1")
ROOM = RoomId("room-1")
SENSORS = (
    Sensor(ONE, ROOM, Accuracy(50), Accuracy(300), date(2026, 5, 1)),
    Sensor(TANK, ROOM, Accuracy(30), None, date(2026, 5, 1)),
)


class Room:
    """A watch over a real store, with a log that can be full."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.minute = 0
        self.log: list[Event] = []
        self.full = False
        self.store = SqliteClimate(path)
        for sensor in SENSORS:
            self.store.know(sensor, profile="calibrated", since=START)
        self.watch = self.watching()

    def watching(self) -> ClimateWatch:
        return ClimateWatch(
            SENSORS, store=self.store, record=self.record, limits=shipped().curing.climate
        )

    def record(self, said: tuple[Event, ...], _: Instant) -> None:
        if self.full:
            raise StorageFull("disk_full")
        self.log.extend(said)

    def restart(self) -> None:
        self.store.close()
        self.store = SqliteClimate(self.path)
        self.watch = self.watching()

    def poll(self, temperature: int | None, times: int = 1, sensor: SensorId = ONE) -> None:
        for _ in range(times):
            at = START + timedelta(minutes=self.minute)
            wet = None if sensor == TANK else 9900
            shown = None
            if temperature is not None:
                shown = Sample(at, temperature + 10 * (self.minute % 2), wet)
            self.watch.hear(sensor, Instant(at, self.minute, TimeQuality.SYNCED), shown)
            self.minute += 1

    def rings(self) -> bool:
        return self.watch.rings

    def types(self) -> list[str]:
        return [each.TYPE for each in self.log]


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path / "climate.db")
    yield made
    made.store.close()


def test_an_hour_is_stated_when_it_is_over_also_over_a_restart(room: Room) -> None:
    room.poll(2000, times=59)
    assert room.types() == []
    room.restart()
    room.poll(2000, times=2)
    (hour,) = room.log
    assert isinstance(hour, events.EnvironmentSampled)
    assert (hour.since, hour.readings, hour.minutes_in) == (START, 60, 60)

    room.restart()
    room.poll(2000, times=59)
    assert room.types() == ["environment.sampled"]
    room.poll(2000)
    assert room.types() == ["environment.sampled"] * 2


def test_an_alarm_goes_on_after_a_restart_and_stays_acknowledged(room: Room) -> None:
    room.poll(2300, times=11)
    assert room.rings()
    room.restart()
    assert room.rings()
    room.watch.acknowledge(PersonId("keeper-1"))
    room.restart()
    assert not room.rings()
    room.poll(2000, times=17)

    assert room.types() == ["environment.excursion_started", "environment.excursion_ended"]
    ended = room.log[-1]
    assert isinstance(ended, events.ExcursionEnded)
    assert ended.acknowledged_by == "keeper-1"
    incident, *more = room.store.incidents(START, START + timedelta(hours=1))
    assert (incident.since, incident.until, more) == (ended.since, ended.until, [])


def test_what_could_not_be_recorded_has_not_happened(room: Room) -> None:
    room.poll(2300, times=10)
    room.full = True
    with pytest.raises(StorageFull):
        room.poll(2300)
    assert not room.rings()
    latest = room.store.latest(ONE)
    assert latest is not None
    assert latest.at == START + timedelta(minutes=9)

    room.full = False
    room.poll(2300)
    assert room.types() == ["environment.excursion_started"]


def test_a_day_that_could_not_be_told_is_summed_up(room: Room) -> None:
    room.poll(2220, times=361)  # 10:00 UTC is 18:00 local: six hours to midnight
    unsure = [each for each in room.log if isinstance(each, events.EnvironmentUnsure)]

    assert [(each.on, each.minutes) for each in unsure] == [(date(2026, 6, 1), 360)]
    assert room.types().count("environment.sampled") == 6


def test_a_silent_sensor_leaves_a_gap_then_a_fault(room: Room) -> None:
    room.poll(2000, times=2)
    room.poll(None, times=4)
    kept = room.store.readings(ONE, START, START + timedelta(hours=1))

    assert [each.heard for each in kept] == [Heard.IN, Heard.IN, Heard.FAULT, Heard.FAULT]
    assert room.types() == ["sensor.faulted"]
    (line,) = [
        each
        for each in room.store.stay(ROOM, START, START + timedelta(minutes=6))
        if each.sensor == ONE
    ]
    assert (line.minutes_in, line.minutes_fault, line.minutes_none) == (2, 2, 2)


def test_a_tank_rings_for_its_water_only(room: Room) -> None:
    room.poll(2300, times=11, sensor=TANK)

    assert room.types() == ["environment.excursion_started"]
    assert room.watch.state(TANK).alarm(Quantity.HUMIDITY).since is None


def test_the_door_gives_grace_to_every_sensor(room: Room) -> None:
    room.watch.open_door(START)
    room.poll(2300, times=15)
    assert room.types() == []
    room.poll(2300)
    assert room.types() == ["environment.excursion_started"]
