"""Inspect, reconcile and sign: what is taken, group by whole group (A4)."""

from dataclasses import replace

from edge.core import events
from edge.core.checks_blocks import check_inspection
from edge.core.checks_groups import check_age, check_completeness, check_trail
from edge.core.checks_people import check_approver
from edge.core.codes import SAFETY, Code
from edge.core.findings import Finding, finding
from edge.core.intake.closing import close
from edge.core.intake.inputs import (
    Context,
    DefectMarked,
    GroupChosen,
    InspectionFinished,
    OverrideProposed,
    ReceiptSigned,
    ReconcileAccepted,
    ScanFinished,
    ScanResumed,
    SealJudged,
)
from edge.core.intake.state import (
    Choice,
    Delivery,
    Desk,
    Ending,
    GroupOutcome,
    Override,
    Phase,
)
from edge.core.intake.step import (
    Outcome,
    Signal,
    Step,
    not_now,
    reasons_of,
    signal_of,
    with_delivery,
)
from edge.core.policy import judge, judge_group
from edge.core.specimen import Group


def finish_scanning(desk: Desk, _: ScanFinished, context: Context) -> Step:
    """Scanning: on to the inspection; blind: record what was seen and claim nothing."""
    delivery = desk.delivery
    if delivery is None:
        return not_now(desk)
    if not delivery.blocks and not delivery.strays:
        return not_now(desk, missing="scan")
    if delivery.phase is Phase.BLIND:
        return close(desk, delivery, Ending.RECORDED_UNVERIFIED, context)
    return Step(with_delivery(desk, delivery, phase=Phase.INSPECT), signal=Signal(Outcome.OK))


def resume_scanning(desk: Desk, _: ScanResumed, __: Context) -> Step:
    """Inspect, reconcile or sign: back to scanning, as long as nothing is signed."""
    delivery = desk.delivery
    if delivery is None:
        return not_now(desk)
    changed = with_delivery(desk, delivery, phase=Phase.SCANNING, outcomes=())
    return Step(changed, signal=Signal(Outcome.OK))


def mark_defect(desk: Desk, marked: DefectMarked, _: Context) -> Step:
    """Inspect: a defect of a counted block; the photograph is mandatory (guide 四(四)2)."""
    delivery = desk.delivery
    if delivery is None or marked.specimen not in delivery.counted:
        return not_now(desk, missing="block")
    if marked.evidence is None:
        return not_now(desk, missing="photograph")
    evidence = marked.evidence
    blocks = tuple(
        replace(
            block,
            defects=tuple(dict.fromkeys((*block.defects, marked.defect))),
            evidence=(*block.evidence, evidence),
        )
        if block.specimen == marked.specimen
        else block
        for block in delivery.blocks
    )
    changed = with_delivery(desk, delivery, blocks=blocks)
    return Step(changed, signal=Signal(Outcome.HOLD, (Code.DAMAGED,), marked.specimen))


def judge_seal(desk: Desk, judged: SealJudged, _: Context) -> Step:
    """Inspect: the state of the seal, with its photograph."""
    delivery = desk.delivery
    if delivery is None:
        return not_now(desk)
    photographs = (judged.evidence,) if judged.evidence else ()
    checked = events.SealChecked(delivery.delivery, judged.state.value, photographs)
    changed = with_delivery(desk, delivery, seal=judged.state)
    return Step(changed, events=(checked,), signal=Signal(Outcome.OK))


def finish_inspection(desk: Desk, _: InspectionFinished, context: Context) -> Step:
    """Inspect: every block has a verdict; no evidence of appearance, no way on."""
    delivery = desk.delivery
    if delivery is None:
        return not_now(desk)
    if delivery.seal is None:
        return not_now(desk, missing="seal")
    if not delivery.layers:
        return not_now(desk, missing="layer_photograph")
    inspected = tuple(
        events.SpecimenInspected(
            delivery.delivery, block.specimen, not block.defects, block.defects, block.evidence
        )
        for block in delivery.blocks
    )
    decided = replace(delivery, phase=Phase.RECONCILE, outcomes=decide_groups(delivery, context))
    return Step(replace(desk, delivery=decided), events=inspected, signal=_summary(decided))


def choose_group(desk: Desk, chosen: GroupChosen, _: Context) -> Step:
    """Reconcile: the receiver may be stricter than the rules, never laxer."""
    delivery = desk.delivery
    if delivery is None or all(each.group != chosen.group for each in delivery.outcomes):
        return not_now(desk, missing="group")
    outcomes = tuple(
        replace(each, wish=chosen.choice) if each.group == chosen.group else each
        for each in delivery.outcomes
    )
    changed = replace(delivery, outcomes=outcomes)
    return Step(replace(desk, delivery=changed), signal=_summary(changed))


