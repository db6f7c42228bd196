"""The shipping process between a real station store and a real broker."""

import os
import signal
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import pytest
from downlinks import DOWNLINK, RING, STATION
from memory_doors import QuietJournal
from mirrored import people, version
from model_platform import FIRST, EventLog
from scripted_platform import ScriptedPlatform
from waiting import until

from edge.core.backoff import Backoff
from edge.core.documents import Document
from edge.flows.questions import Questions
from edge.flows.remote import Remote
from edge.flows.ship import Pace, Shipper, birth_of
from edge.flows.sync import Sync
from edge.host.clock import SystemClock
from edge.mqtt.client import Access, MqttClient, Will
from edge.runtime.ship import Ending, Engines, Retry, Shipping, ShipProcess
from edge.sim.broker import Mosquitto
from edge.storage.link import LinkReader, SqliteLink
from edge.storage.mirror import SqliteMirror
from edge.storage.registry import SqliteRegistry
from edge.storage.station import SqliteStation, StationReader
from edge.wire.downlink import Answer, StationState, Status, encode
from edge.wire.topics import downlink_filters, status_topic

HOST = "127.0.0.1"
BOOT = "boot-1"
PACE = Pace(window=20, patience_s=0.5, stall_s=0.5)
CLOCK = SystemClock(assume_synced=True)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    made = Mosquitto(tmp_path / "broker")
    made.start()
    yield made
    made.stop()


@dataclass
class Capture:
    """What the capture process does in its own store, and sees of the shipper's."""

    folder: Path
    log: EventLog = field(default_factory=EventLog)

    def __post_init__(self) -> None:
        self.station = SqliteStation(self.folder / "station.db")
        self.link = LinkReader(self.folder / "link.db", clock=CLOCK, boot_id=BOOT)

    def close(self) -> None:
        self.station.close()
        self.link.close()

    def record(self, count: int) -> None:
        before = self.log.tip_of(FIRST).sequence
        self.log.append(count)
        events = self.log.events(FIRST, after=before, limit=count)
        if self.station.is_new:
            self.station.open_epoch(FIRST, events[0])
            events = events[1:]
        self.station.commit(events=events)

    def is_confirmed(self) -> bool:
        """Whether the marks stand at the tip."""
        tip, mark = self.log.tip_of(FIRST), self.link.marks().get(FIRST)
        return mark is not None and (mark.upto, mark.digest) == (tip.sequence, tip.digest)


@pytest.fixture
def capture(tmp_path: Path) -> Iterator[Capture]:
    with closing(Capture(tmp_path)) as made:
        yield made


@contextmanager
def shipping(
    folder: Path, broker: Mosquitto, *, status_s: float = 3600.0
) -> Iterator[tuple[QuietJournal, threading.Thread]]:
    """A running shipper; leaving stops it."""
    journal = QuietJournal()
    stop = threading.Event()
    with ExitStack() as stack:
        link = SqliteLink(folder / "link.db", clock=CLOCK, boot_id=BOOT)
        stack.callback(link.close)
        mirror = SqliteMirror(folder / "registry.db")
        stack.callback(mirror.close)
        client = MqttClient(
            Access(HOST, broker.port, STATION.name, connect_timeout_s=1.0),
            filters=downlink_filters(STATION),
            will=Will(status_topic(STATION), encode(Status(StationState.OFFLINE))),
        )

        def build(log: StationReader) -> Shipping:
            shipper = Shipper(
                outbox=log,
                marks=link,
                clock=CLOCK,
                downlink=DOWNLINK,
                journal=journal,
                pace=PACE,
            )
            engines = Engines(
                shipper=shipper,
                sync=Sync(mirror=mirror, clock=CLOCK, downlink=DOWNLINK, journal=journal),
                questions=Questions(log, CLOCK),
                link=link,
                blobs=None,
                remote=Remote(
                    downlink=DOWNLINK,
                    ledger=link,
                    handlers={},
                    allowed=frozenset(),
                    clock=CLOCK,
                    journal=journal,
                ),
                ending=Ending(),
                birth=lambda: birth_of(log, version="0", now=CLOCK.now()),
            )
            return Shipping(
                client=client,
                station=STATION,
                engines=engines,
                retry=Retry(Backoff(base_s=0.1, cap_s=0.2), CLOCK, lambda: 0.5, status_s),
                journal=journal,
            )

        process = ShipProcess(
            open_log=lambda: StationReader.open_if_made(folder / "station.db"),
            build=build,
            journal=journal,
        )
        thread = threading.Thread(target=process.run, args=(stop,), name="ship")
        thread.start()
        try:
            yield journal, thread
        finally:
            stop.set()
            thread.join()


def test_events_arrive_once_and_are_confirmed(
    tmp_path: Path, broker: Mosquitto, capture: Capture
) -> None:
    with (
        ScriptedPlatform(HOST, broker.port) as platform,
        shipping(tmp_path, broker) as (journal, _),
    ):
        until(lambda: "ship.waits_for_log" in journal.noted or capture.link.pulse())
        capture.record(120)
        until(capture.is_confirmed)
        assert capture.link.online()
        capture.record(1)
        until(capture.is_confirmed)
        assert len(platform.store.held) == 121
        assert platform.states[-1] is StationState.ONLINE


def test_a_broker_that_dies_in_the_middle_loses_nothing(
    tmp_path: Path, broker: Mosquitto, capture: Capture
) -> None:
    capture.record(400)
    with ScriptedPlatform(HOST, broker.port) as platform, shipping(tmp_path, broker):
        until(lambda: len(platform.store.held) >= 60)
        broker.kill()
        capture.record(100)
        until(lambda: not capture.link.online())
        broker.start()
        until(capture.is_confirmed)
        assert len(platform.store.held) == 500
    assert platform.store.marks()[FIRST].upto == 500


