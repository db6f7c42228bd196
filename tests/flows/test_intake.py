"""Readings and touches through the intake flow: looked up, stepped, recorded, resumed."""

import json
from dataclasses import replace

import samples
from bench import BLOCKS, COMMISSION, Bench
from memory_doors import MemoryRegistry
from rules import shipped

from edge.core.codes import Code
from edge.core.custody import Custody
from edge.core.ids import DeviceId, LabId
from edge.core.intake import inputs
from edge.core.intake.state import Choice, Phase, SealState
from edge.core.people import Role
from edge.core.specimen import SpecimenState
from edge.flows.view import view_of

OTHER_LAB = LabId("lab-2")


def test_a_delivery_goes_from_badge_to_receipt_and_is_one_chain() -> None:
    bench = Bench()
    bench.to_sign()
    bench.touch(inputs.ReceiptSigned(acknowledged=True))

    view = view_of(bench.intake.desk, bench.intake.signal)
    assert (view.phase, view.counted, view.ending) == ("closed", 6, "received")
    assert view.receipt == f"R1.{view.delivery}.{len(bench.store.log)}"
    assert [event.sequence for event in bench.store.log] == list(range(1, len(bench.store.log) + 1))
    assert bench.types()[-1] == "delivery.received.v1"
    own = bench.store.custody(BLOCKS[0])
    assert own is not None
    assert own.state is SpecimenState.ACCEPTED


def test_every_event_names_the_rule_set_and_its_place_in_the_chain() -> None:
    bench = Bench()
    bench.to_scanning()

    previous = "0" * 64
    for event in bench.store.log:
        body = json.loads(event.body)
        assert body["ruleset"] == "nanchang-2023"
        assert (body["prev"], int(body["sequence"])) == (previous, event.sequence)
        previous = event.digest


def test_the_same_list_comes_back_after_a_restart_in_every_phase() -> None:
    bench = Bench()
    seen = set()
    steps = (
        lambda: bench.scan("badge:receiver-1"),
        lambda: bench.scan("form:form-1"),
        lambda: bench.scan("form:witness-form-1"),
        lambda: bench.touch(inputs.SignaturesSeen(tuple(Role)), inputs.FormsConfirmed()),
        lambda: bench.intake.see_document(samples.COURIER.person),
        lambda: bench.scan("badge:receiver-2"),
        lambda: bench.scan(*(f"chip:{block}" for block in BLOCKS)),
        lambda: bench.intake.photograph_layer(bench.photo()),
        lambda: bench.touch(inputs.ScanFinished()),
        lambda: bench.intake.judge_seal(SealState.INTACT, bench.photo()),
        lambda: bench.touch(inputs.InspectionFinished()),
        lambda: bench.touch(inputs.ReconcileAccepted()),
        lambda: bench.touch(inputs.ReceiptSigned(acknowledged=True)),
        lambda: bench.touch(inputs.NextCourier()),
    )
    for act in steps:
        act()
        before = bench.intake.desk
        bench.restart()
        assert bench.intake.desk == before
        seen.add(bench.phase())
    assert seen >= {
        Phase.READY,
        Phase.OPENED,
        Phase.ALT_IDENTITY,
        Phase.SCANNING,
        Phase.INSPECT,
        Phase.RECONCILE,
        Phase.SIGN,
        Phase.CLOSED,
    }


def test_a_commit_that_outlived_its_process_is_closed_at_the_next_start() -> None:
    bench = Bench()
    bench.to_sign()
    kept = bench.store.commit

    def die_after_the_first(**given: object) -> None:
        kept(**given)  # type: ignore[arg-type]  # passes the store's own arguments through
        bench.store.full = True

    bench.store.commit = die_after_the_first  # type: ignore[method-assign]  # a death between two writes
    bench.touch(inputs.ReceiptSigned(acknowledged=True))
    assert bench.phase() is Phase.SIGN
    bench.store.full = False
    bench.store.commit = kept  # type: ignore[method-assign]  # the disk of the next start
    closing = len(bench.store.log)
    bench.restart()

    assert bench.phase() is Phase.CLOSED
    delivery = bench.intake.desk.delivery
    assert delivery is not None
    assert delivery.receipt is not None
    assert delivery.receipt.sequence == closing


