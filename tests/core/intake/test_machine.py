"""The delivery machine, state by state (DOMAIN d2)."""

from dataclasses import replace

import pytest
import samples
from desk_day import (
    BLOCKS,
    COMMISSION,
    MATCH,
    PHOTO,
    RECEIPT,
    Day,
    form,
    identified,
    opened,
    reconciled,
    scan,
)

from edge.core import events
from edge.core.carriers import Flaw, NotOurs
from edge.core.codes import Code
from edge.core.errors import BrokenInvariant
from edge.core.ids import DeliveryId
from edge.core.intake import inputs
from edge.core.intake.closing import apply_decision
from edge.core.intake.machine import TABLE
from edge.core.intake.state import Choice, Decision, Ending, Phase, SealState
from edge.core.intake.step import Outcome
from edge.core.people import Role
from edge.core.specimen import SpecimenState


def test_a_clean_delivery_is_received_and_then_confirmed() -> None:
    day = reconciled()
    day.give(inputs.ReconcileAccepted(), inputs.ReceiptSigned(acknowledged=True))

    assert day.phase() is Phase.SIGN
    closing = day.events()[-1]
    assert isinstance(closing, events.DeliveryReceived)
    assert (closing.specimens, closing.provisional) == (6, False)

    day.give(inputs.Committed(RECEIPT))
    assert day.phase() is Phase.CLOSED
    day.give(inputs.DecisionArrived(DeliveryId("d-1"), Decision.CONFIRMED))
    assert day.phase() is Phase.CONFIRMED
    day.give(inputs.NextCourier())
    assert day.phase() is Phase.READY


def test_a_short_group_is_held_and_the_others_are_received() -> None:
    day = reconciled(BLOCKS[:-1])
    day.give(inputs.ReconcileAccepted(), inputs.ReceiptSigned(acknowledged=True))

    closing = day.events()[-1]
    assert isinstance(closing, events.DeliveryPartiallyReceived)
    assert [each.verdict for each in closing.groups] == ["accept", "hold"]
    assert closing.specimens == 3
    assert Code.MISSING_BLOCK in closing.reasons
    states = {each.specimen: each.state for each in day.said[-1].custody}
    assert states[BLOCKS[0]] is SpecimenState.ACCEPTED
    assert states[BLOCKS[3]] is SpecimenState.HELD


def test_a_receiver_may_be_stricter_than_the_rules_but_never_laxer() -> None:
    day = reconciled(BLOCKS[:-1])
    first, second = (group.group for group in COMMISSION.groups)
    day.give(inputs.GroupChosen(first, Choice.REFUSE), inputs.GroupChosen(second, Choice.ACCEPT))
    day.give(inputs.ReconcileAccepted(), inputs.ReceiptSigned(acknowledged=True))

    closing = day.events()[-1]
    assert isinstance(closing, events.DeliveryHeld)
    assert [each.verdict for each in closing.groups] == ["refuse", "hold"]
    day.give(inputs.Committed(RECEIPT))
    assert day.phase() is Phase.HELD


@pytest.mark.parametrize(
    ("choice", "phase", "ending"),
    [
        (Choice.HOLD, Phase.HELD, Ending.HELD),
        (Choice.REFUSE, Phase.CLOSED, Ending.REFUSED),
        (None, Phase.CANCELLED, Ending.CANCELLED),
    ],
)
def test_a_delivery_ends_early_only_once_it_is_recorded(
    choice: Choice | None, phase: Phase, ending: Ending
) -> None:
    day = opened()
    day.give(inputs.DeliveryEnded(choice, Code.SEAL_BROKEN, "seal torn"))

    assert day.phase() is Phase.OPENED
    assert day.desk.delivery is not None
    assert day.desk.delivery.ending is ending
    day.give(inputs.ScanFinished())
    assert day.codes() == (Code.NOT_NOW,)
    day.give(inputs.Committed(RECEIPT))
    assert day.phase() is phase


def test_ending_a_delivery_needs_a_reason() -> None:
    day = opened()
    day.give(inputs.DeliveryEnded(Choice.REFUSE, None))

    assert day.codes() == (Code.NOT_NOW,)
    assert day.phase() is Phase.OPENED


def test_an_unknown_form_is_asked_for_while_online() -> None:
    day = Day()
    day.give(inputs.BadgeShown(samples.RECEIVER))
    asked = day.give(form("strange", commission=None))

    assert (asked.ask_form, day.phase()) == ("strange", Phase.READY)
    day.give(form("strange", commission=None, answered=True))
    assert day.codes() == (Code.FORM_UNKNOWN,)
    assert day.desk.asking is None


