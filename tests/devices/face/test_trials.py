import numpy as np
import pytest

from edge.core.errors import DecodeError
from edge.devices.face.calibrate import RawFaces, calibrate, centring_from
from edge.devices.face.centring import Centring
from edge.devices.face.trials import (
    Faces,
    Trials,
    averaged,
    averaged_by_distance,
    distances,
    fnmr_at,
    rates,
    ratio,
    single,
)

CHANCE = 7
SIZE = 32
OFFSET = 1.5
"""How far all of a drawn population lies to one side, as real descriptions do."""


def drawn(people: int, pictures: int, *, spread: float, seed: int = CHANCE) -> RawFaces:
    """Descriptions of people who share an offset; spread: how unlike the pictures of one are."""
    chance = np.random.default_rng(seed)
    centres = chance.normal(size=(people, 1, SIZE)) + OFFSET * np.linspace(0, 2, SIZE)
    raws = (centres + spread * chance.normal(size=(people, pictures, SIZE))).reshape(-1, 1, SIZE)
    return RawFaces(np.repeat(np.arange(people), pictures), raws, raws)


def faces(people: int = 20, pictures: int = 6, *, spread: float = 0.8) -> Faces:
    raws = drawn(people, pictures, spread=spread)
    return raws.centred(centring_from([raws]))


def test_every_pair_is_compared_once() -> None:
    one = single(faces(5, 4))
    assert len(one.genuine) == 5 * 6
    assert len(one.impostor) == 10 * 16
    assert set(zip(one.impostor_of, one.impostor_from, strict=True)) == {
        (a, b) for a in range(5) for b in range(5) if a < b
    }


def test_a_template_never_meets_a_picture_it_was_made_of() -> None:
    three = averaged(faces(5, 4), 3)
    assert len(three.genuine) == 5 * 4
    assert len(three.impostor) == 5 * 4 * 16
    assert not len(averaged(faces(5, 3), 3).genuine)


def test_three_photographs_err_less_than_one() -> None:
    one, three = single(faces(spread=1.2)), averaged(faces(spread=1.2), 3)
    few = fnmr_at(one.genuine, one.impostor, 1e-2)
    fewer = fnmr_at(three.genuine, three.impostor, 1e-2)
    assert few is not None
    assert fewer is not None
    assert fewer < few


def test_rates_are_counted_shares_with_intervals_around_them() -> None:
    found = rates(single(faces(spread=1.2)), threshold=0.5)
    assert (found.genuine, found.impostor) == (300, 6840)
    assert found.fnmr is not None
    assert found.fnmr_95 is not None
    assert found.fnmr_95[0] <= found.fnmr <= found.fnmr_95[1]
    assert found.fnmr_at_fmr_1e2 is not None
    assert found.fnmr_at_fmr_1e3 is not None
    assert found.fnmr_at_fmr_1e2 < found.fnmr_at_fmr_1e3
    assert found.fmr_95 is not None
    assert found.fmr_95[0] < found.fmr_95[1]


def test_a_known_heap_of_scores_has_known_rates() -> None:
    nobody = np.zeros(1000, np.intp)
    trials = Trials(
        np.array([0.9, 0.8, 0.7, 0.2]), nobody[:4], np.linspace(0, 0.5, 1000), nobody, nobody, 1
    )
    found = rates(trials, threshold=0.25)
    assert (found.fnmr, found.fmr) == (0.25, 0.5)
    assert found.fnmr_at_fmr_1e2 == 0.25


def test_too_few_pairs_are_not_a_rate() -> None:
    found = rates(single(faces(3, 2)), threshold=0.5)
    assert found.fnmr_at_fmr_1e3 is None
    assert found.fnmr_at_fmr_1e2 is None
    assert rates(single(faces(1, 2)), threshold=0.5).fmr is None


def test_centring_is_better_than_plain_distance_and_the_interval_says_so() -> None:
    raws = drawn(30, 6, spread=1.3)
    vectors = raws.probes[:, 0, :]
    plain = averaged_by_distance(vectors, raws.people, 3)
    ours = averaged(raws.centred(centring_from([raws])), 3)
    told = ratio(ours, plain, fmr=1e-2)
    assert told is not None
    share, (low, high) = told
    assert low <= share <= high
    assert ratio(ours, ours, fmr=1e-2) == (1.0, (1.0, 1.0))


def test_distances_are_euclidean() -> None:
    ones, others = np.array([[0.0, 0.0], [3.0, 0.0]]), np.array([[3.0, 4.0]])
    assert distances(ones, others).tolist() == [[5.0], [4.0]]


def test_a_calibrated_threshold_holds_for_people_never_seen() -> None:
    """The careful end of the splits: strangers pass less often than aimed at, twice at most."""
    known = drawn(60, 6, spread=0.9)
    found = calibrate({"site": known})
    unseen = drawn(60, 6, spread=0.9, seed=99).centred(
        Centring(np.array(found.mean), np.array(found.shared))
    )
    for point in found.points:
        impostor = single(unseen).impostor
        assert (impostor >= point.threshold).mean() <= 2 * point.target_fmr
        assert 0 <= point.fmr <= 2 * point.target_fmr
    thresholds = [point.threshold for point in found.points]
    assert thresholds == sorted(thresholds)


def test_the_mean_counts_each_person_once() -> None:
    raws = RawFaces(
        np.array([0, 0, 0, 1]), np.array([[[1.0]], [[1.0]], [[1.0]], [[3.0]]]), np.zeros((4, 1, 1))
    )
    assert centring_from([raws]).mean.tolist() == [2.0]


def test_what_half_of_the_people_share_no_longer_makes_them_alike() -> None:
    """Two kinds of people, as the sexes are: strangers of one kind pass as rarely as of both."""
    known, unseen = drawn(60, 6, spread=1.0), drawn(60, 6, spread=1.0, seed=99)
    for raws in (known, unseen):
        raws.probes[:, :, 5] += np.where(raws.people % 2, 2.0, -2.0)[:, None]
        raws.templates[:, :, 5] += np.where(raws.people % 2, 2.0, -2.0)[:, None]
    both = centring_from([known])
    plain = Centring(both.mean, np.zeros((0, both.mean.size)))
    passed = [(single(unseen.centred(each)).impostor >= 0.5).mean() for each in (both, plain)]
    assert passed[1] > 0
    assert passed[0] < 0.2 * passed[1]


def test_a_handful_of_people_is_not_a_population() -> None:
    with pytest.raises(DecodeError, match="face_people_too_few"):
        calibrate({"site": drawn(5, 6, spread=0.9)})
