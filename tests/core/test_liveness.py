from collections.abc import Sequence
from dataclasses import replace
from math import sqrt

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge.core.face_judging import Hint, Judged, Judging, NoAnswer, Seen, Terms
from edge.core.faces import Box, Described, Enrolled, Flaw, Measures
from edge.core.ids import PersonId
from edge.core.liveness import NOT_COVERED, Act, Liveness, Means, Proof

ANN, BEN = PersonId("p-ann"), PersonId("p-ben")
PEOPLE = (Enrolled(ANN, (1.0, 0.0, 0.0)), Enrolled(BEN, (0.0, 1.0, 0.0)))
FRONTAL = Measures(Box(200, 100, 180, 180), 0.0, 220.0, 70.0, 300.0, 120.0, turn=0.0, openness=0.25)
NETWORK = Proof(Means.NETWORK, "networks", 0.25)
ACTING = Proof(Means.CHALLENGE, "turn-blink", acts=(Act.TURN_LEFT, Act.BLINK))
SECOND_NS = 1_000_000_000


def face(
    score: float = 0.8,
    *,
    ben: float = 0.0,
    turn: float = 0.0,
    openness: float | None = 0.25,
    alive: float | None = None,
) -> Described:
    rest = sqrt(max(0.0, 1 - score**2 - ben**2))
    measures = replace(FRONTAL, turn=turn, openness=openness)
    return Described((score, ben, rest), measures, alive)


def judged(seen: Sequence[Seen], proof: Proof) -> Judging:
    judging = Judging(Terms(0.56, 0.05, proof=proof, limit_s=20), "engine-1", PEOPLE, 0)
    for number, each in enumerate(seen):
        judging = judging.see(each, number * 1_000_000)
    return judging


def ended(seen: Sequence[Seen], proof: Proof) -> Judged:
    found = judged(seen, proof).wait(60 * SECOND_NS).ended
    assert found is not None
    return found


LEFT, SHUT, STILL = face(turn=0.2), face(openness=0.1), face()
WHOLE: list[Seen] = [STILL, STILL, STILL, STILL, LEFT, STILL, SHUT, STILL, STILL]


def test_a_living_face_matches_and_the_event_says_what_was_checked() -> None:
    score = ended([face(alive=0.9)] * 3, NETWORK).score
    assert (score.verdict, score.liveness, score.liveness_by) == ("match", "passed", "networks")
    assert score.not_covered == ("video", "mask")


def test_a_desk_without_a_check_says_so() -> None:
    score = ended([face()] * 3, Proof()).score
    assert (score.verdict, score.liveness, score.liveness_by) == ("match", "not_checked", "")
    assert score.not_covered == NOT_COVERED[Means.NONE]


@pytest.mark.parametrize("alive", [0.0, 0.24, None])
def test_a_print_ends_the_check_whatever_its_score(alive: float | None) -> None:
    found = ended([face(0.99, alive=alive)] * 9, NETWORK)
    assert (found.person, found.score.verdict, found.score.liveness) == (None, "attack", "failed")


def test_one_denied_frame_holds_the_match_back_until_it_has_left_the_window() -> None:
    mixed: list[Seen] = [face(alive=0.9), face(alive=0.1), face(alive=0.9), face(alive=0.9)]
    assert judged(mixed, NETWORK).ended is None
    good = judged([*mixed, *([face(alive=0.9)] * 3)], NETWORK)
    assert good.ended is not None
    assert good.ended.person == ANN


def test_the_acts_are_asked_one_by_one() -> None:
    hints = [judged(WHOLE[:count], ACTING).hint for count in (1, 5, 8)]
    assert hints == [Hint.TURN_LEFT, Hint.BLINK, None]


