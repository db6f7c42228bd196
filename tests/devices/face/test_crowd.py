from math import sqrt
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.faces import Enrolled, Vector, average, nearest
from edge.core.ids import PersonId
from edge.devices.face.crowd import Crowd


def drawn(seed: int, people: int) -> tuple[Vector, tuple[Enrolled, ...]]:
    chance = Random(seed)
    vectors = [average([tuple(chance.gauss(0, 1) for _ in range(8))]) for _ in range(people + 1)]
    named = (Enrolled(PersonId(f"p-{at}"), each) for at, each in enumerate(vectors[1:]))
    return vectors[0], tuple(named)


@given(st.integers(0, 9999), st.integers(1, 12))
def test_the_crowd_answers_as_the_plain_search_does(seed: int, people: int) -> None:
    vector, crowd = drawn(seed, people)
    plain, quick = nearest(vector, crowd), Crowd(crowd).nearest(vector)
    assert plain is not None
    assert quick is not None
    assert quick.score == pytest.approx(plain.score, abs=1e-9)
    assert (quick.margin is None) is (plain.margin is None)
    if plain.margin:
        assert quick.person == plain.person
        assert quick.margin == pytest.approx(plain.margin, abs=1e-9)


def test_nobody_is_nearest_to_nobody() -> None:
    assert Crowd(()).nearest((sqrt(0.5), sqrt(0.5))) is None
