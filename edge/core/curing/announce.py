"""What the board knows is told once: due dates as they turn (A2)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from edge.core.checks_groups import window_of
from edge.core.curing.due import due_state, has_ended
from edge.core.curing.events import (
    CuringEvent,
    DueClosing,
    DueOpened,
    DueOverdue,
)
from edge.core.ids import GroupId, SpecimenId
from edge.core.moments import Due, Instant
from edge.core.rulesets import RuleSet
from edge.core.specimen import Group, SpecimenState

_STAGE = {Due.OPENING: 1, Due.DUE_NOW: 1, Due.CLOSING: 2, Due.OVERDUE: 3}
_EVENTS: dict[int, type[DueOpened | DueClosing | DueOverdue]] = {
    1: DueOpened,
    2: DueClosing,
    3: DueOverdue,
}
Told = Mapping[GroupId, int]
"""How far each group's due date was told: 1 opened, 2 closing, 3 overdue."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A group with the states of its blocks."""

    group: Group
    blocks: tuple[tuple[SpecimenId, SpecimenState], ...]

    @property
    def specimens(self) -> tuple[SpecimenId, ...]:
        """Blocks that still wait for their age: one at the press is the press's matter."""
        return tuple(
            specimen
            for specimen, state in self.blocks
            if not has_ended(state) and state is not SpecimenState.OUT_FOR_TEST
        )


def due_changes(
    told: Told, groups: Iterable[Waiting], *, now: Instant, rules: RuleSet
) -> tuple[dict[GroupId, int], tuple[CuringEvent, ...]]:
    """Each stage of a group's age once, also when the station slept over one of them.

    Groups without a window, without waiting blocks, or judged by an untrusted clock say nothing.
    """
    after, events = dict(told), list[CuringEvent]()
    for waiting in groups:
        group, specimens = waiting.group, waiting.specimens
        window = window_of(group, rules)
        stage = _STAGE.get(due_state(group, now=now, rules=rules), 0)
        if window is None or not specimens or stage <= after.get(group.group, 0):
            continue
        after[group.group] = stage
        events.append(_EVENTS[stage](group.group, window.possible.until, specimens))
    return after, tuple(events)
