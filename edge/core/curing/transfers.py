"""What a mode means for one block: where it is then, and what is odd about it (DOMAIN d5).

The door records what is carried: a block that the book has elsewhere is moved and flagged, never
refused for the book's sake. Only the rule set's grave findings leave the book as it is.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from edge.core.codes import Code
from edge.core.curing import events
from edge.core.curing.due import due_at_out, owes_curing_in
from edge.core.curing.inputs import BlockShown, Context, RoomKind
from edge.core.curing.places import Spot
from edge.core.curing.state import Mode, Presence, Session, Standing, Transaction
from edge.core.evidence import EvidenceKind
from edge.core.findings import Finding, finding
from edge.core.ids import RoomId, SpecimenId
from edge.core.moments import Due
from edge.core.specimen import Group, Stage

NO_CAMERA: Final = "camera_absent"
"""Why a photograph is missing when nobody said why."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would become of a block; `after` is None when nothing changes (seen before).

    `photographs` are owed and not taken yet.
    """

    after: Standing | None
    findings: tuple[Finding, ...] = ()
    is_entry: bool = False
    is_implicit: bool = False
    due: Due | None = None
    photographs: tuple[EvidenceKind, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """One block at the door: who carries it, in which transaction, and what is known."""

    shown: BlockShown
    specimen: SpecimenId
    group: Group
    session: Session
    transaction: Transaction
    context: Context

    @property
    def standing(self) -> Standing | None:
        """The book's line before."""
        return self.shown.standing


def plan(scene: Scene) -> Plan:
    """The change that a mode asks for; AUDIT changes nothing and is not planned here."""
    before = scene.standing
    if before is not None and before.presence is Presence.DISPOSED:
        if scene.transaction.mode is Mode.DISPOSE:
            return Plan(None, (_found(scene, Code.DUPLICATE_SCAN),))
        since = before.since.isoformat()
        return Plan(None, (_found(scene, Code.ALREADY_DISPOSED, since=since),))
    match scene.transaction.mode:
        case Mode.IN:
            return _photographed(scene, _carry_in(scene, before))
        case Mode.OUT:
            return _photographed(scene, _carry_out(scene, before))
        case Mode.MOVE:
            return _photographed(scene, _move(scene, before))
        case _:
            return Plan(_placed(scene, Presence.DISPOSED), _elsewhere(scene, before))


def transfer_events(
    scene: Scene, made: Plan, after: Standing, reasons: tuple[Code, ...]
) -> tuple[events.CuringEvent, ...]:
    """What a recorded transfer states; out of a laboratory's room means to the press."""
    before = scene.standing
    common: dict[str, Any] = {
        "transaction": scene.transaction.transaction,
        "specimen": after.specimen,
        "group": after.group,
        "room": scene.context.room,
        "place": str(after.spot or (before.spot if before and before.spot else "")),
        "keeper": scene.session.keeper,
        "reasons": reasons,
        "evidence": scene.shown.evidence,
        "photograph_missing": (scene.shown.unphotographed or NO_CAMERA)
        if made.photographs
        else None,
    }
    if after.presence is Presence.DISPOSED:
        return (events.CuringDisposed(**common),)
    if after.presence is Presence.OUT:
        left = events.CuringLeft(**common, due=made.due.value if made.due else None)
        if scene.context.kind is RoomKind.SITE:
            return (left,)
        out = events.SpecimenOutForTest(
            left.transaction, left.specimen, left.group, scene.session.keeper
        )
        return (left, out)
    if made.is_entry:
        return (events.CuringEntered(**common),)
    return (
        events.CuringMoved(
            **common,
            from_room=before.spot.room if before and before.spot else None,
            from_place=str(before.spot) if before and before.spot else "",
            implicit=made.is_implicit,
        ),
    )


def is_inside(standing: Standing | None) -> bool:
    """Whether the book has a block in some room."""
    return standing is not None and standing.presence is Presence.INSIDE


def is_here(standing: Standing | None, room: RoomId) -> bool:
    """Whether the book has a block in this room."""
    return (
        standing is not None
        and standing.presence is Presence.INSIDE
        and standing.spot is not None
        and standing.spot.room == room
    )


def _carry_in(scene: Scene, before: Standing | None) -> Plan:
    """IN: entered; in this room already: nothing, or its new place; in another: moved, flagged."""
    if is_here(before, scene.context.room):
        if before is not None and _covers(scene.transaction.spot, before.spot):
            return Plan(None, (_found(scene, Code.DUPLICATE_SCAN),))
        found = (_found(scene, Code.ALREADY_IN_ROOM, booked=_spot(before)), *_crowded(scene))
        return Plan(_placed(scene, Presence.INSIDE), found, is_implicit=True)
    found = (*_crowded(scene), *_unfit(scene))
    if is_inside(before):
        found = (*_elsewhere(scene, before), *found)
        return Plan(_placed(scene, Presence.INSIDE), found, is_implicit=True)
    late = _late(scene, before)
    return Plan(_placed(scene, Presence.INSIDE), (*found, *late), is_entry=True)


def _carry_out(scene: Scene, before: Standing | None) -> Plan:
    """OUT: due window told; never IN: flagged where an IN was owed (guide 四(三)1)."""
    if before is not None and before.presence is Presence.OUT:
        return Plan(None, (_found(scene, Code.ALREADY_OUT, since=before.since.isoformat()),))
    answer = due_at_out(
        scene.group,
        now=scene.context.now,
        rules=scene.context.rules,
        matured_on=scene.shown.matured_on,
    )
    found = (*_elsewhere(scene, before), *answer.findings)
    if not is_inside(before) and owes_curing_in(scene.group):
        found = (_found(scene, Code.NOT_IN_ROOM), *found)
    return Plan(_placed(scene, Presence.OUT), found, due=answer.due)


