"""A rule set turns findings into a verdict and a group's into a choice."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
import samples
from hypothesis import given, settings
from hypothesis import strategies as st
from rules import shipped

from edge.core.codes import SAFETY, Code, Severity
from edge.core.findings import Finding, finding
from edge.core.ids import GroupId, PersonId, SpecimenId
from edge.core.intake.state import Choice, Override
from edge.core.policy import judge, judge_group, may_override
from edge.core.specimen import Group

RULES = shipped()
GROUP = samples.group(1)
ALL = frozenset(block.specimen for block in GROUP.specimens)
BLOCK = GROUP.specimens[0].specimen


def override(code: Code, subject: str = GROUP.group, approver: str = "boss-1") -> Override:
    return Override(code, subject, samples.RECEIVER.person, PersonId(approver), "seen by both")


def decide(
    *found: Finding,
    seen: Iterable[SpecimenId] = ALL,
    delivery: tuple[Finding, ...] = (),
    overrides: tuple[Override, ...] = (),
    whole: bool = True,
    group: Group = GROUP,
) -> Choice:
    return judge_group(
        group,
        found,
        seen=frozenset(seen),
        delivery_findings=delivery,
        overrides=overrides,
        rules=replace(RULES, partial_by_whole_group=whole),
    )


def test_no_finding_is_the_mildest_verdict() -> None:
    verdict = judge((), RULES)

    assert (verdict.severity, verdict.reasons, verdict.passes) == (Severity.INFO, (), True)


def test_the_gravest_comes_first_and_equals_keep_their_order() -> None:
    given_codes = (
        Code.OFFLINE,
        Code.DAMAGED,
        Code.ROSTER_STALE,
        Code.CODE_FORGED,
        Code.SEAL_BROKEN,
    )
    verdict = judge((finding(code, "x") for code in given_codes), RULES)

    assert verdict.severity is Severity.ALARM
    assert verdict.codes == (
        Code.CODE_FORGED,
        Code.DAMAGED,
        Code.SEAL_BROKEN,
        Code.OFFLINE,
        Code.ROSTER_STALE,
    )


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (Code.OFFLINE, Choice.ACCEPT),
        (Code.EARLY, Choice.ACCEPT),
        (Code.DAMAGED, Choice.HOLD),
        (Code.CLONE_SUSPECT, Choice.HOLD),
        (Code.WRONG_LAB, Choice.REFUSE),
    ],
)
def test_a_group_follows_its_gravest_finding(code: Code, expected: Choice) -> None:
    found = finding(code, GROUP.group)

    assert decide(found) is expected
    assert decide(delivery=(found,)) is expected


def test_a_refusal_is_not_softened_by_an_alarm() -> None:
    found = (finding(Code.WRONG_LAB, GROUP.group), finding(Code.CLONE_SUSPECT, BLOCK))

    assert decide(*found) is Choice.REFUSE


def test_two_of_three_are_never_accepted_while_groups_are_taken_whole() -> None:
    two = sorted(ALL)[:2]

    assert decide(seen=two) is Choice.HOLD
    assert decide(seen=two, overrides=(override(Code.MISSING_BLOCK),)) is Choice.HOLD
    assert decide(seen=two, whole=False) is Choice.ACCEPT


def test_a_group_that_was_bound_too_small_is_not_accepted_either() -> None:
    small = samples.group(1, blocks=2)

    assert decide(seen=ALL, group=small) is Choice.HOLD


@pytest.mark.parametrize(
    ("given_override", "expected"),
    [
        (override(Code.DAMAGED, BLOCK), Choice.ACCEPT),
        (override(Code.DAMAGED, GROUP.group), Choice.ACCEPT),
        (override(Code.DAMAGED, "group-2"), Choice.HOLD),
        (override(Code.SEAL_ABSENT, GROUP.group), Choice.HOLD),
        (override(Code.DAMAGED, BLOCK, approver="receiver-1"), Choice.HOLD),
    ],
)
def test_two_persons_set_aside_exactly_what_they_name(
    given_override: Override, expected: Choice
) -> None:
    found = finding(Code.DAMAGED, BLOCK, defects="crack")

    assert decide(found, overrides=(given_override,)) is expected


def test_an_override_of_a_group_does_not_reach_its_delivery() -> None:
    found = finding(Code.STAGE_MISSING, "d-1")

    assert decide(delivery=(found,), overrides=(override(Code.STAGE_MISSING),)) is Choice.HOLD
    named = override(Code.STAGE_MISSING, "d-1")
    assert decide(delivery=(found,), overrides=(named,)) is Choice.ACCEPT


@pytest.mark.parametrize("code", Code)
def test_only_what_the_rule_set_names_can_be_overridden(code: Code) -> None:
    assert may_override(override(code), RULES) is (code in RULES.overridable)


@pytest.mark.parametrize("code", sorted(SAFETY))
def test_safety_is_never_overridden_whatever_a_rule_set_says(code: Code) -> None:
    lax = replace(RULES, overridable=frozenset(Code))

    assert not may_override(override(code), lax)
    assert decide(finding(code, GROUP.group), overrides=(override(code),)) is not Choice.ACCEPT


found_values = st.builds(
    finding,
    st.sampled_from(Code),
    st.sampled_from((GROUP.group, GroupId("group-2"), BLOCK, "d-1")),
)
found_lists = st.lists(found_values, max_size=6)
severities = st.dictionaries(st.sampled_from(Code), st.sampled_from(Severity))


@settings(deadline=None)
@given(found_lists, found_lists, severities)
def test_more_findings_never_make_it_milder(
    some: list[Finding], more: list[Finding], levels: dict[Code, Severity]
) -> None:
    rules = replace(RULES, severities=levels)
    few, many = judge(some, rules), judge((*some, *more), rules)

    assert few.severity <= many.severity
    assert [each.severity for each in many.reasons] == sorted(
        (each.severity for each in many.reasons), reverse=True
    )
    order = list(Choice)
    assert order.index(decide(*some)) <= order.index(decide(*some, *more))


@settings(deadline=None)
@given(st.sampled_from(sorted(SAFETY)), severities, st.sets(st.sampled_from(Code)))
def test_safety_is_never_below_hold_whatever_a_rule_set_says(
    code: Code, levels: dict[Code, Severity], overridable: set[Code]
) -> None:
    rules = replace(RULES, severities=levels, overridable=frozenset(overridable))
    found = finding(code, GROUP.group)

    assert judge((found,), rules).severity >= Severity.HOLD
    choice = judge_group(
        GROUP,
        (found,),
        seen=ALL,
        delivery_findings=(),
        overrides=tuple(override(each) for each in Code),
        rules=rules,
    )
    assert choice is not Choice.ACCEPT


def test_what_a_rule_set_does_not_name_is_held() -> None:
    silent = replace(RULES, severities={})

    assert judge((finding(Code.OFFLINE, "x"),), silent).severity is Severity.HOLD
