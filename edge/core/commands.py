"""What the platform may order of a station: a short list, never a shell."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class CommandName(StrEnum):
    """Everything there is to order."""

    PING = "ping"
    SYNC_NOW = "sync-now"
    DOCTOR = "doctor"
    RESTART = "restart"
    ROTATE_KEY = "rotate-key"


SKEW = timedelta(minutes=5)
"""How far the platform's clock may be ahead of a station's (house rule)."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a command."""

    ok: bool
    code: str
    data: Mapping[str, Any] = field(default_factory=dict)


def why_not(
    name: str, *, allowed: frozenset[str], issued: datetime, expires: datetime, now: datetime
) -> str:
    """Why a genuine command is not obeyed; empty when it is."""
    if name not in set(CommandName):
        return "unknown_command"
    if name not in allowed:
        return "not_allowed"
    if now >= expires:
        return "expired"
    return "not_yet" if issued > now + SKEW else ""
