"""One read: authenticity, duplicates, membership (A8, A7, A4); appearance and seal."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import samples
from rules import shipped

from edge.core.carriers import (
    BadgeCode,
    Carrier,
    ChipCode,
    CommandCode,
    Flaw,
    FormCode,
    NotOurs,
    ScannedCode,
    Trust,
)
from edge.core.checks_blocks import (
    RECEIVABLE,
    RECEIVED,
    KnownChip,
    check_carriers,
    check_inspection,
    check_scan,
    may_bind,
)
from edge.core.codes import SAFETY, Code
from edge.core.commission import Commission
from edge.core.custody import Custody
from edge.core.findings import Finding
from edge.core.ids import CommissionId, DeviceId, GroupId, LabId, PersonId, ProjectId, SpecimenId
from edge.core.moments import TimeQuality
from edge.core.policy import judge
from edge.core.specimen import Specimen, SpecimenState

RULES = shipped()
FORM = samples.commission()
BLOCK = FORM.blocks()[0].specimen
BOUND = samples.binding(BLOCK, FORM)
OTHER_LAB = LabId("lab-2")


def codes(found: tuple[Finding, ...]) -> list[Code]:
    return [each.code for each in found]


def scan(
    code: ScannedCode | None = None,
    *,
    commission: Commission | None = FORM,
    quality: TimeQuality = TimeQuality.SYNCED,
    **known: Any,
) -> list[Code]:
    return codes(
        check_scan(
            code or samples.chip(BLOCK),
            known=replace(KnownChip(bindings=(BOUND,)), **known),
            commission=commission,
            lab=samples.LAB,
            now=samples.instant(quality=quality),
            rules=RULES,
        )
    )


def seen(
    state: SpecimenState, *, lab: LabId = samples.LAB, minutes_ago: float = 300, own: bool = False
) -> Custody:
    at = samples.NOW - timedelta(minutes=minutes_ago)
    return Custody(BLOCK, state, at, lab, DeviceId("desk-7"), own=own)


def test_a_bound_chip_of_this_commission_passes() -> None:
    assert scan() == []


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (NotOurs(Flaw.NOT_TEXT), Code.CODE_NOT_OURS),
        (NotOurs(Flaw.SYNTAX), Code.CODE_NOT_OURS),
        (NotOurs(Flaw.HOST), Code.CODE_NOT_OURS),
        (NotOurs(Flaw.CHECK_CHARACTER), Code.CHIP_UNREADABLE),
        (NotOurs(Flaw.UNKNOWN_KEY), Code.CODE_FORGED),
        (NotOurs(Flaw.KEY_EXPIRED), Code.CODE_REVOKED),
        (NotOurs(Flaw.SIGNATURE, BLOCK), Code.CODE_FORGED),
        (BadgeCode(PersonId("p-1"), Trust.SIGNED), Code.CODE_NOT_OURS),
        (CommandCode("in"), Code.CODE_NOT_OURS),
        (FormCode("form-1"), Code.CODE_NOT_OURS),
        (ChipCode(BLOCK, Trust.UNSIGNED), Code.CODE_UNSIGNED),
        (ChipCode(BLOCK, Trust.CHECKED), Code.CODE_UNSIGNED),
    ],
)
def test_each_layer_of_authenticity_has_its_own_word(code: ScannedCode, expected: Code) -> None:
    assert scan(code) == [expected]


def test_every_flaw_has_a_code_and_stops_the_block() -> None:
    for flaw in Flaw:
        found = check_scan(
            NotOurs(flaw),
            known=KnownChip(),
            commission=FORM,
            lab=samples.LAB,
            now=samples.instant(),
            rules=RULES,
        )
        assert not judge(found, RULES).passes


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"bindings": ()}, []),
        ({"bindings": (replace(BOUND, lab=OTHER_LAB),)}, [Code.WRONG_LAB]),
        ({"bindings": (replace(BOUND, group=GroupId("group-9")),)}, [Code.BIND_CONFLICT]),
        ({"bindings": (BOUND, BOUND)}, []),
        (
            {"bindings": (BOUND, replace(BOUND, group=GroupId("group-9")))},
            [Code.BIND_CONFLICT],
        ),
    ],
)
def test_a_listed_block_is_bound_to_its_group_only(
    known: dict[str, Any], expected: list[Code]
) -> None:
    assert scan(**known) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (None, [Code.CODE_UNKNOWN]),
        ({"project": ProjectId("tower-2")}, [Code.WRONG_PROJECT]),
        ({"commission": CommissionId("commission-2")}, [Code.NOT_IN_COMMISSION]),
        ({}, [Code.NOT_IN_GROUP]),
        (
            {"project": ProjectId("tower-2"), "lab": OTHER_LAB},
            [Code.WRONG_LAB, Code.WRONG_PROJECT],
        ),
    ],
)
def test_a_block_that_is_not_listed_is_told_its_true_place(
    changes: dict[str, Any] | None, expected: list[Code]
) -> None:
    foreign = SpecimenId("s-9-1")
    binding = replace(BOUND, specimen=foreign, group=GroupId("group-9"))
    bindings = () if changes is None else (replace(binding, **changes),)

    assert scan(samples.chip(foreign), bindings=bindings) == expected


def test_without_a_commission_only_code_and_history_are_judged() -> None:
    assert scan(commission=None, bindings=()) == []
    assert scan(commission=None) == []
    elsewhere = seen(SpecimenState.ACCEPTED, lab=OTHER_LAB)
    assert scan(commission=None, bindings=(), platform=elsewhere) == [Code.RECEIVED_ELSEWHERE]


@pytest.mark.parametrize(
    ("last_read_s", "expected"),
    [
        (0.0, []),
        (3.0, []),
        (3.01, [Code.DUPLICATE_SCAN]),
        (None, [Code.DUPLICATE_SCAN]),
    ],
)
def test_a_second_read_is_silent_at_first_and_then_said(
    last_read_s: float | None, expected: list[Code]
) -> None:
    assert scan(counted=frozenset({BLOCK}), last_read_s=last_read_s) == expected


EXPECTED_HERE = {
    SpecimenState.ISSUED: [Code.STAGE_NOT_ALLOWED],
    SpecimenState.BOUND: [Code.STAGE_NOT_ALLOWED],
    SpecimenState.SAMPLED: [],
    SpecimenState.CURING: [Code.STAGE_NOT_ALLOWED],
    SpecimenState.CURED_DUE: [],
    SpecimenState.PRESENTED: [],
    SpecimenState.IDENTIFIED: [],
    SpecimenState.ACCEPTED: [Code.ALREADY_RECEIVED_HERE],
    SpecimenState.LAB_CURING: [Code.ALREADY_RECEIVED_HERE],
    SpecimenState.OUT_FOR_TEST: [Code.ALREADY_RECEIVED_HERE, Code.STAGE_NOT_ALLOWED],
    SpecimenState.TESTED: [Code.ALREADY_RECEIVED_HERE, Code.STAGE_NOT_ALLOWED],
    SpecimenState.RETAINED: [Code.ALREADY_RECEIVED_HERE, Code.STAGE_NOT_ALLOWED],
    SpecimenState.DISPOSED: [Code.ALREADY_RECEIVED_HERE, Code.STAGE_NOT_ALLOWED],
    SpecimenState.HELD: [],
    SpecimenState.REFUSED: [],
    SpecimenState.LOST: [Code.STAGE_NOT_ALLOWED],
    SpecimenState.BROKEN: [Code.STAGE_NOT_ALLOWED],
    SpecimenState.CLONE_SUSPECT: [Code.CLONE_SUSPECT],
    SpecimenState.EXPIRED: [Code.OVERDUE],
}


@pytest.mark.parametrize("source", ["own", "platform"])
@pytest.mark.parametrize("state", SpecimenState)
def test_peer_defect_a_code_already_curing_or_out_passes(state: SpecimenState, source: str) -> None:
    known: dict[str, Any] = {source: seen(state)}

    assert scan(**known) == EXPECTED_HERE[state]


@pytest.mark.parametrize("state", SpecimenState)
def test_what_another_lab_received_or_holds_is_not_received_here(state: SpecimenState) -> None:
    found = scan(platform=seen(state, lab=OTHER_LAB))

    if state in RECEIVED:
        assert found == [Code.RECEIVED_ELSEWHERE]
    elif state is SpecimenState.HELD:
        assert found == [Code.STAGE_NOT_ALLOWED]
    else:
        assert found == EXPECTED_HERE[state]


def test_no_state_is_both_received_and_receivable() -> None:
    assert RECEIVED.isdisjoint(RECEIVABLE)
    assert set(EXPECTED_HERE) == set(SpecimenState)


def test_an_earlier_receipt_says_when_and_in_which_delivery() -> None:
    known = KnownChip((BOUND,), own=seen(SpecimenState.ACCEPTED, own=True))
    (found,) = check_scan(
        samples.chip(BLOCK),
        known=known,
        commission=FORM,
        lab=samples.LAB,
        now=samples.instant(),
        rules=RULES,
    )

    assert dict(found.facts) == {
        "state": "accepted",
        "lab": "lab-1",
        "at": "2026-11-22T21:00:00.000Z",
        "device": "desk-7",
        "delivery": "-",
    }


@pytest.mark.parametrize(
    ("lab", "minutes_ago", "quality", "expected"),
    [
        (OTHER_LAB, 30, TimeQuality.SYNCED, [Code.CLONE_SUSPECT]),
        (OTHER_LAB, 30.1, TimeQuality.SYNCED, []),
        (OTHER_LAB, -30, TimeQuality.HOLDOVER, [Code.CLONE_SUSPECT]),
        (OTHER_LAB, 1, TimeQuality.UNTRUSTED, []),
        (samples.LAB, 1, TimeQuality.SYNCED, []),
    ],
)
def test_one_chip_at_two_labs_within_a_journey_is_a_copy(
    lab: LabId, minutes_ago: float, quality: TimeQuality, expected: list[Code]
) -> None:
    platform = seen(SpecimenState.PRESENTED, lab=lab, minutes_ago=minutes_ago)

    assert scan(platform=platform, quality=quality) == expected


def test_own_word_and_platform_word_are_both_heard_and_said_once() -> None:
    own = seen(SpecimenState.ACCEPTED, own=True)
    elsewhere = seen(SpecimenState.ACCEPTED, lab=OTHER_LAB)

    assert scan(own=own, platform=own) == [Code.ALREADY_RECEIVED_HERE]
    assert scan(own=own, platform=elsewhere) == [
        Code.ALREADY_RECEIVED_HERE,
        Code.RECEIVED_ELSEWHERE,
    ]


QR, NFC = Carrier.QR, Carrier.NFC


@pytest.mark.parametrize(
    ("read", "agree"),
    [
        ((), True),
        (((QR, ChipCode(BLOCK, Trust.SIGNED, "04aa")),), True),
        (((QR, ChipCode(BLOCK, Trust.SIGNED, "04aa")), (NFC, ChipCode(BLOCK, Trust.SIGNED))), True),
        (
            (
                (QR, ChipCode(BLOCK, Trust.SIGNED, "04aa")),
                (NFC, ChipCode(BLOCK, Trust.SIGNED, "04aa")),
            ),
            True,
        ),
        (
            (
                (QR, ChipCode(BLOCK, Trust.SIGNED, "04aa")),
                (NFC, ChipCode(BLOCK, Trust.SIGNED, "04bb")),
            ),
            False,
        ),
        (
            (
                (QR, ChipCode(BLOCK, Trust.SIGNED)),
                (NFC, ChipCode(SpecimenId("s-9-1"), Trust.SIGNED)),
            ),
            False,
        ),
        (((QR, ChipCode(BLOCK, Trust.SIGNED)), (NFC, NotOurs(Flaw.SIGNATURE))), False),
    ],
)
def test_the_carriers_of_one_block_agree(
    read: tuple[tuple[Carrier, ScannedCode], ...], *, agree: bool
) -> None:
    assert codes(check_carriers(read)) == ([] if agree else [Code.CARRIERS_DISAGREE])


@pytest.mark.parametrize(
    ("specimen", "uid", "agree"),
    [(BLOCK, "04aa", True), (BLOCK, None, True), (BLOCK, "04bb", False), ("s-9-1", None, False)],
)
def test_carriers_agree_with_the_registry(specimen: str, uid: str | None, *, agree: bool) -> None:
    registered = Specimen(BLOCK, 1, uid="04aa")
    read = ((QR, ChipCode(SpecimenId(specimen), Trust.SIGNED, uid)),)
    found = check_carriers(read, registered=registered)

    assert codes(found) == ([] if agree else [Code.CARRIERS_DISAGREE])


@pytest.mark.parametrize("state", SpecimenState)
def test_peer_defect_a_chip_is_bound_again_in_some_state(state: SpecimenState) -> None:
    assert codes(may_bind(BLOCK, state=state, bindings=(BOUND,))) == [Code.BIND_CONFLICT]
    free = codes(may_bind(BLOCK, state=state, bindings=()))
    assert free == ([] if state is SpecimenState.ISSUED else [Code.BIND_CONFLICT])


def test_a_chip_that_was_never_issued_is_not_bound() -> None:
    assert codes(may_bind(BLOCK, state=None, bindings=())) == [Code.CODE_UNKNOWN]
    assert Code.BIND_CONFLICT in SAFETY


@pytest.mark.parametrize(
    ("defects", "seal", "expected"),
    [
        ({}, "intact", []),
        ({BLOCK: ()}, "intact", []),
        ({BLOCK: ("crack", "honeycomb")}, "intact", [Code.DAMAGED]),
        ({}, "broken", [Code.SEAL_BROKEN]),
        ({}, "absent", [Code.SEAL_ABSENT]),
        ({}, "", [Code.SEAL_ABSENT]),
        ({BLOCK: ("crack",)}, "broken", [Code.DAMAGED, Code.SEAL_BROKEN]),
    ],
)
def test_appearance_and_seal_are_intact(
    defects: dict[SpecimenId, tuple[str, ...]], seal: str, expected: list[Code]
) -> None:
    found = check_inspection(defects, seal=seal, subject="group-1")

    assert codes(found) == expected


def test_a_damaged_block_names_its_defects() -> None:
    (found,) = check_inspection({BLOCK: ("crack", "void")}, seal="intact", subject="group-1")

    assert (found.subject, found.facts) == (BLOCK, (("defects", "crack void"),))
