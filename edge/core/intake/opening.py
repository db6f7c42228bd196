"""Idle, ready and opened: who receives, which delivery, and whether its papers are in order."""

from dataclasses import replace

from edge.core.checks_forms import check_contract, check_forms, check_freshness
from edge.core.checks_people import check_operator
from edge.core.codes import Code
from edge.core.events import DeliveryOpened, FormsChecked, OperatorLoggedIn, OperatorLoggedOut
from edge.core.findings import Finding, finding
from edge.core.ids import PersonId
from edge.core.intake.inputs import (
    BadgeShown,
    Context,
    FormsConfirmed,
    FormShown,
    LoggedOut,
    SignaturesSeen,
)
from edge.core.intake.state import Delivery, Desk, Phase
from edge.core.intake.step import (
    Outcome,
    Signal,
    Step,
    known_age,
    not_now,
    signal_of,
    with_delivery,
)
from edge.core.people import Person
from edge.core.policy import judge

PROVISIONAL = frozenset({Code.ROSTER_STALE, Code.OFFLINE})
"""Findings that make a receipt provisional until the platform confirms it."""


def log_in(desk: Desk, shown: BadgeShown, context: Context) -> Step:
    """Idle: only a registered, active receiver of this lab takes the desk (guide 一(二))."""
    if shown.person is None:
        return Step(desk, signal=Signal(Outcome.REFUSE, (Code.CODE_UNKNOWN,)))
    findings = check_operator(shown.person, lab=context.lab, now=context.now)
    verdict = judge(findings, context.rules)
    signal = signal_of(verdict, shown.person.person)
    if not verdict.passes:
        return Step(desk, signal=signal)
    return Step(
        replace(desk, operator=shown.person),
        events=(OperatorLoggedIn(shown.person.person),),
        signal=signal,
    )


def log_out(desk: Desk, _: LoggedOut, __: Context) -> Step:
    """Ready: the receiver leaves."""
    if desk.operator is None:
        return not_now(desk)
    left = OperatorLoggedOut(desk.operator.person)
    return Step(Desk(), events=(left,), signal=Signal(Outcome.OK))


def open_delivery(desk: Desk, shown: FormShown, context: Context) -> Step:
    """Ready: a known form opens a delivery; an unknown one is asked for, or recorded blind."""
    if desk.operator is None:
        return not_now(desk)
    if shown.commission is None and context.online:
        if shown.answered:
            unknown = Signal(Outcome.REFUSE, (Code.FORM_UNKNOWN,), shown.code)
            return Step(replace(desk, asking=None), signal=unknown)
        return Step(
            replace(desk, asking=shown.code),
            signal=Signal(Outcome.WARN, (Code.FORM_UNKNOWN,), shown.code, (("asking", "1"),)),
            ask_form=shown.code,
        )
    delivery = Delivery(
        delivery=shown.delivery,
        phase=Phase.OPENED if shown.commission else Phase.BLIND,
        receiver=desk.operator.person,
        opened_at=context.now.at,
        form_codes=(shown.code,),
        commission=shown.commission,
        contract=shown.contract,
        people=shown.people,
        forms=shown.evidence,
        provisional=shown.commission is None,
        witness_commission=shown.commission if _is_witness_form(shown) else None,
    )
    outcome = Outcome.OK if shown.commission else Outcome.OFFLINE
    return Step(
        replace(desk, delivery=delivery, asking=None),
        events=(_opened(delivery),),
        signal=Signal(outcome, subject=shown.code),
    )


def show_other_form(desk: Desk, shown: FormShown, _: Context) -> Step:
    """Opened: the other sheet of the pair."""
    delivery = desk.delivery
    if delivery is None:
        return not_now(desk)
    if shown.commission is None:
        return Step(desk, signal=Signal(Outcome.HOLD, (Code.FORM_UNKNOWN,), shown.code))
    changed = with_delivery(
        desk,
        delivery,
        form_codes=tuple(dict.fromkeys((*delivery.form_codes, shown.code))),
        forms=(*delivery.forms, *shown.evidence),
        witness_commission=(
            shown.commission if _pairs(delivery, shown) else delivery.witness_commission
        ),
    )
    return Step(changed, signal=Signal(Outcome.OK, subject=shown.code))


def see_signatures(desk: Desk, seen: SignaturesSeen, _: Context) -> Step:
    """Opened: whose signatures stand on the sheets."""
    delivery = desk.delivery
    if delivery is None:
        return not_now(desk)
    return Step(with_delivery(desk, delivery, signatures=tuple(sorted(set(seen.roles)))))


def confirm_forms(desk: Desk, _: FormsConfirmed, context: Context) -> Step:
    """Opened: both forms of one commission, its signatures, the contract, how fresh we know it."""
    delivery = desk.delivery
    if delivery is None or delivery.commission is None:
        return not_now(desk)
    commission = delivery.commission
    findings = (
        *check_forms(
            commission,
            delivery.witness_commission,
            signatures_present=frozenset(delivery.signatures),
            people=_by_id(delivery.people),
            lab=context.lab,
            rules=context.rules,
        ),
        *_form_not_shown(delivery),
        *check_contract(
            delivery.contract,
            commission=commission,
            lab=context.lab,
            now=context.now,
        ),
        *check_freshness(
            roster_age_h=context.roster_age_h,
            reference_age_h=context.reference_age_h,
            quality=context.now.quality,
            online=context.online,
            subject=delivery.delivery,
            rules=context.rules,
        ),
    )
    verdict = judge(findings, context.rules)
    checked = FormsChecked(
        delivery=delivery.delivery,
        passed=verdict.passes,
        reasons=verdict.codes,
        signatures=delivery.signatures,
        roster_age_h=known_age(context.roster_age_h),
        reference_age_h=known_age(context.reference_age_h),
        evidence=delivery.forms,
    )
    changed = with_delivery(
        desk,
        delivery,
        phase=Phase.IDENTIFY if verdict.passes else Phase.OPENED,
        findings=findings,
        provisional=any(each.code in PROVISIONAL for each in findings),
    )
    return Step(changed, events=(checked,), signal=signal_of(verdict, delivery.delivery))


def _opened(delivery: Delivery) -> DeliveryOpened:
    commission = delivery.commission
    return DeliveryOpened(
        delivery=delivery.delivery,
        receiver=delivery.receiver,
        form=delivery.form_codes[0],
        commission=commission.commission if commission else None,
        project=commission.project if commission else None,
        groups=len(commission.groups) if commission else 0,
        specimens=len(commission.blocks()) if commission else 0,
    )


def _is_witness_form(shown: FormShown) -> bool:
    return shown.commission is not None and shown.code == shown.commission.witness_form_code


def _pairs(delivery: Delivery, shown: FormShown) -> bool:
    """Whether a sheet stands for the witness record, be it of another commission."""
    if _is_witness_form(shown) or shown.commission is None or delivery.commission is None:
        return True
    return shown.commission.commission != delivery.commission.commission


def _form_not_shown(delivery: Delivery) -> tuple[Finding, ...]:
    commission = delivery.commission
    if commission is None or commission.form_code in delivery.form_codes:
        return ()
    return (finding(Code.FORMS_DIFFER, delivery.delivery, missing=commission.form_code),)


def _by_id(people: tuple[Person, ...]) -> dict[PersonId, Person]:
    return {person.person: person for person in people}
