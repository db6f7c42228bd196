"""Checks of groups, part of step 7: what happened on site, their age, and whether all is here."""

import math
from datetime import UTC, datetime, timedelta

from edge.core.codes import Code
from edge.core.findings import Finding, finding
from edge.core.ids import SpecimenId
from edge.core.moments import AgeWindow, Due, Instant, age_window, local_midnight, rfc3339
from edge.core.rulesets import RuleSet, StageRule
from edge.core.specimen import (
    Curing,
    Group,
    SpecimenState,
    Stage,
    StageRecord,
)

PAST_AGE = frozenset(
    {
        SpecimenState.OUT_FOR_TEST,
        SpecimenState.TESTED,
        SpecimenState.RETAINED,
        SpecimenState.DISPOSED,
        SpecimenState.REFUSED,
        SpecimenState.LOST,
        SpecimenState.BROKEN,
    }
)
"""States in which a block no longer waits for its test age, so that it can never be overdue."""

_CURING_STAGES = frozenset({Stage.CURING_IN, Stage.CURING_END})
_PLACED_STAGES = frozenset({Stage.SLUMP, Stage.SAMPLING})


def check_trail(group: Group, *, rules: RuleSet, now: Instant | None = None) -> tuple[Finding, ...]:
    """What phones recorded before the desk: signatures, order, photographs, place (A1, A9).

    With the instant of the delivery, a group that comes before its age for curing at the lab,
    and was in no site room, owes no curing stage; nor when the clock cannot tell.
    """
    owed = _stages_owed(group, rules, now)
    recorded = tuple(record for record in group.trail if record.stage in {r.stage for r in owed})
    return (
        *_missing_stages(group, owed),
        *(found for record in recorded for found in _signers(group, record, rules)),
        *_order(group, rules, now),
        *_photographs(group, owed),
        *(found for record in recorded for found in _place(group, record, rules)),
    )


def check_age(group: Group, *, now: Instant, rules: RuleSet) -> tuple[Finding, ...]:
    """Delivered before, after or within its test age; never a guess (A2, GB/T 50081)."""
    window = window_of(group, rules)
    if window is None:
        return ()
    match due_of(group, now=now, rules=rules):
        case Due.CANNOT_TELL:
            return (finding(Code.CLOCK_UNTRUSTED, group.group, rule="age"),)
        case Due.NOT_DUE:
            early = finding(Code.EARLY, group.group, due=rfc3339(window.possible.since))
            return (early, *_late_for_lab_curing(group, now.at, rules))
        case Due.OVERDUE:
            until = rfc3339(window.possible.until)
            return (finding(Code.OVERDUE, group.group, until=until),)
        case _ if window.certain.empty:
            return (finding(Code.EVIDENCE_INCOMPLETE, group.group, ask="casting_time"),)
        case _:
            return ()


def due_of(
    group: Group, *, now: Instant, rules: RuleSet, state: SpecimenState | None = None
) -> Due | None:
    """Where `now` lies in a block's age; None when it has no test age, or waits for it no more."""
    window = window_of(group, rules)
    if window is None or state in PAST_AGE:
        return None
    return window.due(now.at) if now.trusted else Due.CANNOT_TELL


def window_of(group: Group, rules: RuleSet) -> AgeWindow | None:
    """The test-age window of a group; None for a group that waits for maturity (600 ℃·d)."""
    if group.age_days is None:
        return None
    tolerance = rules.tolerance(group.age_days)
    return age_window(group.casting, age_days=group.age_days, tolerance=tolerance)


def check_completeness(
    group: Group, *, seen: frozenset[SpecimenId], rules: RuleSet
) -> tuple[Finding, ...]:
    """All bound blocks are here, and as many are bound as the kind asks for (A4)."""
    bound, need = len(group.specimens), rules.group_sizes[group.kind]
    numbers = [str(block.number) for block in group.specimens if block.specimen not in seen]
    found: list[Finding] = []
    if numbers:
        facts = {"numbers": " ".join(numbers), "seen": bound - len(numbers), "bound": bound}
        found.append(finding(Code.MISSING_BLOCK, group.group, **facts))
    if bound < need:
        found.append(finding(Code.MISSING_BLOCK, group.group, bound=bound, need=need))
    if bound > need:
        found.append(finding(Code.NOT_IN_GROUP, group.group, bound=bound, need=need))
    return tuple(found)


def is_complete(group: Group, *, seen: frozenset[SpecimenId], rules: RuleSet) -> bool:
    """Whether the whole group, of the right size, was seen (A4)."""
    return not check_completeness(group, seen=seen, rules=rules)


def photographs_owed(rule: StageRule, group: Group) -> int:
    """Photographs that a stage asks of this group, plain and placard (guide 四)."""
    times = len(group.specimens) if rule.per_block else 1
    return (rule.plain + rule.placard) * times


def _stages_owed(group: Group, rules: RuleSet, now: Instant | None) -> tuple[StageRule, ...]:
    owed = rules.stages[group.curing]
    window = window_of(group, rules)
    early = (
        now is not None
        and window is not None
        and (not now.trusted or now.at < window.possible.since)
    )
    in_site_room = any(record.stage in _CURING_STAGES for record in group.trail)
    if not early or in_site_room:
        return owed
    return tuple(rule for rule in owed if rule.stage not in _CURING_STAGES)


