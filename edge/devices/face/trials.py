"""Comparisons of labelled faces and their error rates, with intervals over the people.

Who is resampled is the person, not the pair: pairs of one person err together.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
Places = NDArray[np.intp]
Span = tuple[float, float]

_ROUNDS = 200
_SEED = 20_240_601
_SIDES = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Faces:
    """Faces of one group: the person of each, the vector as a probe and as a template."""

    people: Places
    probes: Scores
    templates: Scores


@dataclass(frozen=True, slots=True)
class Trials:
    """Scores, larger is surer, and between which people each comparison was made."""

    genuine: Scores
    genuine_of: Places
    impostor: Scores
    impostor_of: Places
    impostor_from: Places
    people: int


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares 0..1 over counted comparisons; None where there are too few to say.

    Fields that end in _95 are intervals by resampling people.
    """

    genuine: int
    impostor: int
    eer: float | None = None
    fnmr_at_fmr_1e2: float | None = None
    fnmr_at_fmr_1e3: float | None = None
    fnmr_at_fmr_1e3_95: Span | None = None
    fmr: float | None = None
    fmr_95: Span | None = None
    fnmr: float | None = None
    fnmr_95: Span | None = None


def single(faces: Faces) -> Trials:
    """Every pair once: the earlier picture as the template of one photograph."""
    return paired(faces.templates @ faces.probes.T, faces.people)


def paired(scores: Scores, people: Places) -> Trials:
    """Every pair of pictures once, from a square of scores."""
    same = people[:, None] == people[None, :]
    once = np.triu(np.ones(scores.shape, bool), 1)
    row, column = np.nonzero(same & once)
    other_row, other_column = np.nonzero(~same & once)
    return Trials(
        scores[row, column],
        people[row],
        scores[other_row, other_column],
        people[other_row],
        people[other_column],
        people=_count(people),
    )


def averaged(faces: Faces, photographs: int) -> Trials:
    """Templates of so many neighbouring photographs against all other pictures."""
    chosen = tuple(_chosen(faces.people, photographs))
    templates = [faces.templates[places].sum(axis=0) for places in chosen]
    scores = np.array([(each / np.linalg.norm(each)) @ faces.probes.T for each in templates])
    return against(scores, chosen, faces.people)


def averaged_by_distance(vectors: Scores, people: Places, photographs: int) -> Trials:
    """The same for plain vectors: the nearer to the mean of the photographs, the surer."""
    chosen = tuple(_chosen(people, photographs))
    means = np.array([vectors[places].mean(axis=0) for places in chosen])
    return against(-distances(means, vectors) if chosen else means, chosen, people)


def distances(ones: Scores, others: Scores) -> Scores:
    """Euclidean, each of some vectors to each of others."""
    squares = (ones**2).sum(axis=1)[:, None] + (others**2).sum(axis=1)[None, :]
    return np.asarray(np.sqrt(np.maximum(0, squares - 2 * ones @ others.T)), np.float64)


def against(scores: Scores, chosen: Sequence[Places], people: Places) -> Trials:
    """Templates in rows, pictures in columns; a picture never meets a template made of it."""
    if not len(chosen):
        empty, nobody = np.zeros(0), np.zeros(0, np.intp)
        return Trials(empty, nobody, empty, nobody, nobody, people=_count(people))
    owners = np.array([people[places[0]] for places in chosen])
    same = owners[:, None] == people[None, :]
    other = ~same
    for place, places in enumerate(chosen):
        same[place, places] = False
    row, column = np.nonzero(same)
    other_row, other_column = np.nonzero(other)
    return Trials(
        scores[row, column],
        owners[row],
        scores[other_row, other_column],
        owners[other_row],
        people[other_column],
        people=_count(people),
    )


