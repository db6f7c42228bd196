"""Versions of reference sets: paginated once for all labs, never going back for any station."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import samples
from fleet_site import FleetSite, database_of
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_doors import SetClock
from postgres_site import Cluster
from postgres_site import postgres as postgres  # noqa: PLC0414 - a fixture of this file

from edge.central.reference import Reference
from edge.core.envelope import open_envelope
from edge.core.ids import DeliveryId, LabId
from edge.storage.central import SqliteCentral
from edge.storage.central_postgres import PostgresCentral
from edge.wire.downlink import Head, decode
from edge.wire.reference import Decision, SetName, Word, lines_of
from edge.wire.topics import Station

LABS = frozenset(LabId(f"lab-{number}") for number in range(1, 6))
Store = SqliteCentral | PostgresCentral


class Consumer:
    """The reference data of one consumer over a store."""

    def __init__(self, site: FleetSite, store: Store, labs: frozenset[LabId] = LABS) -> None:
        self.clock = SetClock()
        self.labs = labs
        self.store = store
        self.reference = Reference(store=store, clock=self.clock, signer=site.control)

    def renew(self, gap_s: float = 0.0) -> set[tuple[str, str]]:
        with self.store.transaction():
            renewed = self.reference.renew(self.labs, shared_gap_s=gap_s)
        return {(lab, name.value) for lab, name in renewed}

    def put_people(self, *names: str) -> None:
        people = [samples.person(name) for name in names]
        with self.store.transaction():
            self.reference.put(SetName.PEOPLE, people)

    def decide(self, lab: LabId | None, delivery: str) -> None:
        word = Decision(DeliveryId(delivery), Word.CONFIRMED, samples.NOW, ())
        with self.store.transaction():
            self.reference.put(SetName.DECISIONS, [word], lab=lab)

    def version(self, lab: LabId, name: SetName) -> tuple[int, int]:
        """What a station of the lab is told: the version, and how many rows it has."""
        station = Station.parse(f"nanchang/{lab}/desk-1")
        envelope = self.reference.head(station, name)
        assert envelope is not None
        head = decode(open_envelope(envelope).body, Head)
        rows = 0
        for number, page in enumerate(head.pages):
            body = self.reference.page(lab, name, head.version, number)
            assert body is not None
            assert len(lines_of(body)) == page.rows
            rows += page.rows
        return head.version, rows


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "sqlite":
        with closing(SqliteCentral(tmp_path / "central.db")) as made:
            yield made
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    with closing(PostgresCentral(database_of(cluster))) as server:
        yield server


@pytest.fixture
def site(tmp_path: Path) -> FleetSite:
    return FleetSite(tmp_path, port=1, labs=1)


LAB_1, LAB_2 = LabId("lab-1"), LabId("lab-2")


def test_rows_for_all_are_kept_once_for_all(site: FleetSite, store: Store) -> None:
    consumer = Consumer(site, store)
    consumer.put_people("a", "b")
    assert consumer.renew() == {(lab, name.value) for lab in LABS for name in SetName}
    assert {consumer.version(lab, SetName.PEOPLE) for lab in LABS} == {(1, 2)}
    assert store._door.all("SELECT DISTINCT lab FROM versions") == [("",)]
    assert consumer.renew() == set()
    consumer.put_people("a", "b")
    assert consumer.renew() == set(), "the same rows change nothing"
    consumer.put_people("c")
    assert consumer.renew() == {(lab, "people") for lab in LABS}
    assert consumer.version(LAB_1, SetName.PEOPLE) == (2, 3)


def test_a_lab_with_rows_of_its_own_goes_on_from_where_it_was(
    site: FleetSite, store: Store
) -> None:
    consumer = Consumer(site, store)
    consumer.renew()
    consumer.decide(LAB_1, "d-1")
    assert consumer.renew() == {(LAB_1, "decisions")}
    assert consumer.version(LAB_1, SetName.DECISIONS) == (2, 1)
    assert consumer.version(LAB_2, SetName.DECISIONS) == (1, 0)
    consumer.decide(None, "d-2")
    assert consumer.renew() == {(lab, "decisions") for lab in LABS}
    assert consumer.version(LAB_1, SetName.DECISIONS) == (3, 2)
    assert consumer.version(LAB_2, SetName.DECISIONS) == (2, 1)


def test_every_consumer_tells_its_labs_what_another_changed(site: FleetSite, store: Store) -> None:
    first, second = (Consumer(site, store, frozenset({lab})) for lab in (LAB_1, LAB_2))
    first.renew()
    second.renew()
    first.put_people("a")
    assert first.renew() == {(LAB_1, "people")}
    assert second.renew() == {(LAB_2, "people")}
    assert first.version(LAB_1, SetName.PEOPLE) == second.version(LAB_2, SetName.PEOPLE) == (2, 1)


def test_what_all_hear_waits_and_what_one_hears_does_not(site: FleetSite, store: Store) -> None:
    consumer = Consumer(site, store)
    consumer.renew(10.0)
    consumer.put_people("a")
    consumer.decide(LAB_1, "d-1")
    consumer.clock.move(5.0)
    assert consumer.renew(10.0) == {(LAB_1, "decisions")}
    consumer.clock.move(5.0)
    assert consumer.renew(10.0) == {(lab, "people") for lab in LABS}


def test_what_was_not_kept_is_made_again(site: FleetSite, store: Store) -> None:
    consumer = Consumer(site, store)
    consumer.renew()
    consumer.put_people("a")

    def fails() -> None:
        with store.transaction():
            consumer.reference.renew(LABS)
            raise KeyError

    with pytest.raises(KeyError):
        fails()
    consumer.reference.forget()
    assert (LAB_1, "people") in consumer.renew()
    assert consumer.version(LAB_1, SetName.PEOPLE) == (2, 1)


def test_pages_that_no_version_names_go(site: FleetSite, store: Store) -> None:
    consumer = Consumer(site, store)
    for name in "abcde":
        consumer.put_people(name)
        consumer.renew()
    ((pages,),) = store._door.all("SELECT count(*) FROM pages")
    ((named,),) = store._door.all("SELECT count(DISTINCT sha256) FROM versions")
    assert pages == named


STEPS = st.lists(st.tuples(st.sampled_from([None, LAB_1, LAB_2]), st.integers(0, 9)), max_size=12)


@settings(max_examples=30, deadline=None)
@given(STEPS)
def test_no_station_is_ever_told_an_older_version(steps: list[tuple[LabId | None, int]]) -> None:
    with TemporaryDirectory() as folder:
        site = FleetSite(Path(folder), port=1, labs=1)
        with closing(SqliteCentral(Path(folder) / "central.db")) as store:
            consumer = Consumer(site, store)
            consumer.renew()
            heard = dict.fromkeys(LABS, 1)
            rows: dict[str, LabId | None] = {}
            for lab, number in steps:
                consumer.decide(lab, f"d-{number}")
                rows[f"d-{number}"] = lab
                consumer.renew()
                for each in LABS:
                    version, count = consumer.version(each, SetName.DECISIONS)
                    assert version >= heard[each]
                    assert count == sum(owner in {None, each} for owner in rows.values())
                    heard[each] = version
