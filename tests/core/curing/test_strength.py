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
