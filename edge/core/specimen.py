"""Specimens and their groups: what was cast, how it is cured, and which chips belong together."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from edge.core.ids import GroupId, OrgId, PersonId, SpecimenId
from edge.core.moments import Casting


class GroupKind(StrEnum):
    """The four tracked kinds (guide 四)."""

    COMPRESSIVE = "compressive"
    IMPERMEABILITY = "impermeability"
    DEMOULD = "demould"
    MATURITY_600 = "maturity_600"


class Curing(StrEnum):
    """How a group is cured (guide 四; labels in use are mapped onto these two in the rule set)."""

    STANDARD = "standard"
    SAME_CONDITION = "same_condition"


class SpecimenState(StrEnum):
    """The life of a specimen (DOMAIN d3)."""

    ISSUED = "issued"
    BOUND = "bound"
    SAMPLED = "sampled"
    CURING = "curing"
    CURED_DUE = "cured_due"
    PRESENTED = "presented"
    IDENTIFIED = "identified"
    ACCEPTED = "accepted"
    LAB_CURING = "lab_curing"
    OUT_FOR_TEST = "out_for_test"
    TESTED = "tested"
    RETAINED = "retained"
    DISPOSED = "disposed"
    HELD = "held"
    REFUSED = "refused"
    LOST = "lost"
    BROKEN = "broken"
    CLONE_SUSPECT = "clone_suspect"
    EXPIRED = "expired"


class Stage(StrEnum):
    """Stages before the desk that phones record (DOMAIN a3)."""

    SLUMP = "slump"
    SAMPLING = "sampling"
    CURING_IN = "curing_in"
    CURING_END = "curing_end"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """One party's signature in the APP, with the platform's time."""

    person: PersonId
    org: OrgId
    at: datetime


@dataclass(frozen=True, slots=True)
class StageRecord:
    """What the platform knows of one stage of one group: two signatures, photographs, place."""

    stage: Stage
    tester: Confirmation | None = None
    witness: Confirmation | None = None
    photos: int = 0
    gps_ok: bool | None = None
    distance_m: float | None = None


@dataclass(frozen=True, slots=True)
class Specimen:
    """One block and the carriers of its identity."""

    specimen: SpecimenId
    number: int
    uid: str | None = None
    rf_serial: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Specimens that are judged together."""

    group: GroupId
    kind: GroupKind
    curing: Curing
    grade: str
    pour_location: str
    casting: Casting
    specimens: tuple[Specimen, ...]
    size_mm: int = 150
    age_days: int | None = 28
    trail: tuple[StageRecord, ...] = ()

    def stage(self, stage: Stage) -> StageRecord | None:
        """The record of a stage, if the platform sent one."""
        return next((record for record in self.trail if record.stage is stage), None)

    def holds(self, specimen: SpecimenId) -> bool:
        """Whether a specimen's chip is bound to this group."""
        return any(block.specimen == specimen for block in self.specimens)
