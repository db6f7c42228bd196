"""dlib's model of 68 points in half of its memory, run by numpy; for the eyes alone.

dlib keeps 120,000 leaves of 136 numbers as 32-bit floats: 70 MB, and needs its library for them.
Here a number has 16 bits and each tree one scale; with 8 bits the openness of eyes would waver by
7 %. The cascade of regression trees is that of Kazemi and Sullivan (CVPR 2014).
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import ConfigError
from edge.core.faces import Box
from edge.devices.pixels import Picture

Shape = NDArray[np.float32]
"""Points x 2, within the square of a face from 0 to 1."""

_VERSION = 1
_WINDOW_BYTES = 1 << 20
_LARGEST_TREE_BYTES = 1 << 16
_COUNT, _SIGN = 0x0F, 0x80
_STEP = 6
"""Bytes of nearly every number: its size, three of mantissa, the size of the exponent, itself."""
_LEVELS = 32_767


@dataclass(frozen=True, eq=False, slots=True)
class Forest:
    """Trees of one stage: trees x splits, trees x leaves x numbers."""

    one: NDArray[np.int32] = field(repr=False)
    other: NDArray[np.int32] = field(repr=False)
    limits: NDArray[np.float32] = field(repr=False)
    leaves: NDArray[np.int16] = field(repr=False)
    scales: NDArray[np.float32] = field(repr=False)


@dataclass(frozen=True, eq=False, slots=True)
class Stage:
    """Trees that move the points together, and where they look: beside which point, how far."""

    forest: Forest = field(repr=False)
    anchors: NDArray[np.int32] = field(repr=False)
    offsets: Shape = field(repr=False)


class ManyPoints:
    """The points of a face in a square; what dlib says of the same, but for the rounding."""

    def __init__(self, model: Path) -> None:
        """Raise ConfigError `face_model_changed` for a file of another make."""
        try:
            with model.open("rb") as file:
                self._start, self._stages = _load(_Numbers(file))
        except (ValueError, IndexError) as error:
            raise ConfigError("face_model_changed", file=str(model)) from error

    def within(self, picture: Picture, square: Box) -> NDArray[np.float64]:
        """Points x 2 in pixels of the picture, whatever the order of its colours."""
        corner = np.array((square.left, square.top), np.float32)
        side = np.array((square.width - 1, square.height - 1), np.float32)
        shape = self._start
        for stage in self._stages:
            turned = stage.offsets @ _turn(self._start, shape).T
            places = np.floor(corner + side * (turned + shape[stage.anchors]) + 0.5)
            shape = shape + _moved(stage.forest, _brightness(picture, places)).reshape(shape.shape)
        return np.asarray(corner + side * shape, np.float64)


def _moved(forest: Forest, seen: NDArray[np.int32]) -> Shape:
    """What all trees of a stage add to the points, for these brightnesses."""
    trees = np.arange(len(forest.limits))
    place = np.zeros(len(trees), np.intp)
    splits = forest.limits.shape[1]
    while place[0] < splits:
        first, second = forest.one[trees, place], forest.other[trees, place]
        left = seen[first] - seen[second] > forest.limits[trees, place]
        place = 2 * place + np.where(left, 1, 2)
    reached = forest.leaves[trees, place - splits].astype(np.float32)
    return np.asarray(forest.scales @ reached, np.float32)


def _brightness(picture: Picture, places: NDArray[np.float32]) -> NDArray[np.int32]:
    """Mean of the colours at each place; 0 outside of the picture."""
    x, y = places.astype(np.intp).T
    height, width = picture.shape[:2]
    inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    found = picture[np.where(inside, y, 0), np.where(inside, x, 0)].sum(axis=1, dtype=np.int32) // 3
    return np.where(inside, found, 0).astype(np.int32)


def _turn(one: Shape, other: Shape) -> NDArray[np.float32]:
    """Turn and size that bring one shape nearest to another, 2 x 2."""
    centred, goal = one - one.mean(axis=0), other - other.mean(axis=0)
    spread = (centred**2).sum()
    real = (centred * goal).sum() / spread
    turned = (centred[:, 0] * goal[:, 1] - centred[:, 1] * goal[:, 0]).sum() / spread
    return np.array([[real, -turned], [turned, real]], np.float32)


class _Numbers:
    """dlib's own writing of numbers: a size with the sign, then so many bytes, lowest first."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._bytes = b""
        self._at = 0
        self._breaks: tuple[list[int], ...] = ()

    def whole(self) -> int:
        """The next whole number."""
        if len(self._bytes) - self._at < _LARGEST_TREE_BYTES:
            self._slide()
        size = self._bytes[self._at]
        begin, self._at = self._at + 1, self._at + 1 + (size & _COUNT)
        value = int.from_bytes(self._bytes[begin : self._at], "little")
        return -value if size & _SIGN else value

    def wholes(self, count: int) -> list[int]:
        """So many whole numbers."""
        return [self.whole() for _ in range(count)]

    def real(self) -> float:
        """The next number with a fraction."""
        mantissa = self.whole()
        return float(mantissa * 2.0 ** self.whole())

    def reals(self, count: int) -> NDArray[np.float32]:
        """So many of them; those of the usual length are read together."""
        found = np.empty(count, np.float32)
        place = 0
        while place < count:
            usual = self._usual(count - place)
            if usual:
                found[place : place + usual] = self._together(usual)
                place += usual
            else:
                found[place] = self.real()
                place += 1
        return found

    def _usual(self, wanted: int) -> int:
        """How many numbers from here on have the usual length."""
        wanted = min(wanted, (len(self._bytes) - self._at) // _STEP)
        if not wanted:
            return 0
        part = np.frombuffer(self._bytes, np.uint8, _STEP * wanted, self._at).reshape(wanted, _STEP)
        fits = ((part[:, 0] & ~np.uint8(_SIGN)) == 3) & ((part[:, 4] & ~np.uint8(_SIGN)) == 1)  # noqa: PLR2004 - bytes of mantissa and exponent
        return wanted if fits.all() else int(np.argmin(fits))

    def _together(self, count: int) -> NDArray[np.float32]:
        part = np.frombuffer(self._bytes, np.uint8, _STEP * count, self._at).reshape(count, _STEP)
        self._at += _STEP * count
        wide = part.astype(np.int32)
        mantissa = wide[:, 1] | wide[:, 2] << 8 | wide[:, 3] << 16
        signed = np.where(wide[:, 0] & _SIGN, -mantissa, mantissa)
        exponent = np.where(wide[:, 4] & _SIGN, -wide[:, 5], wide[:, 5])
        return np.ldexp(signed.astype(np.float32), exponent)

    def _slide(self) -> None:
        self._bytes = self._bytes[self._at :] + self._file.read(_WINDOW_BYTES)
        self._at = 0


def _load(numbers: _Numbers) -> tuple[Shape, tuple[Stage, ...]]:
    if numbers.whole() != _VERSION:
        raise ValueError("version")
    start = _column(numbers).reshape(-1, 2)
    forests = [_forest(numbers) for _ in range(numbers.whole())]
    anchors = [numbers.wholes(numbers.whole()) for _ in range(numbers.whole())]
    offsets = [numbers.reals(2 * numbers.whole()).reshape(-1, 2) for _ in range(numbers.whole())]
    return start, tuple(
        Stage(forest, np.array(anchor, np.int32), offset)
        for forest, anchor, offset in zip(forests, anchors, offsets, strict=True)
    )


def _forest(numbers: _Numbers) -> Forest:
    """The trees of one stage, each rounded as soon as it was read."""
    splits, leaves, scales = [], [], []
    for _ in range(numbers.whole()):
        splits.append([(*numbers.wholes(2), numbers.real()) for _ in range(numbers.whole())])
        tree = np.array([_column(numbers) for _ in range(numbers.whole())])
        scales.append(float(np.abs(tree).max()) / _LEVELS or 1.0)
        leaves.append(np.round(tree / scales[-1]).astype(np.int16))
    table = np.array(splits)
    return Forest(
        table[:, :, 0].astype(np.int32),
        table[:, :, 1].astype(np.int32),
        table[:, :, 2].astype(np.float32),
        np.array(leaves),
        np.array(scales, np.float32),
    )


def _column(numbers: _Numbers) -> NDArray[np.float32]:
    """A column of numbers: dlib writes the sizes of a matrix below zero."""
    rows, columns = numbers.wholes(2)
    return numbers.reals(rows * columns)