def _missing_stages(group: Group, owed: tuple[StageRule, ...]) -> tuple[Finding, ...]:
    """A stage without record, or signed by one party only, is listed and not guessed (A9)."""
    found: list[Finding] = []
    for rule in owed:
        record = group.stage(rule.stage)
        if record is None:
            found.append(finding(Code.STAGE_MISSING, group.group, stage=rule.stage.value))
            continue
        parties = (("tester", record.tester), ("witness", record.witness))
        found.extend(
            finding(Code.STAGE_MISSING, group.group, stage=rule.stage.value, unsigned=party)
            for party, signed in parties
            if signed is None
        )
    return tuple(found)


def _signers(group: Group, record: StageRecord, rules: RuleSet) -> tuple[Finding, ...]:
    """Both confirm within the limit, ends included (A1), and are independent (A5)."""
    tester, witness = record.tester, record.witness
    if tester is None or witness is None:
        return ()
    stage, found = record.stage.value, []
    apart = abs(tester.at - witness.at)
    limit = timedelta(minutes=rules.two_signature_minutes)
    if apart > limit:
        minutes = math.ceil(apart.total_seconds() / 6) / 10
        facts = {"stage": stage, "minutes": minutes, "limit": rules.two_signature_minutes}
        found.append(finding(Code.INTERVAL_EXCEEDED, group.group, **facts))
    same = "person" if tester.person == witness.person else "org"
    if tester.person == witness.person or tester.org == witness.org:
        found.append(finding(Code.SIGNERS_NOT_INDEPENDENT, group.group, stage=stage, same=same))
    return tuple(found)


def _order(group: Group, rules: RuleSet, now: Instant | None) -> tuple[Finding, ...]:
    """Cast ≤ sampling ≤ curing in ≤ curing end ≤ now, and curing in soon after casting (A9)."""
    earliest, latest = _cast_between(group)
    before, last = "cast", earliest
    found: list[Finding] = []
    for stage in (Stage.SAMPLING, Stage.CURING_IN, Stage.CURING_END):
        first = _first_signature(group.stage(stage))
        if first is None:
            continue
        if first < last:
            found.append(finding(Code.STAGE_ORDER, group.group, stage=stage.value, before=before))
        if now is not None and now.trusted and first > now.at:
            found.append(finding(Code.STAGE_ORDER, group.group, stage=stage.value, after="now"))
        before, last = stage.value, max(first, last)
    entered = _first_signature(group.stage(Stage.CURING_IN))
    limit = timedelta(days=rules.curing_in_max_days)
    if entered is not None and group.curing is Curing.STANDARD and entered > latest + limit:
        facts = {"stage": Stage.CURING_IN.value, "hours": _hours(entered - latest)}
        limit_h = rules.curing_in_max_days * 24
        found.append(finding(Code.STAGE_ORDER, group.group, **facts, limit_h=limit_h))
    return tuple(found)


def _photographs(group: Group, owed: tuple[StageRule, ...]) -> tuple[Finding, ...]:
    found: list[Finding] = []
    for rule in owed:
        record = group.stage(rule.stage)
        if record is None:
            continue
        stage, need = rule.stage.value, photographs_owed(rule, group)
        if record.photos < need:
            facts = {"stage": stage, "n": record.photos, "m": need}
            found.append(finding(Code.EVIDENCE_INCOMPLETE, group.group, **facts))
        if record.gps_ok is False:
            found.append(finding(Code.EVIDENCE_INCOMPLETE, group.group, stage=stage, place="off"))
    return tuple(found)


def _place(group: Group, record: StageRecord, rules: RuleSet) -> tuple[Finding, ...]:
    limit_m, distance_m = rules.sampling_distance_m, record.distance_m
    if limit_m is None or distance_m is None or record.stage not in _PLACED_STAGES:
        return ()
    if distance_m <= limit_m:
        return ()
    facts = {"stage": record.stage.value, "distance_m": f"{distance_m:.0f}", "limit_m": limit_m}
    return (finding(Code.PLACE_TOO_FAR, group.group, **facts),)


def _late_for_lab_curing(group: Group, at: datetime, rules: RuleSet) -> tuple[Finding, ...]:
    """A standard-cured group that was in no curing room in time is cured off the standard."""
    if group.curing is not Curing.STANDARD or group.stage(Stage.CURING_IN) is not None:
        return ()
    _, latest = _cast_between(group)
    if at <= latest + timedelta(days=rules.lab_curing_max_days):
        return ()
    return (finding(Code.LATE_FOR_LAB_CURING, group.group, hours=_hours(at - latest)),)


def _cast_between(group: Group) -> tuple[datetime, datetime]:
    """The instants between which the group was cast: one instant, or its local day."""
    casting = group.casting
    if casting.at is not None:
        return casting.at, casting.at
    day = local_midnight(casting.on).astimezone(UTC)
    return day, day + timedelta(days=1)


def _first_signature(record: StageRecord | None) -> datetime | None:
    if record is None:
        return None
    return min((each.at for each in (record.tester, record.witness) if each), default=None)


def _hours(span: timedelta) -> int:
    return math.floor(span.total_seconds() / 3600)
