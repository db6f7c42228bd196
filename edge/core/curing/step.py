"""What a step of the door gives: the next door, the book's changes, events, and the answer."""

from dataclasses import dataclass, replace

from edge.core.codes import Code
from edge.core.curing.events import CuringEvent
from edge.core.curing.inputs import Context, RoomKind
from edge.core.curing.state import NO_CHANGE, Book, Door, Presence, Session, Standing, Transaction
from edge.core.custody import Custody
from edge.core.evidence import EvidenceKind
from edge.core.findings import Verdict, finding
from edge.core.intake.step import Outcome, Signal, signal_of
from edge.core.moments import Instant
from edge.core.policy import judge
from edge.core.rulesets import RuleSet
from edge.core.specimen import SpecimenState

_STATES = {
    RoomKind.LAB: {
        Presence.INSIDE: SpecimenState.LAB_CURING,
        Presence.OUT: SpecimenState.OUT_FOR_TEST,
        Presence.DISPOSED: SpecimenState.DISPOSED,
        Presence.OUTSIDE: SpecimenState.ACCEPTED,
    },
    RoomKind.SITE: {
        Presence.INSIDE: SpecimenState.CURING,
        Presence.OUT: SpecimenState.CURED_DUE,
        Presence.DISPOSED: SpecimenState.DISPOSED,
        Presence.OUTSIDE: SpecimenState.SAMPLED,
    },
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step; true only once everything in it is recorded in one transaction.

    `notices` speak to the room, `signal` to the person; `photographs` are still owed: whoever has a
    camera takes the step again with them.
    """

    door: Door
    events: tuple[CuringEvent, ...] = ()
    signal: Signal | None = None
    notices: tuple[Signal, ...] = ()
    book: Book = NO_CHANGE
    custody: tuple[Custody, ...] = ()
    photographs: tuple[EvidenceKind, ...] = ()


def not_now(door: Door, missing: str) -> Step:
    """Nothing changes; the person is told what must be scanned first."""
    return Step(door, signal=Signal(Outcome.WARN, (Code.NOT_NOW,), facts=(("missing", missing),)))


def refusal(door: Door, verdict: Verdict, subject: str = "") -> Step:
    """Nothing changes; the person is told why."""
    return Step(door, signal=signal_of(verdict, subject))


def say(code: Code, subject: str, rules: RuleSet, **facts: object) -> Signal:
    """What one code deserves under a rule set."""
    return signal_of(judge((finding(code, subject, **facts),), rules), subject)


def with_session(door: Door, session: Session) -> Door:
    """The door with one keeper's session put in, or put last when it is new."""
    others = tuple(
        replace(each, reader="") if each.reader == session.reader and session.reader else each
        for each in door.sessions
        if each.keeper != session.keeper
    )
    return replace(door, sessions=(*others, session))


def with_transaction(
    door: Door, session: Session, transaction: Transaction | None, now: Instant
) -> Door:
    """The door after the keeper did something."""
    return with_session(door, replace(session, transaction=transaction, active=now))


def custody_of(standing: Standing, context: Context) -> Custody:
    """The book's line as other stations understand it."""
    return Custody(
        specimen=standing.specimen,
        state=_STATES[context.kind][standing.presence],
        at=context.now.at,
        lab=context.lab,
        device=context.device,
        place=str(standing.spot) if standing.spot else "",
        own=True,
    )


def elapsed_s(since: Instant, now: Instant) -> float:
    """Seconds by the monotonic clock; by the wall clock when the machine was started between."""
    if now.mono_ns >= since.mono_ns:
        return (now.mono_ns - since.mono_ns) / 1e9
    return max(0.0, (now.at - since.at).total_seconds())
