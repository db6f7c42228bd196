from dataclasses import replace

import pytest
import samples

from edge.core.consent import Consent, ConsentText
from edge.core.faces import Box, Described, Enrolled, Flaw, Measures, Vector, likeness
from edge.core.ids import Digest, PersonId
from edge.flows.enrol import VALID_FOR, Applicant, Engine, Refusal, Refused, enrol

ANN, BEN, STAFF = PersonId("p-ann"), PersonId("p-ben"), PersonId("p-staff")
CONSENT = Consent(ANN, ConsentText("face-1", Digest("0" * 64)), samples.NOW, "paper", STAFF)
MEASURES = Measures(Box(0, 0, 200, 200), 0.0, 240.0, 80.0, 200.0, 120.0, 0.0)
AT_ANN: Vector = (0.8, 0.6, 0.0)
NEAR_ANN: Vector = (0.6, 0.8, 0.0)
ELSEWHERE: Vector = (0.0, 0.0, 1.0)

Told = Described | Flaw


class Kept:
    def __init__(self) -> None:
        self.steps: list[str] = []
        self.enrolled: Enrolled | None = None

    def agree(self, consent: Consent) -> None:
        assert consent == CONSENT
        self.steps.append("consent")

    def keep(
        self, enrolled: Enrolled, *, engine: str, photographs: int, at: object, until: object
    ) -> None:
        assert (engine, at, until) == ("engine-1", samples.NOW, samples.NOW + VALID_FOR)
        assert photographs in {3, 4, 5}
        self.steps.append("template")
        self.enrolled = enrolled


def face(vector: Vector, *, alive: float | None = None, openness: float | None = None) -> Described:
    return Described(vector, replace(MEASURES, openness=openness), alive)


def tried(
    *told: Told, others: tuple[Enrolled, ...] = (), age: int | None = None
) -> tuple[Refused | Enrolled, Kept]:
    kept = Kept()

    def describe(number: int) -> Told:
        assert kept.steps == ["consent"], "a picture was looked at before the consent"
        return told[number]

    engine = Engine("engine-1", 0.56, describe, live_limit=0.25)
    applicant = Applicant(CONSENT, len(told), age_years=age)
    return enrol(applicant, engine=engine, gallery=kept, others=others), kept


def test_the_average_of_the_photographs_is_kept() -> None:
    result, kept = tried(face(AT_ANN), face(NEAR_ANN), face(AT_ANN))
    assert result == kept.enrolled
    assert kept.steps == ["consent", "template"]
    assert kept.enrolled is not None
    assert likeness(kept.enrolled.vector, AT_ANN) > 0.98


@pytest.mark.parametrize(
    ("told", "refused"),
    [
        ([face(AT_ANN)] * 2, Refused(Refusal.TOO_FEW)),
        ([face(AT_ANN)] * 6, Refused(Refusal.TOO_MANY)),
        ([face(AT_ANN), Flaw.BLURRED, Flaw.NO_FACE], Refused(Flaw.BLURRED, 1)),
        (
            [face(AT_ANN), face(ELSEWHERE), face(NEAR_ANN)],
            Refused(Refusal.NOT_ONE_PERSON, 1),
        ),
        ([face(AT_ANN, alive=0.9), face(AT_ANN, alive=0.1)] * 2, Refused(Flaw.ATTACK, 1)),
        (
            [face(AT_ANN, openness=share) for share in (0.2, 0.19, 0.1)],
            Refused(Flaw.EYES_CLOSED, 2),
        ),
    ],
)
def test_one_reason_and_no_template(told: list[Told], refused: Refused) -> None:
    result, kept = tried(*told)
    assert result == refused
    assert "template" not in kept.steps


def test_a_number_of_photographs_is_judged_before_anything_is_recorded() -> None:
    _, kept = tried(face(AT_ANN))
    assert kept.steps == []


def test_somebody_who_looks_like_another_is_refused() -> None:
    others = (Enrolled(ANN, AT_ANN), Enrolled(BEN, NEAR_ANN))
    result, kept = tried(*[face(AT_ANN)] * 3, others=others)
    assert result == Refused(Refusal.LOOKS_LIKE_ANOTHER, other=BEN)
    assert kept.enrolled is None


def test_enrolling_the_same_person_again_replaces_the_template() -> None:
    _, kept = tried(*[face(AT_ANN)] * 3, others=(Enrolled(ANN, AT_ANN),))
    assert kept.enrolled is not None


def test_narrow_eyes_are_judged_beside_the_persons_own() -> None:
    _, kept = tried(*[face(AT_ANN, openness=share) for share in (0.15, 0.16, 0.13)])
    assert kept.enrolled is not None


@pytest.mark.parametrize(("age", "enrolled"), [(13, False), (14, True), (None, True)])
def test_a_child_is_refused_before_anything_is_recorded(age: int | None, *, enrolled: bool) -> None:
    result, kept = tried(*[face(AT_ANN)] * 3, age=age)
    assert isinstance(result, Enrolled) is enrolled
    assert bool(kept.steps) is enrolled
    if not enrolled:
        assert result == Refused(Refusal.TOO_YOUNG)
