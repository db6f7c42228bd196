"""Two-person confirmation at a site's room: tester, then witness, in time (A1)."""

from dataclasses import dataclass, replace
from datetime import timedelta

from edge.core.codes import Code
from edge.core.curing.events import TwoPartyCompleted, TwoPartyExpired, TwoPartyPending
from edge.core.curing.state import Mode, Pending
from edge.core.findings import Finding, finding
from edge.core.ids import RoomId
from edge.core.moments import Instant, minutes_between
from edge.core.people import OrgKind, Person
from edge.core.rulesets import RuleSet

CONFIRMED_MODES = frozenset({Mode.IN, Mode.OUT})
"""What both parties confirm: curing in and curing end (guide 四(三)1 and 2)."""

_INDEPENDENT = frozenset({OrgKind.SUPERVISOR, OrgKind.OWNER})


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What a witness's badge did to the pendings: those that are done, and those refused."""

    left: tuple[Pending, ...]
    events: tuple[TwoPartyCompleted, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Waited:
    """What time did to the pendings; `alarmed` are those to be called out now."""

    left: tuple[Pending, ...]
    alarmed: tuple[Pending, ...]
    events: tuple[TwoPartyExpired, ...]


def pending_event(pending: Pending, *, room: RoomId, rules: RuleSet) -> TwoPartyPending:
    """What a closed transaction of a tester states."""
    return TwoPartyPending(
        transaction=pending.transaction,
        room=room,
        mode=pending.mode.value,
        tester=pending.tester,
        since=pending.since.at,
        until=pending.since.at + timedelta(minutes=rules.two_signature_minutes),
        specimens=pending.specimens,
    )


def confirm(
    pendings: tuple[Pending, ...], witness: Person, *, room: RoomId, now: Instant, rules: RuleSet
) -> Confirmed:
    """A witness's badge completes what waits, inclusive of the last second (guide 四(三)3).

    Tester and witness differ in person and company, and the witness is the owner's or the
    supervisor's (A5). An untrusted clock cannot tell the minutes, and never refuses.
    """
    left, events, findings = [], [], []
    for pending in pendings:
        refused = _dependence(pending, witness)
        minutes = _minutes(pending, now)
        if refused is None and minutes is not None and minutes > rules.two_signature_minutes:
            over = {"minutes": round(minutes, 1), "limit": rules.two_signature_minutes}
            refused = finding(Code.INTERVAL_EXCEEDED, pending.transaction, **over)
        if refused is not None:
            left.append(pending)
            findings.append(refused)
            continue
        events.append(
            TwoPartyCompleted(
                transaction=pending.transaction,
                room=room,
                tester=pending.tester,
                witness=witness.person,
                minutes=None if minutes is None else round(minutes, 2),
                specimens=pending.specimens,
                reasons=(Code.CLOCK_UNTRUSTED,) if minutes is None else (),
            )
        )
    return Confirmed(tuple(left), tuple(events), tuple(findings))


def wait(pendings: tuple[Pending, ...], *, room: RoomId, now: Instant, rules: RuleSet) -> Waited:
    """Alarm once before the end, expire after it; an untrusted clock does neither."""
    left, alarmed, events = [], [], []
    for pending in pendings:
        minutes = _minutes(pending, now)
        if minutes is None:
            left.append(pending)
        elif minutes > rules.two_signature_minutes:
            events.append(
                TwoPartyExpired(pending.transaction, room, pending.tester, pending.specimens)
            )
        elif minutes >= rules.curing.door.two_party_alarm_minutes and not pending.alarmed:
            alarmed.append(replace(pending, alarmed=True))
            left.append(alarmed[-1])
        else:
            left.append(pending)
    return Waited(tuple(left), tuple(alarmed), tuple(events))


def _minutes(pending: Pending, now: Instant) -> float | None:
    if not (now.trusted and pending.since.trusted):
        return None
    return minutes_between(pending.since.at, now.at)


def _dependence(pending: Pending, witness: Person) -> Finding | None:
    facts = {"tester": pending.tester, "witness": witness.person}
    if witness.person == pending.tester or witness.org == pending.org:
        return finding(Code.SIGNERS_NOT_INDEPENDENT, pending.transaction, **facts)
    if witness.org_kind not in _INDEPENDENT:
        return finding(Code.SIGNERS_NOT_INDEPENDENT, pending.transaction, org=witness.org_kind)
    return None
