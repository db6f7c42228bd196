"""A moment of the desk: everything that a screen, a console or a lamp may show, as one value."""

from dataclasses import dataclass
from datetime import datetime

from edge.core.ids import DeliveryId, PersonId
from edge.flows.view import DeskView


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is so around the desk; ages in hours, None when never known.

    `camera` is `live`, `lost` or `absent`; `hint` is one thing that the deliverer may do now;
    `lost_readers` are scanners and tag readers that give nothing at the moment.
    """

    online: bool = False
    unsent: int = 0
    clock: str = "untrusted"
    roster_age_h: float | None = None
    camera: str = "absent"
    camera_why: str = ""
    locked: bool = False
    hint: str = ""
    lost_readers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """The desk at one step; `number` counts up, `error` is why the last command changed nothing."""

    number: int
    view: DeskView
    around: Surroundings
    error: str = ""


@dataclass(frozen=True, slots=True)
class DayRow:
    """One delivery of the day's list."""

    delivery: DeliveryId
    opened_at: datetime
    commission: str | None
    project: str | None
    phase: str
    ending: str | None
    provisional: bool
    decision: str | None
    counted: int
    expected: int


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody who may take the desk with a PIN."""

    person: PersonId
    name: str
