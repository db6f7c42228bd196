"""Papers of a delivery, its contract, and how fresh we know them."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import samples
from rules import shipped

from edge.core.checks_forms import check_contract, check_forms, check_freshness
from edge.core.codes import Code
from edge.core.commission import Commission, Contract
from edge.core.findings import Finding
from edge.core.ids import CommissionId, ContractId, LabId, PersonId, ProjectId
from edge.core.moments import TimeQuality
from edge.core.people import OrgKind, Person, Role

RULES = shipped()
FORM = samples.commission()
OTHER = replace(FORM, commission=CommissionId("commission-2"))
SIGNED = frozenset({Role.WITNESS})
TODAY = date(2026, 11, 23)


def codes(found: tuple[Finding, ...]) -> list[Code]:
    return [each.code for each in found]


def forms(
    form: Commission = FORM,
    other: Commission | None = FORM,
    signed: frozenset[Role] = SIGNED,
    witness: Person | None = samples.WITNESS,
) -> tuple[Finding, ...]:
    return check_forms(
        form,
        other,
        signatures_present=signed,
        people={witness.person: witness} if witness else {},
        lab=samples.LAB,
        rules=RULES,
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, []),
        ({"other": None}, [Code.WITNESS_FORM_MISSING]),
        ({"other": OTHER}, [Code.FORMS_DIFFER]),
        ({"form": replace(FORM, lab=LabId("lab-2"))}, [Code.WRONG_LAB]),
        ({"signed": frozenset()}, [Code.SIGNATURE_MISSING]),
        ({"signed": frozenset(Role)}, []),
        ({"form": replace(FORM, witnesses_listed=())}, [Code.WITNESS_NOT_LISTED]),
        (
            {"form": replace(FORM, witnesses_listed=(PersonId("witness-2"),))},
            [Code.WITNESS_NOT_LISTED],
        ),
        ({"witness": None}, []),
        ({"witness": replace(samples.WITNESS, org_kind=OrgKind.OWNER)}, []),
        (
            {"witness": replace(samples.WITNESS, org_kind=OrgKind.CONTRACTOR)},
            [Code.WITNESS_NOT_LISTED],
        ),
        (
            {"witness": replace(samples.WITNESS, org_kind=OrgKind.LAB)},
            [Code.WITNESS_NOT_LISTED],
        ),
        ({"witness": replace(samples.WITNESS, roles=())}, [Code.WITNESS_NOT_LISTED]),
    ],
)
def test_both_sheets_name_one_signed_commission_of_a_listed_witness(
    given: dict[str, Any], expected: list[Code]
) -> None:
    assert codes(forms(**given)) == expected


def test_each_missing_signature_is_named_once_whoever_asks_for_it() -> None:
    asked = replace(FORM, signatures_required=(Role.WITNESS, Role.TESTER, Role.RECEIVER))
    found = forms(asked, signed=frozenset({Role.RECEIVER}))

    assert [each.facts for each in found] == [(("role", "tester"),), (("role", "witness"),)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"valid_from": TODAY, "valid_until": TODAY}, []),
        ({"valid_until": date(2026, 11, 22)}, [Code.NO_CONTRACT]),
        ({"valid_from": date(2026, 11, 24)}, [Code.NO_CONTRACT]),
        ({"project": ProjectId("tower-2")}, [Code.NO_CONTRACT]),
        ({"lab": LabId("lab-2")}, [Code.NO_CONTRACT]),
        ({"contract": ContractId("contract-2")}, [Code.NO_CONTRACT]),
    ],
)
def test_a_contract_of_this_project_with_this_lab_is_valid_today(
    changes: dict[str, Any], expected: list[Code]
) -> None:
    contract = replace(samples.CONTRACT, **changes)
    found = check_contract(contract, commission=FORM, lab=samples.LAB, now=samples.instant())

    assert codes(found) == expected


@pytest.mark.parametrize(
    ("contract", "expected"),
    [
        (None, [Code.NO_CONTRACT]),
        (replace(samples.CONTRACT, valid_until=date(2020, 1, 1)), []),
        (replace(samples.CONTRACT, lab=LabId("lab-2")), [Code.NO_CONTRACT]),
    ],
)
def test_without_a_clock_only_the_dates_of_a_contract_are_left_open(
    contract: Contract | None, expected: list[Code]
) -> None:
    guess = samples.instant(quality=TimeQuality.UNTRUSTED)
    found = check_contract(contract, commission=FORM, lab=samples.LAB, now=guess)

    assert codes(found) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, []),
        ({"roster_age_h": 24.0}, []),
        ({"roster_age_h": 24.01}, [Code.ROSTER_STALE]),
        ({"roster_age_h": float("inf")}, [Code.ROSTER_STALE]),
        ({"reference_age_h": 25.0}, [Code.ROSTER_STALE]),
        ({"online": False}, [Code.OFFLINE]),
        ({"quality": TimeQuality.HOLDOVER}, []),
        ({"quality": TimeQuality.UNTRUSTED}, [Code.CLOCK_UNTRUSTED]),
    ],
)
def test_old_lists_no_link_and_no_clock_are_said(
    given: dict[str, Any], expected: list[Code]
) -> None:
    usual: dict[str, Any] = {
        "roster_age_h": 1.0,
        "reference_age_h": 1.0,
        "quality": TimeQuality.SYNCED,
        "online": True,
    }
    found = check_freshness(**(usual | given), subject="d-1", rules=RULES)

    assert codes(found) == expected


def test_data_that_never_came_is_said_to_have_no_age() -> None:
    (found,) = check_freshness(
        roster_age_h=float("inf"),
        reference_age_h=1.0,
        quality=TimeQuality.SYNCED,
        online=True,
        subject="d-1",
        rules=RULES,
    )

    assert dict(found.facts)["age_h"] == "never"
