from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import samples
from hypothesis import given
from hypothesis import strategies as st

from edge.core.custody import Custody
from edge.core.envelope import digest_of
from edge.core.errors import BrokenInvariant, DecodeError
from edge.core.ids import DeliveryId, GrantId, KeyId, PersonId, ProjectId, RuleSetId, SpecimenId
from edge.core.people import Grant, Person, Role
from edge.core.specimen import SpecimenState
from edge.wire.reference import (
    PAGE_LIMIT_BYTES,
    Decision,
    Deleted,
    KeyRow,
    Row,
    RuleSetRow,
    SetName,
    Word,
    decode_row,
    encode_row,
    keys_of,
    lines_of,
    page_head,
    paginate,
)

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
IDS = st.from_regex(r"[a-z0-9](?:[a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
CUSTODY = Custody(SpecimenId("s-1"), SpecimenState.ACCEPTED, AT, samples.LAB, samples.DEVICE)

ROWS: tuple[tuple[SetName, Row, str], ...] = (
    (SetName.PEOPLE, samples.RECEIVER, "person:receiver-1"),
    (SetName.GRANTS, samples.GRANTS[0], "grant:grant-1"),
    (SetName.COMMISSIONS, samples.commission(), "commission:commission-1"),
    (SetName.CONTRACTS, samples.CONTRACT, "contract:contract-1"),
    (SetName.CUSTODY, CUSTODY, "specimen:s-1"),
    (
        SetName.DECISIONS,
        Decision(DeliveryId("d-1"), Word.DISPUTED, AT, ("CLONE_SUSPECT",)),
        "delivery:d-1",
    ),
    (SetName.KEYS, KeyRow(KeyId("k-1"), "AAAA", "event", "n/l/d", AT), "key:k-1"),
    (SetName.RULESETS, RuleSetRow(RuleSetId("r-1"), 'a = "一"\n'), "ruleset:r-1"),
)

PEOPLE = st.builds(
    Person,
    person=IDS.map(PersonId),
    name=st.text(max_size=12),
    org=st.just(samples.SITE_ORG),
    org_kind=st.just(samples.RECEIVER.org_kind),
    roles=st.lists(st.sampled_from(Role), max_size=3).map(tuple),
    cert_until=st.none() | st.dates(),
    badge=st.none() | IDS,
    active=st.booleans(),
)
GRANTS = st.builds(
    Grant,
    grant=IDS.map(GrantId),
    person=IDS.map(PersonId),
    project=IDS.map(ProjectId),
    since=st.dates(),
    until=st.dates(),
    revoked_at=st.none() | st.datetimes(timezones=st.just(UTC)),
)


@pytest.mark.parametrize(("name", "row", "key"), ROWS, ids=[each[0] for each in ROWS])
def test_a_row_of_every_set_is_read_back(name: SetName, row: Row, key: str) -> None:
    line = encode_row(row)
    assert line.count(b"\n") == 1
    assert decode_row(name, line) == row
    assert keys_of(row)[0] == key


def test_every_set_has_a_row_in_this_test() -> None:
    assert {each[0] for each in ROWS} == set(SetName)


def test_a_deletion_is_read_back_in_every_set() -> None:
    gone = Deleted("person:p-1")
    assert {decode_row(name, encode_row(gone)) for name in SetName} == {gone}
    assert keys_of(gone) == ("person:p-1",)


@given(person=PEOPLE, grant=GRANTS)
def test_people_and_grants_survive_the_wire(person: Person, grant: Grant) -> None:
    assert decode_row(SetName.PEOPLE, encode_row(person)) == person
    assert decode_row(SetName.GRANTS, encode_row(grant)) == grant


def test_a_commission_is_found_by_forms_project_and_blocks() -> None:
    keys = keys_of(samples.commission())
    assert {"form:form-1", "form:witness-form-1", "project:bridge-1", "specimen:s-1-1"} <= {*keys}
    assert len(keys) == len(set(keys))


@given(line=st.binary(max_size=120), name=st.sampled_from(SetName))
def test_any_line_is_a_row_or_a_decode_error(line: bytes, name: SetName) -> None:
    with pytest.raises(DecodeError):
        decode_row(name, line)


def crowd(count: int) -> list[Person]:
    return [replace(samples.COURIER, person=PersonId(f"p-{n}")) for n in range(count)]


def test_pages_hold_every_row_once_within_their_limit() -> None:
    people = crowd(2000)
    pages = paginate(people)
    assert len(pages) > 5
    assert all(0 < len(page) <= PAGE_LIMIT_BYTES for page in pages)
    read = [decode_row(SetName.PEOPLE, line) for page in pages for line in lines_of(page)]
    assert sorted(map(repr, read)) == sorted(map(repr, people))
    heads = [page_head(page) for page in pages]
    assert sum(head.rows for head in heads) == 2000
    assert [head.sha256 for head in heads] == [digest_of(page) for page in pages]


def test_the_order_of_rows_given_does_not_matter() -> None:
    people = crowd(300)
    assert paginate(people) == paginate(reversed(people))


@pytest.mark.parametrize("at", [0, 700, 1999])
def test_a_row_less_or_changed_moves_few_pages(at: int) -> None:
    people = crowd(2000)
    before = set(paginate(people))
    fewer = set(paginate(people[:at] + people[at + 1 :]))
    changed = [*people]
    changed[at] = replace(people[at], cert_until=date(2031, 1, 1))
    assert len(fewer - before) <= 3
    assert len(set(paginate(changed)) - before) <= 3


def test_no_rows_are_no_pages() -> None:
    assert paginate(()) == ()


def test_a_row_that_fits_no_page_is_our_defect() -> None:
    with pytest.raises(BrokenInvariant):
        paginate([RuleSetRow(RuleSetId("r-1"), "x" * PAGE_LIMIT_BYTES)])


@pytest.mark.parametrize("page", [b"", b"{}", b"x" * PAGE_LIMIT_BYTES + b"\n"])
def test_a_page_without_an_end_or_beyond_its_limit_is_refused(page: bytes) -> None:
    with pytest.raises(DecodeError):
        lines_of(page)
