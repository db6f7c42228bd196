from collections.abc import Sequence
from dataclasses import replace
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.face_judging import Hint, Judging, NoAnswer, Seen, Terms
from edge.core.faces import (
    DESK,
    ENROLMENT,
    Box,
    Described,
    Enrolled,
    Flaw,
    Measures,
    Vector,
    average,
    flaw_of,
    likeness,
    nearest,
)
from edge.core.ids import PersonId

ANN, BEN = PersonId("p-ann"), PersonId("p-ben")
GOOD = Measures(Box(200, 100, 180, 180), 0.0, 220.0, 70.0, 300.0, 120.0, 0.02)
TERMS = Terms(threshold=0.56, margin=0.05)
ENGINE = "engine-1"
SECOND_NS = 1_000_000_000


def axis(number: int, *, of: int = 4) -> Vector:
    return tuple(1.0 if place == number else 0.0 for place in range(of))


PEOPLE = (Enrolled(ANN, axis(0)), Enrolled(BEN, axis(1)))


def like(score: float, *, other: float = 0.0) -> Described:
    """A face as near to Ann and to Ben as told."""
    rest = sqrt(max(0.0, 1 - score**2 - other**2))
    return Described((score, other, rest, 0.0), GOOD)


def judged(seen: Sequence[Seen], terms: Terms = TERMS) -> Judging:
    judging = Judging(terms, ENGINE, PEOPLE, 0)
    for number, each in enumerate(seen):
        judging = judging.see(each, number * 1_000_000)
    return judging


@pytest.mark.parametrize(
    ("measures", "flaw"),
    [
        (replace(GOOD), None),
        (replace(GOOD, beside=0.7), Flaw.SEVERAL_FACES),
        (replace(GOOD, face_px=99.0), Flaw.TOO_SMALL),
        (replace(GOOD, brightness=20.0), Flaw.TOO_DARK),
        (replace(GOOD, brightness=240.0), Flaw.TOO_BRIGHT),
        (replace(GOOD, turn=-0.5), Flaw.TURNED),
        (replace(GOOD, sharpness=3.0), Flaw.BLURRED),
        (replace(GOOD, sharpness=3.0, face_px=9.0), Flaw.TOO_SMALL),
    ],
)
def test_the_first_broken_limit_is_named(measures: Measures, flaw: Flaw | None) -> None:
    assert flaw_of(measures, DESK) is flaw


def test_a_template_asks_for_more_than_the_desk() -> None:
    behind = replace(GOOD, beside=0.3)
    assert flaw_of(behind, DESK) is None
    assert flaw_of(behind, ENROLMENT) is Flaw.SEVERAL_FACES
    assert flaw_of(replace(GOOD, eyes_px=50.0), ENROLMENT) is Flaw.TOO_SMALL


def test_an_average_has_length_one_and_lies_between() -> None:
    between = average([axis(0), axis(1)])
    assert likeness(between, between) == pytest.approx(1)
    assert likeness(between, axis(0)) == pytest.approx(sqrt(0.5))
    assert likeness(axis(0), tuple(-value for value in axis(0))) == 0


def test_the_nearest_person_comes_with_the_margin_to_the_next() -> None:
    found = nearest(like(0.8, other=0.5).vector, PEOPLE)
    assert found is not None
    assert (found.person, round(found.score, 3)) == (ANN, 0.8)
    assert found.margin == pytest.approx(0.3)
    alone = nearest(axis(0), PEOPLE[:1])
    assert alone is not None
    assert alone.margin is None
    assert nearest(axis(0), ()) is None


def test_three_of_five_frames_make_a_match() -> None:
    looks: list[Seen] = [like(0.8), Flaw.BLURRED, like(0.8), NoAnswer.LOST]
    open_ = judged(looks)
    assert open_.ended is None
    ended = judged([*looks, like(0.8)]).ended
    assert ended is not None
    assert ended.person == ANN
    assert ended.score.verdict == "match"
    assert ended.score.liveness == "not_checked"
    assert (ended.score.engine, ended.score.threshold) == (ENGINE, 0.56)
    assert ended.score.score == pytest.approx(0.8, abs=0.001)


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param([like(0.8)] * 2, id="too few"),
        pytest.param([like(0.8), like(0.8), *[Flaw.BLURRED] * 3, like(0.8)], id="too far apart"),
        pytest.param([like(0.55)] * 9, id="below the threshold"),
        pytest.param([like(0.62, other=0.6)] * 9, id="no margin"),
        pytest.param([like(0.8), like(0.8), like(0.1, other=0.8), like(0.8)], id="two people"),
        pytest.param([Flaw.TOO_SMALL] * 9, id="small"),
    ],
)
def test_no_match_yet(frames: list[Seen]) -> None:
    assert judged(frames).ended is None


