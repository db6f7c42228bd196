"""Checks of single blocks, part of step 7: their codes, where they were seen, how they look."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from edge.core.carriers import Carrier, ChipCode, Flaw, NotOurs, ScannedCode, Trust
from edge.core.codes import Code
from edge.core.commission import Binding, Commission
from edge.core.custody import Custody
from edge.core.findings import Finding, finding
from edge.core.ids import GroupId, LabId, SpecimenId
from edge.core.moments import Instant, rfc3339
from edge.core.nfc import NfcVerdict, Tap
from edge.core.rulesets import RuleSet
from edge.core.specimen import Specimen, SpecimenState

RECEIVABLE = frozenset(
    {
        SpecimenState.SAMPLED,
        SpecimenState.CURED_DUE,
        SpecimenState.PRESENTED,
        SpecimenState.IDENTIFIED,
        SpecimenState.HELD,
        SpecimenState.REFUSED,
        SpecimenState.EXPIRED,
    }
)
"""States that a desk may receive from; every other state stops the block (A8, last layer)."""

RECEIVED = frozenset(
    {
        SpecimenState.ACCEPTED,
        SpecimenState.LAB_CURING,
        SpecimenState.OUT_FOR_TEST,
        SpecimenState.TESTED,
        SpecimenState.RETAINED,
        SpecimenState.DISPOSED,
    }
)
"""States that only a lab which received the block can bring about."""

_EXPECTED_AFTER_RECEIPT = frozenset({SpecimenState.ACCEPTED, SpecimenState.LAB_CURING})

_BY_FLAW = {
    Flaw.NOT_TEXT: Code.CODE_NOT_OURS,
    Flaw.SYNTAX: Code.CODE_NOT_OURS,
    Flaw.HOST: Code.CODE_NOT_OURS,
    Flaw.CHECK_CHARACTER: Code.CHIP_UNREADABLE,
    Flaw.UNKNOWN_KEY: Code.CODE_FORGED,
    Flaw.KEY_EXPIRED: Code.CODE_REVOKED,
    Flaw.SIGNATURE: Code.CODE_FORGED,
}


_BY_VERDICT = {
    NfcVerdict.UID_MISMATCH: Code.CARRIERS_DISAGREE,
    NfcVerdict.REPLAY: Code.CLONE_SUSPECT,
    NfcVerdict.DUPLICATE_PLACE: Code.CLONE_SUSPECT,
    NfcVerdict.BAD_MAC: Code.CODE_FORGED,
    NfcVerdict.UNSIGNED: Code.CODE_UNSIGNED,
    NfcVerdict.UNKNOWN_KEY: Code.CODE_UNSIGNED,
}


@dataclass(frozen=True, slots=True)
class KnownChip:
    """What is known of a chip when it is read.

    `counted`: the specimens of this delivery so far; `last_read_s`: age of the chip's previous
    read; `own`: this station's last word on it; `platform`: the word of all stations.
    """

    bindings: tuple[Binding, ...] = ()
    counted: frozenset[SpecimenId] = frozenset()
    last_read_s: float | None = None
    own: Custody | None = None
    platform: Custody | None = None


def check_scan(
    code: ScannedCode,
    *,
    known: KnownChip,
    commission: Commission | None,
    lab: LabId,
    now: Instant,
    rules: RuleSet,
) -> tuple[Finding, ...]:
    """One read: is it a chip of ours (A8), seen before (A7), and of this delivery (A4)?

    Without a commission only the code itself and its history can be judged.
    """
    if not isinstance(code, ChipCode):
        return _not_a_chip(code)
    specimen = code.specimen
    if specimen in known.counted:
        return _repeated(specimen, known.last_read_s, rules)
    return (
        *_unsigned(code),
        *_bound(specimen, known.bindings, commission, lab),
        *_history(known, lab, now, rules),
    )


def check_carriers(
    read: tuple[tuple[Carrier, ScannedCode], ...], *, registered: Specimen | None = None
) -> tuple[Finding, ...]:
    """All carriers of one block that are present must agree, with the registry too (A8)."""
    chips = tuple(code for _, code in read if isinstance(code, ChipCode))
    subject = registered.specimen if registered else chips[0].specimen if chips else ""
    names = {code.specimen for code in chips} | ({registered.specimen} if registered else set())
    uids = {code.uid for code in chips if code.uid is not None}
    if registered is not None and registered.uid is not None:
        uids.add(registered.uid)
    broken = tuple(carrier for carrier, code in read if not isinstance(code, ChipCode))
    if broken and chips:
        return (finding(Code.CARRIERS_DISAGREE, subject, not_a_chip=broken[0].value),)
    if len(names) > 1:
        return (finding(Code.CARRIERS_DISAGREE, subject, specimens=" ".join(sorted(names))),)
    if len(uids) > 1:
        return (finding(Code.CARRIERS_DISAGREE, subject, uids=" ".join(sorted(uids))),)
    return ()


def check_tap(specimen: SpecimenId | None, tap: Tap | None) -> tuple[Finding, ...]:
    """What laying the tag on a reader showed (DEVICES 2); missing proof is a level, no refusal."""
    code = _BY_VERDICT.get(tap.verdict) if tap else None
    if tap is None or code is None:
        return ()
    return (finding(code, specimen or tap.uid, tap=tap.verdict.value, uid=tap.uid),)


def may_bind(
    specimen: SpecimenId, *, state: SpecimenState | None, bindings: tuple[Binding, ...]
) -> tuple[Finding, ...]:
    """A chip is bound once in its life: only an issued, never bound chip may be (A7)."""
    if bindings:
        return (finding(Code.BIND_CONFLICT, specimen, group=bindings[0].group),)
    if state is None:
        return (finding(Code.CODE_UNKNOWN, specimen),)
    if state is not SpecimenState.ISSUED:
        return (finding(Code.BIND_CONFLICT, specimen, state=state.value),)
    return ()


def check_inspection(
    defects: Mapping[SpecimenId, tuple[str, ...]], *, seal: str, subject: str
) -> tuple[Finding, ...]:
    """Appearance of the blocks and the seal of `subject` are intact (guide 四(四)2).

    `seal` is intact, broken or absent; any other word counts as absent.
    """
    damaged = tuple(
        finding(Code.DAMAGED, specimen, defects=" ".join(reasons))
        for specimen, reasons in sorted(defects.items())
        if reasons
    )
    match seal:
        case "intact":
            return damaged
        case "broken":
            return (*damaged, finding(Code.SEAL_BROKEN, subject))
        case _:
            return (*damaged, finding(Code.SEAL_ABSENT, subject))


def _not_a_chip(code: ScannedCode) -> tuple[Finding, ...]:
    if isinstance(code, NotOurs):
        return (finding(_BY_FLAW[code.flaw], code.claimed, layer=code.flaw.value),)
    return (finding(Code.CODE_NOT_OURS, "", layer="kind", found=type(code).__name__),)


def _repeated(
    specimen: SpecimenId, last_read_s: float | None, rules: RuleSet
) -> tuple[Finding, ...]:
    """Within `same_read_s` it is the same read; later it is one block shown twice."""
    if last_read_s is not None and last_read_s <= rules.same_read_s:
        return ()
    return (finding(Code.DUPLICATE_SCAN, specimen),)


def _unsigned(code: ChipCode) -> tuple[Finding, ...]:
    if code.trust is Trust.SIGNED:
        return ()
    return (finding(Code.CODE_UNSIGNED, code.specimen, trust=code.trust.value),)


def _bound(
    specimen: SpecimenId,
    bindings: tuple[Binding, ...],
    commission: Commission | None,
    lab: LabId,
) -> tuple[Finding, ...]:
    """Registry layer: bound to exactly one group, of this project, commission and lab."""
    listed = commission.group_of(specimen) if commission else None
    groups: dict[GroupId, None] = {binding.group: None for binding in bindings}
    if listed is not None:
        groups[listed.group] = None
    if len(groups) > 1:
        return (finding(Code.BIND_CONFLICT, specimen, groups=" ".join(groups)),)
    if not groups:
        return (finding(Code.CODE_UNKNOWN, specimen),) if commission else ()
    return tuple(
        found for binding in bindings[:1] for found in _elsewhere(binding, commission, lab)
    )


def _elsewhere(binding: Binding, commission: Commission | None, lab: LabId) -> tuple[Finding, ...]:
    """Another lab's block, another project's, or another commission's: each with its own place."""
    specimen, found = binding.specimen, []
    if binding.lab != lab:
        found.append(finding(Code.WRONG_LAB, specimen, lab=binding.lab))
    if commission is None:
        return tuple(found)
    own = {"commission": binding.commission, "group": binding.group, "project": binding.project}
    if binding.project != commission.project:
        found.append(finding(Code.WRONG_PROJECT, specimen, **own, form=commission.project))
    elif binding.commission != commission.commission:
        found.append(finding(Code.NOT_IN_COMMISSION, specimen, **own))
    elif commission.group_of(specimen) is None:
        found.append(finding(Code.NOT_IN_GROUP, specimen, **own))
    return tuple(found)


