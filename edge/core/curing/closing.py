"""Closing a transaction: once, whole, with the one event that says what it did."""

from dataclasses import replace

from edge.core.curing.events import CuringAudited, CuringClosed, CuringEvent, Misplaced
from edge.core.curing.inputs import Context, RoomKind
from edge.core.curing.places import Spot, audit
from edge.core.curing.state import Door, Mode, Pending, Session, Transaction
from edge.core.curing.two_party import CONFIRMED_MODES, pending_event
from edge.core.errors import BrokenInvariant
from edge.core.ids import SpecimenId


def audited_shelves(door: Door) -> tuple[Spot, ...]:
    """The shelves whose book a step may need, for `Context.shelves`."""
    return tuple(
        dict.fromkeys(
            session.transaction.spot
            for session in door.sessions
            if session.transaction is not None
            and session.transaction.mode is Mode.AUDIT
            and session.transaction.spot is not None
        )
    )


def close(
    door: Door, session: Session, context: Context, *, why: str
) -> tuple[Door, tuple[CuringEvent, ...]]:
    """The door without this session's transaction, and its closing event.

    `why`: mode, shelf, badge, idle, witness or restart. One that counted nothing leaves no trace,
    except an audit that was ended on purpose: an empty shelf is an answer.
    """
    transaction = session.transaction
    if transaction is None:
        return door, ()
    door = replace(
        door,
        sessions=tuple(
            replace(each, transaction=None) if each.keeper == session.keeper else each
            for each in door.sessions
        ),
    )
    if transaction.mode is Mode.AUDIT:
        return door, _audited(session, transaction, context, why)
    if not transaction.transfers:
        return door, ()
    specimens = tuple(each.specimen for each in transaction.transfers)
    closed = CuringClosed(
        transaction=transaction.transaction,
        room=context.room,
        keeper=session.keeper,
        mode=transaction.mode.value,
        opened_at=transaction.opened_at,
        specimens=specimens,
        why=why,
    )
    pending = _pending(session, transaction, specimens, context)
    if pending is None:
        return door, (closed,)
    told = pending_event(pending, room=context.room, rules=context.rules)
    return replace(door, pendings=(*door.pendings, pending)), (closed, told)


def leave(
    door: Door, session: Session, context: Context, *, why: str
) -> tuple[Door, tuple[CuringEvent, ...]]:
    """The door without this keeper."""
    door, events = close(door, session, context, why=why)
    others = tuple(each for each in door.sessions if each.keeper != session.keeper)
    return replace(door, sessions=others), events


def _audited(
    session: Session, transaction: Transaction, context: Context, why: str
) -> tuple[CuringEvent, ...]:
    shelf = transaction.spot
    on_purpose = why not in {"idle", "restart"}
    if shelf is None or not (transaction.audited or on_purpose):
        return ()
    book = next((each for each in context.shelves if each.shelf == shelf), None)
    if book is None:
        raise BrokenInvariant("shelf_not_looked_up", shelf=str(shelf))
    answer = audit(shelf, book=dict(book.blocks), scanned=dict(transaction.audited))
    return (
        CuringAudited(
            transaction=transaction.transaction,
            room=context.room,
            place=str(shelf),
            keeper=session.keeper,
            found=len(answer.found),
            missing=answer.missing,
            unexpected=answer.unexpected,
            misplaced=tuple(Misplaced(each, str(spot)) for each, spot in answer.misplaced),
            why=why,
        ),
    )


def _pending(
    session: Session,
    transaction: Transaction,
    specimens: tuple[SpecimenId, ...],
    context: Context,
) -> Pending | None:
    """At a site the tester's transfers wait for the witness, from the first block on."""
    if context.kind is not RoomKind.SITE or transaction.mode not in CONFIRMED_MODES:
        return None
    return Pending(
        transaction=transaction.transaction,
        mode=transaction.mode,
        tester=session.keeper,
        org=session.org,
        since=transaction.first or context.now,
        specimens=specimens,
    )
