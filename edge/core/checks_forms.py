"""Checks of papers and of how fresh we know them, part of step 7 (guide 二(二), 四(四)1)."""

from collections.abc import Mapping

from edge.core.codes import Code
from edge.core.commission import Commission, Contract
from edge.core.findings import Finding, finding
from edge.core.ids import LabId, PersonId
from edge.core.moments import Instant, TimeQuality
from edge.core.people import OrgKind, Person, Role
from edge.core.rulesets import RuleSet

WITNESS_ORGS = frozenset({OrgKind.SUPERVISOR, OrgKind.OWNER})
"""A witness stands for the supervising company or the owner (A5)."""


def check_forms(
    commission: Commission,
    witness_commission: Commission | None,
    *,
    signatures_present: frozenset[Role],
    people: Mapping[PersonId, Person],
    lab: LabId,
    rules: RuleSet,
) -> tuple[Finding, ...]:
    """Both sheets name one commission of this lab, fully signed, by a listed witness (四(四)1)."""
    subject = commission.commission
    return (
        *_pair(commission, witness_commission),
        *(() if commission.lab == lab else (finding(Code.WRONG_LAB, subject, lab=commission.lab),)),
        *_signatures(commission, signatures_present, rules),
        *_witness(commission, people.get(commission.witness)),
    )


def check_contract(
    contract: Contract | None, *, commission: Commission, lab: LabId, now: Instant
) -> tuple[Finding, ...]:
    """A contract of this project with this lab is valid today, both end dates included (二(二)).

    Without a trusted clock its dates cannot tell.
    """
    lack = _lack_of_contract(contract, commission, lab=lab, now=now)
    if lack is None:
        return ()
    facts = {"contract": contract.contract, "until": contract.valid_until} if contract else {}
    return (finding(Code.NO_CONTRACT, commission.commission, why=lack, **facts),)


def check_freshness(
    *,
    roster_age_h: float,
    reference_age_h: float,
    quality: TimeQuality,
    online: bool,
    subject: str,
    rules: RuleSet,
) -> tuple[Finding, ...]:
    """How far what we judge by may be old: stale lists and no link make a receipt provisional.

    An age of infinity says that the data was never received.
    """
    ages = (
        ("roster", roster_age_h, rules.roster_max_age_h),
        ("reference", reference_age_h, rules.reference_max_age_h),
    )
    stale = tuple(
        finding(Code.ROSTER_STALE, subject, data=name, age_h=_hours(age_h), limit_h=_hours(limit_h))
        for name, age_h, limit_h in ages
        if age_h > limit_h
    )
    offline = () if online else (finding(Code.OFFLINE, subject),)
    untrusted = quality is TimeQuality.UNTRUSTED
    clock = (finding(Code.CLOCK_UNTRUSTED, subject),) if untrusted else ()
    return (*stale, *offline, *clock)


def _pair(commission: Commission, other: Commission | None) -> tuple[Finding, ...]:
    if other is None:
        return (finding(Code.WITNESS_FORM_MISSING, commission.commission),)
    if other.commission == commission.commission:
        return ()
    return (finding(Code.FORMS_DIFFER, commission.commission, other=other.commission),)


def _signatures(
    commission: Commission, present: frozenset[Role], rules: RuleSet
) -> tuple[Finding, ...]:
    needed = {*rules.required_signatures, *commission.signatures_required} - present
    return tuple(
        finding(Code.SIGNATURE_MISSING, commission.commission, role=role.value)
        for role in Role
        if role in needed
    )


def _witness(commission: Commission, person: Person | None) -> tuple[Finding, ...]:
    """The list decides; of a witness whom the roster knows, role and company must fit too."""
    witness = commission.witness
    if witness not in commission.witnesses_listed:
        why = "not_listed"
    elif person is not None and Role.WITNESS not in person.roles:
        why = "role"
    elif person is not None and person.org_kind not in WITNESS_ORGS:
        why = person.org_kind.value
    else:
        return ()
    return (finding(Code.WITNESS_NOT_LISTED, commission.commission, witness=witness, why=why),)


def _lack_of_contract(
    contract: Contract | None, commission: Commission, *, lab: LabId, now: Instant
) -> str | None:
    if contract is None:
        return "none"
    if commission.contract is not None and contract.contract != commission.contract:
        return "other_contract"
    if contract.project != commission.project:
        return "other_project"
    if contract.lab != lab:
        return "other_lab"
    valid = contract.valid_from <= now.local_day <= contract.valid_until
    return None if valid or not now.trusted else "dates"


def _hours(value: float) -> str:
    return "never" if value == float("inf") else f"{value:g}"
