"""Who may receive, approve, confirm and deliver (A5, A6)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import samples

from edge.core.checks_people import (
    Chain,
    check_approver,
    check_deliverer,
    check_operator,
    check_second_person,
)
from edge.core.codes import Code
from edge.core.findings import Finding
from edge.core.ids import LabId, PersonId, ProjectId
from edge.core.moments import Instant, TimeQuality
from edge.core.people import Grant, OrgKind, Person, Role

NOW = samples.instant()
GUESS = samples.instant(quality=TimeQuality.UNTRUSTED)
TODAY = date(2026, 11, 23)
OTHER_LAB = LabId("lab-2")
GRANT = samples.GRANTS[0]
CHAIN = Chain(samples.RECEIVER.person, samples.COURIER.person, samples.WITNESS.person)


def codes(found: tuple[Finding, ...]) -> list[Code]:
    return [each.code for each in found]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"cert_until": None}, []),
        ({"cert_until": TODAY}, []),
        ({"cert_until": TODAY - timedelta(days=1)}, [Code.CERT_EXPIRED]),
        ({"active": False}, [Code.PERSON_INACTIVE]),
        ({"real_name": False}, [Code.PERSON_INACTIVE]),
        ({"lab": OTHER_LAB}, [Code.ROLE_NOT_ALLOWED]),
        ({"lab": None}, [Code.ROLE_NOT_ALLOWED]),
        ({"roles": (Role.TESTING_STAFF,)}, [Code.ROLE_NOT_ALLOWED]),
        ({"org_kind": OrgKind.CONTRACTOR}, [Code.ROLE_NOT_ALLOWED]),
        (
            {"active": False, "roles": (), "cert_until": date(2020, 1, 1)},
            [Code.PERSON_INACTIVE, Code.ROLE_NOT_ALLOWED, Code.CERT_EXPIRED],
        ),
    ],
)
def test_only_an_active_receiver_of_this_lab_takes_the_desk(
    changes: dict[str, Any], expected: list[Code]
) -> None:
    person = replace(samples.RECEIVER, **changes)

    assert codes(check_operator(person, lab=samples.LAB, now=NOW)) == expected


def test_the_last_day_of_a_certificate_is_the_local_day() -> None:
    person = replace(samples.RECEIVER, cert_until=TODAY)
    late = Instant(datetime(2026, 11, 23, 15, 59, tzinfo=UTC), 0, TimeQuality.SYNCED)
    midnight = Instant(datetime(2026, 11, 23, 16, 0, tzinfo=UTC), 0, TimeQuality.SYNCED)

    assert codes(check_operator(person, lab=samples.LAB, now=late)) == []
    assert codes(check_operator(person, lab=samples.LAB, now=midnight)) == [Code.CERT_EXPIRED]


def test_without_a_clock_a_certificate_cannot_be_told_expired() -> None:
    person = replace(samples.RECEIVER, cert_until=date(2020, 1, 1))

    assert codes(check_operator(person, lab=samples.LAB, now=GUESS)) == [Code.CLOCK_UNTRUSTED]


@pytest.mark.parametrize(
    ("approver", "expected"),
    [
        (samples.SUPERVISOR, []),
        (samples.SECOND, [Code.ROLE_NOT_ALLOWED]),
        (replace(samples.SUPERVISOR, lab=OTHER_LAB), [Code.ROLE_NOT_ALLOWED]),
        (replace(samples.SUPERVISOR, active=False), [Code.PERSON_INACTIVE]),
        (replace(samples.SUPERVISOR, cert_until=date(2020, 1, 1)), [Code.CERT_EXPIRED]),
        (
            replace(samples.SUPERVISOR, person=samples.RECEIVER.person),
            [Code.NOT_INDEPENDENT],
        ),
    ],
)
def test_an_override_is_approved_by_another_person_who_supervises(
    approver: Person, expected: list[Code]
) -> None:
    found = check_approver(samples.RECEIVER, approver, lab=samples.LAB, now=NOW)

    assert codes(found) == expected


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (samples.SECOND, []),
        (samples.SUPERVISOR, []),
        (samples.RECEIVER, [Code.NOT_INDEPENDENT]),
        (replace(samples.SECOND, lab=OTHER_LAB), [Code.ROLE_NOT_ALLOWED]),
        (samples.WITNESS, [Code.ROLE_NOT_ALLOWED]),
        (replace(samples.SECOND, active=False), [Code.PERSON_INACTIVE]),
    ],
)
def test_a_document_is_confirmed_by_other_staff_of_this_lab(
    second: Person, expected: list[Code]
) -> None:
    assert codes(check_second_person(samples.RECEIVER, second, lab=samples.LAB)) == expected


def deliver(
    person: Person | None = samples.COURIER,
    grants: tuple[Grant, ...] = samples.GRANTS,
    now: Instant = NOW,
    chain: Chain = CHAIN,
    projects: frozenset[ProjectId] = frozenset({samples.PROJECT}),
) -> list[Code]:
    found = check_deliverer(
        person, grants=grants, projects=projects, now=now, chain=chain, subject="d-1"
    )
    assert {each.subject for each in found} <= {"d-1"}
    return codes(found)


@pytest.mark.parametrize(
    ("grants", "expected"),
    [
        ((GRANT,), []),
        ((), [Code.DELIVERER_NOT_GRANTED]),
        ((replace(GRANT, since=TODAY, until=TODAY),), []),
        ((replace(GRANT, until=TODAY - timedelta(days=1)),), [Code.DELIVERER_NOT_GRANTED]),
        ((replace(GRANT, since=TODAY + timedelta(days=1)),), [Code.DELIVERER_NOT_GRANTED]),
        ((replace(GRANT, revoked_at=samples.NOW),), [Code.DELIVERER_NOT_GRANTED]),
        ((replace(GRANT, revoked_at=samples.NOW + timedelta(seconds=1)),), []),
        ((replace(GRANT, revoked_at=samples.NOW), GRANT), []),
        ((replace(GRANT, person=PersonId("courier-2")),), [Code.DELIVERER_NOT_GRANTED]),
        ((replace(GRANT, project=ProjectId("tower-2")),), [Code.DELIVERER_NOT_GRANTED]),
    ],
)
def test_a_grant_counts_on_its_days_until_it_is_revoked(
    grants: tuple[Grant, ...], expected: list[Code]
) -> None:
    assert deliver(grants=grants) == expected


def test_every_project_on_the_form_needs_a_grant() -> None:
    both = frozenset({samples.PROJECT, ProjectId("tower-2")})
    second = replace(GRANT, project=ProjectId("tower-2"))

    assert deliver(projects=both) == [Code.DELIVERER_NOT_GRANTED]
    assert deliver(projects=both, grants=(GRANT, second)) == []
    assert deliver(projects=both, grants=()) == [Code.DELIVERER_NOT_GRANTED] * 2


def test_without_a_clock_the_dates_of_a_grant_cannot_tell_but_a_revocation_counts() -> None:
    past = replace(GRANT, until=date(2020, 1, 1))
    revoked = replace(GRANT, revoked_at=samples.NOW + timedelta(days=99))

    assert deliver(grants=(past,), now=GUESS) == [Code.CLOCK_UNTRUSTED]
    assert deliver(grants=(revoked,), now=GUESS) == [Code.DELIVERER_NOT_GRANTED]


@pytest.mark.parametrize(
    ("person", "chain", "expected"),
    [
        (None, CHAIN, [Code.DELIVERER_UNKNOWN]),
        (replace(samples.COURIER, active=False), CHAIN, [Code.PERSON_INACTIVE]),
        (replace(samples.COURIER, real_name=False), CHAIN, [Code.PERSON_INACTIVE]),
        (samples.COURIER, replace(CHAIN, named=None), []),
        (samples.COURIER, replace(CHAIN, named=PersonId("x")), [Code.DELIVERER_DIFFERS]),
        (samples.STRANGER, CHAIN, [Code.DELIVERER_NOT_GRANTED]),
        (
            samples.COURIER,
            Chain(samples.COURIER.person, samples.COURIER.person),
            [Code.NOT_INDEPENDENT],
        ),
        (
            samples.COURIER,
            Chain(samples.WITNESS.person, samples.COURIER.person, samples.WITNESS.person),
            [Code.NOT_INDEPENDENT],
        ),
        (
            samples.COURIER,
            Chain(samples.RECEIVER.person, samples.RECEIVER.person),
            [Code.DELIVERER_DIFFERS, Code.NOT_INDEPENDENT],
        ),
    ],
)
def test_the_deliverer_is_known_active_named_and_nobody_else_in_the_chain(
    person: Person | None, chain: Chain, expected: list[Code]
) -> None:
    assert deliver(person, chain=chain) == expected