def test_a_station_that_was_forgotten_says_again_where_its_log_ends(
    tmp_path: Path, broker: Mosquitto, capture: Capture
) -> None:
    """A platform at another node does not find the birth, and has nothing that it could miss."""
    capture.record(5)
    with ScriptedPlatform(HOST, broker.port) as platform:
        with shipping(tmp_path, broker, status_s=0.2):
            until(capture.is_confirmed)
            platform.states.clear()
            until(lambda: len(platform.states) >= 2)
            assert set(platform.states) == {StationState.ONLINE}
        platform.states.clear()
        with shipping(tmp_path, broker):
            until(lambda: platform.states)
            capture.record(3)
            until(capture.is_confirmed)
            assert platform.states == [StationState.ONLINE]


def test_events_that_nobody_heard_go_again(
    tmp_path: Path, broker: Mosquitto, capture: Capture
) -> None:
    capture.record(30)
    with shipping(tmp_path, broker) as (journal, _):
        until(lambda: "link.up" in journal.noted)
        until(capture.link.online)
        assert not capture.link.marks()
        with ScriptedPlatform(HOST, broker.port):
            until(capture.is_confirmed)


def test_a_new_process_goes_on_where_the_marks_are(
    tmp_path: Path, broker: Mosquitto, capture: Capture
) -> None:
    capture.record(30)
    with ScriptedPlatform(HOST, broker.port) as platform:
        with shipping(tmp_path, broker):
            until(capture.is_confirmed)
        platform.answers = False
        platform.store.held.clear()
        capture.record(2)
        with shipping(tmp_path, broker):
            until(lambda: len(platform.store.held) == 2)
    assert set(platform.store.held) == {(FIRST, 31), (FIRST, 32)}


def test_a_broker_that_falls_silent_is_left_and_found_again(
    tmp_path: Path, broker: Mosquitto, capture: Capture
) -> None:
    capture.record(10)
    with ScriptedPlatform(HOST, broker.port), shipping(tmp_path, broker) as (journal, _):
        until(capture.is_confirmed)
        assert broker.pid is not None
        os.kill(broker.pid, signal.SIGSTOP)
        try:
            capture.record(10)
            until(lambda: not capture.link.online())
        finally:
            os.kill(broker.pid, signal.SIGCONT)
        until(capture.is_confirmed)
        assert "link.down" in journal.noted


def test_a_stopped_station_is_promptly_gone_and_says_so(
    tmp_path: Path, broker: Mosquitto, capture: Capture
) -> None:
    capture.record(1)
    with ScriptedPlatform(HOST, broker.port) as platform:
        with shipping(tmp_path, broker) as (_, thread):
            until(capture.is_confirmed)
            before = monotonic()
        assert monotonic() - before < 2
        assert not thread.is_alive()
        assert not capture.link.online()
        until(lambda: platform.states[-1] is StationState.OFFLINE)


def test_a_station_without_a_log_stops_too(tmp_path: Path, broker: Mosquitto) -> None:
    with shipping(tmp_path, broker) as (journal, thread):
        until(lambda: journal.noted)
    assert not thread.is_alive()
    assert journal.noted == ["ship.waits_for_log"]


def test_without_a_broker_the_station_is_offline_and_tells_why_once(
    tmp_path: Path, broker: Mosquitto, capture: Capture
) -> None:
    capture.record(1)
    broker.stop()
    with shipping(tmp_path, broker) as (journal, _):
        until(lambda: (pulse := capture.link.pulse()) and "broker_unreachable" in pulse.note)
        assert not capture.link.online()
        until(lambda: len(journal.noted) > 0)
        broker.start()
        until(capture.link.online)
    assert journal.noted.count("link.down") == 1


def test_reference_data_comes_down_in_pages(
    tmp_path: Path, broker: Mosquitto, capture: Capture
) -> None:
    capture.record(1)
    rows = people(900)
    registry = SqliteRegistry(
        tmp_path / "registry.db", ring=RING, station=STATION, journal=QuietJournal()
    )
    with (
        closing(registry),
        ScriptedPlatform(HOST, broker.port, version=version(rows)),
        shipping(tmp_path, broker),
    ):
        until(lambda: registry.person(rows[-1].person) == rows[-1])
        assert registry.person(rows[0].person) == rows[0]


def test_a_question_goes_up_and_its_answer_reaches_the_inbox(
    tmp_path: Path, broker: Mosquitto, capture: Capture
) -> None:
    capture.record(1)
    question = Document("ask", "corr-1", "open", b'{"name":"commission","data":{"form":"f-1"}}')
    with ScriptedPlatform(HOST, broker.port), shipping(tmp_path, broker):
        capture.station.commit(documents=(question,))
        until(lambda: capture.link.after(0))
    ((_, tail, payload),) = capture.link.after(0)
    assert tail == "ans/corr-1"
    assert DOWNLINK.open(payload, Answer).data == {"form": "f-1"}


def test_a_store_that_fails_for_a_while_loses_no_mark(
    tmp_path: Path, broker: Mosquitto, capture: Capture
) -> None:
    with (
        ScriptedPlatform(HOST, broker.port) as platform,
        shipping(tmp_path, broker) as (journal, _),
        closing(sqlite3.connect(tmp_path / "link.db", isolation_level=None)) as breaker,
    ):
        until(lambda: "link.up" in journal.noted)
        breaker.execute("ALTER TABLE marks RENAME TO away")
        capture.record(1)
        until(lambda: "ship.store" in journal.noted and len(platform.store.held) == 1)
        platform.answers = False
        breaker.execute("ALTER TABLE away RENAME TO marks")
        until(capture.is_confirmed)
