"""Answers and decisions of the platform at a desk that goes on with its work."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import samples
from bench import COMMISSION, Bench
from downlinks import DOWNLINK, OTHER, STATION, STRANGER, signed
from memory_doors import MemoryRegistry, QuietJournal, StackedInbox

from edge.core.documents import Document
from edge.core.errors import StorageCorrupt
from edge.core.intake import inputs
from edge.core.intake.state import Phase
from edge.flows.hear import Hearing
from edge.wire.convert import converter
from edge.wire.downlink import Answer, FaceAnswer

FOUND = {"form": "form-1", "commission": converter.unstructure(COMMISSION)}


class Ear:
    """A desk that has just asked for a form nobody here knows."""

    def __init__(self) -> None:
        registry = MemoryRegistry(
            people=(samples.RECEIVER, samples.SECOND, samples.WITNESS, samples.COURIER),
            all_grants=samples.GRANTS,
            contracts=(samples.CONTRACT,),
        )
        self.bench = Bench(registry=registry)
        self.bench.scan("badge:receiver-1", "form:form-1")
        self.inbox = StackedInbox()
        self.journal = QuietJournal()
        self.mark: object = None
        self.hearing = Hearing(
            self.bench.intake,
            inbox=self.inbox,
            store=self.bench.store,
            downlink=DOWNLINK,
            decisions_mark=lambda: self.mark,
            journal=self.journal,
        )
        self.hearing.hear()

    @property
    def question(self) -> Document:
        (found,) = self.bench.store.documents("ask")
        return found

    def answer(self, **data: object) -> Answer:
        return Answer(
            STATION.name, self.question.id, "commission", self.bench.clock.now(), data or FOUND
        )

    def arrive(self, payload: bytes, tail: str = "") -> None:
        self.inbox.put(tail or f"ans/{self.question.id}", payload)


def test_the_answer_to_the_form_that_is_asked_for_leads_on() -> None:
    ear = Ear()
    assert ear.question.phase == "open"
    ear.arrive(signed(ear.answer()))
    assert ear.hearing.hear()
    assert ear.bench.phase() is Phase.OPENED
    assert ear.bench.intake.desk.delivery is not None
    assert ear.bench.intake.desk.delivery.commission == COMMISSION
    assert ear.question.phase == "done"
    assert not ear.hearing.hear()


def test_an_answer_that_knows_no_such_form_ends_the_question() -> None:
    ear = Ear()
    ear.arrive(signed(ear.answer(form="form-1", commission=None)))
    assert ear.hearing.hear()
    assert (ear.bench.phase(), ear.bench.intake.desk.asking) == (Phase.READY, None)
    assert ear.question.phase == "done"


def _bad_signature(ear: Ear) -> bytes:
    return signed(ear.answer(), STRANGER)


def _another_station(ear: Ear) -> bytes:
    return signed(replace(ear.answer(), station=OTHER.name))


def _another_question(ear: Ear) -> bytes:
    return signed(replace(ear.answer(), corr="another"))


def _another_form(ear: Ear) -> bytes:
    return signed(ear.answer(**{**FOUND, "form": "form-2"}))


def _no_form(ear: Ear) -> bytes:
    return signed(ear.answer(commission=FOUND["commission"]))


def _no_commission(ear: Ear) -> bytes:
    return signed(ear.answer(form="form-1", commission={"commission": "c"}))


def _noise(ear: Ear) -> bytes:
    del ear
    return b"\xff"


@pytest.mark.parametrize(
    "message",
    [
        _bad_signature,
        _another_station,
        _another_question,
        _another_form,
        _no_form,
        _no_commission,
        _noise,
    ],
)
def test_an_answer_that_is_not_ours_is_noted_and_the_question_stays(
    message: Callable[[Ear], bytes],
) -> None:
    ear = Ear()
    before = ear.bench.intake.desk
    ear.arrive(message(ear))
    assert not ear.hearing.hear()
    assert ear.bench.intake.desk == before
    assert ear.question.phase == "open"
    assert len(ear.journal.noted) == 1
    ear.arrive(signed(ear.answer()))
    assert ear.hearing.hear()
    assert ear.bench.phase() is Phase.OPENED


def test_the_topic_must_be_that_of_an_open_question() -> None:
    ear = Ear()
    ear.arrive(signed(ear.answer()), "ans/another")
    ear.arrive(signed(ear.answer()), f"cmd/{ear.question.id}")
    assert not ear.hearing.hear()
    assert ear.bench.phase() is Phase.READY


def test_sealed_photographs_are_left_to_the_verb_that_opens_them() -> None:
    """Neither noted nor an answer to the desk's question, which is heard behind them."""
    ear = Ear()
    now = ear.bench.clock.now()
    answer = FaceAnswer(STATION.name, "face-1", now, now, "face-key", "A" * 100_000)
    ear.arrive(signed(answer), "ans/face-1")
    assert not ear.hearing.hear()
    assert (ear.journal.noted, ear.question.phase) == ([], "open")
    ear.arrive(signed(ear.answer()))
    assert ear.hearing.hear()


