"""Rule sets are read whole and strictly; what is wrong is named."""

import re
from dataclasses import replace
from datetime import date, timedelta
from importlib.resources import files

import pytest
import samples
from rules import shipped

from edge.core.checks_groups import check_trail
from edge.core.codes import SAFETY, Code, Severity
from edge.core.errors import DecodeError
from edge.core.people import Role
from edge.core.policy import judge
from edge.core.specimen import Curing, GroupKind, Stage
from edge.wire.ruleset_toml import parse_ruleset

NAMES = ("nanchang-2023", "hubei-2022")


def text(name: str = "nanchang-2023") -> str:
    return (files("edge.rulesets") / f"{name}.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_set_is_complete_and_named_like_its_file(name: str) -> None:
    rules = shipped(name)

    assert rules.ruleset == name
    assert set(rules.severities) == set(Code)
    assert set(rules.group_sizes) == set(GroupKind)
    assert all(rules.severity(code) >= Severity.HOLD for code in SAFETY)
    assert rules.overridable.isdisjoint(SAFETY)
    assert set(rules.title) == {"zh", "en"}


def test_nanchang_says_what_the_guide_says() -> None:
    rules = shipped()

    assert (rules.two_signature_minutes, rules.sampling_distance_m) == (60, None)
    assert rules.valid_from == date(2023, 2, 1)
    assert rules.required_signatures == (Role.WITNESS,)
    assert rules.age_tolerances[3] == timedelta(hours=2)
    assert rules.curing_labels["拆模同条件"] is Curing.SAME_CONDITION
    photos = {
        rule.stage: (rule.plain, rule.placard, rule.per_block)
        for rule in rules.stages[Curing.STANDARD]
    }
    assert photos == {
        Stage.SLUMP: (0, 1, False),
        Stage.SAMPLING: (1, 1, False),
        Stage.CURING_IN: (1, 0, True),
        Stage.CURING_END: (1, 1, True),
    }
    same = {rule.stage for rule in rules.stages[Curing.SAME_CONDITION]}
    assert same == {Stage.SLUMP, Stage.SAMPLING, Stage.CURING_END}


def test_two_rule_sets_judge_the_same_events_differently() -> None:
    group = samples.group(1)
    slow = tuple(
        replace(
            record,
            witness=replace(record.witness, at=record.tester.at + timedelta(minutes=45)),
            distance_m=800.0,
        )
        for record in group.trail
        if record.tester and record.witness
    )
    far = replace(group, trail=slow)
    verdicts = {name: judge(check_trail(far, rules=shipped(name)), shipped(name)) for name in NAMES}

    assert verdicts["nanchang-2023"].severity is Severity.INFO
    assert verdicts["hubei-2022"].severity is Severity.HOLD
    assert set(verdicts["hubei-2022"].codes) == {Code.INTERVAL_EXCEEDED, Code.PLACE_TOO_FAR}


@pytest.mark.parametrize(
    ("was", "now", "key"),
    [
        ('city = "nanchang"\n', "", "city"),
        ('city = "nanchang"\n', 'city = "nanchang"\nprovince = "jiangxi"\n', "province"),
        ("valid_from = 2023-02-01", 'valid_from = "2023"', "valid_from"),
        ("valid_from = 2023-02-01", "valid_from = 2023-02-01T00:00:00Z", "valid_from"),
        ("same_read_s = { value = 3", "same_read_s = { value = -3", "limits.same_read_s"),
        ("same_read_s = { value = 3", "same_read_s = { value = nan", "limits.same_read_s"),
        ("same_read_s = { value = 3", "same_read_s = { value = true", "limits.same_read_s"),
        (
            "same_read_s = { value = 3,",
            "same_read_s = { value = 3, why = 1,",
            "limits.same_read_s.why",
        ),
        ("same_read_s", "some_read_s", "limits.same_read_s"),
        (
            "same_read_s = { value = 3",
            "twice_s = { value = 1, source = 'x' }\nsame_read_s = { value = 3",
            "limits.twice_s",
        ),
        ("{ value = 60, source", "{ value = 60.5, source", "limits.two_signature_minutes"),
        ("{ value = true, source", "{ value = 1, source", "limits.partial_by_whole_group"),
        ('value = ["witness"]', 'value = ["courier"]', "limits.required_signatures"),
        ('value = ["witness"]', 'value = ["witness", "witness"]', "limits.required_signatures"),
        ('value = ["witness"]', 'value = "witness"', "limits.required_signatures"),
        ('  "CHIP_LOOSE",\n  "CHIP_SUB', '  "CHIP_LOST",\n  "CHIP_SUB', "limits.overridable"),
        (
            '  "CHIP_LOOSE",\n  "CHIP_SUB',
            '  "CODE_FORGED",\n  "CHIP_SUB',
            "limits.overridable.CODE_FORGED",
        ),
        ("demould = ", "demold = ", "group_sizes.demould"),
        ("28 = {", "28d = {", "age_tolerances_h.28d"),
        ('stage = "slump"', 'stage = "pour"', "stages.standard[0].stage"),
        ('stage = "sampling"', 'stage = "slump"', "stages.standard"),
        ('per = "batch"', 'per = "truck"', "stages.standard[0].per"),
        ("placard = 1", "placard = -1", "stages.standard[0].placard"),
        ("placard = 1", "placard = 1\nwide = 1", "stages.standard[0].wide"),
        ('codes = ["DUPLICATE_SCAN"]', "codes = []", "severities.DUPLICATE_SCAN"),
        ('codes = ["DUPLICATE_SCAN"]', 'codes = ["DOUBLE_SCAN"]', "severities[15].codes"),
        (
            'codes = ["NOT_RECORDED"]',
            'codes = ["NOT_RECORDED", "DAMAGED"]',
            "severities[14].codes.DAMAGED",
        ),
        ('level = "alarm"', 'level = "warn"', "severities[0].codes.CODE_FORGED"),
        ('level = "info"', 'level = "note"', "severities[15].level"),
        ('[title]\nzh = "', '[title]\nzh = " "\nold = "', "title.zh"),
    ],
)
def test_what_is_wrong_is_named(was: str, now: str, key: str) -> None:
    assert was in text()

    with pytest.raises(DecodeError) as caught:
        parse_ruleset(text().replace(was, now, 1))
    assert caught.value.code == "ruleset_malformed"
    assert caught.value.facts["key"] == key


def test_a_value_without_its_source_is_refused() -> None:
    bare = re.sub(r"(travel_minutes = \{ value = 30), source = \"[^\"]*\"", r"\1", text())

    with pytest.raises(DecodeError) as caught:
        parse_ruleset(bare)
    assert caught.value.facts["key"] == "limits.travel_minutes.source"


@pytest.mark.parametrize("broken", ["ruleset = ", "a = 1\na = 2", "\x00"])
def test_what_is_no_toml_is_said_to_be_none(broken: str) -> None:
    with pytest.raises(DecodeError) as caught:
        parse_ruleset(broken)
    assert caught.value.code == "ruleset_not_toml"


@pytest.mark.parametrize("code", sorted(SAFETY))
@pytest.mark.parametrize("level", ["info", "warn"])
def test_no_set_lowers_a_safety_code(code: Code, level: str) -> None:
    given = text().replace(f'"{code}",\n', "").replace(f'"{code}"', "")
    lowered = f'\n[[severities]]\nlevel = "{level}"\nsource = "x"\ncodes = ["{code}"]\n'

    with pytest.raises(DecodeError) as caught:
        parse_ruleset(given + lowered)
    assert str(caught.value.facts["key"]).endswith(f"codes.{code}")
