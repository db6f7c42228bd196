"""What the faces of a population share is taken off them, so that strangers differ more (step 4).

Their mean first; then the directions in which its people vary most, as sex does: along these,
half of all people resemble each other.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge.devices.face.populations import Population

Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Centring:
    """The mean of the people, and unit directions that they share, one a row; none for none."""

    mean: Numbers = field(repr=False)
    shared: Numbers = field(repr=False)

    def joined(self, raws: Numbers) -> Numbers:
        """Several crops of each face, ... x crops x numbers, as one direction of length 1 each."""
        together = _directions(_directions(raws - self.mean).sum(axis=-2))
        if not len(self.shared):
            return together
        return _directions(together - (together @ self.shared.T) @ self.shared)


def centring_of(population: Population) -> Centring:
    """As a population says."""
    mean = np.array(population.mean or (0.0,))
    shared = population.shared or np.zeros((0, mean.size))
    return Centring(mean, np.array(shared, np.float64))


def learned(groups: Iterable[Numbers], *, shared: int) -> Centring:
    """From the mean face of each person, people x numbers, group by group.

    Every person counts once. The directions are those within groups: what tells one camera from
    another is no trait of people.
    """
    people = list(groups)
    mean = np.concatenate(people).mean(axis=0)
    within = np.concatenate([_directions(each - each.mean(axis=0)) for each in people])
    _, found = np.linalg.eigh(within.T @ within)
    return Centring(mean, np.ascontiguousarray(found.T[::-1][:shared]))


def _directions(vectors: Numbers) -> Numbers:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1), np.float64)