def test_a_desk_that_moved_on_wants_no_answer() -> None:
    ear = Ear()
    answer = signed(ear.answer())
    ear.bench.registry.commissions = (COMMISSION,)
    ear.bench.scan("form:witness-form-1")
    before = ear.bench.intake.desk
    assert before.asking is None
    ear.arrive(answer)
    ear.hearing.hear()
    assert ear.bench.intake.desk == before
    assert ear.question.phase == "done"
    assert not ear.hearing.hear()


def test_an_answer_behind_many_other_messages_is_found() -> None:
    ear = Ear()
    for _ in range(250):
        ear.arrive(b"", "cmd/other")
    ear.arrive(signed(ear.answer()))
    assert any(ear.hearing.hear() for _ in range(3))
    assert ear.bench.phase() is Phase.OPENED


def test_a_question_outlives_the_process_that_asked() -> None:
    ear = Ear()
    ear.arrive(signed(ear.answer()))
    ear.bench.restart()
    again = Hearing(
        ear.bench.intake,
        inbox=ear.inbox,
        store=ear.bench.store,
        downlink=DOWNLINK,
        decisions_mark=lambda: None,
        journal=ear.journal,
    )
    assert again.hear()
    assert ear.bench.phase() is Phase.OPENED


def test_decisions_are_applied_when_their_head_changes_only() -> None:
    ear = Ear()
    ear.bench.registry.commissions = (COMMISSION,)
    ear.bench.scan("form:form-1", "form:witness-form-1")
    delivery = ear.bench.intake.desk.delivery
    assert delivery is not None
    ear.bench.to_the_end()
    ear.hearing.hear()
    ear.bench.registry.decisions[delivery.delivery] = "confirmed"
    assert not ear.hearing.hear()
    kept = ear.bench.store.document("delivery", delivery.delivery)
    assert kept is not None
    assert kept.phase != "settled"
    ear.mark = 1
    assert ear.hearing.hear()
    kept = ear.bench.store.document("delivery", delivery.delivery)
    assert kept is not None
    assert kept.phase == "settled"
    assert not ear.hearing.hear()


def test_a_store_that_cannot_be_read_is_noted_once_and_read_later() -> None:
    ear = Ear()
    ear.arrive(signed(ear.answer()))
    ear.inbox.trouble = StorageCorrupt("store_corrupt")
    for _ in range(3):
        assert not ear.hearing.hear()
    assert ear.journal.noted == ["hear.store"]
    ear.inbox.trouble = None
    assert ear.hearing.hear()
    assert ear.bench.phase() is Phase.OPENED


def test_decisions_that_could_not_be_kept_are_applied_later() -> None:
    ear = Ear()
    ear.bench.registry.commissions = (COMMISSION,)
    ear.bench.scan("form:form-1", "form:witness-form-1")
    delivery = ear.bench.intake.desk.delivery
    assert delivery is not None
    ear.bench.to_the_end()
    ear.bench.touch(inputs.NextCourier())
    ear.hearing.hear()
    ear.bench.registry.decisions[delivery.delivery] = "disputed"
    ear.mark = 1
    ear.bench.store.full = True
    assert not ear.hearing.hear()
    ear.bench.store.full = False
    assert ear.hearing.hear()
    kept = ear.bench.store.document("delivery", delivery.delivery)
    assert kept is not None
    assert kept.phase == "settled"
