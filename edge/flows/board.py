"""The board: what is in the room, since when, and what is due; read, never written."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from edge.core.checks_groups import window_of
from edge.core.curing.alarm import AlarmState
from edge.core.curing.climate import Quantity
from edge.core.curing.due import due_at_press, due_state, owes_curing_in
from edge.core.curing.limits import MaturityLimits
from edge.core.curing.picks import PickList, pick_list
from edge.core.curing.places import Spot, Suggestion, suggest
from edge.core.curing.state import Presence, Standing
from edge.core.curing.stays import StayClimate, joined, worst
from edge.core.ids import DeviceId, GroupId, SensorId, SpecimenId
from edge.core.moments import Due, Instant
from edge.core.specimen import Group, SpecimenState
from edge.flows.board_degrees import degree_lines
from edge.flows.board_view import (
    NOTHING_FOUND,
    BoardView,
    Books,
    CityBook,
    ClimateNow,
    Elsewhere,
    FullBook,
    GroupLine,
    Search,
    SensorNow,
    Standpoint,
)
from edge.ports import Registry

FRESH = timedelta(minutes=5)
"""An older reading is not the climate of now."""
DAY = timedelta(hours=24)


class Board:
    """Looks at everything, and remembers the facts of groups until the registry changes."""

    def __init__(self, of: Standpoint) -> None:
        self._of = of
        self._version = -1
        self._groups: dict[str, Group | None] = {}
        self._elsewhere: tuple[int, tuple[Elsewhere, ...]] = (-1, ())

    def look(self, books: Books, now: Instant) -> BoardView:
        """Everything as it is; raises StorageError."""
        self._forget_what_changed(books.registry)
        inside = books.book.on(Spot(self._of.room)) if books.book else ()
        lines = tuple(self._lines(books, inside, now)) if books.book else ()
        age_h = books.registry.age_h("custody", now.at)
        return BoardView(
            at=now,
            room=self._of.room,
            is_there=books.book is not None,
            blocks=len(inside),
            groups=lines,
            picks=self._picks(lines, inside, now),
            sensors=tuple(self._sensors(books.climate, now)),
            climate=self._of.rules.curing.climate,
            elsewhere=self._others(books.registry),
            elsewhere_age_h=None if age_h == float("inf") else age_h,
            unsent=books.unsent(),
            degrees=degree_lines(books.degrees(), today=now.local_day, limits=self._maturity()),
        )

    def find(self, books: Books, text: str, now: Instant) -> Search:
        """A specimen or a whole group by its number; raises StorageError."""
        if books.book is None or not text:
            return NOTHING_FOUND
        alone = books.book.standing(SpecimenId(text))
        lines = (alone,) if alone is not None else books.book.group(GroupId(text))
        told = tuple((line, _climate_of(line, books, now)) for line in lines)
        group = self._sought(text, lines, books.registry)
        if group is None:
            return Search(told)
        return Search(told, group.group, self._suggested(group, books.book))

    def _maturity(self) -> MaturityLimits:
        curing = self._of.rules.curing
        return curing.maturity[curing.edition]

    def _sought(self, text: str, lines: tuple[Standing, ...], registry: Registry) -> Group | None:
        """The group of what was found; of a block that was never here, by the registry."""
        if lines and lines[0].group is not None:
            return self._group(lines[0].group, lines[0].specimen, registry)
        for binding in registry.bindings(SpecimenId(text)):
            return self._group(binding.group, SpecimenId(text), registry)
        return None

    def _suggested(self, group: Group, book: FullBook) -> Suggestion | None:
        """Where the blocks that are not here yet should go, beside those that are."""
        layout = self._of.layout
        known = {each.specimen: each for each in book.group(group.group)}
        left = [
            each
            for each in group.specimens
            if each.specimen not in known or known[each.specimen].presence is Presence.OUTSIDE
        ]
        if layout is None or not layout.racks or not left or not owes_curing_in(group):
            return None
        siblings = tuple(
            each.spot for each in known.values() if each.spot and each.spot.room == self._of.room
        )
        return suggest(
            layout,
            book.occupancy(self._of.room),
            count=len(left),
            size_mm=group.size_mm,
            siblings=siblings,
        )

    def _forget_what_changed(self, registry: CityBook) -> None:
        version = registry.version_of("commissions")
        if version != self._version:
            self._groups.clear()
            self._version = version

    def _lines(
        self, books: Books, inside: tuple[Standing, ...], now: Instant
    ) -> Iterable[GroupLine]:
        """By the end of their window; those that nobody knows at the end."""
        blocks: dict[str, list[Standing]] = {}
        for standing in inside:
            blocks.setdefault(standing.group or standing.specimen, []).append(standing)
        lines = (self._line(name, here, books, now) for name, here in blocks.items())
        return sorted(
            lines,
            key=lambda line: (line.until is None, line.until or line.since, line.name),
        )

    def _line(self, name: str, here: list[Standing], books: Books, now: Instant) -> GroupLine:
        group = self._group(name, here[0].specimen, books.registry)
        window = window_of(group, self._of.rules) if group else None
        due = due_state(group, now=now, rules=self._of.rules) if group else Due.CANNOT_TELL
        return GroupLine(
            name=name,
            group=group,
            inside=len(here),
            bound=len(group.specimens) if group else len(here),
            missing=self._missing(group, here, books),
            cells=tuple(sorted(Counter(each.spot for each in here if each.spot).items())),
            since=min(each.entered_at or each.since for each in here),
            due=due,
            opens=window.possible.since if window else None,
            until=window.possible.until if window else None,
            is_certain=window is not None and not window.certain.empty,
        )

    def _missing(
        self, group: Group | None, here: list[Standing], books: Books
    ) -> tuple[SpecimenId, ...]:
        """Blocks of a group that must lie here and do not, and were not carried out either."""
        if group is None or not owes_curing_in(group) or len(here) == len(group.specimens):
            return ()
        book = books.book
        gone = {Presence.OUT, Presence.DISPOSED, Presence.INSIDE}
        known = {each.specimen: each.presence for each in book.group(group.group)} if book else {}
        return tuple(
            each.specimen for each in group.specimens if known.get(each.specimen) not in gone
        )

    def _group(self, name: str, specimen: SpecimenId, registry: Registry) -> Group | None:
        if name not in self._groups:
            self._groups[name] = self._asked(name, specimen, registry)
        return self._groups[name]

    def _asked(self, name: str, specimen: SpecimenId, registry: Registry) -> Group | None:
        for binding in registry.bindings(specimen):
            commission = registry.commission(binding.commission)
            if binding.group == name and commission is not None:
                return commission.group(binding.group)
        return None

    def _picks(
        self, lines: tuple[GroupLine, ...], inside: tuple[Standing, ...], now: Instant
    ) -> PickList:
        here = {each.specimen: each for each in inside}
        groups = (
            (
                line.group,
                tuple(
                    (each.specimen, SpecimenState.LAB_CURING)
                    for each in line.group.specimens
                    if each.specimen in here
                ),
            )
            for line in lines
            if line.group is not None and line.due is not Due.NOT_DUE
        )
        today = due_at_press(groups, now.local_day, rules=self._of.rules)
        return pick_list(today, here, room=self._of.room)

    def _sensors(self, climate: ClimateNow | None, now: Instant) -> Iterable[SensorNow]:
        if climate is None:
            return
        ringing: dict[SensorId, list[Quantity]] = {}
        for sensor, quantity, alarm in climate.alarms():
            if alarm.state in {AlarmState.ALARM, AlarmState.ACKNOWLEDGED}:
                ringing.setdefault(sensor, []).append(quantity)
        for sensor, room in climate.sensors():
            last = climate.latest(sensor)
            is_fresh = last is not None and now.at - last.at <= FRESH
            yield SensorNow(
                sensor,
                room,
                last if is_fresh else None,
                last.at if last else None,
                tuple(ringing.get(sensor, ())),
                climate.readings(sensor, now.at - DAY, now.at + timedelta(minutes=1)),
            )

    def _others(self, registry: CityBook) -> tuple[Elsewhere, ...]:
        version = registry.version_of("custody")
        if self._elsewhere[0] != version:
            self._elsewhere = (version, tuple(self._counted(registry)))
        return self._elsewhere[1]

    def _counted(self, registry: CityBook) -> Iterable[Elsewhere]:
        blocks: Counter[tuple[DeviceId, SpecimenState]] = Counter()
        newest: dict[tuple[DeviceId, SpecimenState], datetime] = {}
        for each in registry.custody_of(self._of.lab):
            if each.device == self._of.device:
                continue
            key = (each.device, each.state)
            blocks[key] += 1
            newest[key] = max(newest.get(key, each.at), each.at)
        for key in sorted(blocks):
            yield Elsewhere(*key, blocks[key], newest[key])


def _climate_of(line: Standing, books: Books, now: Instant) -> StayClimate | None:
    """What a block's stays were like, up to now."""
    if books.book is None or books.climate is None:
        return None
    parts = [
        part
        for stay in books.book.stays(line.specimen)
        for part in books.climate.stay(stay.room, stay.since, stay.until or now.at)
    ]
    return worst(joined(parts))
