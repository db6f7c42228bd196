"""Findings of checks and the verdict a rule set draws from them: refusals are values."""

from dataclasses import dataclass

from edge.core.codes import Code, Severity

Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a check noticed about a subject (specimen, group, delivery or person id)."""

    code: Code
    subject: str
    facts: Facts = ()


def finding(code: Code, subject: str, **facts: object) -> Finding:
    """A finding with its facts as text, in the order given."""
    return Finding(code, subject, tuple((key, str(value)) for key, value in facts.items()))


@dataclass(frozen=True, slots=True)
class Reason:
    """A finding with the severity that the rule set gives it."""

    finding: Finding
    severity: Severity


@dataclass(frozen=True, slots=True)
class Verdict:
    """All reasons, gravest first; `severity` is INFO when there is none."""

    severity: Severity
    reasons: tuple[Reason, ...] = ()

    @property
    def passes(self) -> bool:
        """Whether work may go on (INFO or WARN)."""
        return self.severity <= Severity.WARN

    @property
    def codes(self) -> tuple[Code, ...]:
        """The codes, gravest first."""
        return tuple(reason.finding.code for reason in self.reasons)
