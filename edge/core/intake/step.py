"""What a step gives: the next desk, the events to record, and the answer to the person."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from edge.core.codes import Code, Severity
from edge.core.custody import Custody
from edge.core.events import Event
from edge.core.findings import Facts, Finding, Verdict
from edge.core.intake.state import Delivery, Desk


class Outcome(StrEnum):
    """The answer to an input, one row of the outcome table each."""

    OK = "ok"
    GROUP_COMPLETE = "group_complete"
    ALREADY = "already"
    WARN = "warn"
    HOLD = "hold"
    REFUSE = "refuse"
    ALARM = "alarm"
    OFFLINE = "offline"


_BY_SEVERITY = {
    Severity.INFO: Outcome.OK,
    Severity.WARN: Outcome.WARN,
    Severity.HOLD: Outcome.HOLD,
    Severity.REFUSE: Outcome.REFUSE,
    Severity.ALARM: Outcome.ALARM,
}


@dataclass(frozen=True, slots=True)
class Signal:
    """Colour, shape, word, sound and light follow from the outcome; the codes say why."""

    outcome: Outcome
    codes: tuple[Code, ...] = ()
    subject: str = ""
    facts: Facts = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One step: a new desk and its effects; true only once they are recorded."""

    desk: Desk
    events: tuple[Event, ...] = ()
    signal: Signal | None = None
    custody: tuple[Custody, ...] = ()
    ask_form: str | None = None


def signal_of(verdict: Verdict, subject: str = "") -> Signal:
    """The answer that a verdict deserves."""
    facts = verdict.reasons[0].finding.facts if verdict.reasons else ()
    return Signal(_BY_SEVERITY[verdict.severity], verdict.codes, subject, facts)


def not_now(desk: Desk, **facts: str) -> Step:
    """The input means nothing here: nothing changes, and the person is told what is missing."""
    said = (("phase", desk.phase.value), *facts.items())
    return Step(desk, signal=Signal(Outcome.WARN, (Code.NOT_NOW,), facts=said))


def with_delivery(desk: Desk, delivery: Delivery, **changes: Any) -> Desk:
    """The desk with its delivery changed."""
    return replace(desk, delivery=replace(delivery, **changes))


def known_age(hours: float) -> float | None:
    """An age as events carry it: rounded hours, or none when nothing was ever received."""
    return None if hours == float("inf") else round(hours, 2)


def reasons_of(findings: tuple[Finding, ...]) -> tuple[Code, ...]:
    """The distinct codes of findings, in order."""
    return tuple(dict.fromkeys(finding.code for finding in findings))
