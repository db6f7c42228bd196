"""Scanning: every read is counted, or kept with the reason why it was not; nothing vanishes."""

from dataclasses import replace

from edge.core.carriers import ChipCode, NotOurs
from edge.core.checks_blocks import KnownChip, check_scan
from edge.core.codes import Code, Severity
from edge.core.events import LayerPhotographed as LayerKept
from edge.core.events import ScanRefused, SpecimenIdentified
from edge.core.events import ScanUndone as ScanTakenBack
from edge.core.findings import Finding, Verdict
from edge.core.ids import GroupId, SpecimenId
from edge.core.intake.carriers import (
    check_own_carriers,
    counted_otherwise,
    join_carrier,
    shown_uid,
)
from edge.core.intake.inputs import ChipScanned, Context, LayerPhotographed, ScanUndone
from edge.core.intake.state import Block, Delivery, Desk, Phase, Stray
from edge.core.intake.step import Outcome, Signal, Step, not_now, signal_of, with_delivery
from edge.core.policy import judge

SEEN_BEFORE = frozenset({Code.DUPLICATE_SCAN, Code.ALREADY_RECEIVED_HERE})
"""Reads that are answered, kept and logged, but make no event (A7)."""


def scan_chip(desk: Desk, scanned: ChipScanned, context: Context) -> Step:
    """Scanning or blind: one read through authenticity, duplicates and membership (A8, A7, A4)."""
    delivery = desk.delivery
    if delivery is None:
        return not_now(desk)
    counted = counted_otherwise(delivery, scanned)
    if counted is not None:
        return join_carrier(desk, delivery, scanned, counted=counted, rules=context.rules)
    if _same_read(delivery, scanned, context):
        return Step(desk)
    if delivery.phase is Phase.BLIND:
        return _scan_blind(desk, delivery, scanned, context)
    findings = check_scan(
        scanned.code,
        known=KnownChip(
            bindings=scanned.bindings,
            counted=delivery.counted,
            last_read_s=scanned.last_read_s,
            own=scanned.own,
            platform=scanned.platform,
        ),
        commission=delivery.commission,
        lab=context.lab,
        now=context.now,
        rules=context.rules,
    )
    findings = (*findings, *check_own_carriers(delivery, scanned))
    verdict = judge(findings, context.rules)
    if isinstance(scanned.code, ChipCode) and verdict.passes and not _seen_before(findings):
        return _count(desk, delivery, scanned, verdict)
    return _refuse(desk, delivery, scanned, verdict)


def undo_scan(desk: Desk, _: ScanUndone, context: Context) -> Step:
    """Scanning or blind: take the last counted read back; it stays on the record."""
    delivery = desk.delivery
    if delivery is None or not delivery.blocks:
        return not_now(desk, missing="scan")
    last = delivery.blocks[-1]
    taken = Stray(last.specimen, "", context.now.at, (), undone=True)
    changed = with_delivery(
        desk, delivery, blocks=delivery.blocks[:-1], strays=(*delivery.strays, taken)
    )
    return Step(
        changed,
        events=(ScanTakenBack(delivery.delivery, last.specimen),),
        signal=Signal(Outcome.OK, subject=last.specimen),
    )


def keep_layer(desk: Desk, photographed: LayerPhotographed, _: Context) -> Step:
    """Scanning, inspect or blind: a layer photograph is evidence of appearance."""
    delivery = desk.delivery
    if delivery is None:
        return not_now(desk)
    if photographed.evidence in delivery.layers:
        return Step(desk)
    changed = with_delivery(desk, delivery, layers=(*delivery.layers, photographed.evidence))
    return Step(changed, events=(LayerKept(delivery.delivery, (photographed.evidence,)),))


def _same_read(delivery: Delivery, scanned: ChipScanned, context: Context) -> bool:
    """The same chip within n seconds is the same read: silent (A7)."""
    return (
        isinstance(scanned.code, ChipCode)
        and scanned.code.specimen in delivery.counted
        and scanned.last_read_s is not None
        and scanned.last_read_s <= context.rules.same_read_s
    )


