"""Every verdict a face check can bring to the desk: only a finished one verifies anybody."""

from dataclasses import replace

import samples
from desk_day import MATCH, opened
from hypothesis import given
from hypothesis import strategies as st

from edge.core import events
from edge.core.codes import Code
from edge.core.intake import inputs
from edge.core.intake.state import Phase
from edge.core.liveness import Liveness

_VERDICTS = ("match", "no_match", "low_quality", "attack", "unfinished", "something_new")
_LIVENESS = (*Liveness, "", "something_new")


@given(
    verdict=st.sampled_from(_VERDICTS),
    liveness=st.sampled_from(_LIVENESS),
    score=st.floats(0, 1),
    named=st.booleans(),
)
def test_only_a_match_that_was_checked_to_its_end_verifies(
    verdict: str, liveness: str, score: float, *, named: bool
) -> None:
    day = opened()
    face = replace(MATCH, verdict=verdict, liveness=liveness, score=score)
    person = samples.COURIER if named else None
    day.give(inputs.FormsConfirmed(), inputs.FaceJudged(person, samples.GRANTS, face))
    verified = any(isinstance(event, events.DelivererVerified) for event in day.events())
    ended_well = liveness in {Liveness.PASSED, Liveness.NOT_CHECKED}
    assert verified is (verdict == "match" and named and ended_well)
    assert (day.phase() is Phase.SCANNING) is verified
    if liveness == Liveness.FAILED or verdict in {"attack", "unfinished"}:
        assert Code.LIVENESS_FAIL in day.codes()


@given(
    failures=st.lists(
        st.tuples(st.sampled_from(_VERDICTS[1:]), st.sampled_from(_LIVENESS)),
        min_size=2,
        max_size=2,
    )
)
def test_two_failures_of_any_kind_lead_to_the_path_of_equal_rank(
    failures: list[tuple[str, str]],
) -> None:
    day = opened()
    day.give(inputs.FormsConfirmed())
    for verdict, liveness in failures:
        assert day.phase() is Phase.IDENTIFY
        face = replace(MATCH, verdict=verdict, liveness=liveness)
        day.give(inputs.FaceJudged(samples.COURIER, samples.GRANTS, face))
    assert day.phase() is Phase.ALT_IDENTITY
