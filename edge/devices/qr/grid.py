"""The modules of a QR symbol that are known before reading it (ISO/IEC 18004, model 2)."""

from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Modules: TypeAlias = NDArray[np.float32]

_FINDER = 7
_QUIET = 4
_PURE_PX = 4
_FIRST_WITH_ALIGNMENT = 2


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """Known modules of one version: +1 dark, -1 light, 0 unknown."""

    version: int
    modules: Modules

    @property
    def size(self) -> int:
        """Modules along one side."""
        return int(self.modules.shape[0])

    def painted(self, dark: NDArray[np.bool_]) -> NDArray[np.uint8]:
        """A clean picture of `dark` with every known module put right, quiet zone included."""
        right = np.where(self.modules == 0, dark, self.modules > 0)
        cells = np.pad(right, _QUIET).astype(np.uint8)
        scaled = np.kron(cells, np.ones((_PURE_PX, _PURE_PX), np.uint8))
        return np.asarray((1 - scaled) * 255, dtype=np.uint8)


@cache
def known_modules(version: int) -> Known:
    """Finders with separators, timing and alignment patterns of `version` (1..40)."""
    size = 17 + 4 * version
    modules = np.zeros((size, size), np.float32)
    along = np.where(np.arange(size) % 2 == 0, 1.0, -1.0)
    modules[6, :] = along
    modules[:, 6] = along
    places = _alignment_places(version)
    corners = {(6, 6), (6, size - 7), (size - 7, 6)}
    for row, column in set(product(places, places)) - corners:
        modules[row - 2 : row + 3, column - 2 : column + 3] = _rings(5, (1, -1, 1))
    finder = np.pad(_rings(_FINDER, (1, -1, 1, 1)), 1, constant_values=-1)
    modules[:8, :8] = finder[1:, 1:]
    modules[:8, -8:] = finder[1:, :-1]
    modules[-8:, :8] = finder[:-1, 1:]
    modules[-8, 8] = 1  # the module that is always dark
    return Known(version, modules)


@cache
def orientations(version: int) -> Modules:
    """Known modules in all eight rolls and mirrorings, one flat row each."""
    upright = known_modules(version).modules
    turned = [np.rot90(face, turns).ravel() for face in (upright, upright.T) for turns in range(4)]
    return np.stack(turned)


def _rings(size: int, values: tuple[int, ...]) -> Modules:
    """Nested squares, outermost first."""
    square = np.empty((size, size), np.float32)
    for ring, value in enumerate(values):
        square[ring : size - ring, ring : size - ring] = value
    return square


def _alignment_places(version: int) -> list[int]:
    """Centre rows (and columns) of the alignment patterns."""
    if version < _FIRST_WITH_ALIGNMENT:
        return []
    count = version // 7 + 2
    step = (version * 8 + count * 3 + 5) // (count * 4 - 4) * 2
    last = 10 + 4 * version
    return [6, *sorted(last - step * index for index in range(count - 1))]
