"""Age windows and maturity (A2): what is said of a group's age when it is brought."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import samples
from hypothesis import given, settings
from hypothesis import strategies as st
from rules import shipped

from edge.core.checks_groups import (
    PAST_AGE,
    check_age,
    due_of,
)
from edge.core.codes import Code
from edge.core.findings import Finding
from edge.core.moments import CHINA, Casting, Due, Instant, TimeQuality
from edge.core.specimen import (
    Curing,
    Group,
    GroupKind,
    SpecimenState,
    Stage,
)

NANCHANG, HUBEI = shipped("nanchang-2023"), shipped("hubei-2022")
GROUP = samples.group(1)
CAST_AT = datetime(2026, 10, 26, 2, 0, tzinfo=UTC)
STAGES = tuple(Stage)


def codes(found: tuple[Finding, ...]) -> list[Code]:
    return [each.code for each in found]


def facts(found: tuple[Finding, ...]) -> list[dict[str, str]]:
    return [dict(each.facts) for each in found]


def without(*stages: Stage, group: Group = GROUP) -> Group:
    return replace(group, trail=tuple(r for r in group.trail if r.stage not in stages))


def age(
    at: datetime, group: Group = GROUP, quality: TimeQuality = TimeQuality.SYNCED
) -> tuple[Finding, ...]:
    return check_age(group, now=Instant(at, 0, quality), rules=NANCHANG)


DATED = replace(GROUP, casting=Casting(date(2026, 3, 2)))


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, 2, hour, minute, tzinfo=CHINA) + timedelta(days=day)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (local(27, 3, 59), [Code.EARLY]),
        (local(27, 4), []),
        (local(28, 12), []),
        (local(29, 20), []),
        (local(29, 20, 1), [Code.OVERDUE]),
    ],
)
def test_28_days_by_date(at: datetime, expected: list[Code]) -> None:
    assert codes(age(at, DATED)) == expected


@pytest.mark.parametrize("age_days", [1, 3, 7])
def test_short_ages_by_date_ask_for_the_casting_time(age_days: int) -> None:
    young = replace(DATED, age_days=age_days)
    found = age(local(age_days, 12), young)

    assert facts(found) == [{"ask": "casting_time"}]
    assert codes(age(local(age_days - 2, 12), young)) == [Code.EARLY]
    assert codes(age(local(age_days + 2, 12), young)) == [Code.OVERDUE]


def test_peer_defect_three_days_have_two_hours_and_not_72_minutes() -> None:
    young = replace(GROUP, age_days=3)
    due = CAST_AT + timedelta(days=3)

    assert NANCHANG.tolerance(3) == timedelta(hours=2)
    assert age(due + timedelta(minutes=73), young) == ()
    assert age(due + timedelta(hours=2), young) == ()
    assert codes(age(due + timedelta(hours=2, seconds=1), young)) == [Code.OVERDUE]
    assert codes(age(due - timedelta(hours=2, seconds=1), young)) == [Code.EARLY]


@pytest.mark.parametrize(
    ("age_days", "hours"),
    [
        (1, 0.5),
        (3, 2),
        (7, 6),
        (14, 6),
        (28, 20),
        (56, 24),
        (60, 24),
        (84, 48),
        (90, 48),
        (180, 48),
    ],
)
def test_every_age_has_its_tolerance(age_days: int, hours: float) -> None:
    assert NANCHANG.tolerance(age_days) == timedelta(hours=hours)


@pytest.mark.parametrize("state", SpecimenState)
def test_peer_defect_tested_blocks_count_as_expired_for_ever(state: SpecimenState) -> None:
    now = Instant(CAST_AT + timedelta(days=400), 0, TimeQuality.SYNCED)
    due = due_of(GROUP, now=now, rules=NANCHANG, state=state)

    assert due is (None if state in PAST_AGE else Due.OVERDUE)
    assert {SpecimenState.TESTED, SpecimenState.DISPOSED} <= PAST_AGE


def test_groups_that_wait_for_maturity_have_no_age() -> None:
    waiting = replace(GROUP, kind=GroupKind.MATURITY_600, age_days=None)

    assert age(CAST_AT, waiting) == ()
    assert due_of(waiting, now=samples.instant(), rules=NANCHANG) is None


@pytest.mark.parametrize(
    ("hours", "group", "expected"),
    [
        (48, without(Stage.CURING_IN), [Code.EARLY]),
        (49, without(Stage.CURING_IN), [Code.EARLY, Code.LATE_FOR_LAB_CURING]),
        (49, GROUP, [Code.EARLY]),
        (49, replace(without(Stage.CURING_IN), curing=Curing.SAME_CONDITION), [Code.EARLY]),
    ],
)
def test_standard_curing_begins_at_the_lab_in_time_or_is_said_to_be_late(
    hours: int, group: Group, expected: list[Code]
) -> None:
    found = age(CAST_AT + timedelta(hours=hours), group)

    assert codes(found) == expected
    assert [each.get("hours") for each in facts(found)][1:] == ["49"][: len(expected) - 1]


@settings(deadline=None)
@given(
    hours=st.integers(0, 400 * 24),
    age_days=st.sampled_from([1, 3, 7, 28, 56, 60, 90]),
    dated=st.booleans(),
)
def test_without_a_clock_nothing_is_called_early_or_overdue(
    *, hours: int, age_days: int, dated: bool
) -> None:
    base = DATED if dated else GROUP
    group = replace(without(Stage.CURING_IN, group=base), age_days=age_days)
    at = CAST_AT + timedelta(hours=hours)

    assert codes(age(at, group, TimeQuality.UNTRUSTED)) == [Code.CLOCK_UNTRUSTED]
    untrusted = Instant(at, 0, TimeQuality.UNTRUSTED)
    assert due_of(group, now=untrusted, rules=NANCHANG) is Due.CANNOT_TELL
