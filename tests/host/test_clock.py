import ctypes
import struct
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

import edge.host.clock
from edge.core.moments import TimeQuality
from edge.host.clock import EARLIEST, HOLDOVER_NS, SystemClock, kernel_synchronised

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
STATUS_OFFSET, STATUS_UNSYNC, TIMEX_BYTES = 40, 0x40, 208
"""`struct timex` of 64-bit Linux: adjtimex(2)."""


class Tick(SystemClock):
    """The clock with its two readings in the hand of the test."""

    def __init__(self, *, assume_synced: bool = False) -> None:
        super().__init__(assume_synced=assume_synced)
        self.at = NOW
        self.elapsed_ns = 5 * HOLDOVER_NS

    def now(self) -> datetime:
        return self.at

    def mono_ns(self) -> int:
        return self.elapsed_ns


class Kernel(Protocol):
    """Decides what the kernel says."""

    def __call__(self, *, synchronised: bool) -> None: ...


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    def says(*, synchronised: bool) -> None:
        monkeypatch.setattr(edge.host.clock, "kernel_synchronised", lambda: synchronised)

    return says


def test_a_disciplined_clock_is_synced(kernel: Kernel) -> None:
    kernel(synchronised=True)
    reading = Tick().read()
    assert (reading.at, reading.mono_ns) == (NOW, 5 * HOLDOVER_NS)
    assert reading.quality is TimeQuality.SYNCED


def test_a_clock_that_was_never_disciplined_is_untrusted(kernel: Kernel) -> None:
    kernel(synchronised=False)
    reading = Tick().read()
    assert reading.quality is TimeQuality.UNTRUSTED
    assert not reading.trusted


@pytest.mark.parametrize(
    ("since_ns", "quality"),
    [
        (0, TimeQuality.HOLDOVER),
        (HOLDOVER_NS, TimeQuality.HOLDOVER),
        (HOLDOVER_NS + 1, TimeQuality.UNTRUSTED),
    ],
)
def test_trust_is_held_over_for_a_day(kernel: Kernel, since_ns: int, quality: TimeQuality) -> None:
    clock = Tick()
    kernel(synchronised=True)
    clock.read()
    kernel(synchronised=False)
    clock.elapsed_ns += since_ns
    assert clock.read().quality is quality


def test_holdover_is_counted_from_the_last_discipline_not_the_last_reading(kernel: Kernel) -> None:
    clock = Tick()
    kernel(synchronised=True)
    clock.read()
    kernel(synchronised=False)
    for _ in range(2):
        clock.elapsed_ns += HOLDOVER_NS // 2
        assert clock.read().quality is TimeQuality.HOLDOVER
    clock.elapsed_ns += 1
    assert clock.read().quality is TimeQuality.UNTRUSTED
    kernel(synchronised=True)
    assert clock.read().quality is TimeQuality.SYNCED


def test_a_step_of_the_wall_clock_does_not_stretch_the_holdover(kernel: Kernel) -> None:
    clock = Tick()
    kernel(synchronised=True)
    clock.read()
    kernel(synchronised=False)
    clock.at -= timedelta(days=2)
    clock.elapsed_ns += HOLDOVER_NS + 1
    assert clock.read().quality is TimeQuality.UNTRUSTED


@pytest.mark.parametrize("assume_synced", [True, False])
def test_a_clock_without_a_battery_is_untrusted_whoever_vouches(
    kernel: Kernel,
    assume_synced: bool,  # noqa: FBT001 - a table
) -> None:
    kernel(synchronised=True)
    clock = Tick(assume_synced=assume_synced)
    clock.at = EARLIEST - timedelta(seconds=1)
    assert clock.read().quality is TimeQuality.UNTRUSTED
    clock.at = EARLIEST
    assert clock.read().quality is TimeQuality.SYNCED


def test_the_demonstration_may_assume(kernel: Kernel) -> None:
    kernel(synchronised=False)
    assert Tick(assume_synced=True).read().quality is TimeQuality.SYNCED


def test_the_real_clocks_are_aware_and_go_forward() -> None:
    clock = SystemClock()
    first, second = clock.read(), clock.read()
    assert first.at.utcoffset() == timedelta(0)
    assert first.mono_ns <= second.mono_ns


def test_the_kernel_is_read_at_the_right_place() -> None:
    """Against the raw bytes of the same call."""
    raw = ctypes.create_string_buffer(2 * TIMEX_BYTES)
    state = ctypes.CDLL(None, use_errno=True).adjtimex(raw)
    (status,) = struct.unpack_from("i", raw, STATUS_OFFSET)
    assert kernel_synchronised() is (state >= 0 and not status & STATUS_UNSYNC)
