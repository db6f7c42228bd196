"""A day at the desk for the machine's tests: inputs in, and everything that was said."""

from dataclasses import replace
from typing import Any

import samples
from rules import shipped

from edge.core.codes import Code
from edge.core.events import FaceScore
from edge.core.evidence import Evidence, EvidenceKind
from edge.core.ids import DeliveryId, Digest, EpochId, SpecimenId
from edge.core.intake import inputs
from edge.core.intake.machine import step
from edge.core.intake.state import Desk, Phase, Receipt, SealState
from edge.core.intake.step import Step
from edge.core.people import Role

RULES = shipped()
COMMISSION = samples.commission(groups=2)
BLOCKS = tuple(block.specimen for block in COMMISSION.blocks())
PHOTO = Evidence(EvidenceKind.LAYER, Digest("a" * 64), 100, "image/jpeg", samples.NOW)
RECEIPT = Receipt(EpochId("01890000-0000-7000-8000-000000000000"), 9, Digest("b" * 64), "R1")
MATCH = FaceScore("match", 0.9, 0.6, 0.2, "test", "not_checked")


class Day:
    """A desk that remembers what it said."""

    def __init__(self, **context: Any) -> None:
        self.desk = Desk()
        self.said: list[Step] = []
        self._context = {"online": True, "roster_age_h": 1.0, **context}

    def give(self, *given: inputs.Input) -> Step:
        for each in given:
            context = inputs.Context(
                now=samples.instant(float(len(self.said)) * 10),
                rules=RULES,
                lab=samples.LAB,
                device=samples.DEVICE,
                reference_age_h=1.0,
                **self._context,
            )
            self.said.append(step(self.desk, each, context))
            self.desk = self.said[-1].desk
        return self.said[-1]

    def phase(self) -> Phase:
        return self.desk.phase

    def events(self) -> list[object]:
        return [event for said in self.said for event in said.events]

    def codes(self) -> tuple[Code, ...]:
        signal = self.said[-1].signal
        return signal.codes if signal else ()


def form(code: str = "form-1", **changes: Any) -> inputs.FormShown:
    shown = inputs.FormShown(
        code, DeliveryId("d-1"), COMMISSION, samples.CONTRACT, people=(samples.WITNESS,)
    )
    return replace(shown, **changes)


def scan(specimen: SpecimenId, text: str | None = None, **facts: Any) -> inputs.ChipScanned:
    known = COMMISSION.group_of(specimen) is not None
    bindings = (samples.binding(specimen, COMMISSION),) if known else ()
    given = inputs.ChipScanned(
        samples.reading(text or specimen), samples.chip(specimen), bindings=bindings
    )
    return replace(given, **facts)


def opened(**context: Any) -> Day:
    day = Day(**context)
    day.give(inputs.BadgeShown(samples.RECEIVER), form(), form("witness-form-1"))
    day.give(inputs.SignaturesSeen(tuple(Role)))
    return day


def identified(**context: Any) -> Day:
    day = opened(**context)
    day.give(
        inputs.FormsConfirmed(),
        inputs.AlternativeChosen(),
        inputs.DocumentSeen(samples.COURIER),
        inputs.SecondConfirmed(samples.SECOND, samples.GRANTS),
    )
    assert day.phase() is Phase.SCANNING
    return day


def reconciled(blocks: tuple[SpecimenId, ...] = BLOCKS, **context: Any) -> Day:
    day = identified(**context)
    day.give(*(scan(block) for block in blocks))
    day.give(inputs.LayerPhotographed(PHOTO), inputs.ScanFinished())
    day.give(inputs.SealJudged(SealState.INTACT), inputs.InspectionFinished())
    assert day.phase() is Phase.RECONCILE
    return day
