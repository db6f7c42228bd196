"""A face check that fails again and again rests for a while: a person looks instead (step 4)."""

from dataclasses import dataclass, replace

_WITHIN_NS = 600 * 1_000_000_000
_SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Lockout:
    """Failures in a row, by the monotonic clock; after `after` of them faces rest `pause_s`."""

    after: int = 5
    pause_s: float = 300.0
    failures: tuple[int, ...] = ()
    until_ns: int | None = None

    def failed(self, at_ns: int) -> "Lockout":
        """One more failure; older ones than ten minutes are forgotten."""
        recent = tuple(each for each in self.failures if at_ns - each <= _WITHIN_NS)
        failures = (*recent, at_ns)
        if len(failures) < self.after:
            return replace(self, failures=failures)
        until_ns = at_ns + int(self.pause_s * _SECOND_NS)
        return replace(self, failures=(), until_ns=until_ns)

    def passed(self) -> "Lockout":
        """Somebody was recognised."""
        return replace(self, failures=())

    def is_locked(self, at_ns: int) -> bool:
        """Whether faces rest now."""
        return self.until_ns is not None and at_ns < self.until_ns