def test_a_person_who_does_what_is_asked_is_matched() -> None:
    found = ended(WHOLE, ACTING)
    assert (found.person, found.score.verdict, found.score.liveness) == (ANN, "match", "passed")


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param([STILL] * 9, id="nothing done"),
        pytest.param([*WHOLE[:6], STILL, STILL], id="no blink"),
        pytest.param([STILL] * 4 + [face(turn=-0.2), STILL, SHUT, STILL], id="other side"),
        pytest.param([STILL] * 4 + [SHUT, STILL, LEFT, STILL], id="other order"),
        pytest.param([face(turn=0.03)] * 4 + [face(turn=0.1), STILL, SHUT, STILL], id="flat"),
        pytest.param([*WHOLE[:6], Flaw.NO_FACE, SHUT, STILL, STILL], id="left in between"),
        pytest.param([*WHOLE[:5], face(0.2), SHUT, STILL, STILL], id="another in between"),
        pytest.param(
            [*WHOLE[:5], face(0.1, ben=0.9), SHUT, STILL, STILL, STILL], id="another known"
        ),
        pytest.param(
            [face(openness=None)] * 4 + [LEFT, face(openness=None)], id="eyes never measured"
        ),
    ],
)
def test_an_unfinished_challenge_never_matches(frames: list[Seen]) -> None:
    found = ended(frames, ACTING)
    assert found.person is None
    assert found.score.liveness == "unfinished"
    assert found.score.verdict != "match"


def test_narrow_eyes_are_not_shut_eyes() -> None:
    """0.18 open is shut for somebody whose eyes are usually 0.35, and open for 0.19."""
    narrow: list[Seen] = [face(openness=0.19)] * 4
    acts: list[Seen] = [face(turn=0.2, openness=0.19), face(openness=0.18), face(openness=0.19)]
    assert ended([*narrow, *acts], ACTING).person is None
    wide: list[Seen] = [face(openness=0.35)] * 4
    acts = [face(turn=0.2, openness=0.35), face(openness=0.18)]
    assert ended([*wide, *acts, *([face(openness=0.35)] * 3)], ACTING).person == ANN


_FRAMES = st.lists(
    st.one_of(
        st.sampled_from([*Flaw, NoAnswer.LOST]),
        st.builds(
            face,
            st.sampled_from([0.2, 0.5, 0.6, 0.9]),
            ben=st.sampled_from([0.0, 0.4]),
            turn=st.sampled_from([-0.2, -0.05, 0.0, 0.05, 0.2]),
            openness=st.sampled_from([0.05, 0.25, 0.3, None]),
            alive=st.sampled_from([0.1, 0.9, None]),
        ),
    ),
    max_size=40,
)
_ACTS = st.lists(st.sampled_from(Act), max_size=3).map(tuple)
_PROOFS = st.one_of(
    st.just(Proof()),
    st.builds(Proof, st.just(Means.NETWORK), limit=st.just(0.25), denials=st.integers(1, 4)),
    st.builds(Proof, st.just(Means.CHALLENGE), limit=st.just(0.25), acts=_ACTS),
)


@given(frames=_FRAMES, proof=_PROOFS, late=st.booleans())
@example(frames=[face(0.99, alive=None)] * 9, proof=NETWORK, late=False)
@example(frames=list(WHOLE), proof=ACTING, late=False)
def test_no_way_leads_from_a_failed_or_unfinished_check_to_a_match(
    frames: list[Seen], proof: Proof, *, late: bool
) -> None:
    judging = judged(frames, proof)
    found = judging.wait(60 * SECOND_NS).ended if late else judging.ended
    if found is None:
        return
    if found.person is None:
        assert found.score.verdict != "match"
        return
    assert found.score.verdict == "match"
    assert found.score.liveness == (
        Liveness.NOT_CHECKED if proof.means is Means.NONE else Liveness.PASSED
    )
    assert not any(look.denied for look in judging.looks)
    if proof.means is Means.NETWORK:
        agreeing = [look.face for look in judging.looks if look.accepted and look.face]
        assert all(each.alive is not None and each.alive >= proof.limit for each in agreeing)
    if proof.means is Means.CHALLENGE:
        assert judging.watch.done == len(proof.acts) > 0
        turns = {each.measures.turn for each in frames if isinstance(each, Described)}
        asked = [act for act in proof.acts if act is not Act.BLINK]
        wanted = {0.2 if act is Act.TURN_LEFT else -0.2 for act in asked}
        assert wanted <= turns