def _history(known: KnownChip, lab: LabId, now: Instant, rules: RuleSet) -> tuple[Finding, ...]:
    """This station's word and the platform's, each judged; the same code is said once (A7)."""
    found: dict[Code, Finding] = {}
    for seen in (known.own, known.platform):
        if seen is not None:
            for each in (*check_travel(seen, lab, now, rules), *_state(seen, lab)):
                found.setdefault(each.code, each)
    return tuple(found.values())


def check_travel(seen: Custody, lab: LabId, now: Instant, rules: RuleSet) -> tuple[Finding, ...]:
    """Seen at another lab less than a journey ago: one of the two is a copy (A7)."""
    if seen.lab == lab or not now.trusted:
        return ()
    if abs(now.at - seen.at) > timedelta(minutes=rules.travel_minutes):
        return ()
    return (finding(Code.CLONE_SUSPECT, seen.specimen, lab=seen.lab, at=rfc3339(seen.at)),)


def _state(seen: Custody, lab: LabId) -> tuple[Finding, ...]:
    """What the last known state says about receiving the block here (A7, A8 last layer)."""
    specimen, state = seen.specimen, seen.state
    facts = {"state": state.value, "lab": seen.lab, "at": rfc3339(seen.at)}
    if state is SpecimenState.CLONE_SUSPECT:
        return (finding(Code.CLONE_SUSPECT, specimen, **facts),)
    if state in RECEIVED and seen.lab != lab:
        return (finding(Code.RECEIVED_ELSEWHERE, specimen, **facts),)
    if state in RECEIVED:
        where = {"device": seen.device, "delivery": seen.delivery or "-"}
        received = finding(Code.ALREADY_RECEIVED_HERE, specimen, **facts, **where)
        if state in _EXPECTED_AFTER_RECEIPT:
            return (received,)
        return (received, finding(Code.STAGE_NOT_ALLOWED, specimen, **facts))
    held_elsewhere = state is SpecimenState.HELD and seen.lab != lab
    if state not in RECEIVABLE or held_elsewhere:
        return (finding(Code.STAGE_NOT_ALLOWED, specimen, **facts),)
    return (finding(Code.OVERDUE, specimen, **facts),) if state is SpecimenState.EXPIRED else ()