def test_time_without_enough_faces_is_low_quality() -> None:
    early = judged([like(0.8), *[Flaw.TOO_DARK] * 7]).wait(9 * SECOND_NS)
    assert early.ended is None
    late = early.wait(10 * SECOND_NS).ended
    assert late is not None
    assert (late.person, late.score.verdict) == (None, "low_quality")


def test_a_stranger_is_no_match_after_enough_faces_and_it_stays_so() -> None:
    stranger = judged([like(0.3)] * TERMS.patience)
    assert stranger.ended is not None
    assert (stranger.ended.person, stranger.ended.score.verdict) == (None, "no_match")
    assert stranger.see(like(0.9), 0) == stranger
    assert stranger.wait(99 * SECOND_NS) == stranger


@pytest.mark.parametrize(
    ("seen", "hint"),
    [
        (Flaw.NO_FACE, Hint.LOOK_HERE),
        (Flaw.TOO_SMALL, Hint.CLOSER),
        (Flaw.TOO_DARK, Hint.TOO_DARK),
        (Flaw.SEVERAL_FACES, Hint.ONE_AT_A_TIME),
        (like(0.8), None),
        (NoAnswer.LOST, None),
    ],
)
def test_one_hint_at_a_time(seen: Seen, hint: Hint | None) -> None:
    assert judged([seen]).hint is hint


def test_nothing_of_a_face_is_ever_printed() -> None:
    shown = repr(judged([like(0.123456)])) + repr(PEOPLE) + repr(like(0.123456))
    assert "0.123456" not in shown
    assert "vector" not in shown


_SCORES = st.floats(0.0, 0.99)
ROUNDING = 1e-9
"""By how much a likeness on a limit may fall to either side of it."""
_SEEN = st.one_of(
    st.sampled_from([*Flaw, NoAnswer.LOST]),
    st.builds(
        lambda ann, share: like(ann, other=share * sqrt(1 - ann**2)), _SCORES, st.floats(0.0, 0.99)
    ),
    st.just(like(0.9)),
)


@given(
    frames=st.lists(_SEEN, max_size=40),
    agree=st.integers(1, 5),
    threshold=st.floats(0.2, 0.9),
    margin=st.floats(0.0, 0.3),
)
def test_a_match_has_always_held_every_term(
    frames: list[Seen], agree: int, threshold: float, margin: float
) -> None:
    terms = Terms(threshold=threshold, margin=margin, agree=agree, window=5)
    judging = Judging(terms, ENGINE, PEOPLE, 0)
    for number, seen in enumerate(frames):
        judging = judging.see(seen, number * 1_000_000)
        if judging.ended is None:
            continue
        if judging.ended.person is None:
            assert judging.ended.score.verdict != "match"
            return
        assert isinstance(seen, Described)
        window = frames[max(0, number - 4) : number + 1]
        holds = [_holder(each, terms, -ROUNDING) for each in window]
        assert holds.count(judging.ended.person) >= agree
        surely = {_holder(each, terms, ROUNDING) for each in window}
        assert surely <= {judging.ended.person, None}
        assert judging.ended.score.score >= round(threshold, 4) - 0.0001
        assert judging.ended.score.margin is not None
        assert judging.ended.score.margin >= margin - 0.0001
        return


@given(frames=st.lists(st.sampled_from([*Flaw, NoAnswer.LOST]), max_size=60))
def test_frames_that_failed_a_gate_never_match(frames: list[Seen]) -> None:
    ended = judged(frames).wait(60 * SECOND_NS).ended
    assert ended is not None
    assert (ended.person, ended.score.verdict) == (None, "low_quality")


def _holder(seen: Seen, terms: Terms, spare: float) -> PersonId | None:
    if not isinstance(seen, Described):
        return None
    ann, ben = seen.vector[:2]
    top, person, gap = max((ann, ANN, ann - ben), (ben, BEN, ben - ann))
    holds = top >= terms.threshold + spare and gap >= terms.margin + spare
    return person if holds else None
