"""Degree days of the groups at a cage are stated as their days end, each once (A3).

A day is over at local midnight. Days that the station slept over follow in order, and each group's
days are kept in one transaction with the mark of how far they were stated.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, timedelta

from edge.core.curing.degree_days import DegreeBook, MeasuredDay, close_days
from edge.core.curing.limits import MaturityLimits
from edge.core.curing.maturity import DayMean, MeanMethod, daily_mean
from edge.core.errors import DecodeError, StorageError
from edge.core.ids import CommissionId, GroupId, ProjectId
from edge.core.moments import CHINA
from edge.core.specimen import Curing, Group, GroupKind, SpecimenState
from edge.flows.curing import DoorParts, Premises
from edge.flows.maturity import Place
from edge.ports import ClimateRecord, CommissionList
from edge.wire.degree_json import KIND, degree_document, is_reached, load_degrees

EVERY_S = 3600.0
COMMISSIONS = 2
"""So many commissions a call: one of ten groups costs 2 ms to decode, and no scan waits."""
_AT_THE_CAGE = frozenset(
    {SpecimenState.ISSUED, SpecimenState.BOUND, SpecimenState.SAMPLED, SpecimenState.CURING}
)


@dataclass(frozen=True, slots=True)
class CageWatch:
    """A cage, and whose 600 ℃·d groups lie there; `groups` where a project has several cages."""

    place: Place
    method: MeanMethod
    projects: frozenset[ProjectId]
    commissions: CommissionList
    record: Callable[[], AbstractContextManager[ClimateRecord | None]]
    groups: frozenset[GroupId] = field(default_factory=frozenset)

    def holds(self, group: Group) -> bool:
        """Whether a group of one of its projects lies here."""
        waits = group.curing is Curing.SAME_CONDITION and group.kind is GroupKind.MATURITY_600
        return waits and (not self.groups or group.group in self.groups)


class MaturityTeller:
    """Walks through the projects' commissions, once an hour and after each midnight."""

    def __init__(self, parts: DoorParts, *, of: Premises, cage: CageWatch) -> None:
        self._parts = parts
        self._of = of
        self._cage = cage
        self._todo: list[CommissionId] = []
        self._walked: tuple[int, date] | None = None

    def step(self) -> int:
        """A part of the walk; how many events were stated. What fails is tried again."""
        try:
            if not self._todo and not self._begin():
                return 0
            part, self._todo = self._todo[:COMMISSIONS], self._todo[COMMISSIONS:]
            stated = sum(self._tell(name) for name in part)
        except (DecodeError, StorageError) as error:
            self._parts.journal.warning("maturity.store", error=str(error))
            self._todo = []
            return 0
        if not self._todo:
            self._parts.journal.info("maturity.walked")
        return stated

    def _begin(self) -> bool:
        """An untrusted clock ends no day."""
        now = self._parts.clock.read()
        if not now.trusted:
            return False
        if self._walked is not None:
            walked_ns, walked_on = self._walked
            if walked_on == now.local_day and now.mono_ns - walked_ns < EVERY_S * 1e9:
                return False
        self._walked = (now.mono_ns, now.local_day)
        self._todo = list(self._cage.commissions.commission_names())
        return bool(self._todo)

    def _tell(self, name: CommissionId) -> int:
        commission = self._parts.registry.commission(name)
        if commission is None or commission.project not in self._cage.projects:
            return 0
        with self._cage.record() as record:
            groups = (group for group in commission.groups if self._cage.holds(group))
            return sum(self._close(group, record) for group in groups)

    def _close(self, group: Group, record: ClimateRecord | None) -> int:
        now, limits = self._parts.clock.read(), self._limits()
        document = self._parts.store.document(KIND, group.group)
        if is_reached(document) or record is None or not now.trusted:
            return 0
        book = load_degrees(document) or DegreeBook(group.group, group.casting.on)
        ledger = self._ledger(record)
        until = self._until(group, now.local_day - timedelta(days=1), ledger)
        measured = self._measured(book, until, record, ledger)
        told, events = close_days(
            book, measured, until=until, limits=limits, method=self._cage.method
        )
        if events:
            self._parts.recorder.record(
                events,
                occurred=now,
                ruleset=self._of.rules.ruleset,
                documents=(degree_document(told),),
            )
        return len(events)

    def _until(self, group: Group, yesterday: date, ledger: Mapping[date, DayMean]) -> date:
        """The last day that is over: before the blocks left, and written where nothing measures."""
        until = yesterday
        left_on = self._left_on(group)
        if left_on is not None:
            until = min(until, left_on - timedelta(days=1))
        if self._cage.place.sensor is None:
            until = min(until, max(ledger, default=date.min))
        return until

    def _left_on(self, group: Group) -> date | None:
        """The day on which the last of its blocks left the cage; None while one lies there."""
        left: list[date] = []
        for block in group.specimens:
            own = self._parts.store.custody(block.specimen)
            theirs = self._parts.registry.custody(block.specimen)
            known = [each for each in (own, theirs) if each is not None]
            last = max(known, key=lambda each: each.at, default=None)
            if last is None or last.state in _AT_THE_CAGE:
                return None
            left.append(last.at.astimezone(CHINA).date())
        return max(left, default=None)

    def _ledger(self, record: ClimateRecord) -> dict[date, DayMean]:
        return {
            day: DayMean(day, tenths, MeanMethod.LEDGER, source)
            for day, tenths, source in record.ledger_days(self._cage.place.name)
        }

    def _measured(
        self,
        book: DegreeBook,
        until: date,
        record: ClimateRecord,
        ledger: Mapping[date, DayMean],
    ) -> dict[date, MeasuredDay]:
        """What is known of the gaps and of the days that are over; a ledger where none measured."""
        sensor, method = self._cage.place.sensor, self._cage.method
        known: dict[date, MeasuredDay] = {}
        for day in (*book.gaps(until), *book.open_days(until, self._limits())):
            hours = None if sensor is None else record.hourly_means(sensor, day)
            mean = None
            if hours is not None:
                mean = daily_mean(hours, method, on=day, source=str(sensor))
            count = None if hours is None else len(hours)
            known[day] = MeasuredDay(mean or ledger.get(day), count)
        return known

    def _limits(self) -> MaturityLimits:
        curing = self._of.rules.curing
        return curing.maturity[curing.edition]
