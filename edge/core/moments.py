"""Time as the rules see it: instants, dates, how far a clock can be trusted, and age windows."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
"""Local time of every rule: fixed +08:00, no daylight saving."""


class TimeQuality(StrEnum):
    """Trust in the wall clock (A12)."""

    SYNCED = "synced"
    HOLDOVER = "holdover"
    UNTRUSTED = "untrusted"


@dataclass(frozen=True, slots=True)
class Instant:
    """A reading of the two clocks of the station."""

    at: datetime
    mono_ns: int
    quality: TimeQuality

    @property
    def trusted(self) -> bool:
        """Whether rules of time may be judged; else they cannot tell, and never block (A12)."""
        return self.quality is not TimeQuality.UNTRUSTED

    @property
    def local_day(self) -> date:
        """The day in local time (+08:00)."""
        return self.at.astimezone(CHINA).date()


@dataclass(frozen=True, slots=True)
class Casting:
    """When concrete was cast: the guide records only a date; some sites also give the instant."""

    on: date
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """A closed span between two aware instants; empty when `until` < `since`."""

    since: datetime
    until: datetime

    @property
    def empty(self) -> bool:
        """Whether no instant lies inside."""
        return self.until < self.since

    def holds(self, at: datetime) -> bool:
        """Whether `at` lies inside, ends included."""
        return self.since <= at <= self.until


class Due(StrEnum):
    """Where an instant lies relative to a test age (A2)."""

    NOT_DUE = "not_due"
    OPENING = "opening"
    DUE_NOW = "due_now"
    CLOSING = "closing"
    OVERDUE = "overdue"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class AgeWindow:
    """When a specimen has its test age: surely (`certain`, may be empty), or at all."""

    certain: Interval
    possible: Interval

    def due(self, at: datetime) -> Due:
        """State of `at`; between the windows, an empty certain window opens until its middle."""
        if at < self.possible.since:
            return Due.NOT_DUE
        if at > self.possible.until:
            return Due.OVERDUE
        if self.certain.holds(at):
            return Due.DUE_NOW
        if self.certain.empty:
            middle = self.possible.since + (self.possible.until - self.possible.since) / 2
            return Due.OPENING if at < middle else Due.CLOSING
        return Due.OPENING if at < self.certain.since else Due.CLOSING


def local_midnight(on: date) -> datetime:
    """Start of a local day as an aware instant."""
    return datetime(on.year, on.month, on.day, tzinfo=CHINA)


def age_window(casting: Casting, *, age_days: int, tolerance: timedelta) -> AgeWindow:
    """Test-age window (A2; ages and tolerances from GB/T 50081 through the rule set).

    With an instant both windows are [t+a-τ, t+a+τ]; with a date D only, certain is
    [D+1d+a-τ, D+a+τ] and possible [D+a-τ, D+1d+a+τ].
    """
    age = timedelta(days=age_days)
    if casting.at is not None:
        window = Interval(casting.at + age - tolerance, casting.at + age + tolerance)
        return AgeWindow(window, window)
    day = local_midnight(casting.on)
    next_day = day + timedelta(days=1)
    return AgeWindow(
        certain=Interval(next_day + age - tolerance, day + age + tolerance),
        possible=Interval(day + age - tolerance, next_day + age + tolerance),
    )


def minutes_between(first: datetime, second: datetime) -> float:
    """Distance of two instants in minutes, never negative."""
    return abs((first - second).total_seconds()) / 60


def rfc3339(at: datetime) -> str:
    """UTC text with milliseconds and `Z`, as events carry it."""
    utc = at.astimezone(UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%S.") + f"{utc.microsecond // 1000:03d}Z"