def rates(trials: Trials, *, threshold: float) -> Rates:
    """Error rates of comparisons, at a threshold and at false match rates."""
    genuine, impostor = trials.genuine, trials.impostor
    if not len(genuine) or not len(impostor):
        return Rates(len(genuine), len(impostor))
    at_1e3 = fnmr_at(genuine, impostor, 1e-3)
    resampled = _resampled(trials, threshold) if at_1e3 is not None else None
    return Rates(
        len(genuine),
        len(impostor),
        eer=_eer(genuine, impostor),
        fnmr_at_fmr_1e2=fnmr_at(genuine, impostor, 1e-2),
        fnmr_at_fmr_1e3=at_1e3,
        fnmr_at_fmr_1e3_95=None if resampled is None else resampled[0],
        fmr=float((impostor >= threshold).mean()),
        fmr_95=None if resampled is None else resampled[1],
        fnmr=float((genuine < threshold).mean()),
        fnmr_95=None if resampled is None else resampled[2],
    )


def ratio(ours: Trials, beside: Trials, *, fmr: float = 1e-3) -> tuple[float, Span] | None:
    """FNMR of ours as a share of the other's at one FMR, and its interval; None if too few."""
    one = fnmr_at(ours.genuine, ours.impostor, fmr)
    other = fnmr_at(beside.genuine, beside.impostor, fmr)
    if one is None or not other:
        return None
    shares = [
        _weighed(ours, weights, fmr) / (_weighed(beside, weights, fmr) or np.nan)
        for weights in _weights(ours.people)
    ]
    return one / other, _span(np.array(shares))


def fnmr_at(genuine: Scores, impostor: Scores, fmr: float) -> float | None:
    """None when there are too few impostor pairs to hold that rate."""
    if not len(genuine) or len(impostor) * fmr < 1:
        return None
    return float((genuine < np.quantile(impostor, 1 - fmr)).mean())


def _chosen(people: Places, photographs: int) -> Iterator[Places]:
    for name in dict.fromkeys(people.tolist()):
        places = np.flatnonzero(people == name)
        if len(places) > photographs:
            for turn in range(len(places)):
                yield np.roll(places, -turn)[:photographs]


def _count(people: Places) -> int:
    return int(people.max()) + 1 if len(people) else 0


def _eer(genuine: Scores, impostor: Scores) -> float:
    steps = np.sort(np.concatenate([genuine, impostor]))
    misses = np.searchsorted(np.sort(genuine), steps, side="left") / len(genuine)
    passes = 1 - np.searchsorted(np.sort(impostor), steps, side="left") / len(impostor)
    nearest = int(np.argmin(np.abs(misses - passes)))
    return float((misses[nearest] + passes[nearest]) / 2)


def _weights(people: int) -> Iterator[Scores]:
    """How often each person is drawn, round by round; the same for every engine."""
    chance = np.random.default_rng(_SEED)
    for _ in range(_ROUNDS):
        yield np.bincount(chance.integers(0, people, people), minlength=people).astype(np.float64)


def _resampled(trials: Trials, threshold: float) -> tuple[Span, Span, Span]:
    at_1e3, passes, misses = [], [], []
    for weights in _weights(trials.people):
        genuine = weights[trials.genuine_of]
        impostor = weights[trials.impostor_of] * weights[trials.impostor_from]
        at_1e3.append(_weighed(trials, weights, 1e-3))
        passes.append(_share(impostor, trials.impostor >= threshold))
        misses.append(_share(genuine, trials.genuine < threshold))
    return _span(np.array(at_1e3)), _span(np.array(passes)), _span(np.array(misses))


def _weighed(trials: Trials, weights: Scores, fmr: float) -> float:
    """FNMR at an FMR when people count so often."""
    impostor = weights[trials.impostor_of] * weights[trials.impostor_from]
    order = np.argsort(-trials.impostor)
    passed = np.cumsum(impostor[order])
    place = min(int(np.searchsorted(passed, fmr * passed[-1])), len(order) - 1)
    limit = trials.impostor[order[place]]
    return _share(weights[trials.genuine_of], trials.genuine < limit)


def _share(weights: Scores, chosen: NDArray[np.bool_]) -> float:
    total = float(weights.sum())
    return float(weights[chosen].sum()) / total if total else float("nan")


def _span(values: Scores) -> Span:
    low, high = np.nanpercentile(values, _SIDES)
    return float(low), float(high)
