"""The end of a log that never arrives: seen through what the station said at its birth."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fleet_site import FleetSite, FleetStation, engine, said
from waiting import until

from edge.core.alarms import AlarmState, judge_alarms
from edge.core.envelope import Sealed
from edge.flows.ship import birth_of
from edge.host.clock import SystemClock
from edge.storage.central import SqliteCentral
from edge.wire.downlink import StationState, Status, encode
from edge.wire.topics import status_topic

COUNT = 7
PATIENCE_S = 0.25
Message = tuple[str, bytes]


class Place:
    """A platform that a station talks to; the log of the station is as long as it says."""

    def __init__(self, folder: Path, store: SqliteCentral) -> None:
        site = FleetSite(folder, port=1, labs=1)
        self.store = store
        self.station = site.stations[0]
        self.platform = engine(site, store, gap_patience_s=PATIENCE_S)
        chain = self.station.chain
        self.events = [chain.append("device.started", "desk-1", {"n": n}) for n in range(COUNT)]

    def hear(self, *messages: Message) -> None:
        self.platform.receive(messages)

    def send(self, events: list[Sealed]) -> None:
        self.hear(*said(self.station, *events))

    def alarms(self) -> list[tuple[str, str, str, AlarmState]]:
        self.platform.tick()
        judged = judge_alarms(self.store.alarms(), self.store.watermarks)
        return [(a.code, a.facts["first"], a.facts["last"], state) for state, a in judged]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with closing(SqliteCentral(tmp_path / "central.db")) as store:
        yield Place(tmp_path, store)


def birth(station: FleetStation) -> Message:
    status = birth_of(station.chain, version="0", now=SystemClock().now())
    return (status_topic(station.station), encode(status))


def gone(station: FleetStation) -> Message:
    return (status_topic(station.station), encode(Status(StationState.OFFLINE)))


def waited(place: Place) -> None:
    """Longer than a missing end may last."""
    begun_ns = SystemClock().mono_ns()
    until(lambda: SystemClock().mono_ns() - begun_ns > 4 * PATIENCE_S * 1e9)
    place.platform.tick()


@pytest.mark.parametrize("count", range(COUNT))
def test_every_missing_end_is_an_alarm_that_names_it(place: Place, count: int) -> None:
    place.send(place.events[:count])
    place.hear(birth(place.station))
    until(place.alarms)
    assert place.alarms() == [("gap", str(count + 1), str(COUNT), AlarmState.OPEN)]
    place.send(place.events[count:])
    assert place.alarms() == [("gap", str(count + 1), str(COUNT), AlarmState.FILLED)]


def test_an_end_that_is_here_or_comes_in_time_is_none(place: Place) -> None:
    place.hear(birth(place.station))
    place.send(place.events)
    place.hear(birth(place.station))
    waited(place)
    assert place.alarms() == []


def test_a_backlog_that_comes_nearer_is_none(place: Place) -> None:
    place.hear(birth(place.station))
    for event in place.events:
        place.send([event])
        assert place.alarms() == []
    waited(place)
    assert place.alarms() == []


def test_a_station_that_has_gone_is_not_waited_for(place: Place) -> None:
    place.send(place.events[:2])
    place.hear(birth(place.station), gone(place.station))
    waited(place)
    assert place.alarms() == []
    place.hear(birth(place.station))
    until(place.alarms)


def test_a_birth_before_the_first_event_expects_nothing(place: Place) -> None:
    place.hear((status_topic(place.station.station), encode(Status(StationState.ONLINE))))
    waited(place)
    assert place.alarms() == []
