"""What the face check of a station is at this moment: for its status and its impact assessment."""

from dataclasses import dataclass
from datetime import datetime

from edge.core.liveness import NOT_COVERED, Means

FILING_PEOPLE = 100_000
"""Stored people from which a filing is due within 30 working days (人脸识别办法)."""


@dataclass(frozen=True, slots=True)
class ExpectedRates:
    """What was measured on people who were not used for the threshold; shares 0..1.

    fmr, fnmr: one photograph against one; fmr_three, fnmr_three: templates of three.
    """

    target_fmr: float
    fmr: float
    fnmr: float
    fmr_three: float
    fnmr_three: float


@dataclass(frozen=True, slots=True)
class FaceFacts:
    """Counts and settings only: no person, no template.

    other_engines: people whose templates this engine cannot use; renew: people whose templates
    end soon; strangers_named: how probable it is that a stranger is proposed as one of the people
    enrolled, before 1:1 decides; None when the rates were never measured.
    """

    station: str
    at: datetime
    enabled: bool
    engine: str
    population: str
    threshold: float
    expected: ExpectedRates | None
    means: Means
    people: int
    other_engines: int
    renew: int
    withdrawn: int
    valid_days: int
    audit_days: int | None
    consent_version: str
    consent_sha256: str
    lockout_after: int
    lockout_s: float

    @property
    def not_covered(self) -> tuple[str, ...]:
        """Attacks about which the liveness check says nothing."""
        return NOT_COVERED[self.means]

    @property
    def filing_due(self) -> bool:
        """Whether so many people are stored that a filing is due."""
        return self.people >= FILING_PEOPLE

    @property
    def strangers_named(self) -> float | None:
        """FPIR of the 1:N search over everybody enrolled, 0..1."""
        if self.expected is None:
            return None
        return 1 - (1 - self.expected.fmr_three) ** self.people
