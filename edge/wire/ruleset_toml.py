"""Rule sets as TOML text: read whole and strictly, or refused with the name of what is wrong.

Every value stands as `{ value = …, source = "…" }`: a limit without its source is no limit.
"""

import tomllib
from datetime import timedelta
from typing import Final

from edge.core.codes import SAFETY, Code, Severity
from edge.core.errors import DecodeError
from edge.core.ids import CityId, RuleSetId
from edge.core.people import Role
from edge.core.rulesets import RuleSet, StageRule
from edge.core.specimen import Curing, GroupKind, Stage
from edge.wire.curing_toml import curing_limits
from edge.wire.toml_table import Table

LANGUAGES: Final = ("zh", "en")
_PER: Final = ("batch", "group", "block")


def parse_ruleset(text: str) -> RuleSet:
    """A rule set, complete; DecodeError names the key that is unknown, missing or unfit.

    A safety code below hold, or among the overridable ones, is refused (DOMAIN d4).
    """
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DecodeError("ruleset_not_toml", why=str(error)) from error
    top = Table(tree, "")
    title = top.table("title")
    limits = top.table("limits")
    ruleset = RuleSet(
        ruleset=RuleSetId.parse(top.text("ruleset")),
        city=CityId.parse(top.text("city")),
        title={language: title.text(language) for language in LANGUAGES},
        valid_from=top.day("valid_from"),
        two_signature_minutes=limits.whole("two_signature_minutes"),
        sampling_distance_m=limits.number_or_off("sampling_distance_m"),
        group_sizes=_group_sizes(top.table("group_sizes")),
        age_tolerances=_age_tolerances(top.table("age_tolerances_h")),
        stages=_stages(top.table("stages")),
        curing_labels=_curing_labels(top.table("curing_labels")),
        curing_in_max_days=limits.whole("curing_in_max_days"),
        lab_curing_max_days=limits.whole("lab_curing_max_days"),
        roster_max_age_h=limits.number("roster_max_age_h"),
        reference_max_age_h=limits.number("reference_max_age_h"),
        same_read_s=limits.number("same_read_s"),
        travel_minutes=limits.number("travel_minutes"),
        partial_by_whole_group=limits.switch("partial_by_whole_group"),
        required_signatures=limits.members("required_signatures", Role),
        severities=_severities(top.rows("severities")),
        overridable=_overridable(limits),
        curing=curing_limits(top.table("curing")),
    )
    for table in (title, limits, top):
        table.end()
    return ruleset


def _group_sizes(table: Table) -> dict[GroupKind, int]:
    sizes = {kind: table.whole(kind.value) for kind in GroupKind}
    table.end()
    return sizes


def _age_tolerances(table: Table) -> dict[int, timedelta]:
    tolerances: dict[int, timedelta] = {}
    for key in table.names():
        if not key.isascii() or not key.isdecimal():
            raise table.unfit(key, "must be an age in days")
        tolerances[int(key)] = timedelta(hours=table.number(key))
    if not tolerances:
        raise table.unfit("28", "missing")
    return tolerances


def _stages(table: Table) -> dict[Curing, tuple[StageRule, ...]]:
    stages: dict[Curing, tuple[StageRule, ...]] = {}
    for curing in Curing:
        rules = tuple(_stage(row) for row in table.rows(curing.value))
        if len({rule.stage for rule in rules}) != len(rules):
            raise table.unfit(curing.value, "names a stage twice")
        stages[curing] = rules
    table.end()
    return stages


def _stage(row: Table) -> StageRule:
    per = row.text("per")
    if per not in _PER:
        raise row.unfit("per", f"must be one of {', '.join(_PER)}")
    row.text("source")
    rule = StageRule(
        stage=row.member("stage", Stage),
        plain=row.count("plain"),
        placard=row.count("placard"),
        per_block=per == "block",
        per_batch=per == "batch",
    )
    row.end()
    return rule


def _curing_labels(table: Table) -> dict[str, Curing]:
    return {label: table.sourced_member(label, Curing) for label in table.names()}


def _severities(rows: tuple[Table, ...]) -> dict[Code, Severity]:
    """Each code exactly once, so that a code that is new to us is never judged by accident."""
    severities: dict[Code, Severity] = {}
    for row in rows:
        level = row.text("level")
        if level not in {each.name.lower() for each in Severity}:
            raise row.unfit("level", f"{level} is no Severity")
        row.text("source")
        for code in row.plain_members("codes", Code):
            if code in severities:
                raise row.unfit(f"codes.{code}", "stands twice")
            severities[code] = Severity[level.upper()]
            if code in SAFETY and severities[code] < Severity.HOLD:
                raise row.unfit(f"codes.{code}", "a safety code cannot be below hold")
        row.end()
    if missing := [code for code in Code if code not in severities]:
        raise DecodeError("ruleset_malformed", key=f"severities.{missing[0]}", why="missing")
    return severities


def _overridable(limits: Table) -> frozenset[Code]:
    codes = limits.members("overridable", Code)
    if grave := [code for code in codes if code in SAFETY]:
        raise limits.unfit(f"overridable.{grave[0]}", "a safety code cannot be overridden")
    return frozenset(codes)
