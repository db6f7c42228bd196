"""What is due at the door, on the board and at the press (A2, A3): answers, never a test result."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from edge.core.checks_groups import PAST_AGE, window_of
from edge.core.codes import Code
from edge.core.findings import Finding, finding
from edge.core.ids import SpecimenId
from edge.core.moments import AgeWindow, Due, Instant, Interval, local_midnight, rfc3339
from edge.core.rulesets import RuleSet
from edge.core.specimen import Curing, Group, SpecimenState


@dataclass(frozen=True, slots=True)
class DueAnswer:
    """Where a group stands; `window` and `due` are None when nothing tells, with the reason."""

    due: Due | None
    window: AgeWindow | None
    findings: tuple[Finding, ...] = ()


def due_at_out(
    group: Group, *, now: Instant, rules: RuleSet, matured_on: date | None = None
) -> DueAnswer:
    """What the door says when a block of this group is carried out (guide 四(三)2, A2).

    With a casting date only, what may be early or late is said to be so, not guessed. A group
    that waits for 600 ℃·d is due from the day it reached them (`matured_on`, A3).
    """
    window = window_of(group, rules)
    if window is None:
        return _by_maturity(group, now, matured_on)
    if not now.trusted:
        doubt = finding(Code.CLOCK_UNTRUSTED, group.group, rule="age")
        return DueAnswer(Due.CANNOT_TELL, window, (doubt,))
    due = window.due(now.at)
    return DueAnswer(due, window, _said(group, due, window))


def due_state(group: Group, *, now: Instant, rules: RuleSet, matured_on: date | None = None) -> Due:
    """The board's word on a group that still waits; CANNOT_TELL when nothing tells."""
    answer = due_at_out(group, now=now, rules=rules, matured_on=matured_on)
    return answer.due or Due.CANNOT_TELL


def due_on(group: Group, day: date, *, rules: RuleSet) -> Interval | None:
    """The part of a local day in which the group surely has its age; else in which it may."""
    window = window_of(group, rules)
    if window is None:
        return None
    begin = local_midnight(day)
    span = Interval(begin, begin + timedelta(days=1) - timedelta(microseconds=1))
    chosen = window.possible if window.certain.empty else window.certain
    part = Interval(max(span.since, chosen.since), min(span.until, chosen.until))
    return None if part.empty else part


@dataclass(frozen=True, slots=True)
class PressLine:
    """A group that can go to the press on a day, with the blocks that still wait for it."""

    group: Group
    during: Interval
    is_certain: bool
    waiting: tuple[SpecimenId, ...]


def due_at_press(
    groups: Iterable[tuple[Group, tuple[tuple[SpecimenId, SpecimenState], ...]]],
    day: date,
    *,
    rules: RuleSet,
) -> tuple[PressLine, ...]:
    """Which cubes are due at the press on a day, the earliest end first.

    Blocks that were tested, thrown away or lost wait for nothing, so they are never overdue.
    """
    lines = []
    for group, blocks in groups:
        waiting = tuple(specimen for specimen, state in blocks if not has_ended(state))
        during = due_on(group, day, rules=rules)
        window = window_of(group, rules)
        if waiting and during is not None and window is not None:
            lines.append(PressLine(group, during, not window.certain.empty, waiting))
    return tuple(sorted(lines, key=lambda line: (line.during.until, line.group.group)))


def has_ended(state: SpecimenState) -> bool:
    """Whether a block waits for its age no more; one on its way to the press still does."""
    return state in PAST_AGE and state is not SpecimenState.OUT_FOR_TEST


def owes_curing_in(group: Group) -> bool:
    """Whether its blocks must be carried in: standard-cured ones only (guide 四(三)1)."""
    return group.curing is Curing.STANDARD


def _by_maturity(group: Group, now: Instant, matured_on: date | None) -> DueAnswer:
    if matured_on is None:
        ask = finding(Code.EVIDENCE_INCOMPLETE, group.group, ask="maturity")
        return DueAnswer(None, None, (ask,))
    if not now.trusted:
        doubt = finding(Code.CLOCK_UNTRUSTED, group.group, rule="maturity")
        return DueAnswer(Due.CANNOT_TELL, None, (doubt,))
    if now.local_day >= matured_on:
        return DueAnswer(Due.DUE_NOW, None)
    early = finding(Code.TOO_EARLY, group.group, due=matured_on.isoformat())
    return DueAnswer(Due.NOT_DUE, None, (early,))


def _said(group: Group, due: Due, window: AgeWindow) -> tuple[Finding, ...]:
    """The finding of a state; an empty certain window also asks for the casting time."""
    name = group.group
    found: tuple[Finding, ...]
    match due:
        case Due.NOT_DUE:
            found = (finding(Code.TOO_EARLY, name, due=rfc3339(window.possible.since)),)
        case Due.OPENING:
            certain = () if window.certain.empty else (rfc3339(window.certain.since),)
            found = (finding(Code.DUE_OPENING, name, due=" ".join(certain) or "-"),)
        case Due.CLOSING:
            found = (finding(Code.DUE_CLOSING, name, until=rfc3339(window.possible.until)),)
        case Due.OVERDUE:
            found = (finding(Code.OVERDUE, name, until=rfc3339(window.possible.until)),)
        case _:
            found = ()
    if window.certain.empty:
        return (*found, finding(Code.EVIDENCE_INCOMPLETE, name, ask="casting_time"))
    return found
