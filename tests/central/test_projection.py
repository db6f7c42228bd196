"""The platform's word on a delivery, and where it says that each specimen is."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from fleet_site import FleetSite, FleetStation, engine, said

from edge.central.platform import Platform
from edge.core.custody import Custody
from edge.core.envelope import Sealed
from edge.core.ids import DeliveryId, GrantId, PersonId, ProjectId
from edge.core.people import Grant
from edge.core.specimen import SpecimenState
from edge.host.clock import SystemClock
from edge.storage.central import SqliteCentral
from edge.wire.reference import Decision, SetName, decode_row

BLOCKS = ("s-1-1", "s-1-2", "s-1-3")
COURIER, PROJECT = "p-courier", "p-1"


@dataclass
class City:
    """Two labs with one desk each, and the platform over one store."""

    site: FleetSite
    store: SqliteCentral
    platform: Platform

    def grant(self, *, days: int = 30, revoked: bool = False) -> None:
        now = SystemClock().now()
        row = Grant(
            grant=GrantId("grant-1"),
            person=PersonId(COURIER),
            project=ProjectId(PROJECT),
            since=now.date() - timedelta(days=40),
            until=now.date() + timedelta(days=days),
            revoked_at=now - timedelta(days=1) if revoked else None,
        )
        self.platform.load_rows(SetName.GRANTS, [row])

    def hear(self, station: FleetStation, *events: Sealed) -> None:
        self.platform.receive(said(station, *events))

    def word(self, delivery: str) -> tuple[str, tuple[str, ...]] | None:
        for line in self.store.find_lines(SetName.DECISIONS, f"delivery:{delivery}"):
            row = decode_row(SetName.DECISIONS, line)
            assert isinstance(row, Decision)
            return row.word.value, row.reasons
        return None

    def custody(self, specimen: str) -> Custody | None:
        for line in self.store.find_lines(SetName.CUSTODY, f"specimen:{specimen}"):
            row = decode_row(SetName.CUSTODY, line)
            assert isinstance(row, Custody)
            return row
        return None


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    site = FleetSite(tmp_path, port=1, labs=2)
    with closing(SqliteCentral(tmp_path / "central.db")) as store:
        yield City(site, store, engine(site, store))


def delivery(
    station: FleetStation,
    name: str = "d-1",
    *,
    verdict: str = "accept",
    kind: str = "received",
    deliverer: str | None = COURIER,
) -> list[Sealed]:
    group = {"group": f"g-{name}", "verdict": verdict}
    chain = station.chain
    return [
        chain.append("delivery.opened", name, {"delivery": name}),
        chain.append(
            "group.reconciled",
            group["group"],
            {"delivery": name, **group, "specimens": list(BLOCKS)},
        ),
        chain.append(
            f"delivery.{kind}",
            name,
            {"delivery": name, "groups": [group], "deliverer": deliverer, "project": PROJECT},
        ),
    ]


def test_a_delivery_by_somebody_with_a_grant_is_confirmed(city: City) -> None:
    city.grant()
    first, _ = city.site.stations
    city.hear(first, *delivery(first))
    assert city.word("d-1") == ("confirmed", ())
    settled = city.store.settled(DeliveryId("d-1"))
    assert settled is not None
    assert (settled.outcome, settled.specimens) == ("received", 3)
    for block in BLOCKS:
        where = city.custody(block)
        assert where is not None
        assert (where.state, where.lab) == (SpecimenState.ACCEPTED, first.station.lab)


@pytest.mark.parametrize(
    ("days", "revoked", "deliverer"),
    [(-1, False, COURIER), (30, True, COURIER), (30, False, "p-other"), (30, False, None)],
)
def test_a_delivery_without_a_valid_grant_is_disputed(
    city: City, *, days: int, revoked: bool, deliverer: str | None
) -> None:
    city.grant(days=days, revoked=revoked)
    first, _ = city.site.stations
    city.hear(first, *delivery(first, deliverer=deliverer))
    assert city.word("d-1") == ("disputed", ("DELIVERER_NOT_GRANTED",))


def test_blocks_that_another_lab_has_taken_are_disputed_and_stay_there(city: City) -> None:
    city.grant()
    first, second = city.site.stations
    city.hear(first, *delivery(first))
    city.hear(second, *delivery(second, "d-2"))
    assert city.word("d-1") == ("confirmed", ())
    assert city.word("d-2") == ("disputed", ("RECEIVED_ELSEWHERE",))
    where = city.custody(BLOCKS[0])
    assert where is not None
    assert where.delivery == "d-1"


@pytest.mark.parametrize(
    ("verdict", "kind", "state"),
    [
        ("hold", "held", SpecimenState.HELD),
        ("refuse", "refused", SpecimenState.REFUSED),
        ("accept", "cancelled", None),
        ("accept", "recorded_unverified", None),
    ],
)
def test_what_was_not_taken_needs_no_grant_and_is_where_it_is(
    city: City, verdict: str, kind: str, state: SpecimenState | None
) -> None:
    first, _ = city.site.stations
    city.hear(first, *delivery(first, verdict=verdict, kind=kind, deliverer=None))
    assert city.word("d-1") == ("confirmed", ())
    where = city.custody(BLOCKS[0])
    assert (where.state if where else None) == state


def test_a_delivery_that_was_refused_once_may_be_received_later(city: City) -> None:
    city.grant()
    first, _ = city.site.stations
    city.hear(first, *delivery(first, verdict="refuse", kind="refused"))
    city.hear(first, *delivery(first, "d-2"))
    assert city.word("d-2") == ("confirmed", ())


def test_a_delivery_with_an_event_in_quarantine_is_disputed(city: City) -> None:
    city.grant()
    first, _ = city.site.stations
    opened, group, closing_event = delivery(first)
    topic, envelope = said(first, group)[0]
    flipped = envelope.replace(b'"sig":"', b'"sig":"AAAA', 1)
    city.hear(first, opened)
    city.platform.receive([(topic, flipped)])
    city.hear(first, closing_event)
    assert city.store.marks(first.station.name)[first.chain.epoch].upto == 3
    assert city.word("d-1") == ("disputed", ("EVENT_QUARANTINED",))


def test_the_same_delivery_is_settled_once(city: City) -> None:
    city.grant()
    first, _ = city.site.stations
    events = delivery(first)
    city.hear(first, *events)
    settled = city.store.settled(DeliveryId("d-1"))
    city.hear(first, *events)
    assert city.store.settled(DeliveryId("d-1")) == settled
    assert city.store.counts().events == 3


def test_a_second_end_of_a_delivery_changes_nothing_and_is_an_alarm(city: City) -> None:
    """As of a copy of a station, or of one that was restored: the first word stands."""
    city.grant()
    first, second = city.site.stations
    city.hear(first, *delivery(first))
    settled = city.store.settled(DeliveryId("d-1"))
    city.hear(second, *delivery(second, verdict="refuse", kind="refused"))
    city.hear(first, *delivery(first, verdict="refuse", kind="refused"))
    assert city.store.settled(DeliveryId("d-1")) == settled
    where = city.custody(BLOCKS[0])
    assert where is not None
    assert (where.state, where.lab) == (SpecimenState.ACCEPTED, first.station.lab)
    assert [(each.code, each.station, each.facts["delivery"]) for each in city.store.alarms()] == [
        ("delivery_closed_before", each.station.name, "d-1") for each in (second, first)
    ]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"groups": None},
        {"groups": [7]},
        {"groups": [{"group": "g-d-1"}]},
        {"groups": [{"group": "g-d-1", "verdict": "perhaps"}]},
        {"groups": [], "deliverer": None},
    ],
)
def test_an_end_that_is_not_understood_is_kept_and_decides_nothing(
    city: City, data: dict[str, object]
) -> None:
    first, _ = city.site.stations
    *before, _ = delivery(first)
    first.chain.sealed.pop()
    end = first.chain.append("delivery.received", "d-1", {"delivery": "d-1", **data})
    after = delivery(first, "d-2", verdict="refuse", kind="refused")
    city.hear(first, *before, end, *after)
    assert city.store.settled(DeliveryId("d-1")) is None
    assert city.word("d-1") is None
    where = city.custody(BLOCKS[0])
    assert where is not None
    assert where.delivery == "d-2"
    assert [each.code for each in city.store.alarms()] == ["event_not_understood"]
    assert city.word("d-2") == ("confirmed", ())
    assert city.store.counts().events == 6