def propose_override(desk: Desk, proposed: OverrideProposed, context: Context) -> Step:
    """Reconcile: two persons set a finding aside, where the rule set allows it; never safety."""
    delivery = desk.delivery
    if delivery is None or desk.operator is None:
        return not_now(desk)
    unfit = check_approver(
        desk.operator,
        proposed.approver,
        lab=context.lab,
        now=context.now,
    )
    if proposed.code in SAFETY or proposed.code not in context.rules.overridable:
        return Step(desk, signal=Signal(Outcome.REFUSE, (proposed.code,), proposed.subject))
    if unfit:
        signal = signal_of(judge(unfit, context.rules), proposed.approver.person)
        return Step(desk, signal=signal)
    override = Override(
        code=proposed.code,
        subject=proposed.subject,
        proposer=desk.operator.person,
        approver=proposed.approver.person,
        reason=proposed.reason,
    )
    changed = replace(delivery, overrides=(*delivery.overrides, override))
    changed = replace(changed, outcomes=_keep_wishes(delivery, decide_groups(changed, context)))
    approved = events.OverrideApproved(
        delivery=delivery.delivery,
        code=override.code,
        subject=override.subject,
        proposer=override.proposer,
        approver=override.approver,
        reason=override.reason,
    )
    return Step(replace(desk, delivery=changed), events=(approved,), signal=_summary(changed))


def accept_reconciled(desk: Desk, _: ReconcileAccepted, context: Context) -> Step:
    """Reconcile: the list is agreed; on to signing."""
    delivery = desk.delivery
    if delivery is None or delivery.commission is None:
        return not_now(desk)
    fresh = _keep_wishes(delivery, decide_groups(delivery, context))
    decided = replace(delivery, outcomes=fresh, phase=Phase.SIGN)
    reconciled = tuple(_reconciled(decided, outcome) for outcome in decided.outcomes)
    return Step(replace(desk, delivery=decided), events=reconciled, signal=_summary(decided))


def sign_receipt(desk: Desk, signed: ReceiptSigned, context: Context) -> Step:
    """Sign: the closing events of the delivery are asked for; closed only when `Committed`."""
    delivery = desk.delivery
    if delivery is None or delivery.deliverer is None:
        return not_now(desk)
    evidence = (signed.evidence,) if signed.evidence else ()
    said = events.DeliverySigned(
        delivery=delivery.delivery,
        receiver=delivery.receiver,
        deliverer=delivery.deliverer.person,
        acknowledged=signed.acknowledged,
        evidence=evidence,
    )
    step = close(desk, delivery, _ending(delivery), context)
    return replace(step, events=(said, *step.events))


def decide_groups(delivery: Delivery, context: Context) -> tuple[GroupOutcome, ...]:
    """The rule set's decision on each group of the commission."""
    if delivery.commission is None:
        return ()
    return tuple(_decide(delivery, group, context) for group in delivery.commission.groups)


def _decide(delivery: Delivery, group: Group, context: Context) -> GroupOutcome:
    findings = (
        *check_completeness(group, seen=delivery.counted, rules=context.rules),
        *check_trail(group, now=context.now, rules=context.rules),
        *check_age(group, now=context.now, rules=context.rules),
        *_appearance(delivery, group),
        *_grave_strays(delivery, group),
    )
    choice = judge_group(
        group,
        findings,
        seen=delivery.counted,
        delivery_findings=delivery.findings,
        overrides=delivery.overrides,
        rules=context.rules,
    )
    missing = tuple(
        block.specimen for block in group.specimens if block.specimen not in delivery.counted
    )
    return GroupOutcome(group.group, Choice(choice.value), findings, missing)


def _appearance(delivery: Delivery, group: Group) -> tuple[Finding, ...]:
    defects = {
        block.specimen: block.defects
        for block in delivery.blocks
        if block.group == group.group and block.defects
    }
    seal = delivery.seal.value if delivery.seal else "absent"
    return check_inspection(defects, seal=seal, subject=group.group)


def _grave_strays(delivery: Delivery, group: Group) -> tuple[Finding, ...]:
    """A block of this group was also read as a copy or a conflict: the group is set aside."""
    return tuple(
        finding(found.code, group.group, specimen=stray.specimen)
        for stray in delivery.strays
        if stray.specimen is not None and group.holds(stray.specimen)
        for found in stray.findings
        if found.code in SAFETY
    )


def _keep_wishes(
    delivery: Delivery, outcomes: tuple[GroupOutcome, ...]
) -> tuple[GroupOutcome, ...]:
    wishes = {each.group: each.wish for each in delivery.outcomes}
    return tuple(replace(each, wish=wishes.get(each.group)) for each in outcomes)


def _reconciled(delivery: Delivery, outcome: GroupOutcome) -> events.GroupReconciled:
    return events.GroupReconciled(
        delivery=delivery.delivery,
        group=outcome.group,
        verdict=outcome.final.value,
        specimens=tuple(
            block.specimen for block in delivery.blocks if block.group == outcome.group
        ),
        missing=outcome.missing,
        reasons=reasons_of(outcome.findings),
    )


def _ending(delivery: Delivery) -> Ending:
    finals = {outcome.final for outcome in delivery.outcomes}
    if finals == {Choice.ACCEPT}:
        return Ending.RECEIVED
    if Choice.ACCEPT in finals:
        return Ending.PARTIALLY_RECEIVED
    return Ending.REFUSED if finals == {Choice.REFUSE} else Ending.HELD


def _summary(delivery: Delivery) -> Signal:
    worst = {outcome.final for outcome in delivery.outcomes}
    if worst <= {Choice.ACCEPT}:
        return Signal(Outcome.OK, subject=delivery.delivery)
    outcome = Outcome.HOLD if Choice.REFUSE not in worst else Outcome.REFUSE
    codes = reasons_of(tuple(f for each in delivery.outcomes for f in each.findings))
    return Signal(outcome, codes, delivery.delivery)
