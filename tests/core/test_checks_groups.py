"""What happened on site, the age of a group, and whether all of it is here (A1, A2, A4, A9)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import samples
from rules import shipped

from edge.core.checks_groups import (
    check_completeness,
    check_trail,
    photographs_owed,
)
from edge.core.codes import Code
from edge.core.findings import Finding
from edge.core.ids import OrgId, PersonId
from edge.core.moments import Casting, TimeQuality
from edge.core.rulesets import RuleSet
from edge.core.specimen import (
    Confirmation,
    Curing,
    Group,
    GroupKind,
    Stage,
    StageRecord,
)

NANCHANG, HUBEI = shipped("nanchang-2023"), shipped("hubei-2022")
GROUP = samples.group(1)
CAST_AT = datetime(2026, 10, 26, 2, 0, tzinfo=UTC)
STAGES = tuple(Stage)


def codes(found: tuple[Finding, ...]) -> list[Code]:
    return [each.code for each in found]


def facts(found: tuple[Finding, ...]) -> list[dict[str, str]]:
    return [dict(each.facts) for each in found]


def with_stage(stage: Stage, group: Group = GROUP, **changes: Any) -> Group:
    trail = tuple(
        replace(record, **changes) if record.stage is stage else record for record in group.trail
    )
    return replace(group, trail=trail)


def without(*stages: Stage, group: Group = GROUP) -> Group:
    return replace(group, trail=tuple(r for r in group.trail if r.stage not in stages))


def apart(**span: float) -> Group:
    """The sampling signed by both parties that far apart."""
    record = GROUP.stage(Stage.SAMPLING)
    assert record is not None
    assert record.tester is not None
    witness = Confirmation(
        samples.WITNESS.person, samples.WATCH_ORG, record.tester.at + timedelta(**span)
    )
    return with_stage(Stage.SAMPLING, witness=witness)


def test_a_clean_trail_says_nothing() -> None:
    assert check_trail(GROUP, rules=NANCHANG, now=samples.instant()) == ()


@pytest.mark.parametrize(
    ("span", "rules", "minutes"),
    [
        ({"minutes": 60}, NANCHANG, None),
        ({"minutes": -60}, NANCHANG, None),
        ({"minutes": 60, "seconds": 1}, NANCHANG, "60.1"),
        ({"minutes": -60, "seconds": -1}, NANCHANG, "60.1"),
        ({"minutes": 90}, NANCHANG, "90.0"),
        ({"minutes": 30}, HUBEI, None),
        ({"minutes": 30, "seconds": 1}, HUBEI, "30.1"),
        ({"minutes": 45}, NANCHANG, None),
        ({"minutes": 45}, HUBEI, "45.0"),
    ],
)
def test_both_confirm_within_the_limit_ends_included(
    span: dict[str, float], rules: RuleSet, minutes: str | None
) -> None:
    found = check_trail(apart(**span), rules=rules)
    late = tuple(each for each in found if each.code is Code.INTERVAL_EXCEEDED)

    assert [each["minutes"] for each in facts(late)] == ([] if minutes is None else [minutes])


@pytest.mark.parametrize("stage", STAGES)
def test_the_interval_is_judged_at_every_stage(stage: Stage) -> None:
    record = GROUP.stage(stage)
    assert record is not None
    assert record.tester is not None
    late = replace(record.tester, at=record.tester.at + timedelta(minutes=80))
    found = check_trail(with_stage(stage, tester=late), rules=NANCHANG)

    assert [(each.code, dict(each.facts)["stage"]) for each in found] == [
        (Code.INTERVAL_EXCEEDED, stage.value)
    ]


@pytest.mark.parametrize(
    ("person", "org", "same"),
    [
        (samples.WITNESS.person, samples.WATCH_ORG, None),
        (samples.TESTER.person, samples.WATCH_ORG, "person"),
        (samples.WITNESS.person, samples.SITE_ORG, "org"),
        (samples.TESTER.person, samples.SITE_ORG, "person"),
    ],
)
def test_tester_and_witness_are_two_persons_of_two_companies(
    person: PersonId, org: OrgId, same: str | None
) -> None:
    record = GROUP.stage(Stage.SAMPLING)
    assert record is not None
    assert record.witness is not None
    witness = replace(record.witness, person=person, org=org)
    found = check_trail(with_stage(Stage.SAMPLING, witness=witness), rules=NANCHANG)

    assert [each["same"] for each in facts(found)] == ([] if same is None else [same])
    assert codes(found) == ([] if same is None else [Code.SIGNERS_NOT_INDEPENDENT])


@pytest.mark.parametrize("stage", STAGES)
def test_a_missing_stage_is_listed(stage: Stage) -> None:
    found = check_trail(without(stage), rules=NANCHANG)

    assert codes(found) == [Code.STAGE_MISSING]
    assert facts(found) == [{"stage": stage.value}]


def test_a_stage_signed_by_one_party_is_not_confirmed() -> None:
    found = check_trail(with_stage(Stage.SAMPLING, witness=None), rules=NANCHANG)

    assert codes(found) == [Code.STAGE_MISSING]
    assert facts(found) == [{"stage": "sampling", "unsigned": "witness"}]


def test_same_condition_groups_owe_no_curing_in() -> None:
    cured = replace(without(Stage.CURING_IN), curing=Curing.SAME_CONDITION)
    bare = replace(without(Stage.CURING_IN, Stage.CURING_END), curing=Curing.SAME_CONDITION)

    assert check_trail(cured, rules=NANCHANG) == ()
    assert facts(check_trail(bare, rules=NANCHANG)) == [{"stage": "curing_end"}]


@pytest.mark.parametrize(
    ("day", "quality", "expected"),
    [
        (2, TimeQuality.SYNCED, []),
        (28, TimeQuality.SYNCED, [Code.STAGE_MISSING, Code.STAGE_MISSING]),
        (40, TimeQuality.HOLDOVER, [Code.STAGE_MISSING, Code.STAGE_MISSING]),
        (40, TimeQuality.UNTRUSTED, []),
    ],
)
def test_a_group_that_comes_early_for_lab_curing_owes_no_curing_stage(
    day: int, quality: TimeQuality, expected: list[Code]
) -> None:
    bare = without(Stage.CURING_IN, Stage.CURING_END)
    now = samples.instant(quality=quality, start=CAST_AT + timedelta(days=day))

    assert codes(check_trail(bare, rules=NANCHANG, now=now)) == expected


def test_a_group_that_left_a_site_room_early_owes_the_end_of_its_curing() -> None:
    early = samples.instant(start=CAST_AT + timedelta(days=10))
    found = check_trail(without(Stage.CURING_END), rules=NANCHANG, now=early)

    assert facts(found) == [{"stage": "curing_end"}]


def moved(stage: Stage, **span: float) -> Group:
    """A stage whose two signatures stand that far after casting."""
    record = GROUP.stage(stage)
    assert record is not None
    assert record.tester is not None
    assert record.witness is not None
    at = CAST_AT + timedelta(**span)
    return with_stage(
        stage, tester=replace(record.tester, at=at), witness=replace(record.witness, at=at)
    )


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        (moved(Stage.SAMPLING), []),
        (moved(Stage.SAMPLING, seconds=-1), [{"stage": "sampling", "before": "cast"}]),
        (moved(Stage.SAMPLING, days=1, hours=2), [{"stage": "curing_in", "before": "sampling"}]),
        (moved(Stage.CURING_END, hours=20), [{"stage": "curing_end", "before": "curing_in"}]),
        (moved(Stage.CURING_IN, hours=48), []),
        (
            moved(Stage.CURING_IN, hours=49),
            [{"stage": "curing_in", "hours": "49", "limit_h": "48"}],
        ),
        (moved(Stage.CURING_END, days=28), []),
        (moved(Stage.CURING_END, days=28, seconds=1), [{"stage": "curing_end", "after": "now"}]),
    ],
)
def test_stages_follow_each_other(group: Group, expected: list[dict[str, str]]) -> None:
    found = check_trail(group, rules=NANCHANG, now=samples.instant())

    assert facts(found) == expected
    assert set(codes(found)) <= {Code.STAGE_ORDER}


def test_with_a_date_only_the_order_is_judged_only_where_it_is_sure() -> None:
    dated = replace(GROUP, casting=Casting(date(2026, 10, 26)))
    tight = replace(moved(Stage.CURING_IN, hours=61), casting=dated.casting)
    late = replace(moved(Stage.CURING_IN, hours=63), casting=dated.casting)

    assert check_trail(dated, rules=NANCHANG) == ()
    assert check_trail(tight, rules=NANCHANG) == ()
    assert codes(check_trail(late, rules=NANCHANG)) == [Code.STAGE_ORDER]


def test_a_late_curing_in_means_nothing_for_same_condition() -> None:
    late = replace(moved(Stage.CURING_IN, hours=90), curing=Curing.SAME_CONDITION)

    assert check_trail(late, rules=NANCHANG) == ()


@pytest.mark.parametrize(
    ("stage", "need"),
    [(Stage.SLUMP, 1), (Stage.SAMPLING, 2), (Stage.CURING_IN, 3), (Stage.CURING_END, 6)],
)
def test_photographs_are_counted_for_each_stage(stage: Stage, need: int) -> None:
    enough = check_trail(with_stage(stage, photos=need), rules=NANCHANG)
    short = check_trail(with_stage(stage, photos=need - 1), rules=NANCHANG)

    assert enough == ()
    assert codes(short) == [Code.EVIDENCE_INCOMPLETE]
    assert facts(short) == [{"stage": stage.value, "n": str(need - 1), "m": str(need)}]


@pytest.mark.parametrize(
    ("kind", "blocks", "total"), [(GroupKind.COMPRESSIVE, 3, 11), (GroupKind.IMPERMEABILITY, 6, 20)]
)
def test_a_group_carries_its_photographs_and_one_of_the_batch(
    kind: GroupKind, blocks: int, total: int
) -> None:
    group = samples.group(1, kind=kind, blocks=blocks)
    rules = NANCHANG.stages[Curing.STANDARD]

    assert sum(photographs_owed(rule, group) for rule in rules if not rule.per_batch) == total
    assert sum(photographs_owed(rule, group) for rule in rules if rule.per_batch) == 1


@pytest.mark.parametrize(("gps_ok", "expected"), [(True, 0), (None, 0), (False, 1)])
def test_position_switched_off_is_incomplete_evidence(
    *, gps_ok: bool | None, expected: int
) -> None:
    found = check_trail(with_stage(Stage.SAMPLING, gps_ok=gps_ok), rules=NANCHANG)

    assert codes(found) == [Code.EVIDENCE_INCOMPLETE] * expected


@pytest.mark.parametrize(
    ("distance_m", "rules", "expected"),
    [
        (500.0, HUBEI, []),
        (501.0, HUBEI, [Code.PLACE_TOO_FAR]),
        (None, HUBEI, []),
        (501.0, NANCHANG, []),
    ],
)
def test_sampling_far_from_the_site_counts_where_a_distance_is_set(
    distance_m: float | None, rules: RuleSet, expected: list[Code]
) -> None:
    group = with_stage(Stage.SAMPLING, distance_m=distance_m)

    assert codes(check_trail(group, rules=rules)) == expected
    room = with_stage(Stage.CURING_IN, distance_m=distance_m)
    assert check_trail(room, rules=rules) == ()


SEEN = frozenset(block.specimen for block in GROUP.specimens)


def test_a_whole_group_is_complete_whatever_else_was_seen() -> None:
    others = frozenset(block.specimen for block in samples.group(2).specimens)

    assert check_completeness(GROUP, seen=SEEN | others, rules=NANCHANG) == ()


def test_missing_blocks_are_named_by_their_numbers() -> None:
    one = frozenset({GROUP.specimens[1].specimen})
    found = check_completeness(GROUP, seen=one, rules=NANCHANG)

    assert codes(found) == [Code.MISSING_BLOCK]
    assert facts(found) == [{"numbers": "1 3", "seen": "1", "bound": "3"}]


@pytest.mark.parametrize(
    ("kind", "blocks", "expected"),
    [
        (GroupKind.COMPRESSIVE, 3, []),
        (GroupKind.COMPRESSIVE, 2, [Code.MISSING_BLOCK]),
        (GroupKind.COMPRESSIVE, 4, [Code.NOT_IN_GROUP]),
        (GroupKind.IMPERMEABILITY, 6, []),
        (GroupKind.IMPERMEABILITY, 3, [Code.MISSING_BLOCK]),
        (GroupKind.DEMOULD, 3, []),
        (GroupKind.MATURITY_600, 3, []),
    ],
)
def test_a_group_has_the_size_of_its_kind(
    kind: GroupKind, blocks: int, expected: list[Code]
) -> None:
    group = samples.group(1, kind=kind, blocks=blocks)
    seen = frozenset(block.specimen for block in group.specimens)

    assert codes(check_completeness(group, seen=seen, rules=NANCHANG)) == expected


def test_a_stage_without_any_record_of_time_breaks_no_order() -> None:
    bare = replace(GROUP, trail=tuple(StageRecord(stage, photos=6) for stage in Stage))
    found = check_trail(bare, rules=NANCHANG)

    assert set(codes(found)) == {Code.STAGE_MISSING}
    assert len(found) == 8
