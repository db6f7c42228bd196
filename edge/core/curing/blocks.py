"""Blocks at the door: each read is counted, seen before, or refused with its reason."""

from dataclasses import replace

from edge.core.carriers import Carrier, ChipCode
from edge.core.checks_blocks import KnownChip, check_scan, check_travel
from edge.core.codes import Code, Severity
from edge.core.curing import events, groups
from edge.core.curing.inputs import BlockShown, Context, UndoShown
from edge.core.curing.state import (
    NEEDS_PLACE,
    Book,
    Door,
    Mode,
    Presence,
    Session,
    Standing,
    Transaction,
    Transfer,
)
from edge.core.curing.step import Step, custody_of, not_now, say, with_transaction
from edge.core.curing.transfers import Plan, Scene, is_here, is_inside, plan, transfer_events
from edge.core.evidence import EvidenceKind
from edge.core.findings import Finding, Verdict, finding
from edge.core.ids import SpecimenId
from edge.core.intake.step import Outcome, Signal, signal_of
from edge.core.policy import judge
from edge.core.specimen import SpecimenState


def show_block(door: Door, shown: BlockShown, context: Context) -> Step:
    """One read, through authenticity (A8), duplicates (A7) and the mode's own rule."""
    session = door.at(shown.reader)
    transaction = session.transaction if session is not None else None
    if session is None or transaction is None:
        return not_now(door, "mode" if session is not None else "badge")
    if transaction.spot is None and transaction.mode in NEEDS_PLACE:
        return not_now(door, "shelf")
    found = _authenticity(shown, context)
    if not isinstance(shown.code, ChipCode):
        return _refuse(door, session, shown, context, found)
    specimen = shown.code.specimen
    if seen := _seen_before(door, session, transaction, shown, specimen, context):
        return seen
    if shown.group is None or not judge(found, context.rules).passes:
        return _refuse(door, session, shown, context, found)
    scene = Scene(shown, specimen, shown.group, session, transaction, context)
    return _carry(door, scene, found)


def undo_last(door: Door, given: UndoShown, context: Context) -> Step:
    """Take this keeper's last counted block back, unless somebody has carried it since."""
    session = door.at(given.reader)
    if session is None:
        return not_now(door, "badge")
    transaction = session.transaction
    if transaction is None or not transaction.counted:
        return not_now(door, "transfer")
    if transaction.mode is Mode.AUDIT:
        specimen, _ = transaction.audited[-1]
        kept = replace(transaction, audited=transaction.audited[:-1])
        changed = with_transaction(door, session, kept, context.now)
        return Step(changed, signal=Signal(Outcome.OK, subject=specimen))
    last = transaction.transfers[-1]
    if given.standing != last.after:
        return Step(door, signal=Signal(Outcome.WARN, (Code.NOT_NOW,), last.specimen))
    return _take_back(door, session, transaction, last, context)


def _carry(door: Door, scene: Scene, found: tuple[Finding, ...]) -> Step:
    if scene.transaction.mode is Mode.AUDIT:
        return _audit(door, scene)
    context = scene.context
    made = plan(scene)
    verdict = judge((*found, *made.findings), context.rules)
    if not verdict.passes:
        refused = _refuse(door, scene.session, scene.shown, context, (*found, *made.findings))
        return replace(refused, photographs=_curable(scene, made, found))
    if made.after is None:
        touched = with_transaction(door, scene.session, scene.transaction, context.now)
        return Step(touched, signal=Signal(Outcome.ALREADY, verdict.codes, scene.specimen))
    return _transfer(door, scene, made, made.after, verdict)


def _curable(scene: Scene, made: Plan, found: tuple[Finding, ...]) -> tuple[EvidenceKind, ...]:
    """Photographs without which nothing is moved, where a city says so; none if more is wrong."""
    others = tuple(each for each in made.findings if each.code is not Code.EVIDENCE_INCOMPLETE)
    return made.photographs if judge((*found, *others), scene.context.rules).passes else ()


def _transfer(door: Door, scene: Scene, made: Plan, after: Standing, verdict: Verdict) -> Step:
    context, transaction = scene.context, scene.transaction
    group, siblings, room = scene.group, scene.shown.siblings, context.room
    bound = len(group.specimens)
    transfer = Transfer(scene.specimen, group.group, scene.standing, after, bound)
    way = groups.direction_of(transfer, room)
    signal = signal_of(verdict, scene.specimen)
    outstanding: tuple[SpecimenId, ...] = ()
    if way is not None:
        outstanding = groups.outstanding_of(group, scene.specimen, way, siblings, room)
        if verdict.severity is Severity.INFO and groups.is_whole(
            group, scene.specimen, way, siblings, room
        ):
            signal = replace(signal, outcome=Outcome.GROUP_COMPLETE)
    counted = replace(
        transaction,
        transfers=(*transaction.transfers, transfer),
        first=transaction.first or context.now,
    )
    waits = groups.after_transfer(door.waits, transfer, outstanding, direction=way, now=context.now)
    changed = with_transaction(replace(door, waits=waits), scene.session, counted, context.now)
    return Step(
        changed,
        transfer_events(scene, made, after, verdict.codes),
        signal,
        book=Book((after,)),
        custody=(custody_of(after, context),),
        photographs=made.photographs,
    )


