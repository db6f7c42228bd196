"""The room's climate beside its door: told to the room, seen by the next badge, kept on its own."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from curing_room import KEEPER, ROOM
from rules import shipped
from wall_bench import WallBench

from edge.core.curing.alarm import AlarmState
from edge.core.curing.climate import Accuracy, Sample, Sensor
from edge.core.ids import SensorId
from edge.flows.climate import ClimateWatch
from edge.flows.curing import Said
from edge.storage.climate import SqliteClimate

SENSOR = SensorId("th-1")
KNOWN = Sensor(SENSOR, ROOM, Accuracy(20), Accuracy(100), date(2026, 6, 1))


class Room(WallBench):
    """A door with a sensor."""

    kept: SqliteClimate

    def open_climate(self) -> SqliteClimate:
        store = SqliteClimate(self.folder / "climate.db")
        store.know(KNOWN, profile="calibrated", since=self.clock.now())
        self.kept = store
        limits = shipped().curing.climate
        self.climate = ClimateWatch(
            (KNOWN,),
            store=store,
            record=lambda events, at: self.recorder.record(
                events, occurred=at, ruleset=shipped().ruleset
            ),
            limits=limits,
        )
        self.come_up()
        return store

    def poll(self, centi_c: int | None, minutes: int = 1) -> Said:
        for minute in range(minutes):
            self.clock.move(60)
            at = self.clock.read()
            sample = None if centi_c is None else Sample(at.at, centi_c + minute % 5, 9900)
            self.last = self.curing.poll(SENSOR, at, sample)
        return self.last


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path)
    store = made.open_climate()
    yield made
    store.close()
    made.close()


def state(room: Room) -> AlarmState:
    assert room.climate is not None
    return room.climate.state(SENSOR).temperature.state


def test_an_excursion_is_told_and_the_next_badge_has_seen_it(room: Room) -> None:
    room.poll(2000, 5)
    room.poll(2400, 11)
    assert [each.outcome.value for each in room.last.notices] == ["alarm"]
    assert state(room) is AlarmState.ALARM
    room.scan("badge:nobody", "badge:receiver-1")
    assert state(room) is AlarmState.ALARM
    room.scan("badge:keeper-1")
    assert state(room) is AlarmState.ACKNOWLEDGED
    room.poll(2000, 17)
    (ended,) = [data for kind, data in room.log() if kind == "environment.excursion_ended"]
    assert ended["acknowledged_by"] == KEEPER.person


def test_a_badge_opens_the_door_and_begins_its_grace(room: Room) -> None:
    limits = shipped().curing.climate
    room.poll(2000, 2)
    room.scan("badge:keeper-1")
    assert limits.door_grace_minutes + limits.pending_minutes > 13
    room.poll(2400, 13)
    assert state(room) is AlarmState.PENDING
    room.poll(2400, 4)
    assert state(room) is AlarmState.ALARM


def test_a_silent_sensor_is_no_excursion(room: Room) -> None:
    room.poll(2000, 2)
    room.poll(None, 3)
    assert [each.codes[0].value for each in room.last.notices] == ["SENSOR_FAULT"]
    assert [kind for kind, _ in room.log() if kind.startswith("sensor.")] == ["sensor.faulted"]
    assert state(room) is AlarmState.OK


def test_the_alarm_goes_on_after_a_kill(tmp_path: Path) -> None:
    room = Room(tmp_path)
    store = room.open_climate()
    room.poll(2000, 2)
    room.poll(2400, 11)
    store.close()
    store = room.open_climate()
    assert state(room) is AlarmState.ALARM
    starts = [kind for kind, _ in room.log() if kind == "environment.excursion_started"]
    assert len(starts) == 1
    since = room.clock.now() - timedelta(hours=1)
    assert len(store.incidents(since, room.clock.now())) == 1
    store.close()
    room.close()


def test_a_climate_that_cannot_be_kept_does_not_stop_the_door(room: Room) -> None:
    room.poll(2000, 2)
    room.poll(2400, 11)
    room.kept.close()
    room.scan("badge:keeper-1")
    assert room.heard() == ("ok", ())
    assert "climate.not_acknowledged" in room.journal.noted


def test_a_room_without_sensors_has_no_climate(tmp_path: Path) -> None:
    bench = WallBench(tmp_path)
    assert bench.curing.poll(SENSOR, bench.clock.read(), None) == Said("climate")
    bench.close()