def _move(scene: Scene, before: Standing | None) -> Plan:
    """MOVE: a new place; of a block that the book has not here, also where it came from."""
    if is_here(before, scene.context.room):
        if before is not None and _covers(scene.transaction.spot, before.spot):
            return Plan(None, (_found(scene, Code.DUPLICATE_SCAN),))
        return Plan(_placed(scene, Presence.INSIDE), _crowded(scene))
    if is_inside(before):
        found = (*_elsewhere(scene, before), *_crowded(scene))
        return Plan(_placed(scene, Presence.INSIDE), found, is_implicit=True)
    found = (_found(scene, Code.NOT_IN_ROOM), *_crowded(scene), *_unfit(scene))
    return Plan(_placed(scene, Presence.INSIDE), found, is_entry=True)


def _placed(scene: Scene, presence: Presence) -> Standing:
    now, before = scene.context.now.at, scene.standing
    inside = presence is Presence.INSIDE
    stays = inside and is_here(before, scene.context.room)
    return Standing(
        specimen=scene.specimen,
        group=scene.group.group,
        presence=presence,
        spot=scene.transaction.spot if inside else None,
        since=now,
        entered_at=_entered(before, now) if stays else now if inside else None,
        by=scene.session.keeper,
        size_mm=scene.group.size_mm,
    )


def _entered(before: Standing | None, now: datetime) -> datetime:
    return before.entered_at if before is not None and before.entered_at is not None else now


def _crowded(scene: Scene) -> tuple[Finding, ...]:
    """The chosen cell has no room left at the spacing of GB/T 50081."""
    spot, layout = scene.transaction.spot, scene.context.layout
    if spot is None or not layout.racks or spot.level == 0:
        return ()
    if layout.free(spot, scene.shown.beside_mm, size_mm=scene.group.size_mm) > 0:
        return ()
    return (_found(scene, Code.PLACE_FULL, place=spot),)


def _unfit(scene: Scene) -> tuple[Finding, ...]:
    """Same-condition specimens owe no room and do not belong into one (guide 四(三))."""
    if owes_curing_in(scene.group):
        return ()
    return (_found(scene, Code.SAME_CONDITION, kind=scene.group.kind.value),)


def _late(scene: Scene, before: Standing | None) -> tuple[Finding, ...]:
    """Carried in for the first time later than the rule set's days after casting (A9)."""
    group, rules, now = scene.group, scene.context.rules, scene.context.now
    if before is not None or not now.trusted or not owes_curing_in(group):
        return ()
    is_lab = scene.context.kind is RoomKind.LAB
    limit = rules.lab_curing_max_days if is_lab else rules.curing_in_max_days
    days = (now.local_day - group.casting.on).days
    if days <= limit:
        return ()
    return (_found(scene, Code.LATE_FOR_LAB_CURING, days=days, limit=limit),)


def _photographed(scene: Scene, made: Plan) -> Plan:
    """With what is owed of the stage that this change ends, and what of it is missing."""
    stage = _stage_of(scene, made)
    owed = () if stage is None else owed_photographs(scene.group, stage, scene.context)
    missing = owed[len(scene.shown.evidence) :]
    if stage is None or not missing:
        return made
    facts = {"stage": stage.value, "taken": len(owed) - len(missing), "owed": len(owed)}
    why = scene.shown.unphotographed or NO_CAMERA
    told = _found(scene, Code.EVIDENCE_INCOMPLETE, **facts, why=why)
    return replace(made, findings=(*made.findings, told), photographs=missing)


def owed_photographs(group: Group, stage: Stage, context: Context) -> tuple[EvidenceKind, ...]:
    """At a site with a camera, the photographs that a stage asks of each block (guide 四(三)).

    A camera on a wall cannot hold up a placard: without one in its view those stay with the phone.
    """
    if context.kind is not RoomKind.SITE or not context.has_camera:
        return ()
    rules = context.rules.stages[group.curing]
    asked = tuple(each for each in rules if each.stage is stage and each.per_block)
    plain = sum(each.plain for each in asked)
    placard = sum(each.placard for each in asked) if context.has_placard else 0
    return (EvidenceKind.BLOCK,) * plain + (EvidenceKind.PLACARD,) * placard


def _stage_of(scene: Scene, made: Plan) -> Stage | None:
    """Carried into this room, or out of it; a block that only changes its shelf ends no stage."""
    if made.after is None:
        return None
    if made.after.presence is Presence.OUT:
        return Stage.CURING_END
    return None if is_here(scene.standing, scene.context.room) else Stage.CURING_IN


def _elsewhere(scene: Scene, before: Standing | None) -> tuple[Finding, ...]:
    """The book has it in another room: it came here without an OUT there."""
    if before is None or not is_inside(before) or is_here(before, scene.context.room):
        return ()
    facts = {"booked": _spot(before), "age_h": round(before.age_h, 1), "own": before.own}
    return (_found(scene, Code.IN_OTHER_ROOM, **facts),)


def _covers(chosen: Spot | None, booked: Spot | None) -> bool:
    return chosen is not None and booked is not None and chosen.covers(booked)


def _found(scene: Scene, code: Code, **facts: object) -> Finding:
    return finding(code, scene.specimen, **facts)


def _spot(standing: Standing | None) -> str:
    return str(standing.spot) if standing is not None and standing.spot is not None else "-"
