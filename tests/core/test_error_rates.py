from itertools import pairwise
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.error_rates import upper_bound


@pytest.mark.parametrize(
    ("errors", "trials", "bound"),
    [(0, 360, 0.00829), (0, 168, 0.01767), (1, 360, 0.01311), (5, 5, 1.0)],
)
def test_a_count_bounds_the_share(errors: int, trials: int, bound: float) -> None:
    assert upper_bound(errors, trials) == pytest.approx(bound, abs=5e-5)


def test_nothing_tried_says_nothing() -> None:
    assert upper_bound(0, 0) is None


@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n))))
def test_at_the_bound_so_few_errors_are_rare(counted: tuple[int, int]) -> None:
    errors, trials = counted
    bound = upper_bound(errors, trials)
    assert bound is not None
    seldom = sum(
        comb(trials, k) * bound**k * (1 - bound) ** (trials - k) for k in range(errors + 1)
    )
    assert seldom == pytest.approx(0.05, abs=1e-6)
    assert errors / trials < bound <= 1


def test_more_trials_without_error_say_more() -> None:
    bounds = [upper_bound(0, trials) or 0 for trials in (10, 100, 1000)]
    assert all(later < earlier for earlier, later in pairwise(bounds))