def _scan_blind(desk: Desk, delivery: Delivery, scanned: ChipScanned, context: Context) -> Step:
    """Blind: without a commission only the code itself can be judged."""
    own = check_own_carriers(delivery, scanned)
    is_chip = isinstance(scanned.code, ChipCode) and scanned.code.specimen not in delivery.counted
    if is_chip and isinstance(scanned.code, ChipCode) and judge(own, context.rules).passes:
        step = _count(desk, delivery, scanned, Verdict(Severity.INFO))
        return replace(step, signal=Signal(Outcome.OFFLINE, subject=scanned.code.specimen))
    findings = check_scan(
        scanned.code,
        known=KnownChip(counted=delivery.counted),
        commission=None,
        lab=context.lab,
        now=context.now,
        rules=context.rules,
    )
    findings = (*findings, *own)
    return _refuse(desk, delivery, scanned, judge(findings, context.rules))


def _seen_before(findings: tuple[Finding, ...]) -> bool:
    return any(each.code in SEEN_BEFORE for each in findings)


def _count(desk: Desk, delivery: Delivery, scanned: ChipScanned, verdict: Verdict) -> Step:
    code = scanned.code
    if not isinstance(code, ChipCode):
        return not_now(desk)
    group = delivery.commission.group_of(code.specimen) if delivery.commission else None
    block = Block(
        specimen=code.specimen,
        group=group.group if group else None,
        carrier=scanned.reading.carrier,
        trust=code.trust,
        at=scanned.reading.at.at,
        evidence=scanned.evidence,
        uid=shown_uid(scanned),
    )
    changed = replace(delivery, blocks=(*delivery.blocks, block))
    identified = SpecimenIdentified(
        delivery=delivery.delivery,
        specimen=code.specimen,
        group=block.group,
        carrier=block.carrier.value,
        trust=block.trust.value,
        reasons=verdict.codes,
        custody_age_h=round(scanned.platform.age_h, 2) if scanned.platform else None,
        evidence=scanned.evidence,
        uid=block.uid,
        verdict=scanned.tap.verdict.value if scanned.tap else None,
    )
    signal = signal_of(verdict, code.specimen)
    if verdict.severity is Severity.INFO and _completes(changed, block.group):
        signal = replace(signal, outcome=Outcome.GROUP_COMPLETE)
    return Step(replace(desk, delivery=changed), events=(identified,), signal=signal)


def _completes(delivery: Delivery, group_id: GroupId | None) -> bool:
    if delivery.commission is None or group_id is None:
        return False
    group = delivery.commission.group(group_id)
    return group is not None and all(
        block.specimen in delivery.counted for block in group.specimens
    )


def _refuse(desk: Desk, delivery: Delivery, scanned: ChipScanned, verdict: Verdict) -> Step:
    specimen = _named(scanned)
    findings = tuple(reason.finding for reason in verdict.reasons)
    signal = signal_of(verdict, specimen or "")
    stray = Stray(specimen, scanned.reading.payload.hex(), scanned.reading.at.at, findings)
    if _seen_before(findings) and verdict.passes:
        if any(_alike(stray, other) for other in delivery.strays):
            return Step(desk, signal=replace(signal, outcome=Outcome.ALREADY))
        changed = with_delivery(desk, delivery, strays=(*delivery.strays, stray))
        return Step(changed, signal=replace(signal, outcome=Outcome.ALREADY))
    if any(_alike(stray, other) for other in delivery.strays):
        return Step(desk, signal=signal)
    refused = ScanRefused(
        delivery=delivery.delivery,
        specimen=specimen,
        carrier=scanned.reading.carrier.value,
        payload_hex=scanned.reading.payload[:512].hex(),
        alarm=verdict.severity is Severity.ALARM,
        reasons=verdict.codes,
        facts=findings[0].facts if findings else (),
        evidence=scanned.evidence,
    )
    changed = with_delivery(desk, delivery, strays=(*delivery.strays, stray))
    return Step(changed, events=(refused,), signal=signal)


def _named(scanned: ChipScanned) -> SpecimenId | None:
    match scanned.code:
        case ChipCode(specimen=specimen):
            return specimen
        case NotOurs():
            return None
        case _:
            return None


def _alike(one: Stray, other: Stray) -> bool:
    """The same refused code shown again is one stray, not two."""
    return one.payload_hex == other.payload_hex and one.findings == other.findings
