"""What a curing room states to the platform: transfers, climate, maturity and due dates."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from edge.core.codes import Code
from edge.core.evidence import Evidence
from edge.core.ids import GroupId, PersonId, RoomId, SensorId, SpecimenId, TransactionId


@dataclass(frozen=True, slots=True)
class _Transfer:
    transaction: TransactionId
    specimen: SpecimenId
    group: GroupId | None
    room: RoomId
    place: str
    keeper: PersonId
    reasons: tuple[Code, ...]
    evidence: tuple[Evidence, ...]
    photograph_missing: str | None


@dataclass(frozen=True, slots=True)
class CuringEntered(_Transfer):
    """A block was carried in (guide 四(三)1)."""

    TYPE: ClassVar[str] = "curing.entered"


@dataclass(frozen=True, slots=True)
class CuringLeft(_Transfer):
    """A block was carried out; `due` is where it stood in its age (guide 四(三)2, A2)."""

    TYPE: ClassVar[str] = "curing.left"
    due: str | None


@dataclass(frozen=True, slots=True)
class SpecimenOutForTest:
    """A block was handed to the press: what `curing.left` means at a laboratory."""

    TYPE: ClassVar[str] = "specimen.out_for_test"
    transaction: TransactionId
    specimen: SpecimenId
    group: GroupId | None
    keeper: PersonId


@dataclass(frozen=True, slots=True)
class CuringMoved(_Transfer):
    """A block changed its place; `implicit`: nobody said so, the book was behind."""

    TYPE: ClassVar[str] = "curing.moved"
    from_room: RoomId | None
    from_place: str
    implicit: bool


@dataclass(frozen=True, slots=True)
class CuringDisposed(_Transfer):
    """A block was thrown away."""

    TYPE: ClassVar[str] = "curing.disposed"


@dataclass(frozen=True, slots=True)
class CuringUndone:
    """The keeper took the last transfer back; the block is where it was before."""

    TYPE: ClassVar[str] = "curing.undone"
    transaction: TransactionId
    specimen: SpecimenId
    keeper: PersonId
    mode: str
    presence: str
    place: str


@dataclass(frozen=True, slots=True)
class CuringRefused:
    """A read at the door that moved nothing, with everything needed to look into it."""

    TYPE: ClassVar[str] = "curing.scan_refused"
    room: RoomId
    transaction: TransactionId | None
    specimen: SpecimenId | None
    keeper: PersonId | None
    carrier: str
    payload_hex: str
    reasons: tuple[Code, ...]
    facts: tuple[tuple[str, str], ...]
    alarm: bool


@dataclass(frozen=True, slots=True)
class CuringClosed:
    """A transaction ended: every transfer of it that was not taken back."""

    TYPE: ClassVar[str] = "curing.transaction_closed"
    transaction: TransactionId
    room: RoomId
    keeper: PersonId
    mode: str
    opened_at: datetime
    specimens: tuple[SpecimenId, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Misplaced:
    """A block on a shelf that the book has elsewhere in the room."""

    specimen: SpecimenId
    booked: str


@dataclass(frozen=True, slots=True)
class CuringAudited:
    """A shelf against the book (盘点)."""

    TYPE: ClassVar[str] = "curing.audited"
    transaction: TransactionId
    room: RoomId
    place: str
    keeper: PersonId
    found: int
    missing: tuple[SpecimenId, ...]
    unexpected: tuple[SpecimenId, ...]
    misplaced: tuple[Misplaced, ...]
    why: str


@dataclass(frozen=True, slots=True)
class CuringGroupShort:
    """Ten minutes on, part of a group is still on the other side of the door."""

    TYPE: ClassVar[str] = "curing.group_short"
    group: GroupId
    room: RoomId
    direction: str
    outstanding: tuple[SpecimenId, ...]
    bound: int


@dataclass(frozen=True, slots=True)
class TwoPartyPending:
    """A tester's transfers at a site wait for the witness (guide 四(三)3)."""

    TYPE: ClassVar[str] = "curing.two_party_pending"
    transaction: TransactionId
    room: RoomId
    mode: str
    tester: PersonId
    since: datetime
    until: datetime
    specimens: tuple[SpecimenId, ...]


@dataclass(frozen=True, slots=True)
class TwoPartyCompleted:
    """The witness confirmed in time; with an untrusted clock the minutes cannot be told."""

    TYPE: ClassVar[str] = "curing.two_party_completed"
    transaction: TransactionId
    room: RoomId
    tester: PersonId
    witness: PersonId
    minutes: float | None
    specimens: tuple[SpecimenId, ...]
    reasons: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class TwoPartyExpired:
    """No witness came within the minutes of the rule set."""

    TYPE: ClassVar[str] = "curing.two_party_expired"
    transaction: TransactionId
    room: RoomId
    tester: PersonId
    specimens: tuple[SpecimenId, ...]


