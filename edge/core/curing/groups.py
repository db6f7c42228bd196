"""Groups at the door: complete once all has passed, called out when part of it stays behind."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from edge.core.curing.events import CuringGroupShort
from edge.core.curing.state import Door, GroupWait, Mode, Presence, Standing, Transfer
from edge.core.curing.step import elapsed_s
from edge.core.ids import RoomId, SpecimenId
from edge.core.moments import Instant
from edge.core.rulesets import RuleSet
from edge.core.specimen import Group


@dataclass(frozen=True, slots=True)
class Short:
    """What time did to unfinished groups."""

    waits: tuple[GroupWait, ...]
    events: tuple[CuringGroupShort, ...]


def direction_of(transfer: Transfer, room: RoomId) -> Mode | None:
    """Whether a transfer went in or out of this room; None for one that did neither."""
    was_here = _is_inside(transfer.before, room)
    is_here = _is_inside(transfer.after, room)
    if is_here and not was_here:
        return Mode.IN
    if transfer.after.presence is Presence.OUT:
        return Mode.OUT
    return None


def outstanding_of(
    group: Group, specimen: SpecimenId, direction: Mode, siblings: Iterable[Standing], room: RoomId
) -> tuple[SpecimenId, ...]:
    """Blocks of the group on the other side of the door, once `specimen` has passed it."""
    known = {each.specimen: each for each in siblings}
    others = [each.specimen for each in group.specimens if each.specimen != specimen]
    if direction is Mode.OUT:
        return tuple(each for each in others if _is_inside(known.get(each), room))
    return tuple(each for each in others if not _has_passed_in(known.get(each), room))


def is_whole(
    group: Group, specimen: SpecimenId, direction: Mode, siblings: Iterable[Standing], room: RoomId
) -> bool:
    """Whether with `specimen` the whole group is on this side of the door."""
    known = {each.specimen: each for each in siblings}
    others = [known.get(each.specimen) for each in group.specimens if each.specimen != specimen]
    if direction is Mode.OUT:
        return all(each is not None and each.presence is Presence.OUT for each in others)
    return all(_is_inside(each, room) for each in others)


def after_transfer(
    waits: tuple[GroupWait, ...],
    transfer: Transfer,
    outstanding: tuple[SpecimenId, ...],
    *,
    direction: Mode | None,
    now: Instant,
) -> tuple[GroupWait, ...]:
    """The unfinished groups after one block has passed."""
    if transfer.group is None:
        return waits
    if direction is None:
        return _cross_off(waits, transfer.specimen)
    before = next((each for each in waits if each.group == transfer.group), None)
    others = tuple(each for each in waits if each.group != transfer.group)
    if not outstanding:
        return others
    goes_on = before is not None and before.direction is direction
    since = before.since if before is not None and goes_on else now
    told = before is not None and goes_on and before.told
    fresh = GroupWait(transfer.group, direction, since, outstanding, transfer.bound, told)
    return (*others, fresh)


def after_undo(
    waits: tuple[GroupWait, ...], transfer: Transfer, *, direction: Mode | None, now: Instant
) -> tuple[GroupWait, ...]:
    """The unfinished groups after that transfer was taken back."""
    if transfer.group is None or direction is None:
        return waits
    before = next((each for each in waits if each.group == transfer.group), None)
    others = tuple(each for each in waits if each.group != transfer.group)
    if before is None:
        fresh = GroupWait(transfer.group, direction, now, (transfer.specimen,), transfer.bound)
        return (*others, fresh) if transfer.bound > 1 else others
    if before.direction is not direction:
        return _cross_off(waits, transfer.specimen)
    outstanding = tuple(dict.fromkeys((*before.outstanding, transfer.specimen)))
    if len(outstanding) >= transfer.bound:
        return others
    return (*others, replace(before, outstanding=outstanding))


def call_out(door: Door, *, room: RoomId, now: Instant, rules: RuleSet) -> Short:
    """Tell once of each group that is unfinished for too long (DOMAIN d5: 10 minutes)."""
    limit_s = rules.curing.door.group_wait_minutes * 60
    waits, events = [], []
    for wait in door.waits:
        if wait.told or elapsed_s(wait.since, now) < limit_s:
            waits.append(wait)
            continue
        waits.append(replace(wait, told=True))
        events.append(
            CuringGroupShort(wait.group, room, wait.direction.value, wait.outstanding, wait.bound)
        )
    return Short(tuple(waits), tuple(events))


def _cross_off(waits: tuple[GroupWait, ...], specimen: SpecimenId) -> tuple[GroupWait, ...]:
    """A block that was thrown away or put elsewhere is waited for no more."""
    kept = []
    for wait in waits:
        outstanding = tuple(each for each in wait.outstanding if each != specimen)
        if outstanding:
            kept.append(replace(wait, outstanding=outstanding))
    return tuple(kept)


def _is_inside(standing: Standing | None, room: RoomId) -> bool:
    return (
        standing is not None
        and standing.presence is Presence.INSIDE
        and standing.spot is not None
        and standing.spot.room == room
    )


def _has_passed_in(standing: Standing | None, room: RoomId) -> bool:
    """In the room, or gone for good: neither is waited for."""
    gone = standing is not None and standing.presence in {Presence.OUT, Presence.DISPOSED}
    return gone or _is_inside(standing, room)