def test_an_unknown_form_offline_is_recorded_and_claims_nothing() -> None:
    day = Day(online=False)
    day.give(inputs.BadgeShown(samples.RECEIVER), form("strange", commission=None))
    assert day.phase() is Phase.BLIND
    day.give(scan(BLOCKS[0]), scan(BLOCKS[1]), inputs.LayerPhotographed(PHOTO))
    day.give(inputs.ScanFinished())

    closing = day.events()[-1]
    assert isinstance(closing, events.DeliveryRecordedUnverified)
    assert (closing.specimens, closing.groups, closing.provisional) == (0, (), True)
    day.give(inputs.Committed(RECEIPT))
    assert day.phase() is Phase.HELD


def test_a_missing_witness_form_stops_at_the_papers() -> None:
    day = Day()
    day.give(inputs.BadgeShown(samples.RECEIVER), form())
    day.give(inputs.SignaturesSeen(tuple(Role)), inputs.FormsConfirmed())

    assert day.phase() is Phase.OPENED
    assert Code.WITNESS_FORM_MISSING in day.codes()


def test_the_witness_form_may_come_first() -> None:
    day = Day()
    day.give(inputs.BadgeShown(samples.RECEIVER), form("witness-form-1"))
    day.give(inputs.SignaturesSeen(tuple(Role)), inputs.FormsConfirmed())
    assert day.phase() is Phase.OPENED
    day.give(form(), inputs.FormsConfirmed())
    assert day.phase() is Phase.IDENTIFY


def test_forms_of_two_commissions_do_not_pair() -> None:
    other = replace(
        COMMISSION, commission=type(COMMISSION.commission)("commission-2"), form_code="form-2"
    )
    day = Day()
    day.give(inputs.BadgeShown(samples.RECEIVER), form(), form("form-2", commission=other))
    day.give(inputs.SignaturesSeen(tuple(Role)), inputs.FormsConfirmed())

    assert Code.FORMS_DIFFER in day.codes()
    assert day.phase() is Phase.OPENED


def test_a_matched_face_is_the_deliverer() -> None:
    day = opened()
    day.give(inputs.FormsConfirmed(), inputs.FaceJudged(samples.COURIER, samples.GRANTS, MATCH))

    assert day.phase() is Phase.SCANNING
    assert isinstance(day.events()[-1], events.DelivererVerified)


def test_two_failed_faces_lead_to_the_path_of_equal_rank() -> None:
    day = opened()
    miss = replace(MATCH, verdict="no_match", score=0.1)
    day.give(inputs.FormsConfirmed(), inputs.FaceJudged(None, (), miss))
    assert day.phase() is Phase.IDENTIFY
    day.give(inputs.FaceJudged(None, (), miss))
    assert day.phase() is Phase.ALT_IDENTITY


def test_a_failed_attack_check_is_never_outvoted_by_the_score() -> None:
    day = opened()
    fake = replace(MATCH, score=1.0, liveness="failed")
    day.give(inputs.FormsConfirmed(), inputs.FaceJudged(samples.COURIER, samples.GRANTS, fake))

    assert day.phase() is Phase.IDENTIFY
    assert Code.LIVENESS_FAIL in day.codes()


def test_no_engine_means_the_face_free_path_at_once() -> None:
    day = opened()
    day.give(inputs.FormsConfirmed(), inputs.FaceJudged(None, (), None))

    assert day.phase() is Phase.ALT_IDENTITY
    assert not any(isinstance(event, events.DelivererRejected) for event in day.events())


def test_a_person_without_a_grant_cannot_deliver_and_the_delivery_is_refused() -> None:
    day = opened()
    day.give(inputs.FormsConfirmed(), inputs.AlternativeChosen())
    day.give(inputs.DocumentSeen(samples.STRANGER))
    day.give(inputs.SecondConfirmed(samples.SECOND, samples.GRANTS))

    assert day.phase() is Phase.ALT_IDENTITY
    assert Code.DELIVERER_NOT_GRANTED in day.codes()
    day.give(inputs.DeliveryEnded(Choice.REFUSE, None), inputs.Committed(RECEIPT))
    assert day.phase() is Phase.CLOSED
    assert isinstance(day.events()[-1], events.DeliveryRefused)


def test_the_receiver_cannot_be_the_second_person() -> None:
    day = opened()
    day.give(inputs.FormsConfirmed(), inputs.AlternativeChosen())
    day.give(inputs.DocumentSeen(samples.COURIER))
    day.give(inputs.SecondConfirmed(samples.RECEIVER, samples.GRANTS))

    assert day.phase() is Phase.ALT_IDENTITY


def test_a_forged_code_is_kept_refused_and_alarmed() -> None:
    day = identified()
    day.give(inputs.ChipScanned(samples.reading("V1.BAD"), NotOurs(Flaw.SIGNATURE, "s-1-1")))

    refused = day.events()[-1]
    assert isinstance(refused, events.ScanRefused)
    assert refused.alarm
    assert refused.payload_hex == b"V1.BAD".hex()
    assert day.desk.delivery is not None
    assert len(day.desk.delivery.strays) == 1


