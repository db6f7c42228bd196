"""One specimen, one identity, up to three carriers: those that are read must agree (A8)."""

from dataclasses import replace

from edge.core.carriers import Carrier, ChipCode, ScannedCode, Trust
from edge.core.checks_blocks import check_carriers, check_tap
from edge.core.codes import Code
from edge.core.events import CarrierRead, ScanRefused
from edge.core.findings import Finding
from edge.core.intake.inputs import ChipScanned
from edge.core.intake.state import Block, Delivery, Desk, Stray
from edge.core.intake.step import Step, signal_of, with_delivery
from edge.core.policy import judge
from edge.core.rulesets import RuleSet
from edge.core.specimen import Specimen

_TYPED = frozenset({Carrier.TYPED})
_WORTH = (Trust.UNSIGNED, Trust.CHECKED, Trust.SIGNED)


def shown_uid(scanned: ChipScanned) -> str | None:
    """The number of the chip: the tag's own, else what the code says."""
    if scanned.tap is not None:
        return scanned.tap.uid
    return scanned.code.uid if isinstance(scanned.code, ChipCode) else None


def counted_otherwise(delivery: Delivery, scanned: ChipScanned) -> Block | None:
    """The counted block of which this read tells something new; None when it tells nothing.

    New is a carrier that was not read before, and any carrier that now names another chip.
    """
    code, carrier = scanned.code, scanned.reading.carrier
    if not isinstance(code, ChipCode) or carrier in _TYPED:
        return None
    for block in delivery.blocks:
        if block.specimen == code.specimen:
            news = carrier not in block.carriers or _another_chip(delivery, scanned, block)
            return block if news else None
    return None


def _another_chip(delivery: Delivery, scanned: ChipScanned, counted: Block) -> bool:
    uid = shown_uid(scanned)
    if uid and counted.uid and uid != counted.uid:
        return True
    found = check_own_carriers(delivery, scanned)
    return any(each.code is Code.CARRIERS_DISAGREE for each in found)


def check_own_carriers(delivery: Delivery, scanned: ChipScanned) -> tuple[Finding, ...]:
    """A first read: the code, its tag and the registry name one chip, and no doubt stands."""
    code, carrier = scanned.code, scanned.reading.carrier
    if not isinstance(code, ChipCode):
        return check_tap(None, scanned.tap)
    read: tuple[tuple[Carrier, ScannedCode], ...] = ((carrier, code),)
    if scanned.tap is not None:
        read = (*read, (carrier, replace(code, uid=scanned.tap.uid)))
    return _without_twins(
        (
            *_standing_doubts(delivery, code),
            *check_carriers(read, registered=_registered(delivery, code)),
            *check_tap(code.specimen, scanned.tap),
        )
    )


def join_carrier(
    desk: Desk, delivery: Delivery, scanned: ChipScanned, *, counted: Block, rules: RuleSet
) -> Step:
    """Another carrier of a counted block: it agrees, or the block is taken out with both reads."""
    code, carrier = scanned.code, scanned.reading.carrier
    if not isinstance(code, ChipCode):
        return Step(desk)
    before = ChipCode(counted.specimen, counted.trust, uid=counted.uid)
    now = replace(code, uid=shown_uid(scanned))
    findings = _without_twins(
        (
            *check_carriers(
                ((counted.carrier, before), (carrier, now)),
                registered=_registered(delivery, code),
            ),
            *check_own_carriers(delivery, scanned),
        )
    )
    verdict = judge(findings, rules)
    if not verdict.passes:
        return _part(desk, delivery, scanned, counted=counted, findings=findings, rules=rules)
    joined = replace(
        counted,
        also=counted.also if carrier in counted.carriers else (*counted.also, carrier),
        uid=counted.uid or now.uid,
        trust=max(counted.trust, code.trust, key=_WORTH.index),
    )
    blocks = tuple(joined if each is counted else each for each in delivery.blocks)
    told = CarrierRead(
        delivery=delivery.delivery,
        specimen=code.specimen,
        carrier=carrier.value,
        trust=code.trust.value,
        uid=now.uid,
        verdict=scanned.tap.verdict.value if scanned.tap else None,
        reasons=verdict.codes,
    )
    changed = with_delivery(desk, delivery, blocks=blocks)
    return Step(changed, events=(told,), signal=signal_of(verdict, code.specimen))


def _part(
    desk: Desk,
    delivery: Delivery,
    scanned: ChipScanned,
    *,
    counted: Block,
    findings: tuple[Finding, ...],
    rules: RuleSet,
) -> Step:
    """Carriers disagree: the block is not counted any more, and both reads are kept."""
    verdict = judge(findings, rules)
    first = Stray(counted.specimen, "", counted.at, findings)
    second = Stray(counted.specimen, scanned.reading.payload.hex(), scanned.reading.at.at, findings)
    read = (("counted_by", counted.carrier.value), ("counted_uid", counted.uid or ""))
    refused = ScanRefused(
        delivery=delivery.delivery,
        specimen=counted.specimen,
        carrier=scanned.reading.carrier.value,
        payload_hex=scanned.reading.payload[:512].hex(),
        alarm=True,
        reasons=verdict.codes,
        facts=(*findings[0].facts, *read),
        evidence=(*counted.evidence, *scanned.evidence),
    )
    changed = with_delivery(
        desk,
        delivery,
        blocks=tuple(each for each in delivery.blocks if each is not counted),
        strays=(*delivery.strays, first, second),
    )
    return Step(changed, events=(refused,), signal=signal_of(verdict, counted.specimen))


def _registered(delivery: Delivery, code: ChipCode) -> Specimen | None:
    group = delivery.commission.group_of(code.specimen) if delivery.commission else None
    if group is None:
        return None
    return next(each for each in group.specimens if each.specimen == code.specimen)


def _standing_doubts(delivery: Delivery, code: ChipCode) -> tuple[Finding, ...]:
    """A block whose carriers once disagreed here is not counted by showing one of them again."""
    return tuple(
        each
        for stray in delivery.strays
        if stray.specimen == code.specimen and not stray.undone
        for each in stray.findings
        if each.code is Code.CARRIERS_DISAGREE
    )


def _without_twins(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """One finding a code: the tap and the comparison often see the same thing."""
    return tuple({each.code: each for each in reversed(findings)}.values())[::-1]
