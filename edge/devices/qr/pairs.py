"""Two finder patterns that may belong to one symbol whose third is hidden."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Corners: TypeAlias = NDArray[np.float32]

_FINDER = 7.0
_MIDDLE = 3.5
_MAX_SIZE_RATIO = 1.6
_VERSIONS = range(1, 15)
_SPREAD = (-1, 0, 1)
# Upper left, upper right, lower right, lower left of a finder, from its middle, in modules.
_SQUARE = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], np.float64) * _MIDDLE


@dataclass(frozen=True, slots=True, eq=False)
class Guess:
    """A version and where the corners of the symbol would lie."""

    version: int
    corners: Corners


def guess_symbols(finders: Sequence[Corners]) -> Iterator[Guess]:
    """Every symbol that two of `finders` (4x2 corners each) could belong to."""
    for one, other in combinations(finders, 2):
        sides = [_side(finder) for finder in (one, other)]
        if max(sides) > _MAX_SIZE_RATIO * min(sides):
            continue
        away = float(np.linalg.norm(one.mean(axis=0) - other.mean(axis=0)))
        modules = away * 2 * _FINDER / sum(sides)
        for version in _versions(modules + _FINDER):
            yield Guess(version, _beside(one, other, version, flipped=False))
            yield Guess(version, _beside(one, other, version, flipped=True))
        for version in _versions(modules / 2**0.5 + _FINDER):
            yield Guess(version, _across(one, other, version))


def _versions(size: float) -> Iterator[int]:
    nearest = round((size - 17) / 4)
    return (nearest + step for step in _SPREAD if nearest + step in _VERSIONS)


def _beside(one: Corners, other: Corners, version: int, *, flipped: bool) -> Corners:
    """Upper left and upper right finder; `flipped` puts the body on the other side."""
    size = 17.0 + 4 * version
    middles = np.array([(_MIDDLE, _MIDDLE), (size - _MIDDLE, _MIDDLE)])
    return _spanned((one, other), middles, size, flipped=flipped)


def _across(one: Corners, other: Corners, version: int) -> Corners:
    """Upper right and lower left finder; the body lies between, mirrored or not."""
    size = 17.0 + 4 * version
    middles = np.array([(size - _MIDDLE, _MIDDLE), (_MIDDLE, size - _MIDDLE)])
    return _spanned((one, other), middles, size, flipped=False)


def _spanned(
    finders: tuple[Corners, Corners], middles: NDArray[np.float64], size: float, *, flipped: bool
) -> Corners:
    """Least-squares affine map from modules to pixels, applied to the symbol's corners."""
    hand = np.array([1.0, -1.0 if flipped else 1.0])
    seen_along = finders[1].mean(axis=0) - finders[0].mean(axis=0)
    along = middles[1] - middles[0]
    turn = np.arctan2(seen_along[1], seen_along[0]) - np.arctan2(*(along * hand)[::-1])
    spin = np.array([(np.cos(turn), -np.sin(turn)), (np.sin(turn), np.cos(turn))])
    sources, targets = [], []
    for finder, middle in zip(finders, middles, strict=True):
        wanted = (_SQUARE * hand) @ spin.T
        offsets = finder - finder.mean(axis=0)
        order = np.argmax(_unit(wanted) @ _unit(offsets).T, axis=1)
        sources.append(_SQUARE + middle)
        targets.append(finder[order])
    modules = np.column_stack([np.concatenate(sources), np.ones(8)])
    affine, *_ = np.linalg.lstsq(modules, np.concatenate(targets), rcond=None)
    corners = np.array([(0, 0, 1), (size, 0, 1), (size, size, 1), (0, size, 1)], np.float64)
    return np.asarray(corners @ affine, np.float32)


def _unit(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-6), np.float64)


def _side(finder: Corners) -> float:
    return float(np.linalg.norm(finder - np.roll(finder, 1, axis=0), axis=1).mean())
