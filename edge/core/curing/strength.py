"""The strength value of a group of three from single results (A11): shown, never a test result."""

from dataclasses import dataclass
from enum import StrEnum

_ALLOWED_PERCENT = 15


class Basis(StrEnum):
    """What the value is made of."""

    MEAN = "mean"
    MIDDLE = "middle"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class StrengthValue:
    """Tenths of MPa; None when the group is invalid."""

    basis: Basis
    tenths_mpa: int | None


def strength_value(tenths_mpa: tuple[int, int, int]) -> StrengthValue:
    """Mean, middle or none, each in tenths of MPa (GB/T 50081; A11).

    An extreme counts as deviating when its distance to the middle is *more than* 15 % of the
    middle, compared in whole numbers: at exactly 15 % a float comparison errs.
    """
    low, middle, high = sorted(tenths_mpa)
    allowed = _ALLOWED_PERCENT * middle
    is_low_far = 100 * (middle - low) > allowed
    is_high_far = 100 * (high - middle) > allowed
    if is_low_far and is_high_far:
        return StrengthValue(Basis.INVALID, None)
    if is_low_far or is_high_far:
        return StrengthValue(Basis.MIDDLE, middle)
    return StrengthValue(Basis.MEAN, _third(low + middle + high))


def _third(total: int) -> int:
    """A third to the nearest whole: thirds have no ties, so half-even has nothing to decide."""
    return (total + 1) // 3