def _audit(door: Door, scene: Scene) -> Step:
    """AUDIT: counted against the book when the shelf is done; told at once when it is odd."""
    transaction, standing, specimen = scene.transaction, scene.standing, scene.specimen
    session, context = scene.session, scene.context
    booked = standing.spot if standing is not None and is_inside(standing) else None
    counted = replace(transaction, audited=(*transaction.audited, (specimen, booked)))
    changed = with_transaction(door, session, counted, context.now)
    shelf = transaction.spot
    if booked is not None and shelf is not None and shelf.covers(booked):
        return Step(changed, signal=Signal(Outcome.OK, subject=specimen))
    here = is_here(standing, context.room)
    code = Code.MISPLACED if here else Code.NOT_IN_ROOM
    return Step(changed, signal=say(code, specimen, context.rules, booked=booked or "-"))


def _take_back(
    door: Door, session: Session, transaction: Transaction, last: Transfer, context: Context
) -> Step:
    before = last.before or Standing(
        specimen=last.specimen,
        group=last.group,
        presence=Presence.OUTSIDE,
        spot=None,
        since=context.now.at,
        by=session.keeper,
        size_mm=last.after.size_mm,
    )
    direction = groups.direction_of(last, context.room)
    waits = groups.after_undo(door.waits, last, direction=direction, now=context.now)
    kept = replace(transaction, transfers=transaction.transfers[:-1])
    changed = with_transaction(replace(door, waits=waits), session, kept, context.now)
    undone = events.CuringUndone(
        transaction=transaction.transaction,
        specimen=last.specimen,
        keeper=session.keeper,
        mode=transaction.mode.value,
        presence=before.presence.value,
        place=str(before.spot) if before.spot else "",
    )
    return Step(
        changed,
        (undone,),
        Signal(Outcome.OK, subject=last.specimen),
        book=Book((before,), (last.after,)),
        custody=(custody_of(before, context),),
    )


def _authenticity(shown: BlockShown, context: Context) -> tuple[Finding, ...]:
    """Is it a chip of ours, bound to one group, and nowhere else at this moment (A7, A8)?

    A number that was typed names the block and proves nothing: it is kept and moves nothing.
    """
    found = check_scan(
        shown.code,
        known=KnownChip(bindings=shown.bindings),
        commission=None,
        lab=context.lab,
        now=context.now,
        rules=context.rules,
    )
    if not isinstance(shown.code, ChipCode):
        return (*found, *shown.findings)
    extra: list[Finding] = []
    if shown.reading.carrier is Carrier.TYPED:
        facts = {"typed": shown.code.specimen, "why": shown.typed_why}
        found = (finding(Code.CHIP_UNREADABLE, shown.code.specimen, **facts), *found)
    if shown.group is None:
        extra.append(finding(Code.CODE_UNKNOWN, shown.code.specimen))
    if shown.platform is not None:
        extra.extend(check_travel(shown.platform, context.lab, context.now, context.rules))
        if shown.platform.state is SpecimenState.CLONE_SUSPECT:
            extra.append(finding(Code.CLONE_SUSPECT, shown.code.specimen))
    return (*found, *extra, *shown.findings)


def _seen_before(
    door: Door,
    session: Session,
    transaction: Transaction,
    shown: BlockShown,
    specimen: SpecimenId,
    context: Context,
) -> Step | None:
    """A chip stays in view while the hand moves on, even past another keeper's badge (A7)."""
    age_s = shown.last_read_s
    if age_s is not None and age_s <= context.rules.same_read_s and door.counts(specimen):
        return Step(door)
    if specimen not in transaction.counted:
        return None
    touched = with_transaction(door, session, transaction, context.now)
    return Step(touched, signal=Signal(Outcome.ALREADY, (Code.DUPLICATE_SCAN,), specimen))


def _refuse(
    door: Door,
    session: Session,
    shown: BlockShown,
    context: Context,
    found: tuple[Finding, ...],
) -> Step:
    """Nothing is moved; what was shown is kept, with its reasons."""
    verdict = judge(found, context.rules)
    specimen = shown.code.specimen if isinstance(shown.code, ChipCode) else None
    refused = events.CuringRefused(
        room=context.room,
        transaction=session.transaction.transaction if session.transaction else None,
        specimen=specimen,
        keeper=session.keeper,
        carrier=shown.reading.carrier.value,
        payload_hex=shown.reading.payload[:512].hex(),
        reasons=verdict.codes,
        facts=verdict.reasons[0].finding.facts if verdict.reasons else (),
        alarm=verdict.severity is Severity.ALARM,
    )
    touched = with_transaction(door, session, session.transaction, context.now)
    return Step(touched, (refused,), signal_of(verdict, specimen or ""))
