import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.backoff import Backoff

BACKOFF = Backoff(base_s=1.0, cap_s=60.0)


@pytest.mark.parametrize(
    ("attempt", "ceiling_s"),
    [(0, 1), (1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (8, 60), (10**9, 60)],
)
def test_the_ceiling_doubles_up_to_the_cap(attempt: int, ceiling_s: float) -> None:
    assert BACKOFF.delay_s(attempt, 0.5) == ceiling_s / 2


@given(attempt=st.integers(-5, 10**6), draw=st.floats(0, 1, exclude_max=True))
def test_a_wait_lies_between_nothing_and_the_cap(attempt: int, draw: float) -> None:
    assert 0 <= BACKOFF.delay_s(attempt, draw) <= 60


def test_the_whole_span_is_drawn_from() -> None:
    assert BACKOFF.delay_s(5, 0.0) == 0
    assert BACKOFF.delay_s(5, 0.999) > 15.9
