"""What a city or house sets for its curing rooms: values of a rule set, each with its source there.

Temperatures and humidities are whole hundredths (2000 is 20.00 ℃), so that no comparison at a
limit depends on binary fractions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class DoorLimits:
    """Times of the scanner at the door (DOMAIN d5)."""

    idle_close_s: float
    group_wait_minutes: float
    two_party_alarm_minutes: float


@dataclass(frozen=True, slots=True)
class ClimateLimits:
    """What a room must keep (GB/T 50081) and when somebody is told (DOMAIN A10, d5)."""

    temperature_centi_c: int
    temperature_tolerance_centi_c: int
    humidity_centi_pct: int
    temperature_hysteresis_centi_c: int
    humidity_hysteresis_centi_pct: int
    pending_minutes: float
    clearing_minutes: float
    door_grace_minutes: float
    escalate_minutes: float
    missed_polls: int
    frozen_hours: float
    frozen_step_centi: int
    jump_centi_c_per_minute: int


class Edition(StrEnum):
    """The two editions of GB 50204 that sites quote for 600 ℃·d (A3)."""

    Y2002 = "2002"
    Y2015 = "2015"


@dataclass(frozen=True, slots=True)
class MaturityLimits:
    """One edition's rule of equivalent age; `most_days` is None where the clause has no end."""

    edition: Edition
    target_tenths_cd: int
    band_tenths_cd: tuple[int, int]
    least_days: int
    most_days: int | None
    counts_casting_day: bool


@dataclass(frozen=True, slots=True)
class CuringLimits:
    """All of a rule set's values for curing rooms."""

    door: DoorLimits
    climate: ClimateLimits
    spacing_mm: int
    edition: Edition
    maturity: Mapping[Edition, MaturityLimits]
