"""Waiting between attempts (step 11): full jitter, so that a city never reconnects in step."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Seconds to wait: uniformly drawn below a ceiling that doubles from `base_s` to `cap_s`."""

    base_s: float
    cap_s: float

    def delay_s(self, attempt: int, draw: float) -> float:
        """Seconds before attempt `attempt` (1 is the first repetition); `draw` lies in [0, 1)."""
        doublings = min(max(attempt - 1, 0), 32)
        return draw * min(self.cap_s, self.base_s * 2.0**doublings)
