"""Checks of persons, part of step 7: who may receive, approve, confirm and deliver (A5, A6)."""

from collections.abc import Iterable
from dataclasses import dataclass

from edge.core.codes import Code
from edge.core.findings import Finding, finding
from edge.core.ids import LabId, PersonId, ProjectId
from edge.core.moments import Instant
from edge.core.people import Grant, OrgKind, Person, Role


@dataclass(frozen=True, slots=True)
class Chain:
    """Persons named around one delivery: who receives, whom the form names, who witnessed."""

    receiver: PersonId
    named: PersonId | None = None
    witness: PersonId | None = None


def check_operator(person: Person, *, lab: LabId, now: Instant) -> tuple[Finding, ...]:
    """May this person receive here? An active receiver of this lab (guide 一(二), 二(一)2)."""
    return (*_standing(person), *_post(person, Role.RECEIVER, lab), *_certificate(person, now))


def check_keeper(person: Person, *, lab: LabId, now: Instant) -> tuple[Finding, ...]:
    """May this person carry at a laboratory's room? An active curing keeper of it (A5)."""
    return (*_standing(person), *_post(person, Role.CURING_KEEPER, lab), *_certificate(person, now))


def check_site_hand(person: Person, role: Role, *, now: Instant) -> tuple[Finding, ...]:
    """May this person act at a site's room? An active tester or witness (guide 四(三)3, A5)."""
    post: tuple[Finding, ...] = ()
    if role not in person.roles:
        post = (finding(Code.ROLE_NOT_ALLOWED, person.person, why="role", role=role.value),)
    return (*_standing(person), *post, *_certificate(person, now))


def check_approver(
    proposer: Person, approver: Person, *, lab: LabId, now: Instant
) -> tuple[Finding, ...]:
    """May this person approve an override? A supervisor of this lab, not who proposed it (A5)."""
    return (
        *_apart(proposer, approver),
        *_standing(approver),
        *_post(approver, Role.SUPERVISOR, lab),
        *_certificate(approver, now),
    )


def check_second_person(receiver: Person, second: Person, *, lab: LabId) -> tuple[Finding, ...]:
    """May this person confirm a document? Other staff of this lab than the receiver (A5)."""
    return (*_apart(receiver, second), *_standing(second), *_post(second, None, lab))


def check_deliverer(
    person: Person | None,
    *,
    grants: Iterable[Grant],
    projects: frozenset[ProjectId],
    now: Instant,
    chain: Chain,
    subject: str,
) -> tuple[Finding, ...]:
    """May this person deliver for every project on the form, and stands nobody twice (A5, A6)?"""
    if person is None:
        return (finding(Code.DELIVERER_UNKNOWN, subject),)
    mine = tuple(grant for grant in grants if grant.person == person.person)
    refused = tuple(
        finding(
            Code.DELIVERER_NOT_GRANTED, subject, person=person.person, project=project, why=lack
        )
        for project in sorted(projects)
        if (lack := _lack_of_grant(mine, project, now)) is not None
    )
    guess = (finding(Code.CLOCK_UNTRUSTED, subject, rule="grant"),)
    return (
        *_standing(person, subject),
        *refused,
        *(() if refused or now.trusted else guess),
        *(() if refused else _differs(person.person, chain, subject)),
        *_receiver_in_chain(person.person, chain, subject),
    )


def _standing(person: Person, subject: str | None = None) -> tuple[Finding, ...]:
    """An account counts while it is active and after real-name authentication (guide 一(二))."""
    about = subject or person.person
    if not person.active:
        return (finding(Code.PERSON_INACTIVE, about, person=person.person, why="inactive"),)
    if not person.real_name:
        return (finding(Code.PERSON_INACTIVE, about, person=person.person, why="no_real_name"),)
    return ()


def _post(person: Person, role: Role | None, lab: LabId) -> tuple[Finding, ...]:
    if person.lab != lab or person.org_kind is not OrgKind.LAB:
        return (finding(Code.ROLE_NOT_ALLOWED, person.person, why="other_lab", lab=lab),)
    if role is not None and role not in person.roles:
        return (finding(Code.ROLE_NOT_ALLOWED, person.person, why="role", role=role.value),)
    return ()


def _certificate(person: Person, now: Instant) -> tuple[Finding, ...]:
    """A certificate counts on its last local day; one that was never sent is not judged."""
    until = person.cert_until
    if until is None:
        return ()
    if not now.trusted:
        return (finding(Code.CLOCK_UNTRUSTED, person.person, rule="certificate"),)
    if now.local_day <= until:
        return ()
    return (finding(Code.CERT_EXPIRED, person.person, until=until.isoformat()),)


def _apart(first: Person, second: Person) -> tuple[Finding, ...]:
    if first.person != second.person:
        return ()
    return (finding(Code.NOT_INDEPENDENT, second.person, why="same_person"),)


def _lack_of_grant(grants: tuple[Grant, ...], project: ProjectId, now: Instant) -> str | None:
    """None when a grant covers the project now, else what is wrong with the last one.

    Without a trusted clock dates cannot tell, and a revocation counts whatever its time.
    """
    lack = "none"
    for grant in grants:
        if grant.project != project:
            continue
        revoked = grant.revoked_at
        if revoked is not None and (not now.trusted or revoked <= now.at):
            lack = "revoked"
        elif now.trusted and not grant.since <= now.local_day <= grant.until:
            lack = "dates"
        else:
            return None
    return lack


def _differs(person: PersonId, chain: Chain, subject: str) -> tuple[Finding, ...]:
    """Another granted person than the form names: go on, and record both (A6)."""
    if chain.named is None or chain.named == person:
        return ()
    return (finding(Code.DELIVERER_DIFFERS, subject, named=chain.named, came=person),)


def _receiver_in_chain(person: PersonId, chain: Chain, subject: str) -> tuple[Finding, ...]:
    parts = (("deliverer", person), ("named_deliverer", chain.named), ("witness", chain.witness))
    part = next((part for part, who in parts if who == chain.receiver), None)
    if part is None:
        return ()
    return (finding(Code.NOT_INDEPENDENT, subject, receiver=chain.receiver, also=part),)
