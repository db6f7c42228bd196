"""Policy, the end of step 7: a rule set turns findings into a verdict, and a group's into a choice.

`judge` is monotone: a further finding never makes a verdict milder.
"""

from collections.abc import Iterable

from edge.core.checks_groups import is_complete
from edge.core.codes import SAFETY, Severity
from edge.core.findings import Finding, Reason, Verdict
from edge.core.ids import SpecimenId
from edge.core.intake.state import Choice, Override
from edge.core.rulesets import RuleSet
from edge.core.specimen import Group


def judge(findings: Iterable[Finding], rules: RuleSet) -> Verdict:
    """All findings with their severities, gravest first, else in the order given."""
    reasons = sorted(
        (Reason(found, rules.severity(found.code)) for found in findings),
        key=lambda reason: -reason.severity,
    )
    return Verdict(reasons[0].severity if reasons else Severity.INFO, tuple(reasons))


def judge_group(
    group: Group,
    findings: Iterable[Finding],
    *,
    seen: frozenset[SpecimenId],
    delivery_findings: Iterable[Finding],
    overrides: Iterable[Override],
    rules: RuleSet,
) -> Choice:
    """Accept, hold or refuse a group by its own findings and those of its delivery.

    An alarm holds: a suspected copy is kept back, not handed out (DOMAIN d4). An incomplete
    group is never accepted while the rule set receives whole groups only (A4).
    """
    allowed = tuple(each for each in overrides if may_override(each, rules))
    left = tuple(
        found
        for found in (*findings, *delivery_findings)
        if not any(_sets_aside(override, found, group) for override in allowed)
    )
    verdict = judge(left, rules)
    if any(reason.severity is Severity.REFUSE for reason in verdict.reasons):
        return Choice.REFUSE
    short = rules.partial_by_whole_group and not is_complete(group, seen=seen, rules=rules)
    return Choice.ACCEPT if verdict.passes and not short else Choice.HOLD


def may_override(override: Override, rules: RuleSet) -> bool:
    """Two persons, a code that the rule set names, never a safety code (A5)."""
    return (
        override.proposer != override.approver
        and override.code in rules.overridable
        and override.code not in SAFETY
    )


def _sets_aside(override: Override, found: Finding, group: Group) -> bool:
    """An override names its finding's subject; one that names the group covers its blocks."""
    if override.code is not found.code:
        return False
    about_group = found.subject == group.group or any(
        found.subject == block.specimen for block in group.specimens
    )
    return override.subject == found.subject or (override.subject == group.group and about_group)
