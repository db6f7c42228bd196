"""A11 at its limits; the whole grid stands in `tests/exhaustive`."""

import pytest

from edge.core.curing.strength import Basis, StrengthValue, strength_value


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((300, 300, 300), StrengthValue(Basis.MEAN, 300)),
        ((255, 300, 345), StrengthValue(Basis.MEAN, 300)),
        ((345, 300, 254), StrengthValue(Basis.MIDDLE, 300)),
        ((255, 300, 346), StrengthValue(Basis.MIDDLE, 300)),
        ((254, 300, 346), StrengthValue(Basis.INVALID, None)),
        ((300, 300, 301), StrengthValue(Basis.MEAN, 300)),
        ((300, 301, 301), StrengthValue(Basis.MEAN, 301)),
    ],
)
def test_values_at_the_limit(values: tuple[int, int, int], expected: StrengthValue) -> None:
    assert strength_value(values) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param((280, 300, 346), Basis.MIDDLE, id="the upper side compared with 1.15 of m"),
        pytest.param((254, 300, 346), Basis.INVALID, id="or asked before and"),
        pytest.param((277, 300, 330), Basis.MEAN, id="the span over the least"),
        pytest.param((264, 311, 311), Basis.MIDDLE, id="15 percent rounded to 0.1"),
        pytest.param((289, 340, 391), Basis.MEAN, id="binary fractions at the limit"),
    ],
)
def test_peer_defect_invalid_groups_are_reported_as_valid(
    values: tuple[int, int, int], expected: Basis
) -> None:
    """Triples on which a 15 % rule that was read elsewhere says something else."""
    assert strength_value(values).basis is expected
