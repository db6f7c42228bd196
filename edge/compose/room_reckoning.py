"""The reckoning of a curing room: its transfers, its excursions, whom they concern, what is due."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from edge.compose.common import shipped_rules
from edge.core.curing.due import due_at_press
from edge.core.curing.monitor import FAULT_KIND
from edge.core.curing.places import Spot
from edge.core.ids import GroupId, RoomId, SpecimenId
from edge.core.moments import CHINA
from edge.core.specimen import Group, SpecimenState
from edge.ports import Registry
from edge.settings import Settings
from edge.storage.climate_reads import ClimateLog
from edge.storage.station import StationReader

_TRANSFERS = frozenset(
    f"specimen.curing.{kind}.v1" for kind in ("entered", "moved", "left", "disposed")
)
_AUDITED = "specimen.curing.audited.v1"
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class RoomSummary:
    """What a room's life came to.

    `touched`: blocks that lay there during an excursion; `missing`: at its audits; `due_today`:
    groups in the room that can go to the press today.
    """

    transfers: int
    excursions: int
    touched: frozenset[SpecimenId]
    missing: frozenset[SpecimenId]
    due_today: int


def room_summary(
    settings: Settings, room: RoomId, registry: Registry, now: datetime
) -> RoomSummary:
    """Read a wall station's stores beside their writer."""
    with StationReader(settings.station_db) as log, ClimateLog(settings.climate_db) as climate:
        incidents = [each for each in climate.incidents(_BEGINNING, now) if each.kind != FAULT_KIND]
        events = [each for epoch in log.epochs() for each in log.events(epoch, limit=100_000)]
        audits = (json.loads(each.body)["data"] for each in events if each.type == _AUDITED)
        return RoomSummary(
            transfers=sum(each.type in _TRANSFERS for each in events),
            excursions=len(incidents),
            touched=frozenset(
                block
                for each in incidents
                for block in log.places.affected(room, each.since, each.until or now)
            ),
            missing=frozenset(SpecimenId(name) for each in audits for name in each["missing"]),
            due_today=_due_today(log, room, registry, settings, now),
        )


def _due_today(
    log: StationReader, room: RoomId, registry: Registry, settings: Settings, now: datetime
) -> int:
    groups: dict[GroupId, tuple[Group, list[SpecimenId]]] = {}
    for standing in log.places.on(Spot(room)):
        for binding in registry.bindings(standing.specimen)[:1]:
            commission = registry.commission(binding.commission)
            group = commission.group(binding.group) if commission else None
            if group is not None:
                groups.setdefault(group.group, (group, []))[1].append(standing.specimen)
    waiting = (
        (group, tuple((each, SpecimenState.LAB_CURING) for each in blocks))
        for group, blocks in groups.values()
    )
    rules = shipped_rules(settings.rules.ruleset)
    return len(due_at_press(waiting, now.astimezone(CHINA).date(), rules=rules))
