"""The clocks of the machine, and how far the wall clock can be trusted (A12; step 3)."""

import ctypes
import time
from datetime import UTC, datetime

from edge.core.moments import Instant, TimeQuality

HOLDOVER_NS = 24 * 3600 * 1_000_000_000
"""A clock that was synchronised within 24 h is still called synced by no one, but held over."""
EARLIEST = datetime(2024, 1, 1, tzinfo=UTC)
"""A wall clock before this woke up without a battery."""
_STA_UNSYNC = 0x0040


class _Timex(ctypes.Structure):
    """`struct timex` of adjtimex(2), 64-bit Linux: modes, then longs up to `status`."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


def kernel_synchronised() -> bool:
    """Whether the kernel says that its clock is disciplined (adjtimex without STA_UNSYNC)."""
    timex = _Timex()
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    except (OSError, AttributeError):
        return False
    return bool(state >= 0 and not timex.status & _STA_UNSYNC)


class SystemClock:
    """Wall and monotonic clock; synced, held over for 24 h, else untrusted."""

    def __init__(self, *, assume_synced: bool = False) -> None:
        self._assume_synced = assume_synced
        self._synced_ns: int | None = None

    def now(self) -> datetime:
        """Aware UTC wall time."""
        return datetime.now(UTC)  # noqa: TID251 - this module is the door to the wall clock

    def mono_ns(self) -> int:
        """Monotonic nanoseconds."""
        return time.monotonic_ns()

    def read(self) -> Instant:
        """Both clocks with the time quality."""
        mono_ns = self.mono_ns()
        now = self.now()
        return Instant(now, mono_ns, self._quality(now, mono_ns))

    def _quality(self, now: datetime, mono_ns: int) -> TimeQuality:
        if now < EARLIEST:
            return TimeQuality.UNTRUSTED
        if self._assume_synced or kernel_synchronised():
            self._synced_ns = mono_ns
            return TimeQuality.SYNCED
        if self._synced_ns is not None and mono_ns - self._synced_ns <= HOLDOVER_NS:
            return TimeQuality.HOLDOVER
        return TimeQuality.UNTRUSTED
