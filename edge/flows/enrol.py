"""Enrolling a person by photographs (PIPL 29): consent first, then pictures, then one template."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import Protocol

from edge.core.consent import Consent
from edge.core.faces import Described, Enrolled, Flaw, average, likeness, nearest
from edge.core.ids import PersonId

FEWEST, MOST = 3, 5
VALID_FOR = timedelta(days=365)
YOUNGEST_YEARS = 14
"""Younger people are not enrolled: a guardian's consent is not taken here (PIPL 31)."""
_SHUT = 0.6
"""Eyes open less than this share of the median of the person's own photographs are shut."""


class Gallery(Protocol):
    """Where templates are kept."""

    def agree(self, consent: Consent) -> None:
        """Record a consent."""
        ...

    def keep(
        self, enrolled: Enrolled, *, engine: str, photographs: int, at: datetime, until: datetime
    ) -> None:
        """Keep a template."""
        ...


class Refusal(StrEnum):
    """Why nobody was enrolled, beside the flaws of a photograph."""

    TOO_FEW = "too_few_photographs"
    TOO_MANY = "too_many_photographs"
    NOT_ONE_PERSON = "not_one_person"
    LOOKS_LIKE_ANOTHER = "looks_like_another"
    TOO_YOUNG = "too_young"


@dataclass(frozen=True, slots=True)
class Refused:
    """One reason; `photograph` counts from 0 and is None when the reason is about all of them."""

    reason: Flaw | Refusal
    photograph: int | None = None
    other: PersonId | None = None


@dataclass(frozen=True, slots=True)
class Engine:
    """What enrolment asks of a face engine: descriptions for templates, and its terms (0..1).

    live_limit: below it a photograph looks like a print or a screen; 0 when nobody looks.
    """

    engine_id: str
    threshold: float
    describe: Callable[[int], Described | Flaw]
    live_limit: float = 0.0
    valid_for: timedelta = VALID_FOR


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who wants to be enrolled: the consent, and the age in years where it was told."""

    consent: Consent
    photographs: int
    age_years: int | None = None


def enrol(
    applicant: Applicant, *, engine: Engine, gallery: Gallery, others: Sequence[Enrolled] = ()
) -> Refused | Enrolled:
    """Keep the averaged template of 3 to 5 photographs of one person, or say what is wrong.

    The consent is recorded before a photograph is looked at. A person who resembles another
    enrolled one beyond the threshold is refused: the desk could not tell them apart.
    """
    unfit = _unfit(applicant)
    if unfit is not None:
        return Refused(unfit)
    consent = applicant.consent
    gallery.agree(consent)
    described = _described(applicant.photographs, engine)
    if isinstance(described, Refused):
        return described
    enrolled = Enrolled(consent.person, average([each.vector for each in described]))
    twin = nearest(enrolled.vector, [each for each in others if each.person != consent.person])
    if twin is not None and twin.score >= engine.threshold:
        return Refused(Refusal.LOOKS_LIKE_ANOTHER, other=twin.person)
    gallery.keep(
        enrolled,
        engine=engine.engine_id,
        photographs=applicant.photographs,
        at=consent.at,
        until=consent.at + engine.valid_for,
    )
    return enrolled


def _unfit(applicant: Applicant) -> Refusal | None:
    """What speaks against enrolling before anything is recorded."""
    if applicant.age_years is not None and applicant.age_years < YOUNGEST_YEARS:
        return Refusal.TOO_YOUNG
    if applicant.photographs < FEWEST:
        return Refusal.TOO_FEW
    return Refusal.TOO_MANY if applicant.photographs > MOST else None


def _described(photographs: int, engine: Engine) -> tuple[Described, ...] | Refused:
    """Every photograph described, or the first one that does not count."""
    described: list[Described] = []
    for number in range(photographs):
        told = engine.describe(number)
        if isinstance(told, Flaw):
            return Refused(told, number)
        if told.alive is not None and told.alive < engine.live_limit:
            return Refused(Flaw.ATTACK, number)
        described.append(told)
    shut = _shut_eyes(described)
    if shut is not None:
        return Refused(Flaw.EYES_CLOSED, shut)
    odd = _odd_one(described, engine.threshold)
    return tuple(described) if odd is None else Refused(Refusal.NOT_ONE_PERSON, odd)


def _shut_eyes(described: Sequence[Described]) -> int | None:
    """The first photograph with eyes shut beside the person's own others."""
    openness = [each.measures.openness for each in described]
    known = [each for each in openness if each is not None]
    if len(known) < FEWEST:
        return None
    usual = median(known)
    shut = (place for place, each in enumerate(openness) if each and each < _SHUT * usual)
    return next(shut, None)


def _odd_one(described: Sequence[Described], threshold: float) -> int | None:
    """The photograph least like the others together, when it is not of the same person."""
    scores = []
    for number, each in enumerate(described):
        rest = [other.vector for place, other in enumerate(described) if place != number]
        scores.append((likeness(each.vector, average(rest)), number))
    score, number = min(scores)
    return number if score < threshold else None