def test_the_same_refused_code_twice_is_one_stray_and_one_event() -> None:
    day = identified()
    forged = inputs.ChipScanned(samples.reading("V1.BAD"), NotOurs(Flaw.SIGNATURE, ""))
    day.give(forged, forged)

    assert sum(isinstance(event, events.ScanRefused) for event in day.events()) == 1


def test_a_second_read_within_seconds_is_silent_and_later_counts_once() -> None:
    day = identified()
    day.give(scan(BLOCKS[0]))
    silent = day.give(scan(BLOCKS[0], last_read_s=0.5))
    assert (silent.signal, silent.events) == (None, ())
    day.give(scan(BLOCKS[0], last_read_s=60.0))

    assert day.codes() == (Code.DUPLICATE_SCAN,)
    assert day.desk.delivery is not None
    assert len(day.desk.delivery.blocks) == 1


def test_the_last_block_of_a_group_says_so() -> None:
    day = identified()
    day.give(scan(BLOCKS[0]), scan(BLOCKS[1]))
    said = day.give(scan(BLOCKS[2]))

    assert said.signal is not None
    assert said.signal.outcome is Outcome.GROUP_COMPLETE


def test_an_undone_scan_stays_on_the_record() -> None:
    day = identified()
    day.give(scan(BLOCKS[0]), inputs.ScanUndone())

    delivery = day.desk.delivery
    assert delivery is not None
    assert delivery.blocks == ()
    assert [(each.specimen, each.undone) for each in delivery.strays] == [(BLOCKS[0], True)]
    assert isinstance(day.events()[-1], events.ScanUndone)


def test_inspection_needs_a_seal_verdict_and_a_layer_photograph() -> None:
    day = identified()
    day.give(scan(BLOCKS[0]), inputs.ScanFinished(), inputs.InspectionFinished())
    assert day.codes() == (Code.NOT_NOW,)
    day.give(inputs.SealJudged(SealState.INTACT), inputs.InspectionFinished())
    assert day.phase() is Phase.INSPECT
    day.give(inputs.LayerPhotographed(PHOTO), inputs.InspectionFinished())
    assert day.phase() is Phase.RECONCILE


def test_a_damaged_block_holds_its_group() -> None:
    day = identified()
    day.give(*(scan(block) for block in BLOCKS))
    day.give(inputs.LayerPhotographed(PHOTO), inputs.ScanFinished())
    day.give(inputs.DefectMarked(BLOCKS[0], "crack", PHOTO), inputs.SealJudged(SealState.INTACT))
    day.give(inputs.InspectionFinished())

    assert day.desk.delivery is not None
    finals = [outcome.final for outcome in day.desk.delivery.outcomes]
    assert finals == [Choice.HOLD, Choice.ACCEPT]


def test_an_override_by_two_persons_never_touches_a_safety_code() -> None:
    day = reconciled(BLOCKS[:-1])
    group = COMMISSION.groups[1].group
    day.give(inputs.OverrideProposed(Code.CLONE_SUSPECT, group, "no", samples.SUPERVISOR))

    assert day.desk.delivery is not None
    assert day.desk.delivery.overrides == ()
    day.give(inputs.OverrideProposed(Code.MISSING_BLOCK, group, "no", samples.SUPERVISOR))
    assert [outcome.final for outcome in day.desk.delivery.outcomes] == [Choice.ACCEPT, Choice.HOLD]


def test_offline_makes_a_receipt_provisional_until_the_platform_confirms() -> None:
    day = reconciled(online=False)
    day.give(inputs.ReconcileAccepted(), inputs.ReceiptSigned(acknowledged=True))
    closing = day.events()[-1]
    assert isinstance(closing, events.DeliveryReceived)
    assert closing.provisional
    day.give(inputs.Committed(RECEIPT))

    delivery = day.desk.delivery
    assert delivery is not None
    assert apply_decision(delivery, Decision.DISPUTED).provisional
    confirmed = apply_decision(delivery, Decision.CONFIRMED)
    assert (confirmed.provisional, confirmed.phase) == (False, Phase.CONFIRMED)


def test_a_stale_roster_makes_a_receipt_provisional() -> None:
    day = reconciled(roster_age_h=30.0)

    assert day.desk.delivery is not None
    assert day.desk.delivery.provisional


def test_a_parked_delivery_comes_back_with_the_same_list() -> None:
    day = identified()
    day.give(scan(BLOCKS[0]))
    parked = day.desk.delivery
    day.give(inputs.Parked())
    assert day.phase() is Phase.READY
    assert parked is not None
    day.give(inputs.Resumed(parked))
    assert day.desk.delivery == parked


def test_a_commit_that_nobody_asked_for_is_a_defect_of_ours() -> None:
    day = identified()
    with pytest.raises(BrokenInvariant):
        day.give(inputs.Committed(RECEIPT))


def test_every_phase_of_the_workflow_has_its_place_in_the_table() -> None:
    named = {phase for _, phases, _ in TABLE for phase in phases}

    assert named == set(Phase)