def test_a_full_disk_refuses_the_scan_and_counts_nothing() -> None:
    bench = Bench()
    bench.to_scanning()
    before = bench.intake.desk
    bench.store.full = True
    bench.scan(f"chip:{BLOCKS[0]}")

    assert bench.intake.desk == before
    assert bench.intake.signal is not None
    assert bench.intake.signal.codes == (Code.NOT_RECORDED,)
    bench.store.full = False
    bench.scan(f"chip:{BLOCKS[0]}")
    assert view_of(bench.intake.desk, None).counted == 1


def test_own_log_comes_before_the_platforms_word() -> None:
    bench = Bench()
    bench.to_sign()
    bench.touch(inputs.ReceiptSigned(acknowledged=True), inputs.NextCourier())
    bench.scan("form:form-1", "form:witness-form-1")
    bench.touch(inputs.SignaturesSeen(tuple(Role)), inputs.FormsConfirmed())
    bench.intake.see_document(samples.COURIER.person)
    bench.scan("badge:receiver-2", f"chip:{BLOCKS[0]}")

    assert bench.intake.signal is not None
    assert Code.ALREADY_RECEIVED_HERE in bench.intake.signal.codes
    assert view_of(bench.intake.desk, None).counted == 0


def test_a_block_received_at_another_lab_is_refused() -> None:
    bench = Bench()
    bench.registry.places[BLOCKS[0]] = Custody(
        BLOCKS[0], SpecimenState.ACCEPTED, samples.CAST.at or samples.NOW, OTHER_LAB, DeviceId("x")
    )
    bench.to_scanning()
    bench.scan(f"chip:{BLOCKS[0]}")

    assert bench.intake.signal is not None
    assert Code.RECEIVED_ELSEWHERE in bench.intake.signal.codes


def test_an_unknown_form_becomes_a_question_and_its_answer_opens_the_delivery() -> None:
    bench = Bench(registry=MemoryRegistry(people=(samples.RECEIVER, samples.WITNESS)))
    bench.scan("badge:receiver-1", "form:form-1")

    (question,) = bench.store.documents("ask")
    assert json.loads(question.body)["data"] == {"form": "form-1"}
    bench.intake.answer_form("another", COMMISSION)
    assert bench.phase() is Phase.READY
    bench.intake.answer_form("form-1", COMMISSION)
    assert bench.phase() is Phase.OPENED


def test_decisions_reach_the_desk_and_deliveries_long_gone_from_it() -> None:
    bench = Bench()
    bench.to_sign()
    bench.touch(inputs.ReceiptSigned(acknowledged=True))
    first = bench.intake.desk.delivery
    assert first is not None
    bench.touch(inputs.NextCourier())
    bench.registry.decisions[first.delivery] = "confirmed"
    bench.intake.hear_decisions()

    document = bench.store.document("delivery", first.delivery)
    assert document is not None
    assert document.phase == "settled"
    assert json.loads(document.body)["phase"] == "confirmed"


def test_an_override_waits_for_the_approvers_badge() -> None:
    bench = Bench()
    bench.to_scanning()
    bench.scan(*(f"chip:{block}" for block in BLOCKS))
    bench.intake.photograph_layer(bench.photo())
    bench.touch(inputs.ScanFinished())
    bench.intake.judge_seal(SealState.ABSENT, bench.photo())
    bench.touch(inputs.InspectionFinished())
    rules = shipped()
    group = COMMISSION.groups[0].group
    bench.intake.propose_override(Code.SEAL_ABSENT, group, "seal kept by the site")
    bench.scan("badge:boss-1")

    delivery = bench.intake.desk.delivery
    assert delivery is not None
    if Code.SEAL_ABSENT in rules.overridable:
        assert delivery.outcomes[0].final is Choice.ACCEPT
        assert delivery.outcomes[1].final is Choice.HOLD
    else:
        assert delivery.overrides == ()


def test_a_parked_delivery_is_resumed_by_its_id() -> None:
    bench = Bench()
    bench.to_scanning()
    bench.scan(f"chip:{BLOCKS[0]}")
    parked = bench.intake.desk.delivery
    assert parked is not None
    bench.touch(inputs.Parked())
    assert bench.phase() is Phase.READY
    bench.intake.resume_parked(parked.delivery)

    assert bench.intake.desk.delivery == replace(parked)
