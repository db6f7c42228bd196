"""Rule sets: a city's limits, windows, severities and required signatories as versioned data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from edge.core.codes import SAFETY, Code, Severity
from edge.core.curing.limits import CuringLimits
from edge.core.ids import CityId, RuleSetId
from edge.core.people import Role
from edge.core.specimen import Curing, GroupKind, Stage


@dataclass(frozen=True, slots=True)
class StageRule:
    """Photographs that a stage asks for (guide 四): plain and placard, per group or per block."""

    stage: Stage
    plain: int
    placard: int
    per_block: bool
    per_batch: bool = False


@dataclass(frozen=True, slots=True)
class RuleSet:
    """One city's rules; every event names its set. The TOML file gives each value's source."""

    ruleset: RuleSetId
    city: CityId
    title: Mapping[str, str]
    valid_from: date
    two_signature_minutes: int
    sampling_distance_m: float | None
    group_sizes: Mapping[GroupKind, int]
    age_tolerances: Mapping[int, timedelta]
    stages: Mapping[Curing, tuple[StageRule, ...]]
    curing_labels: Mapping[str, Curing]
    curing_in_max_days: int
    lab_curing_max_days: int
    roster_max_age_h: float
    reference_max_age_h: float
    same_read_s: float
    travel_minutes: float
    partial_by_whole_group: bool
    required_signatures: tuple[Role, ...]
    severities: Mapping[Code, Severity]
    overridable: frozenset[Code]
    curing: CuringLimits

    def severity(self, code: Code) -> Severity:
        """Severity of a code: HOLD when the set is silent; a safety code is never below HOLD."""
        given = self.severities.get(code, Severity.HOLD)
        return max(given, Severity.HOLD) if code in SAFETY else given

    def tolerance(self, age_days: int) -> timedelta:
        """Tolerance of a test age: its own, else that of the next lower age listed."""
        known = [age for age in sorted(self.age_tolerances) if age <= age_days]
        return self.age_tolerances[known[-1] if known else min(self.age_tolerances)]
