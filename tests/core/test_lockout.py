from hypothesis import given
from hypothesis import strategies as st

from edge.core.lockout import Lockout

SECOND_NS = 1_000_000_000


def test_failures_in_a_row_lock_for_a_while() -> None:
    lockout = Lockout(after=3, pause_s=60)
    for second in (0, 1):
        lockout = lockout.failed(second * SECOND_NS)
        assert not lockout.is_locked(second * SECOND_NS)
    lockout = lockout.failed(2 * SECOND_NS)
    assert lockout.is_locked(61 * SECOND_NS)
    assert not lockout.is_locked(62 * SECOND_NS)
    assert not lockout.failed(63 * SECOND_NS).is_locked(63 * SECOND_NS)


def test_a_recognised_person_starts_the_count_anew() -> None:
    lockout = Lockout(after=2).failed(0).passed().failed(1)
    assert not lockout.is_locked(1)


def test_failures_of_an_hour_ago_do_not_count() -> None:
    lockout = Lockout(after=2).failed(0).failed(3600 * SECOND_NS)
    assert not lockout.is_locked(3600 * SECOND_NS)


@given(st.lists(st.integers(0, 500), min_size=5, max_size=30))
def test_five_failures_within_ten_minutes_always_lock(seconds: list[int]) -> None:
    lockout, locked = Lockout(), 0
    for second in sorted(seconds):
        lockout = lockout.failed(second * SECOND_NS)
        locked += lockout.is_locked(second * SECOND_NS)
    assert locked > 0
