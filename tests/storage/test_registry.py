"""Rows of the replica: found by their keys, and never forged."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from math import inf
from pathlib import Path

import pytest
import samples
from downlinks import RING, STATION, STRANGER
from memory_doors import QuietJournal
from mirrored import Replica, Version, people, version

from edge.core.commission import Contract
from edge.core.custody import Custody
from edge.core.errors import StorageCorrupt
from edge.core.ids import (
    CommissionId,
    ContractId,
    DeliveryId,
    GrantId,
    LabId,
    PersonId,
    ProjectId,
    SpecimenId,
    uuid7,
)
from edge.core.people import Grant
from edge.core.specimen import SpecimenState
from edge.storage.registry import SqliteRegistry
from edge.wire.reference import Decision, Deleted, Row, SetName, Word
from edge.wire.topics import Station

COMMISSION = samples.commission(groups=2)
BLOCK = SpecimenId("s-1-1")
DELIVERY = DeliveryId(uuid7(samples.NOW, bytes(10)))
CUSTODY = Custody(BLOCK, SpecimenState.ACCEPTED, samples.NOW, samples.LAB, samples.DEVICE)
LONGER = Contract(
    ContractId("contract-2"), samples.PROJECT, samples.LAB, date(2026, 1, 1), date(2028, 1, 1)
)
ELSEWHERE = Contract(
    ContractId("contract-3"), samples.PROJECT, LabId("lab-9"), date(2026, 1, 1), date(2029, 1, 1)
)
NO_PERSON = Grant(
    GrantId("grant-2"), PersonId("gone-1"), samples.PROJECT, date(2026, 1, 1), date(2026, 2, 1)
)
ROWS: dict[SetName, tuple[Row, ...]] = {
    SetName.PEOPLE: (samples.COURIER, samples.RECEIVER, *people(300)),
    SetName.GRANTS: (*samples.GRANTS, NO_PERSON),
    SetName.COMMISSIONS: (COMMISSION,),
    SetName.CONTRACTS: (samples.CONTRACT, LONGER, ELSEWHERE),
    SetName.CUSTODY: (CUSTODY,),
    SetName.DECISIONS: (Decision(DELIVERY, Word.DISPUTED, samples.NOW, ("seal",)),),
}
FORGED = people(300)[7]


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[Replica]:
    made = Replica(tmp_path / "registry.db")
    made.take_rows(ROWS)
    yield made
    made.mirror.close()


def registry_of(path: Path, station: Station = STATION) -> SqliteRegistry:
    return SqliteRegistry(path, ring=RING, station=station, journal=QuietJournal())


@pytest.fixture
def registry(replica: Replica) -> Iterator[SqliteRegistry]:
    made = registry_of(replica.path)
    yield made
    made.close()


def test_every_row_is_found_by_what_the_desk_knows_of_it(registry: SqliteRegistry) -> None:
    assert registry.person(samples.COURIER.person) == samples.COURIER
    assert registry.grants(samples.PROJECT) == (*samples.GRANTS, NO_PERSON)
    assert registry.deliverers(samples.PROJECT) == (samples.COURIER,)
    assert registry.commission(COMMISSION.commission) == COMMISSION
    assert registry.commission_names() == (COMMISSION.commission,)
    assert registry.commission_by_form("form-1") == COMMISSION
    assert registry.commission_by_form("witness-form-1") == COMMISSION
    assert registry.bindings(BLOCK) == (samples.binding(BLOCK, COMMISSION),)
    assert registry.contract(samples.PROJECT) == LONGER
    assert registry.custody(BLOCK) == CUSTODY
    assert registry.decision(DELIVERY) == "disputed"


def test_peer_defect_a_list_by_organisation_has_no_rows(registry: SqliteRegistry) -> None:
    """A peer compared with a pattern as if it were a name."""
    assert samples.RECEIVER in registry.staff(samples.LAB)
    assert [each.specimen for each in registry.custody_of(samples.LAB)] == [BLOCK]
    assert registry.staff(LabId("lab")) == ()


def test_what_is_not_there_is_unknown(registry: SqliteRegistry) -> None:
    nothing = ProjectId("nothing-1")
    assert registry.person(PersonId("nobody-1")) is None
    assert registry.grants(nothing) == ()
    assert registry.deliverers(nothing) == ()
    assert registry.commission(CommissionId("commission-9")) is None
    assert registry.commission_by_form("commission-1") is None
    assert registry.bindings(SpecimenId("s-9-9")) == ()
    assert registry.contract(nothing) is None
    assert registry.custody(SpecimenId("s-9-9")) is None
    assert registry.decision(DeliveryId(uuid7(samples.NOW, bytes([1] * 10)))) is None


def test_a_chip_in_two_commissions_has_two_bindings(
    replica: Replica, registry: SqliteRegistry
) -> None:
    second = replace(COMMISSION, commission=CommissionId("commission-2"))
    replica.take(version((COMMISSION, second), 2, name="commissions", at_s=60))
    assert {each.commission for each in registry.bindings(BLOCK)} == {
        "commission-1",
        "commission-2",
    }


def test_a_deleted_row_is_unknown(replica: Replica, registry: SqliteRegistry) -> None:
    gone = Deleted(f"person:{samples.COURIER.person}")
    replica.take(version((gone, samples.RECEIVER), 2, at_s=60))
    assert registry.person(samples.COURIER.person) is None
    assert registry.person(samples.RECEIVER.person) == samples.RECEIVER


def test_an_open_reader_sees_a_new_version(replica: Replica, registry: SqliteRegistry) -> None:
    assert registry.person(samples.RECEIVER.person) is not None
    replica.take(version((samples.COURIER,), 2, at_s=60))
    assert registry.person(samples.RECEIVER.person) is None
    assert registry.person(samples.COURIER.person) == samples.COURIER
    head = registry.head(SetName.PEOPLE)
    assert head is not None
    assert head.version == 2


def test_age_is_told_by_the_verified_head(replica: Replica, registry: SqliteRegistry) -> None:
    at = samples.NOW + timedelta(hours=5)
    assert registry.age_h("people", at) == 5
    assert registry.age_h("rulesets", at) == inf
    replica.sync.hear_head(version(ROWS[SetName.PEOPLE]).head(late_s=3600))
    assert registry.age_h("people", at) == 4


def test_the_file_may_come_later(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    registry = registry_of(path)
    for _ in range(2):
        assert registry.person(samples.COURIER.person) is None
        assert registry.age_h("people", samples.NOW) == inf
        path.touch()
    replica = Replica(path)
    replica.take_rows(ROWS)
    assert registry.person(samples.COURIER.person) == samples.COURIER
    replica.mirror.close()
    registry.close()


def test_a_replica_whose_shipper_is_gone_is_still_read(replica: Replica) -> None:
    replica.mirror.close()
    with closing(registry_of(replica.path)) as registry:
        assert registry.person(samples.COURIER.person) == samples.COURIER
    replica.start()


def test_heads_of_another_station_are_not_ours(replica: Replica) -> None:
    with closing(registry_of(replica.path, Station.parse("exampleton/lab-1/desk-2"))) as registry:
        assert registry.person(samples.COURIER.person) is None
        assert registry.age_h("people", samples.NOW) == inf


def forge(replica: Replica, sql: str, *values: object) -> None:
    """Write as a shipper could that obeys nobody."""
    with closing(sqlite3.connect(replica.path, isolation_level=None)) as db:
        assert db.execute(sql, values).rowcount > 0


def _index_to_another_row(replica: Replica) -> None:
    forge(
        replica,
        "UPDATE entries SET (sha256, start, length) = "
        "(SELECT sha256, start, length FROM entries WHERE key = ?) WHERE key = ?",
        f"person:{samples.RECEIVER.person}",
        f"person:{FORGED.person}",
    )


def _index_into_the_middle(replica: Replica) -> None:
    forge(replica, "UPDATE entries SET start = start + 1 WHERE key = ?", f"person:{FORGED.person}")


def _index_to_half_a_row(replica: Replica) -> None:
    forge(
        replica, "UPDATE entries SET length = length - 2 WHERE key = ?", f"person:{FORGED.person}"
    )


def _index_to_two_rows(replica: Replica) -> None:
    forge(replica, "UPDATE entries SET length = 100000 WHERE key = ?", f"person:{FORGED.person}")


def _index_before_the_page(replica: Replica) -> None:
    forge(
        replica, "UPDATE entries SET start = -1 - length WHERE key = ?", f"person:{FORGED.person}"
    )


def _page_with_other_bytes(replica: Replica) -> None:
    forge(
        replica,
        "UPDATE pages SET body = CAST(replace(CAST(body AS TEXT), ?, ?) AS BLOB)",
        '"name":"person',
        '"name":"reason',
    )


def _move_to(replica: Replica, of: Version) -> None:
    """Let the index find the forged person on the first row of a page."""
    page, listed = of.pages[0], of.listed[0]
    length = page.index(b"\n") + 1
    forge(replica, "DELETE FROM entries WHERE key = ?", f"person:{FORGED.person}")
    forge(replica, "INSERT OR IGNORE INTO pages VALUES (?, ?)", listed.sha256, page)
    forge(replica, "INSERT INTO contents VALUES ('people', 999, ?)", listed.sha256)
    places = (f"person:{FORGED.person}", listed.sha256, 0, length)
    forge(replica, "INSERT INTO entries VALUES (?, ?, ?, ?)", *places)


def _page_of_its_own(replica: Replica) -> None:
    _move_to(replica, version((replace(FORGED, name="somebody else"),)))


def _page_of_another_set(replica: Replica) -> None:
    forge(replica, "DELETE FROM contents WHERE name = 'grants'")
    _move_to(replica, version((FORGED,), name="grants"))


def _page_gone(replica: Replica) -> None:
    with closing(sqlite3.connect(replica.path, isolation_level=None)) as db:
        db.execute("PRAGMA foreign_keys=OFF")
        db.execute("DELETE FROM pages")


def _set_head(replica: Replica, of: Version, envelope: bytes) -> None:
    replica.mirror.keep_page(of.listed[0].sha256, of.pages[0], [(f"person:{FORGED.person}", 0, 1)])
    replica.mirror.switch(
        "people",
        version=of.version,
        issued=of.issued,
        pages=[each.sha256 for each in of.listed],
        envelope=envelope,
    )


def _head_of_a_stranger(replica: Replica) -> None:
    forged = version((FORGED,), 2)
    _set_head(replica, forged, forged.head(by=STRANGER))


def _head_of_another_set(replica: Replica) -> None:
    forged = version((FORGED,), 2, name="keys")
    _set_head(replica, forged, forged.head())


def _head_of_noise(replica: Replica) -> None:
    forge(replica, "UPDATE heads SET envelope = ? WHERE name = 'people'", b"\xff" * 50)


FORGERIES = (
    _index_to_another_row,
    _index_into_the_middle,
    _index_to_half_a_row,
    _index_to_two_rows,
    _index_before_the_page,
    _page_with_other_bytes,
    _page_of_its_own,
    _page_of_another_set,
    _page_gone,
)


@pytest.mark.parametrize("spoil", FORGERIES)
def test_a_forged_index_or_page_is_corrupt(
    replica: Replica, registry: SqliteRegistry, spoil: Callable[[Replica], None]
) -> None:
    assert registry.person(FORGED.person) == FORGED
    spoil(replica)
    with pytest.raises(StorageCorrupt, match="registry_forged"):
        registry.person(FORGED.person)


@pytest.mark.parametrize("spoil", [_head_of_a_stranger, _head_of_another_set, _head_of_noise])
def test_a_forged_head_is_a_set_that_was_never_received(
    replica: Replica, registry: SqliteRegistry, spoil: Callable[[Replica], None]
) -> None:
    assert registry.person(FORGED.person) == FORGED
    spoil(replica)
    assert registry.person(FORGED.person) is None
    assert registry.age_h("people", samples.NOW) == inf


def test_a_switch_in_the_middle_of_a_question_is_no_forgery(
    replica: Replica, registry: SqliteRegistry
) -> None:
    assert registry.person(FORGED.person) == FORGED
    newer = version((samples.COURIER,), 2, at_s=60)

    def switch(statement: str) -> None:
        if "FROM entries" in statement:
            replica.take(newer)

    registry._db.set_trace_callback(switch)
    assert registry.person(FORGED.person) == FORGED
    registry._db.set_trace_callback(None)
    assert replica.number() == 2
    assert registry.person(FORGED.person) is None
