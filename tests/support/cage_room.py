"""A site's door with a cage: its groups of 600 degree days, and what was measured there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import samples
from memory_doors import MemoryRegistry
from wall_bench import PEOPLE, WallBench

from edge.core.curing.inputs import RoomKind
from edge.core.curing.maturity import MeanMethod
from edge.core.ids import GroupId, SensorId
from edge.core.specimen import Curing, GroupKind
from edge.flows.curing_maturity import EVERY_S, CageWatch, MaturityTeller
from edge.flows.maturity import Place
from edge.ports import ClimateRecord

SENSOR = SensorId("th-2")
CAST_ON = samples.CAST.on
FIRST = CAST_ON + timedelta(days=1)
COMMISSION = replace(
    samples.commission(groups=2),
    groups=tuple(
        replace(
            samples.group(number, kind=GroupKind.MATURITY_600),
            curing=Curing.SAME_CONDITION,
            age_days=None,
        )
        for number in (1, 2)
    ),
)


@dataclass
class Measured:
    """A climate record in memory."""

    hours: dict[date, dict[int, int]] = field(default_factory=dict)
    ledger: dict[date, int] = field(default_factory=dict)

    def hourly_means(self, sensor: SensorId, on: date) -> dict[int, int]:
        return self.hours.get(on, {}) if sensor == SENSOR else {}

    def ledger_days(self, place: str) -> tuple[tuple[date, int, str], ...]:
        days = self.ledger if place == "cage-7" else {}
        return tuple((on, days[on], "site book") for on in sorted(days))

    def whole(self, on: date, centi_c: int) -> None:
        self.hours[on] = dict.fromkeys(range(24), centi_c)


@dataclass
class CageRoom:
    """The door, its teller, and what the log says of degree days."""

    folder: Path
    sensor: SensorId | None = SENSOR
    groups: frozenset[GroupId] = frozenset()
    measured: Measured = field(default_factory=Measured)

    def __post_init__(self) -> None:
        registry = MemoryRegistry(people=PEOPLE, commissions=(COMMISSION,))
        self.bench = WallBench(self.folder, kind=RoomKind.SITE, registry=registry)
        self.teller = self.new_teller()

    def new_teller(self) -> MaturityTeller:
        cage = CageWatch(
            Place(self.sensor, "cage-7"),
            MeanMethod.MEAN24,
            frozenset({COMMISSION.project}),
            self.bench.registry,
            self._record,
            self.groups,
        )
        return MaturityTeller(self.bench.parts, of=self.bench.premises, cage=cage)

    def restart(self, *, new_boot: bool = False) -> None:
        self.bench.come_up(new_boot=new_boot)
        self.teller = self.new_teller()

    def walk(self) -> int:
        """A whole walk, an hour later by the monotonic clock."""
        self.bench.clock.elapsed_ns += int(EVERY_S * 1e9) + 1
        return self.teller.step() + self.teller.step()

    def set_day(self, on: date, hour: int = 0) -> None:
        """The wall clock, wherever it was before; local time."""
        local = samples.NOW.replace(year=on.year, month=on.month, day=on.day, hour=0)
        self.bench.clock.at = local + timedelta(hours=hour - 8, seconds=1)

    def stated(self, group: str = "group-1") -> list[tuple[str, str, int | None]]:
        """Of one group: kind, day, and the mean or the sum."""
        return [
            (kind.removeprefix("maturity."), data["on"], data.get("mean_tenths_c"))
            for kind, data in self.bench.log()
            if kind.startswith("maturity.") and data["group"] == group
        ]

    @contextmanager
    def _record(self) -> Iterator[ClimateRecord | None]:
        yield self.measured
