"""A11 over its whole grid against exact decimal arithmetic, and the mistakes others made."""

from collections import Counter
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal

import pytest

from edge.core.curing.strength import Basis, StrengthValue, strength_value

pytestmark = pytest.mark.slow


def grid() -> Iterator[tuple[int, int, int]]:
    """Middle 28.0 to 42.0 MPa by 0.5, extremes down and up to 25 % of it by 0.1, in tenths."""
    for middle in range(280, 421, 5):
        for low in range(middle * 75 // 100, middle + 1):
            for high in range(middle, middle * 125 // 100 + 1):
                yield low, middle, high


def exact(low: int, middle: int, high: int) -> StrengthValue:
    """The rule in other words: twentieths of the middle, and the mean by decimal arithmetic."""
    far = ((middle - low) * 20 > middle * 3) + ((high - middle) * 20 > middle * 3)
    if far == 2:
        return StrengthValue(Basis.INVALID, None)
    if far == 1:
        return StrengthValue(Basis.MIDDLE, middle)
    return StrengthValue(Basis.MEAN, MEANS[low + middle + high])


MEANS = {
    total: int((Decimal(total) / 3).quantize(Decimal(1), ROUND_HALF_EVEN))
    for total in range(700, 1500)
}


def by_float(low: int, middle: int, high: int) -> int:
    """How many extremes deviate for those who compare in binary fractions."""
    l, m, h = low / 10, middle / 10, high / 10  # noqa: E741 - as the rule writes it
    return (m - l > 0.15 * m) + (h - m > 0.15 * m)


def by_rounded_limit(low: int, middle: int, high: int) -> int:
    """The same for those who round 15 % to 0.1 MPa."""
    limit = round(0.15 * middle)
    return (middle - low > limit) + (high - middle > limit)


def by_fixed_upper_side(low: int, middle: int, high: int) -> int:
    """The same for those who compare the upper distance with 1.15 of the middle."""
    return (100 * (middle - low) > 15 * middle) + (100 * (high - middle) > 115 * middle)


def by_span_of_least(low: int, high: int) -> int:
    """The same for those who take (most - least) / least, rounded to whole percent."""
    return 2 if round((high - low) / low, 2) > 0.15 else 0


def test_the_whole_grid_has_no_wrong_value() -> None:
    triples = list(grid())

    assert len(triples) == 230_294
    assert [each for each in triples if strength_value(each) != exact(*each)] == []


def test_peer_defects_of_the_15_percent_rule_would_be_noticed() -> None:
    """Each mistake read in others' code shows on this grid; one cannot say invalid at all."""
    right = (Basis.MEAN, Basis.MIDDLE, Basis.INVALID)
    wrong: Counter[str] = Counter()
    for triple in grid():
        basis = strength_value(triple).basis
        wrong["float"] += right[by_float(*triple)] is not basis
        wrong["rounded"] += right[by_rounded_limit(*triple)] is not basis
        wrong["upper side"] += right[by_fixed_upper_side(*triple)] is not basis
        wrong["span"] += right[by_span_of_least(triple[0], triple[2])] is not basis
        wrong["or before and"] += basis is Basis.INVALID

    assert wrong["float"] == 514
    assert wrong["rounded"] > 1000
    assert round(wrong["upper side"] / 230_294, 3) == 0.397
    assert wrong["span"] > 90_000
    assert round(wrong["or before and"] / 230_294, 3) == 0.160
