"""What the platform's engine relies on, the same on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import samples
from postgres_site import PASSWORD, Cluster
from postgres_site import postgres as postgres  # noqa: PLC0414 - a fixture of this file

from edge.core.errors import StorageError
from edge.core.ids import DeliveryId, Digest, EpochId, EventId, KeyId
from edge.core.platform import Alarm, Received, Settled, Suspect
from edge.storage.central import SqliteCentral
from edge.storage.central_postgres import PostgresCentral
from edge.storage.postgres import Database
from edge.wire.downlink import Mark
from edge.wire.topics import Station

Store = SqliteCentral | PostgresCentral
STATION = "nanchang/lab-1/desk-1"
EPOCH, LATER_EPOCH = EpochId("epoch-1"), EpochId("epoch-2")
DELIVERY = DeliveryId("d-1")
NOW = samples.NOW


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "sqlite":
        with closing(SqliteCentral(tmp_path / "central.db")) as file:
            yield file
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    database = Database(cluster.url(cluster.new_database()), PASSWORD)
    with closing(PostgresCentral(database)) as server:
        yield server


def event(sequence: int, *, epoch: EpochId = EPOCH, kind: str = "specimen.a.v1") -> Received:
    return Received(
        station=STATION,
        epoch=epoch,
        sequence=sequence,
        event_id=EventId(f"id-{epoch}-{sequence}"),
        type=kind,
        subject="试块-1",
        delivery=DELIVERY,
        prev=digest(sequence - 1),
        digest=digest(sequence),
        key_id=KeyId("key-1"),
        body=bytes(range(256)),
        envelope=b"\0\xff%s" % str(sequence).encode(),
    )


def digest(number: int) -> Digest:
    return Digest(f"{number:064x}")


def suspect(sequence: int | None, number: int = 1000, reason: str = "fork") -> Suspect:
    epoch = None if sequence is None else EPOCH
    return Suspect(STATION, epoch, sequence, digest(number), reason, b"\0bytes")


def keep(store: Store, *events: Received) -> None:
    with store.transaction():
        store.keep_events(events, at=NOW)


def test_an_event_comes_back_as_it_went_in(store: Store) -> None:
    keep(store, event(1), event(3), event(1, epoch=LATER_EPOCH))
    found = store.events_at(
        [(STATION, EPOCH, 1), (STATION, EPOCH, 2), (STATION, LATER_EPOCH, 1), ("x/y/z", EPOCH, 1)]
    )
    assert set(found) == {event(1), event(1, epoch=LATER_EPOCH)}
    assert store.events_at([]) == ()
    assert store.event_at(STATION, EPOCH, 3) == event(3)
    assert sorted(store.digests(Station.parse(STATION))) == [
        (EPOCH, 1, digest(1)),
        (EPOCH, 3, digest(3)),
        (LATER_EPOCH, 1, digest(1)),
    ]


def test_many_places_are_one_question(store: Store) -> None:
    keep(store, *(event(number) for number in range(1, 1501)))
    slots = [(STATION, EPOCH, number) for number in range(1400, 3000)]
    assert {each.sequence for each in store.events_at(slots)} == set(range(1400, 1501))


def test_a_place_is_taken_once(store: Store) -> None:
    keep(store, event(1))
    with pytest.raises(StorageError):
        keep(store, event(2), replace(event(1), digest=digest(9)))
    assert store.event_at(STATION, EPOCH, 1) == event(1)
    assert store.event_at(STATION, EPOCH, 2) is None, "nothing of a failed step is kept"
    keep(store, event(2))
    assert store.counts().events == 2


def test_what_fails_inside_leaves_nothing(store: Store) -> None:
    def fails() -> None:
        with store.transaction():
            store.note_station(STATION)
            store.keep_suspect(suspect(1), at=NOW)
            store.set_marks({(STATION, EPOCH): Mark(1, digest(1))})
            raise KeyError

    with pytest.raises(KeyError):
        fails()
    assert store.stations() == ()
    assert store.suspects() == ()
    assert store.marks(STATION) == {}


def test_marks_only_move_forwards(store: Store) -> None:
    with store.transaction():
        store.set_marks({(STATION, EPOCH): Mark(5, digest(5))})
        store.set_marks(
            {(STATION, EPOCH): Mark(4, digest(4)), (STATION, LATER_EPOCH): Mark(1, digest(1))}
        )
    assert store.marks(STATION) == {EPOCH: Mark(5, digest(5)), LATER_EPOCH: Mark(1, digest(1))}
    chains = [(STATION, EPOCH), ("x/y/z", EPOCH)]
    assert store.marks_of(chains) == {(STATION, EPOCH): Mark(5, digest(5))}
    assert store.watermarks(STATION) == {EPOCH: 5, LATER_EPOCH: 1}
    assert len(store.every_mark()) == 2


def test_quarantine_keeps_bytes_once(store: Store) -> None:
    with store.transaction():
        assert store.keep_suspect(suspect(2), at=NOW)
        assert not store.keep_suspect(suspect(2), at=NOW)
        assert store.keep_suspect(suspect(2, 1001), at=NOW)
        assert store.keep_suspect(suspect(None, 1002, "envelope_malformed"), at=NOW)
    assert [each.digest for each in store.suspects()] == [digest(1000), digest(1001), digest(1002)]
    slots = [(STATION, EPOCH, 1), (STATION, EPOCH, 2)]
    assert store.suspects_at(slots) == {(STATION, EPOCH, 2): digest(1000)}, "the first counts"
    assert store.suspect_at(STATION, EPOCH, 2) == digest(1000)
    assert store.suspects()[2] == suspect(None, 1002, "envelope_malformed")


def test_the_lowest_place_above_a_point(store: Store) -> None:
    keep(store, event(1), event(5), event(9))
    with store.transaction():
        store.keep_suspect(suspect(4), at=NOW)
    upto = {(STATION, EPOCH): 1, (STATION, LATER_EPOCH): 0, ("x/y/z", EPOCH): 0}
    assert store.lowest_above(upto) == {(STATION, EPOCH): 4}
    assert store.next_above(STATION, EPOCH, 5) == 9
    assert store.next_above(STATION, EPOCH, 9) is None


def test_suspects_between_that_no_event_replaced(store: Store) -> None:
    keep(store, event(1), event(3))
    with store.transaction():
        store.keep_suspect(suspect(3), at=NOW)
    assert not store.has_suspects_between(STATION, EPOCH, 1, 5), "the true one is there too"
    with store.transaction():
        store.keep_suspect(suspect(2, 1001), at=NOW)
    assert store.has_suspects_between(STATION, EPOCH, 1, 5)
    assert not store.has_suspects_between(STATION, EPOCH, 3, 5)
    between = store.suspects_between(STATION, EPOCH, 1, 5)
    assert [(each.sequence, each.reason, each.received_at) for each in between] == [
        (3, "fork", NOW),
        (2, "fork", NOW),
    ]


def test_events_of_a_delivery_come_in_order(store: Store) -> None:
    other = replace(event(4), delivery=None)
    keep(store, event(3), event(1), event(2, kind="specimen.b.v1"), other)
    assert store.events_of(DELIVERY, "specimen.a.v1") == (event(1), event(3))
    assert {each.event.sequence for each in store.stored_of(DELIVERY)} == {1, 2, 3}
    assert {each.event.sequence for each in store.stored_about("试块-1")} == {1, 2, 3, 4}
    assert {each.received_at for each in store.stored_of(DELIVERY)} == {NOW}


def test_the_word_on_a_delivery(store: Store) -> None:
    settled = Settled(DELIVERY, STATION, "received", 3, "confirmed", NOW)
    assert store.settled(DELIVERY) is None
    with store.transaction():
        store.hold_reference()
        store.settle(settled)
        store.settle(replace(settled, word="disputed"))
    assert store.settled(DELIVERY) == replace(settled, word="disputed")
    assert store.deliveries_by_outcome() == {"received": 1}


def test_alarms_are_told_in_order_and_known_again(store: Store) -> None:
    first = Alarm(NOW, STATION, "gap", {"first": "2", "epoch": EPOCH, "last": "试"})
    second = Alarm(NOW + timedelta(seconds=1), STATION, "fork", {})
    with store.transaction():
        store.raise_alarm(first)
        store.raise_alarm(second)
    assert store.alarms() == (first, second)
    later = replace(
        first, at=NOW + timedelta(days=1), facts=dict(sorted(first.facts.items(), reverse=True))
    )
    assert store.has_alarm(later)
    assert not store.has_alarm(replace(first, station="x/y/z"))


def test_redeliveries_and_stations_are_counted(store: Store) -> None:
    with store.transaction():
        store.count_redeliveries(STATION, 2)
        store.count_redeliveries(STATION, 3)
        store.note_station(STATION)
        store.note_station(STATION)
        store.note_station("a/b/c")
    assert store.counts().redeliveries == 5
    assert store.stations() == ("a/b/c", STATION)


def test_reference_rows_are_found_by_every_key(store: Store) -> None:
    with store.transaction():
        changed = store.put_lines(
            "sets",
            [
                (("k-1", "form:1", "form:2"), None, b"one"),
                (("k-2", "form:2"), "lab-1", b"two"),
                (("k-3",), "lab-2", b"three"),
            ],
        )
        assert changed == 3
        assert store.put_lines("sets", [(("k-1", "form:1", "form:2"), None, b"one")]) == 0
        assert store.put_line("sets", ("k-1", "form:3"), lab=None, line=b"1")
        assert store.put_line("sets", ("k-3",), lab="lab-1", line=b"three"), "its lab changed"
    assert store.find_lines("sets", "form:1") == ()
    assert store.find_lines("sets", "form:2") == (b"two",)
    assert store.find_lines("sets", "form:3") == (b"1",)
    assert store.lines("sets") == (b"1", b"two", b"three")
    assert store.lines("sets", lab="lab-2") == (b"1",)
    assert store.keyed_lines("sets", "") == (("k-1", b"1"),)
    assert store.labs_apart("sets") == {"lab-1"}
    with store.transaction():
        assert store.drop_line("sets", "k-1")
        assert not store.drop_line("sets", "k-1")
    assert store.find_lines("sets", "form:3") == ()


def test_changes_are_numbered_as_they_are_made(store: Store) -> None:
    with store.transaction():
        store.put_lines("a", [(("k-1",), None, b"1"), (("k-2",), "lab-1", b"2")])
    seen, changed = store.changes(0)
    assert changed == {("a", None), ("a", "lab-1")}
    assert store.changes(seen) == (seen, frozenset())
    with store.transaction():
        store.drop_line("a", "k-2")
    assert store.changes(seen)[1] == {("a", "lab-1")}


def test_a_store_keeps_its_identity(store: Store) -> None:
    assert store.store_id() == store.store_id()
    assert len(store.store_id()) == 16
