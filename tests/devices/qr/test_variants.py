"""Every view knows its way back to the picture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qr_draw import label, sheet

from edge.devices.qr.cascade import PLAIN, STEPS
from edge.devices.qr.discovery import discover_engines
from edge.devices.qr.variants import fitted, plain, to_origin, turned

ROLES = discover_engines().by_role


@pytest.mark.parametrize("index", range(len(STEPS)))
def test_reads_of_a_view_lie_where_the_code_is(index: int) -> None:
    step = STEPS[index]
    picture = sheet([label("PLACE", module_px=10)], columns=1, gap_px=160)
    (truth,) = ROLES[PLAIN[0].role].read(picture)

    view = step.draw(picture)
    reads = ROLES[step.role].read(view.grey)

    for read in reads:
        assert np.allclose(to_origin(read.quad, view.back), truth.quad, atol=12)


@pytest.mark.parametrize("index", range(len(STEPS)))
def test_a_view_leaves_its_source_alone(index: int) -> None:
    picture = label("SOURCE")
    before = picture.copy()

    STEPS[index].draw(picture)

    assert np.array_equal(picture, before)


@given(st.floats(1, 89), st.integers(20, 90), st.integers(20, 90))
def test_a_turned_picture_keeps_its_middle(degrees: float, width: int, height: int) -> None:
    view = turned(np.zeros((height, width), np.uint8), degrees)
    down, across = (side / 2 for side in view.grey.shape)

    (x, y), *_ = to_origin(((across, down),) * 4, view.back)

    assert abs(x - width / 2) <= 1
    assert abs(y - height / 2) <= 1


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 300))
def test_a_fitted_picture_is_no_longer_than_asked(width: int, height: int, longest: int) -> None:
    picture = np.zeros((height, width), np.uint8)

    view = fitted(picture, longest)

    assert max(view.grey.shape) <= max(longest, 1)
    assert np.array_equal(plain(picture).grey, picture)
