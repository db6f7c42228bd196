"""A clock that stands until it is set forward: weeks of a curing room in a few seconds."""

from datetime import datetime

from edge.core.errors import BrokenInvariant
from edge.core.moments import Instant, TimeQuality


class SteppedClock:
    """Implements the Clock port; it never goes back."""

    def __init__(self, at: datetime) -> None:
        self._begun = self._at = at

    def now(self) -> datetime:
        """Aware UTC wall time."""
        return self._at

    def mono_ns(self) -> int:
        """Nanoseconds since its beginning."""
        return int((self._at - self._begun).total_seconds() * 1e9)

    def read(self) -> Instant:
        """Both clocks; trusted, for nobody doubts a play."""
        return Instant(self._at, self.mono_ns(), TimeQuality.SYNCED)

    def set(self, at: datetime) -> None:
        """Go forward to an instant; BrokenInvariant for one that has passed."""
        if at < self._at:
            raise BrokenInvariant("clock_goes_back", at=at.isoformat())
        self._at = at
