"""Rule sets as TOML text: read whole and strictly, or refused with the name of what is wrong.

Every value stands as `{ value = …, source = "…" }`: a limit without its source is no limit.
"""

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from enum import Enum
from math import inf
from typing import Final, TypeVar

from edge.core.codes import SAFETY, Code, Severity
from edge.core.errors import DecodeError
from edge.core.ids import CityId, RuleSetId
from edge.core.people import Role
from edge.core.rulesets import RuleSet, StageRule
from edge.core.specimen import Curing, GroupKind, Stage

LANGUAGES: Final = ("zh", "en")
OFF: Final = "off"
"""Written where a limit does not exist in a city."""

_PER: Final = ("batch", "group", "block")
_E = TypeVar("_E", bound=Enum)


def parse_ruleset(text: str) -> RuleSet:
    """A rule set, complete; DecodeError names the key that is unknown, missing or unfit.

    A safety code below hold, or among the overridable ones, is refused (DOMAIN d4).
    """
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DecodeError("ruleset_not_toml", why=str(error)) from error
    top = _Table(tree, "")
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
    )
    for table in (title, limits, top):
        table.end()
    return ruleset


class _Table:
    """A TOML table that is read key by key; `end` refuses what nobody asked for."""

    def __init__(self, values: Mapping[str, object], path: str) -> None:
        self._values = values
        self._path = path
        self._asked: set[str] = set()

    def names(self) -> Iterable[str]:
        return self._values.keys()

    def end(self) -> None:
        if unknown := sorted(self._values.keys() - self._asked):
            raise self.unfit(unknown[0], "unknown key")

    def unfit(self, key: str, why: str) -> DecodeError:
        return DecodeError("ruleset_malformed", key=self._name(key), why=why)

    def table(self, key: str) -> "_Table":
        value = self.take(key)
        if not isinstance(value, dict):
            raise self.unfit(key, "must be a table")
        return _Table(value, self._name(key))

    def rows(self, key: str) -> "tuple[_Table, ...]":
        value = self.take(key)
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            raise self.unfit(key, "must be an array of tables")
        return tuple(_Table(row, f"{self._name(key)}[{n}]") for n, row in enumerate(value))

    def text(self, key: str) -> str:
        value = self.take(key)
        if not isinstance(value, str) or not value.strip():
            raise self.unfit(key, "must be text")
        return value

    def day(self, key: str) -> date:
        value = self.take(key)
        if not isinstance(value, date) or isinstance(value, datetime):
            raise self.unfit(key, "must be a date")
        return value

    def count(self, key: str) -> int:
        value = self.take(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self.unfit(key, "must be a whole number, not negative")
        return value

    def member(self, key: str, kind: type[_E]) -> _E:
        return self._member(key, self.take(key), kind)

    def plain_members(self, key: str, kind: type[_E]) -> tuple[_E, ...]:
        return self._members(key, self.take(key), kind)

    def whole(self, key: str) -> int:
        value = self._sourced(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self.unfit(key, "must be a whole number above zero")
        return value

    def number(self, key: str) -> float:
        return self._number(key, self._sourced(key))

    def number_or_off(self, key: str) -> float | None:
        value = self._sourced(key)
        return None if value == OFF else self._number(key, value)

    def switch(self, key: str) -> bool:
        value = self._sourced(key)
        if not isinstance(value, bool):
            raise self.unfit(key, "must be true or false")
        return value

    def sourced_member(self, key: str, kind: type[_E]) -> _E:
        return self._member(key, self._sourced(key), kind)

    def members(self, key: str, kind: type[_E]) -> tuple[_E, ...]:
        return self._members(key, self._sourced(key), kind)

    def take(self, key: str) -> object:
        if key not in self._values:
            raise self.unfit(key, "missing")
        self._asked.add(key)
        return self._values[key]

    def _sourced(self, key: str) -> object:
        """The value of `{ value, source }`."""
        entry = self.table(key)
        entry.text("source")
        value = entry.take("value")
        entry.end()
        return value

    def _number(self, key: str, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < inf:
            raise self.unfit(key, "must be a number above zero")
        return float(value)

    def _member(self, key: str, value: object, kind: type[_E]) -> _E:
        for member in kind:
            if value == member.value:
                return member
        raise self.unfit(key, f"{value} is no {kind.__name__}")

    def _members(self, key: str, value: object, kind: type[_E]) -> tuple[_E, ...]:
        if not isinstance(value, list):
            raise self.unfit(key, "must be a list")
        members = tuple(self._member(key, each, kind) for each in value)
        if len(set(members)) != len(members):
            raise self.unfit(key, "names one twice")
        return members

    def _name(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key


def _group_sizes(table: _Table) -> dict[GroupKind, int]:
    sizes = {kind: table.whole(kind.value) for kind in GroupKind}
    table.end()
    return sizes


def _age_tolerances(table: _Table) -> dict[int, timedelta]:
    tolerances: dict[int, timedelta] = {}
    for key in table.names():
        if not key.isascii() or not key.isdecimal():
            raise table.unfit(key, "must be an age in days")
        tolerances[int(key)] = timedelta(hours=table.number(key))
    if not tolerances:
        raise table.unfit("28", "missing")
    return tolerances


def _stages(table: _Table) -> dict[Curing, tuple[StageRule, ...]]:
    stages: dict[Curing, tuple[StageRule, ...]] = {}
    for curing in Curing:
        rules = tuple(_stage(row) for row in table.rows(curing.value))
        if len({rule.stage for rule in rules}) != len(rules):
            raise table.unfit(curing.value, "names a stage twice")
        stages[curing] = rules
    table.end()
    return stages


def _stage(row: _Table) -> StageRule:
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


def _curing_labels(table: _Table) -> dict[str, Curing]:
    return {label: table.sourced_member(label, Curing) for label in table.names()}


def _severities(rows: tuple[_Table, ...]) -> dict[Code, Severity]:
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


def _overridable(limits: _Table) -> frozenset[Code]:
    codes = limits.members("overridable", Code)
    if grave := [code for code in codes if code in SAFETY]:
        raise limits.unfit(f"overridable.{grave[0]}", "a safety code cannot be overridden")
    return frozenset(codes)
