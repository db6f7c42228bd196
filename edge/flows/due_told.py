"""Due dates of what lies in the room are told once as they turn (A2), a few groups at a time."""

import json
from collections.abc import Mapping

from edge.core.curing.announce import Waiting, due_changes
from edge.core.documents import Document
from edge.core.errors import StorageError
from edge.core.ids import GroupId, RoomId, SpecimenId
from edge.core.specimen import Group, SpecimenState
from edge.flows.curing import DoorParts, Premises

KIND = "due_told"
EVERY_S = 3600.0
GROUPS = 5
"""So many groups a call: no scan waits, and ten thousand blocks take ten minutes."""


class DueTeller:
    """Walks through the room's groups once an hour; what was told is kept with its events."""

    def __init__(self, parts: DoorParts, *, of: Premises) -> None:
        self._parts = parts
        self._of = of
        self._todo: list[GroupId] = []
        self._walked_ns: int | None = None
        document = parts.store.document(KIND, of.room)
        told = json.loads(document.body) if document else {}
        self._told = {GroupId(name): int(stage) for name, stage in told.items()}

    def step(self) -> int:
        """A part of the walk; how many due dates were told. A store that fails is tried again."""
        try:
            if not self._todo and not self._begin():
                return 0
            part, self._todo = self._todo[:GROUPS], self._todo[GROUPS:]
            return self._tell(part)
        except StorageError as error:
            self._parts.journal.warning("due.store", error=str(error))
            self._todo = []
            return 0

    def _begin(self) -> bool:
        now_ns = self._parts.clock.mono_ns()
        if self._walked_ns is not None and now_ns - self._walked_ns < EVERY_S * 1e9:
            return False
        self._walked_ns = now_ns
        self._todo = list(self._parts.book.groups_inside(self._of.room))
        inside = set(self._todo)
        self._told = {name: stage for name, stage in self._told.items() if name in inside}
        return bool(self._todo)

    def _tell(self, part: list[GroupId]) -> int:
        now = self._parts.clock.read()
        waiting = [each for name in part if (each := self._waiting(name)) is not None]
        told, events = due_changes(self._told, waiting, now=now, rules=self._of.rules)
        if events:
            self._parts.recorder.record(
                events,
                occurred=now,
                ruleset=self._of.rules.ruleset,
                documents=(_document(told, self._of.room),),
            )
        self._told = told
        return len(events)

    def _waiting(self, name: GroupId) -> Waiting | None:
        """A group with its blocks in this room."""
        blocks = tuple(
            (each.specimen, SpecimenState.LAB_CURING)
            for each in self._parts.book.group(name)
            if each.spot is not None and each.spot.room == self._of.room
        )
        group = self._group(name, blocks[0][0]) if blocks else None
        return None if group is None else Waiting(group, blocks)

    def _group(self, name: GroupId, specimen: SpecimenId) -> Group | None:
        for binding in self._parts.registry.bindings(specimen):
            commission = self._parts.registry.commission(binding.commission)
            if binding.group == name and commission is not None:
                return commission.group(name)
        return None


def _document(told: Mapping[GroupId, int], room: RoomId) -> Document:
    return Document(KIND, room, "kept", json.dumps(told, separators=(",", ":")).encode())
