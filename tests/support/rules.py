"""The shipped rule sets, parsed as the product parses them."""

from functools import cache
from importlib.resources import files

from edge.core.rulesets import RuleSet
from edge.wire.ruleset_toml import parse_ruleset


@cache
def shipped(name: str = "nanchang-2023") -> RuleSet:
    return parse_ruleset((files("edge.rulesets") / f"{name}.toml").read_text(encoding="utf-8"))