@dataclass(frozen=True, slots=True)
class EnvironmentSampled:
    """An hour of a sensor; None where no good reading fell into it. Hundredths of ℃ and %RH."""

    TYPE: ClassVar[str] = "environment.sampled"
    sensor: SensorId
    room: RoomId
    since: datetime
    readings: int
    temperature_centi_c: tuple[int, int, int] | None
    humidity_centi_pct: tuple[int, int, int] | None
    minutes_in: int
    minutes_unsure: int
    minutes_out: int


@dataclass(frozen=True, slots=True)
class ExcursionStarted:
    """A room has been out of its limits for so long that somebody is told."""

    TYPE: ClassVar[str] = "environment.excursion_started"
    sensor: SensorId
    room: RoomId
    quantity: str
    since: datetime
    worst_centi: int


@dataclass(frozen=True, slots=True)
class ExcursionEnded:
    """The room is back; `acknowledged_by` is None when nobody had looked."""

    TYPE: ClassVar[str] = "environment.excursion_ended"
    sensor: SensorId
    room: RoomId
    quantity: str
    since: datetime
    until: datetime
    worst_centi: int
    acknowledged_by: PersonId | None


@dataclass(frozen=True, slots=True)
class EnvironmentUnsure:
    """A day's minutes in which the sensor's uncertainty allowed no verdict."""

    TYPE: ClassVar[str] = "environment.unsure"
    sensor: SensorId
    room: RoomId
    on: date
    minutes: int


@dataclass(frozen=True, slots=True)
class SensorFaulted:
    """A sensor that cannot be believed, which is not a room out of its limits."""

    TYPE: ClassVar[str] = "sensor.faulted"
    sensor: SensorId
    room: RoomId
    fault: str
    since: datetime


@dataclass(frozen=True, slots=True)
class SensorRestored:
    """The sensor can be believed again."""

    TYPE: ClassVar[str] = "sensor.restored"
    sensor: SensorId
    room: RoomId
    fault: str
    since: datetime


@dataclass(frozen=True, slots=True)
class MaturityDayClosed:
    """One day of a group's equivalent age (A3); `mean_tenths_c` is None on a gap.

    `method` is how the mean was made or could not be, `hours` how many of 24 the sensor covered,
    `counted` whether the day counts: it has a mean above 0 ℃.
    """

    TYPE: ClassVar[str] = "maturity.day_closed"
    group: GroupId
    on: date
    mean_tenths_c: int | None
    method: str
    source: str
    hours: int | None
    counted: bool
    total_tenths_cd: int
    days: int


@dataclass(frozen=True, slots=True)
class MaturityGapFilled:
    """A day that was stated as a gap is known now, and from which source; sums with it."""

    TYPE: ClassVar[str] = "maturity.gap_filled"
    group: GroupId
    on: date
    mean_tenths_c: int
    method: str
    source: str
    counted: bool
    total_tenths_cd: int
    days: int


@dataclass(frozen=True, slots=True)
class MaturityReached:
    """A group has its degree days; `gaps` are days that nobody measured."""

    TYPE: ClassVar[str] = "maturity.reached"
    group: GroupId
    on: date
    total_tenths_cd: int
    days: int
    gaps: int
    over_days: bool


@dataclass(frozen=True, slots=True)
class _DueChanged:
    group: GroupId
    until: datetime
    specimens: tuple[SpecimenId, ...]


@dataclass(frozen=True, slots=True)
class DueOpened(_DueChanged):
    """The group may have its test age from now on."""

    TYPE: ClassVar[str] = "due.opened"


@dataclass(frozen=True, slots=True)
class DueClosing(_DueChanged):
    """The group surely had its age and may lose it soon."""

    TYPE: ClassVar[str] = "due.closing"


@dataclass(frozen=True, slots=True)
class DueOverdue(_DueChanged):
    """The window has passed and blocks still wait."""

    TYPE: ClassVar[str] = "due.overdue"


CuringEvent = (
    CuringEntered
    | CuringLeft
    | SpecimenOutForTest
    | CuringMoved
    | CuringDisposed
    | CuringUndone
    | CuringRefused
    | CuringClosed
    | CuringAudited
    | CuringGroupShort
    | TwoPartyPending
    | TwoPartyCompleted
    | TwoPartyExpired
    | EnvironmentSampled
    | ExcursionStarted
    | ExcursionEnded
    | EnvironmentUnsure
    | SensorFaulted
    | SensorRestored
    | MaturityDayClosed
    | MaturityGapFilled
    | MaturityReached
    | DueOpened
    | DueClosing
    | DueOverdue
)
"""Everything a curing room can state."""
