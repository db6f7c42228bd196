"""Calibrating an engine on labelled people: what they share, and thresholds for rates aimed at.

Every threshold is found on people whose faces did not make the centring, over many splits, and the
careful end of what the splits gave is taken: it must hold for people never seen.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import DecodeError
from edge.devices.face.centring import Centring, learned
from edge.devices.face.populations import Calibration, OperatingPoint
from edge.devices.face.trials import Faces, Places, Scores, Trials, averaged, single

TARGETS = (1e-2, 5e-3, 2e-3, 1e-3)
MARGIN = 0.05
SHARED = 2
"""Directions taken off beside the mean: of people held out, one to four help about the same."""
_SPLITS = 20
_CAREFUL = 75.0
"""Which percentile of the splits' thresholds is taken."""
_FEWEST_PAIRS = 3
"""Impostor pairs that must lie above a threshold before a split has a say in it."""
_FEWEST_PEOPLE = 8
_PHOTOGRAPHS = 3
_SEED = 20_240_602


@dataclass(frozen=True, slots=True)
class RawFaces:
    """Uncentred descriptions of one group: picture, crop, number; `templates` has more crops."""

    people: Places
    probes: NDArray[np.float64]
    templates: NDArray[np.float64]

    def of(self, chosen: NDArray[np.bool_]) -> "RawFaces":
        """Some of the pictures."""
        return RawFaces(self.people[chosen], self.probes[chosen], self.templates[chosen])

    def centred(self, centring: Centring) -> Faces:
        """Vectors of length 1, as the engine makes them."""
        _, people = np.unique(self.people, return_inverse=True)
        return Faces(
            np.asarray(people, np.intp),
            centring.joined(self.probes),
            centring.joined(self.templates),
        )

    def means(self) -> Scores:
        """The mean of each person: people x numbers."""
        each = [
            self.probes[self.people == person].mean(axis=(0, 1))
            for person in np.unique(self.people)
        ]
        return np.array(each)


def calibrate(groups: Mapping[str, RawFaces]) -> Calibration:
    """What these people share, and their thresholds; DecodeError `face_people_too_few`."""
    chance = np.random.default_rng(_SEED)
    trials: dict[str, list[tuple[Trials, Trials]]] = {name: [] for name in groups}
    for halves in _splits(groups, chance):
        centring = centring_from(groups[name].of(~held) for name, held in halves.items())
        for name, held in halves.items():
            faces = groups[name].of(held).centred(centring)
            trials[name].append((single(faces), averaged(faces, _PHOTOGRAPHS)))
    points = tuple(_point(trials, target) for target in TARGETS)
    whole = centring_from(groups.values())
    shared = tuple(tuple(row) for row in whole.shared.tolist())
    return Calibration(tuple(whole.mean.tolist()), shared, MARGIN, points)


def centring_from(groups: Iterable[RawFaces]) -> Centring:
    """What the people of some groups share: each counts once, however many pictures there are."""
    return learned((faces.means() for faces in groups), shared=SHARED)


def _splits(
    groups: Mapping[str, RawFaces], chance: np.random.Generator
) -> Iterator[dict[str, NDArray[np.bool_]]]:
    """Who is held out, group by group: half of the people, then the other half."""
    names = {name: np.unique(faces.people) for name, faces in groups.items()}
    if any(len(people) < _FEWEST_PEOPLE for people in names.values()):
        raise DecodeError("face_people_too_few", need=_FEWEST_PEOPLE)
    for _ in range(_SPLITS):
        drawn = {
            name: np.isin(groups[name].people, chance.permutation(people)[: len(people) // 2])
            for name, people in names.items()
        }
        yield drawn
        yield {name: ~held for name, held in drawn.items()}


def _point(trials: Mapping[str, list[tuple[Trials, Trials]]], target: float) -> OperatingPoint:
    """The threshold that keeps to the target in every group and for both kinds of template."""
    limits = [
        np.percentile(found, _CAREFUL)
        for splits in trials.values()
        for kind in (0, 1)
        if (found := list(_limits([split[kind] for split in splits], target)))
    ]
    if not limits:
        raise DecodeError("face_people_too_few", target_fmr=target)
    threshold = round(float(max(limits)), 3)
    measured = [_measured(splits, threshold) for splits in trials.values()]
    return OperatingPoint(target, threshold, *np.round(np.max(measured, axis=0), 5).tolist())


def _limits(splits: list[Trials], target: float) -> Iterator[float]:
    for each in splits:
        if len(each.impostor) * target >= _FEWEST_PAIRS:
            yield float(np.quantile(each.impostor, 1 - target))


def _measured(splits: list[tuple[Trials, Trials]], threshold: float) -> Scores:
    """FMR and FNMR of one photograph, then of three; 0 where nobody has enough photographs."""
    shares = [
        share
        for kind in (0, 1)
        for share in (
            [(split[kind].impostor >= threshold).mean() for split in splits if _any(split[kind])],
            [(split[kind].genuine < threshold).mean() for split in splits if _any(split[kind])],
        )
    ]
    return np.array([float(np.mean(share)) if share else 0.0 for share in shares])


def _any(trials: Trials) -> bool:
    return bool(len(trials.genuine) and len(trials.impostor))
