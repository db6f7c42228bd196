"""Whatever order, batches, repetitions and lies events arrive in, each is stored once."""

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from fleet_site import FleetSite, FleetStation, engine, said
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core.envelope import EVENT_PAYLOAD_TYPE, Sealed, sign_envelope
from edge.storage.central import SqliteCentral

COUNT = 8


@contextmanager
def place() -> Iterator[tuple[FleetSite, SqliteCentral]]:
    with tempfile.TemporaryDirectory() as folder:
        site = FleetSite(Path(folder), port=1, labs=1)
        with closing(SqliteCentral(Path(folder) / "central.db")) as store:
            yield site, store


def recorded(station: FleetStation, count: int = COUNT) -> list[Sealed]:
    return [station.chain.append("device.started", "desk-1", {"n": n}) for n in range(count)]


def forked(station: FleetStation, event: Sealed) -> Sealed:
    """Another event at the same place, by the same key."""
    chain = station.chain
    kept = chain.sealed[event.sequence - 1 :]
    del chain.sealed[event.sequence - 1 :]
    other = chain.append("device.started", "desk-1", {"n": "other"})
    chain.sealed[event.sequence - 1 :] = kept
    return other


ARRIVALS = st.lists(st.lists(st.integers(0, COUNT - 1), min_size=1, max_size=6), max_size=8)


@settings(max_examples=40, deadline=None)
@given(ARRIVALS)
def test_each_event_is_stored_once_and_the_mark_knows_no_holes(arrivals: list[list[int]]) -> None:
    with place() as (site, store):
        (station,) = site.stations
        events = recorded(station)
        platform = engine(site, store)
        arrived: set[int] = set()
        again = 0
        for batch in arrivals:
            platform.receive(said(station, *(events[index] for index in batch)))
            again += len(batch) - len(set(batch) - arrived)
            arrived |= set(batch)
            whole = next(upto for upto in range(COUNT + 1) if upto not in arrived)
            mark = store.marks(station.station.name).get(station.chain.epoch)
            assert (mark.upto if mark else 0) == whole
            assert mark is None or mark.digest == events[whole - 1].digest
        counts = store.counts()
        assert (counts.events, counts.quarantined) == (len(arrived), 0)
        assert (counts.redeliveries, counts.duplicates_stored) == (again, 0)
        assert store.alarms() == ()
        platform.receive(said(station, *events))
        assert store.counts().events == COUNT


@settings(max_examples=40, deadline=None)
@given(st.permutations(range(COUNT)), st.integers(0, COUNT - 1), st.integers(1, 4))
def test_a_fork_is_kept_apart_wherever_it_comes(order: list[int], at: int, size: int) -> None:
    with place() as (site, store):
        (station,) = site.stations
        events = recorded(station)
        arriving = [events[index] for index in order]
        arriving.insert(order.index(at) + 1, forked(station, events[at]))
        platform = engine(site, store)
        for first in range(0, len(arriving), size):
            platform.receive(said(station, *arriving[first : first + size]))
        digests = {digest for _, _, digest in store.digests(station.station)}
        assert digests == {each.digest for each in events}
        (suspect,) = store.suspects()
        assert (suspect.sequence, suspect.reason) == (at + 1, "fork")
        assert [alarm.code for alarm in store.alarms()] == ["fork"]
        mark = store.marks(station.station.name)[station.chain.epoch]
        assert (mark.upto, mark.digest) == (COUNT, events[-1].digest)


@pytest.mark.parametrize("subject", [b"a\\u0000b", b"\\ud800", b"x" * 3000])
def test_what_no_database_can_keep_as_text_is_no_event(subject: bytes) -> None:
    with place() as (site, store):
        (station,) = site.stations
        chain = station.chain
        (event,) = recorded(station, 1)
        body = event.body.replace(b'"desk-1"', b'"%s"' % subject)
        envelope = sign_envelope(EVENT_PAYLOAD_TYPE, body, key_id=event.key_id, sign=chain._by.sign)
        ((topic, _),) = said(station, event)
        engine(site, store).receive([(topic, envelope)])
        (suspect,) = store.suspects()
        assert suspect.reason == "body_malformed"
        assert store.marks(station.station.name)[chain.epoch].upto == 1, (
            "passed over, not waited for"
        )
