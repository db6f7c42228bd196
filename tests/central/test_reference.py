"""Rows at the platform become rows at a desk: head, questions, pages, replica, registry."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import samples
from central_site import NOW, Central, central_at
from following_desk import FollowingDesk
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core.custody import Custody
from edge.core.ids import (
    CommissionId,
    ContractId,
    DeliveryId,
    KeyId,
    LabId,
    PersonId,
    RuleSetId,
    SpecimenId,
)
from edge.core.specimen import SpecimenState
from edge.wire.downlink import Ask, encode
from edge.wire.reference import (
    PAGE_LIMIT_BYTES,
    Decision,
    Deleted,
    KeyRow,
    Row,
    RuleSetRow,
    SetName,
    Word,
)
from edge.wire.topics import Branch, ask_topic, parse_topic

LAB_2 = LabId("lab-2")
BLOCK = SpecimenId("s-1-1")
DELIVERY = DeliveryId("d-1")
OURS = samples.commission()
THEIRS = replace(OURS, commission=CommissionId("commission-2"), lab=LAB_2, form_code="form-2")
ROWS: Mapping[SetName, tuple[Row, ...]] = {
    SetName.PEOPLE: (samples.COURIER, samples.RECEIVER, replace(samples.WITNESS, name="见证员")),
    SetName.GRANTS: samples.GRANTS,
    SetName.COMMISSIONS: (OURS, THEIRS),
    SetName.CONTRACTS: (
        samples.CONTRACT,
        replace(samples.CONTRACT, contract=ContractId("contract-2"), lab=LAB_2),
    ),
    SetName.CUSTODY: (
        Custody(BLOCK, SpecimenState.ACCEPTED, samples.NOW, samples.LAB, samples.DEVICE),
    ),
    SetName.DECISIONS: (Decision(DELIVERY, Word.DISPUTED, samples.NOW, ("seal",)),),
    SetName.KEYS: (KeyRow(KeyId("chip-1"), "AAAA", "chip"),),
    SetName.RULESETS: (RuleSetRow(RuleSetId("nanchang-2023"), 'name = "南昌"\n'),),
}


@pytest.fixture
def central(tmp_path: Path) -> Iterator[Central]:
    with central_at(tmp_path) as made:
        yield made


@pytest.fixture
def replicas(central: Central, tmp_path: Path) -> Iterator[tuple[FollowingDesk, ...]]:
    """Of both labs."""
    with ExitStack() as stack:
        yield tuple(
            stack.enter_context(
                closing(FollowingDesk(central, desk, tmp_path / f"{desk.station.lab}.db"))
            )
            for desk in central.desks
        )


@pytest.fixture
def replica(replicas: tuple[FollowingDesk, ...]) -> FollowingDesk:
    return replicas[0]


def people(count: int) -> tuple[Row, ...]:
    return tuple(samples.person(f"person-{number:04d}") for number in range(count))


def test_every_row_of_every_set_is_found_at_the_desk(
    central: Central, replica: FollowingDesk
) -> None:
    for name, rows in ROWS.items():
        central.platform.load_rows(name, rows)
    replica.be_born()
    assert replica.follow() == {name.value for name in SetName}
    registry = replica.registry
    assert registry.person(samples.COURIER.person) == samples.COURIER
    assert registry.staff(samples.LAB) == (samples.RECEIVER,)
    assert registry.grants(samples.PROJECT) == samples.GRANTS
    assert registry.commission_by_form("form-1") == registry.commission(OURS.commission) == OURS
    assert registry.contract(samples.PROJECT) == samples.CONTRACT
    assert registry.custody(BLOCK) == ROWS[SetName.CUSTODY][0]
    assert registry.decision(DELIVERY) == "disputed"
    for name in SetName:
        here = [row for row in ROWS[name] if getattr(row, "lab", None) != LAB_2]
        assert sum(page.rows for page in replica.head(name).pages) == len(here)
        assert registry.age_h(name, central.clock.now()) == 0


def test_a_lab_sees_its_own_commissions_and_contracts_only(
    central: Central, replicas: tuple[FollowingDesk, ...]
) -> None:
    for name in (SetName.COMMISSIONS, SetName.CONTRACTS):
        central.platform.load_rows(name, ROWS[name])
    for each in replicas:
        each.be_born()
    for each, ours, theirs in zip(replicas, (OURS, THEIRS), (THEIRS, OURS), strict=True):
        central.restart()
        each.follow()
        assert each.registry.commission(ours.commission) == ours
        assert each.registry.commission(theirs.commission) is None


def test_an_empty_set_is_a_set_of_known_age(replica: FollowingDesk) -> None:
    replica.be_born()
    replica.follow()
    assert replica.head(SetName.PEOPLE).pages == ()
    assert replica.version(SetName.PEOPLE) == 1
    assert replica.registry.age_h(SetName.PEOPLE, NOW + timedelta(seconds=1)) == 0


def test_many_rows_are_many_pages_and_a_change_brings_few(
    central: Central, replica: FollowingDesk
) -> None:
    rows = people(1500)
    central.platform.load_rows(SetName.PEOPLE, rows)
    replica.be_born()
    replica.follow()
    pages = replica.head(SetName.PEOPLE).pages
    assert len(pages) >= 5
    assert max(page.size_bytes for page in pages) <= PAGE_LIMIT_BYTES
    assert sum(page.rows for page in pages) == len(rows)
    assert [each for each in replica.asked if each[0] is SetName.PEOPLE] == [
        (SetName.PEOPLE, 1, number) for number in range(len(pages))
    ]
    central.platform.load_rows(SetName.PEOPLE, [samples.person("person-0700-a")])
    assert replica.follow() == {"people"}
    assert replica.version(SetName.PEOPLE) == 2
    assert 1 <= len(replica.asked) <= 2
    assert replica.registry.person(PersonId("person-0700-a")) is not None
    assert replica.registry.person(PersonId("person-1499")) is not None


def test_a_deleted_row_is_gone_and_the_same_rows_change_nothing(
    central: Central, replica: FollowingDesk
) -> None:
    central.platform.load_rows(SetName.PEOPLE, [samples.COURIER, samples.RECEIVER])
    replica.be_born()
    replica.follow()
    central.platform.load_rows(SetName.PEOPLE, [samples.COURIER])
    assert replica.follow() == set()
    gone = Deleted(f"person:{samples.COURIER.person}")
    central.platform.load_rows(SetName.PEOPLE, [gone, Deleted("person:nobody")])
    assert replica.follow() == {"people"}
    assert replica.registry.person(samples.COURIER.person) is None
    assert replica.registry.person(samples.RECEIVER.person) == samples.RECEIVER


def test_the_last_of_several_words_on_a_row_counts(
    central: Central, replica: FollowingDesk
) -> None:
    name = f"person:{samples.COURIER.person}"
    later = replace(samples.COURIER, name="later")
    central.platform.load_rows(SetName.PEOPLE, [samples.COURIER, Deleted(name), later])
    replica.be_born()
    replica.follow()
    assert replica.registry.person(samples.COURIER.person) == later


def test_a_page_of_a_version_that_is_no_more_is_asked_for_anew(
    central: Central, replica: FollowingDesk
) -> None:
    """The head is heard, and two newer versions come before its page is asked for."""
    central.platform.load_rows(SetName.PEOPLE, people(1))
    replica.be_born()
    central.clock.move(1.0)
    for each in central.platform.tick():
        if "/ref/people/" in each.topic:
            replica.sync.hear_head(each.payload)
    for number in (2, 3, 4):
        central.platform.load_rows(SetName.PEOPLE, people(number))
        central.clock.move(1.0)
        central.platform.tick()
    station = replica.station
    data = {"set": "people", "version": 1, "page": 0}
    (said,) = central.receive((ask_topic(station, "ref-page"), encode(Ask("c", "ref-page", data))))
    assert parse_topic(said.topic).branch is Branch.ANSWER
    replica.be_born()
    replica.follow()
    assert replica.version(SetName.PEOPLE) == 4
    assert sum(page.rows for page in replica.head(SetName.PEOPLE).pages) == 4


def test_a_restarted_platform_goes_on_with_its_versions(
    central: Central, replica: FollowingDesk
) -> None:
    central.platform.load_rows(SetName.PEOPLE, people(3))
    replica.be_born()
    replica.follow()
    before = replica.head(SetName.PEOPLE)
    central.restart()
    replica.follow()
    assert (replica.version(SetName.PEOPLE), replica.asked) == (1, [])
    assert replica.head(SetName.PEOPLE).issued > before.issued
    central.platform.load_rows(SetName.PEOPLE, people(4))
    replica.follow()
    assert replica.version(SetName.PEOPLE) == 2


CHANGES = st.lists(
    st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=4), max_size=6
)


@settings(max_examples=12, deadline=None)
@given(CHANGES)
def test_a_desk_that_follows_has_the_rows_that_the_platform_has(
    changes: list[list[tuple[int, bool]]],
) -> None:
    with TemporaryDirectory() as folder, central_at(Path(folder), labs=1) as central:
        (desk,) = central.desks
        with closing(FollowingDesk(central, desk, Path(folder) / "registry.db")) as replica:
            replica.be_born()
            replica.follow()
            rows: dict[int, Row] = {}
            for number, batch in enumerate(changes):
                for index, is_there in batch:
                    row: Row | Deleted = Deleted(f"person:p-{index}")
                    rows.pop(index, None)
                    if is_there:
                        row = rows[index] = replace(samples.person(f"p-{index}"), name=f"{number}")
                    central.platform.load_rows(SetName.PEOPLE, [row])
                replica.follow()
                for index in range(7):
                    assert replica.registry.person(PersonId(f"p-{index}")) == rows.get(index)
