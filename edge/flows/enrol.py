"""Enrolling a person by photographs (PIPL 29): consent first, then pictures, then one template."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from edge.core.consent import Consent
from edge.core.faces import Described, Enrolled, Flaw, average, likeness, nearest
from edge.core.ids import PersonId

FEWEST, MOST = 3, 5
VALID_FOR = timedelta(days=365)


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


@dataclass(frozen=True, slots=True)
class Refused:
    """One reason; `photograph` counts from 0 and is None when the reason is about all of them."""

    reason: Flaw | Refusal
    photograph: int | None = None
    other: PersonId | None = None


@dataclass(frozen=True, slots=True)
class Engine:
    """What enrolment asks of a face engine: descriptions for templates, and its terms (0..1)."""

    engine_id: str
    threshold: float
    describe: Callable[[int], Described | Flaw]


def enrol(
    consent: Consent,
    photographs: int,
    *,
    engine: Engine,
    gallery: Gallery,
    others: Sequence[Enrolled] = (),
) -> Refused | Enrolled:
    """Keep the averaged template of 3 to 5 photographs of one person, or say what is wrong.

    The consent is recorded before a photograph is looked at. A person who resembles another
    enrolled one beyond the threshold is refused: the desk could not tell them apart.
    """
    if not FEWEST <= photographs <= MOST:
        return Refused(Refusal.TOO_FEW if photographs < FEWEST else Refusal.TOO_MANY)
    gallery.agree(consent)
    described: list[Described] = []
    for number in range(photographs):
        told = engine.describe(number)
        if isinstance(told, Flaw):
            return Refused(told, number)
        described.append(told)
    odd = _odd_one(described, engine.threshold)
    if odd is not None:
        return Refused(Refusal.NOT_ONE_PERSON, odd)
    enrolled = Enrolled(consent.person, average([each.vector for each in described]))
    twin = nearest(enrolled.vector, [each for each in others if each.person != consent.person])
    if twin is not None and twin.score >= engine.threshold:
        return Refused(Refusal.LOOKS_LIKE_ANOTHER, other=twin.person)
    gallery.keep(
        enrolled,
        engine=engine.engine_id,
        photographs=photographs,
        at=consent.at,
        until=consent.at + VALID_FOR,
    )
    return enrolled


def _odd_one(described: Sequence[Described], threshold: float) -> int | None:
    """The photograph least like the others together, when it is not of the same person."""
    scores = []
    for number, each in enumerate(described):
        rest = [other.vector for place, other in enumerate(described) if place != number]
        scores.append((likeness(each.vector, average(rest)), number))
    score, number = min(scores)
    return number if score < threshold else None
