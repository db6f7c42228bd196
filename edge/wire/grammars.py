"""Code grammars of other issuers as configuration, a layer of step 4: parsed, never opened."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from edge.core.carriers import ChipCode, Flaw, FormCode, NotOurs, Trust
from edge.core.errors import ConfigError, DecodeError
from edge.core.ids import SpecimenId
from edge.wire.check_character import mod11_10, mod37_36

CLAIM_LIMIT = 60
"""Characters of a foreign text that may reach a log or a screen."""

_URL = re.compile(r"https?://(?P<host>[A-Za-z0-9.-]{1,253})(?::[0-9]{1,5})?(?P<rest>/[!-~]*)?")
_URL_LIKE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://")
_UID = re.compile(r"(?:[0-9a-f]{2}){4,10}")
_FORM = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class GrammarKind(StrEnum):
    """What a grammar's codes name."""

    CHIP = "chip"
    FORM = "form"


class CheckRule(StrEnum):
    """The check character in group `check`, over the letters and digits of group `id`."""

    NONE = "none"
    MOD37_36 = "mod37_36"
    MOD11_10 = "mod11_10"


_CHECKS = MappingProxyType({CheckRule.MOD37_36: mod37_36, CheckRule.MOD11_10: mod11_10})


@dataclass(frozen=True, slots=True)
class Grammar:
    """One issuer's code; build it with `grammar`.

    `pattern` must match the whole text, or with `hosts` all that follows the host of a URL
    (path and query), whose host must be one of `hosts`.
    """

    name: str
    kind: GrammarKind
    pattern: re.Pattern[str]
    check: CheckRule = CheckRule.NONE
    hosts: frozenset[str] = frozenset()


def grammar(
    name: str,
    *,
    kind: GrammarKind,
    pattern: str,
    check: CheckRule = CheckRule.NONE,
    hosts: tuple[str, ...] = (),
) -> Grammar:
    """A grammar with groups `id`, `check` (if a rule is named) and `uid` (optional, chips).

    Raises ConfigError `grammar_malformed` for a pattern that does not compile or lacks a group.
    """
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ConfigError("grammar_malformed", name=name, why=str(error)) from error
    wanted = {"id"} if check is CheckRule.NONE else {"id", "check"}
    if missing := wanted - compiled.groupindex.keys():
        raise ConfigError("grammar_malformed", name=name, why=f"no group {min(missing)}")
    return Grammar(name, kind, compiled, check, frozenset(host.lower() for host in hosts))


OWN_FORMS = grammar(
    "own-forms",
    kind=GrammarKind.FORM,
    pattern=r"F1\.(?P<id>[A-Z0-9]{4,30})(?P<check>[A-Z0-9])",
    check=CheckRule.MOD37_36,
)
"""`F1.{code}{check character}`: our own forms; a form is never proof, so it is not signed."""


def issue_form(code: str) -> str:
    """The text printed on a form whose code (lower-case letters and digits, 4 to 30) is given."""
    upper = code.upper()
    text = f"F1.{upper}{mod37_36(upper) or ''}"
    if OWN_FORMS.pattern.fullmatch(text) is None or code != code.lower():
        raise DecodeError("code_malformed", kind="form", text=code[:CLAIM_LIMIT])
    return text


def read_foreign(text: str, grammars: tuple[Grammar, ...]) -> ChipCode | FormCode | NotOurs:
    """The identity that the first matching grammar finds in `text`, or the layer that fails.

    Identities come out in lower case. The host of a URL is compared, the URL never opened.
    """
    rest, host = text, None
    if _URL_LIKE.match(text):
        url = _URL.fullmatch(text)
        host = url["host"].lower() if url else None
        if url is None or not any(host in each.hosts for each in grammars):
            return NotOurs(Flaw.HOST, (host or text)[:CLAIM_LIMIT])
        rest = url["rest"] or "/"
    failed = NotOurs(Flaw.SYNTAX, text[:CLAIM_LIMIT])
    for each in grammars:
        if (host in each.hosts) if host else not each.hosts:
            match = each.pattern.fullmatch(rest)
            code = _judge(each, match.groupdict()) if match else failed
            if not isinstance(code, NotOurs):
                return code
            if code.flaw is not Flaw.SYNTAX:
                failed = code
    return failed


def _judge(rules: Grammar, groups: Mapping[str, str | None]) -> ChipCode | FormCode | NotOurs:
    found = groups["id"] or ""
    claimed = found.lower()
    if rules.check is not CheckRule.NONE:
        letters = re.sub(r"[^0-9A-Z]", "", found.upper())
        if _CHECKS[rules.check](letters) != (groups["check"] or "").upper():
            return NotOurs(Flaw.CHECK_CHARACTER, claimed[:CLAIM_LIMIT])
    if rules.kind is GrammarKind.FORM:
        if _FORM.fullmatch(claimed):
            return FormCode(claimed)
        return NotOurs(Flaw.SYNTAX, claimed[:CLAIM_LIMIT])
    uid = (groups.get("uid") or "").lower()
    try:
        specimen = SpecimenId.parse(claimed)
    except DecodeError:
        return NotOurs(Flaw.SYNTAX, claimed[:CLAIM_LIMIT])
    if uid and not _UID.fullmatch(uid):
        return NotOurs(Flaw.SYNTAX, claimed[:CLAIM_LIMIT])
    trust = Trust.UNSIGNED if rules.check is CheckRule.NONE else Trust.CHECKED
    return ChipCode(specimen, trust, uid or None)
