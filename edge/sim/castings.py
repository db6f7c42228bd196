"""What the sites cast: groups with chips, and the complete trail their phones left behind."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from edge.core.ids import GroupId, PersonId, SpecimenId
from edge.core.moments import CHINA, Casting
from edge.core.people import Person
from edge.core.specimen import (
    Confirmation,
    Curing,
    Group,
    GroupKind,
    Specimen,
    Stage,
    StageRecord,
)

GROUP_SIZES = {
    GroupKind.COMPRESSIVE: 3,
    GroupKind.IMPERMEABILITY: 6,
    GroupKind.DEMOULD: 3,
    GroupKind.MATURITY_600: 3,
}
_LOCATIONS = ("梁板", "剪力墙", "框架柱", "楼梯", "筏板基础", "地下室外墙")
_GRADES = ("C25", "C30", "C35", "C40")
_AGE_DAYS = 28


@dataclass(frozen=True, slots=True)
class Crew:
    """The two who sign each stage at a site."""

    tester: Person
    witness: Person


@dataclass(frozen=True, slots=True)
class Order:
    """A group to cast: kind, curing, and how many days before the delivery day.

    `lab_cured`: delivered young for curing at the laboratory, so never in a room of the site.
    """

    kind: GroupKind = GroupKind.COMPRESSIVE
    curing: Curing = Curing.STANDARD
    days_ago: int = _AGE_DAYS
    lab_cured: bool = False

    def stages(self) -> frozenset[Stage]:
        """The stages that the site records (guide 四)."""
        if self.lab_cured:
            return frozenset({Stage.SLUMP, Stage.SAMPLING})
        if self.curing is Curing.SAME_CONDITION:
            return frozenset(Stage) - {Stage.CURING_IN}
        return frozenset(Stage)


def cast_group(rng: Random, *, name: str, order: Order, crew: Crew, today: date) -> Group:
    """A group cast `order.days_ago` days before `today`, around ten in the morning local time.

    `name` is the tail of its ids: `g-{name}`, and `s-{name}-{number}` for its specimens.
    """
    on = today - timedelta(days=order.days_ago)
    at = _local(on, time(9, 30)) + timedelta(minutes=rng.randrange(60))
    specimens = tuple(
        Specimen(SpecimenId(f"s-{name}-{number}"), number, uid=f"04{rng.randbytes(6).hex()}")
        for number in range(1, GROUP_SIZES[order.kind] + 1)
    )
    leaky = order.kind is GroupKind.IMPERMEABILITY
    return Group(
        group=GroupId(f"g-{name}"),
        kind=order.kind,
        curing=order.curing,
        grade="C35P8" if leaky else rng.choice(_GRADES),
        pour_location=f"{rng.randrange(1, 19)}层{rng.choice(_LOCATIONS)}",
        casting=Casting(on, at),
        specimens=specimens,
        age_days=_age_days(order.kind),
        trail=_trail(rng, at=at, order=order, crew=crew, today=today),
    )


def _age_days(kind: GroupKind) -> int | None:
    return _AGE_DAYS if kind in {GroupKind.COMPRESSIVE, GroupKind.IMPERMEABILITY} else None


def _local(on: date, clock: time) -> datetime:
    return datetime.combine(on, clock, CHINA)


def _trail(
    rng: Random, *, at: datetime, order: Order, crew: Crew, today: date
) -> tuple[StageRecord, ...]:
    """Stages 1 to 3b with both signatures and all photographs (guide 四(一) to 四(三))."""
    size = GROUP_SIZES[order.kind]
    day_before = today - timedelta(days=1)
    stages = [
        (Stage.SLUMP, at - timedelta(minutes=40), 1),
        (Stage.SAMPLING, at, 2),
        (Stage.CURING_IN, at + timedelta(days=1), size),
        (Stage.CURING_END, _local(day_before, time(16, 0)), 2 * size),
    ]
    return tuple(
        StageRecord(
            stage=stage,
            tester=_signed(crew.tester, begun + timedelta(minutes=rng.randrange(1, 6))),
            witness=_signed(crew.witness, begun + timedelta(minutes=rng.randrange(6, 25))),
            photos=photos,
            gps_ok=True,
            distance_m=round(rng.uniform(3, 90), 1),
        )
        for stage, begun, photos in stages
        if stage in order.stages()
    )


def _signed(person: Person, at: datetime) -> Confirmation:
    return Confirmation(PersonId(person.person), person.org, at)
