"""The machine of a curing room's door: badge, mode, shelf, blocks; pure, one step an input.

Rules for editors: the book changes only through `Step.book`; a transaction ends only in
`closing.close`; a handler never drops another keeper's work.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from edge.core.checks_people import check_keeper, check_site_hand
from edge.core.codes import Code
from edge.core.curing import closing, groups, two_party
from edge.core.curing.blocks import show_block, undo_last
from edge.core.curing.events import CuringEvent, CuringGroupShort
from edge.core.curing.inputs import (
    BadgeShown,
    BlockShown,
    Context,
    Input,
    ModeShown,
    Restarted,
    RoomKind,
    ShelfShown,
    Tick,
    UndoShown,
)
from edge.core.curing.places import Spot
from edge.core.curing.state import Door, Mode, Session, Transaction, Transfer
from edge.core.curing.step import Step, elapsed_s, not_now, refusal, say, with_session
from edge.core.curing.step import with_transaction as put
from edge.core.findings import finding
from edge.core.intake.step import Outcome, Signal
from edge.core.people import Person, Role
from edge.core.policy import judge


def step(door: Door, given: Input, context: Context) -> Step:
    """One step of the door: pure; what it gives is true once it is recorded as a whole."""
    return _HANDLERS[type(given)](door, given, context)


def last_transfer(door: Door, reader: str) -> Transfer | None:
    """What undo-last would take back, so that the book's line can be looked up for it."""
    session = door.at(reader)
    if session is None or session.transaction is None or not session.transaction.transfers:
        return None
    return session.transaction.transfers[-1]


def _show_badge(door: Door, given: BadgeShown, context: Context) -> Step:
    """A keeper takes the scanner; a witness confirms what waits (A5)."""
    person = given.person
    if person is None:
        return refusal(door, judge((finding(Code.CODE_UNKNOWN, ""),), context.rules))
    if context.kind is RoomKind.SITE and _comes_as_witness(door, person):
        return _confirm(door, person, context)
    if context.kind is RoomKind.SITE:
        found = check_site_hand(person, Role.TESTER, now=context.now)
    else:
        found = check_keeper(person, lab=context.lab, now=context.now)
    verdict = judge(found, context.rules)
    if not verdict.passes:
        return refusal(door, verdict, person.person)
    session = door.of(person.person) or Session(
        person.person, person.org, given.reader, context.now
    )
    session = replace(session, reader=given.reader, active=context.now)
    return Step(with_session(door, session), signal=Signal(Outcome.OK, subject=person.person))


def _show_mode(door: Door, given: ModeShown, context: Context) -> Step:
    """A mode opens a transaction; another mode ends the one before. The same again goes on."""
    session = door.at(given.reader)
    if session is None:
        return not_now(door, "badge")
    if session.transaction is not None and session.transaction.mode is given.mode:
        return Step(put(door, session, session.transaction, context.now), signal=_ok(given.mode))
    door, events = closing.close(door, session, context, why="mode")
    opened = Transaction(context.fresh, given.mode, context.now.at)
    return Step(put(door, session, opened, context.now), events, _ok(given.mode))


def _show_shelf(door: Door, given: ShelfShown, context: Context) -> Step:
    """Where the next blocks lie; in an audit the next shelf ends the one before."""
    session = door.at(given.reader)
    if session is None:
        return not_now(door, "badge")
    transaction = session.transaction
    if transaction is None:
        return not_now(door, "mode")
    spot = given.spot
    if spot is None or not context.layout.knows(spot):
        code = say(Code.PLACE_UNKNOWN, str(spot or ""), context.rules, room=context.room)
        return Step(door, signal=code)
    events: tuple[CuringEvent, ...] = ()
    if transaction.mode is Mode.AUDIT and transaction.spot not in (None, spot):
        door, events = closing.close(door, session, context, why="shelf")
        transaction = Transaction(context.fresh, Mode.AUDIT, context.now.at)
    chosen = put(door, session, replace(transaction, spot=spot), context.now)
    return Step(chosen, events, _ok(spot))


def _comes_as_witness(door: Door, person: Person) -> bool:
    """Who is both tester and witness confirms others' work before beginning new work."""
    if Role.WITNESS not in person.roles:
        return False
    if Role.TESTER not in person.roles:
        return True
    return any(each.tester != person.person for each in door.pendings)


def _confirm(door: Door, witness: Person, context: Context) -> Step:
    """The witness ends testers' open transactions and confirms all that waits."""
    verdict = judge(check_site_hand(witness, Role.WITNESS, now=context.now), context.rules)
    if not verdict.passes:
        return refusal(door, verdict, witness.person)
    events: tuple[CuringEvent, ...] = ()
    for session in door.sessions:
        door, closed = closing.close(door, session, context, why="witness")
        events = (*events, *closed)
    confirmed = two_party.confirm(
        door.pendings, witness, room=context.room, now=context.now, rules=context.rules
    )
    door = replace(door, pendings=confirmed.left)
    events = (*events, *confirmed.events)
    if confirmed.findings:
        stern = judge(confirmed.findings, context.rules)
        return replace(refusal(door, stern, witness.person), events=events)
    if not confirmed.events:
        return replace(not_now(door, "pending"), events=events)
    blocks = sum(len(each.specimens) for each in confirmed.events)
    facts = (("blocks", str(blocks)),)
    signal = Signal(Outcome.GROUP_COMPLETE, subject=witness.person, facts=facts)
    return Step(door, events, signal)


def _pass_time(door: Door, _: Tick, context: Context) -> Step:
    """Idle keepers leave, unfinished groups and late witnesses are called out."""
    rules, room = context.rules, context.room
    events: tuple[CuringEvent, ...] = ()
    for session in door.sessions:
        if elapsed_s(session.active, context.now) >= rules.curing.door.idle_close_s:
            door, closed = closing.leave(door, session, context, why="idle")
            events = (*events, *closed)
    short = groups.call_out(door, room=room, now=context.now, rules=rules)
    waited = two_party.wait(door.pendings, room=room, now=context.now, rules=rules)
    notices = (
        *(_call_out(each) for each in short.events),
        *(
            Signal(Outcome.WARN, (Code.INTERVAL_EXCEEDED,), each.transaction)
            for each in waited.alarmed
        ),
        *(say(Code.INTERVAL_EXCEEDED, each.transaction, rules) for each in waited.events),
    )
    changed = replace(door, waits=short.waits, pendings=waited.left)
    return Step(changed, (*events, *short.events, *waited.events), notices=notices)


def _call_out(short: CuringGroupShort) -> Signal:
    """A reminder, however grave a missing block is at the desk."""
    outstanding, bound = str(len(short.outstanding)), str(short.bound)
    facts = (("outstanding", outstanding), ("bound", bound), ("way", short.direction))
    return Signal(Outcome.WARN, (Code.MISSING_BLOCK,), short.group, facts)


def _ok(what: Mode | Spot) -> Signal:
    return Signal(Outcome.OK, subject=str(what))


def _close_all(door: Door, _: Restarted, context: Context) -> Step:
    events: tuple[CuringEvent, ...] = ()
    for session in door.sessions:
        door, closed = closing.leave(door, session, context, why="restart")
        events = (*events, *closed)
    return Step(door, events)


_HANDLERS: dict[type[Input], Callable[[Door, Any, Context], Step]] = {
    BadgeShown: _show_badge,
    ModeShown: _show_mode,
    ShelfShown: _show_shelf,
    BlockShown: show_block,
    UndoShown: undo_last,
    Tick: _pass_time,
    Restarted: _close_all,
}
