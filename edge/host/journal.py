"""The log of this machine: event name first, then fields; JSON lines unless a person watches."""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

_LEVELS: Mapping[str, int] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
_SECRET_WORDS = (
    "pin",
    "id_number",
    "phone",
    "mobile",
    "face",
    "template",
    "badge",
    "secret",
    "name",
)
_TEXT_LIMIT = 500
_MASK = "***"


class StructlogJournal:
    """The Journal port over structlog, on standard error."""

    def __init__(self, process: str, *, level: str = "info") -> None:
        renderer: Any = (
            structlog.dev.ConsoleRenderer()
            if sys.stderr.isatty()
            else structlog.processors.JSONRenderer(ensure_ascii=False)
        )
        self._log = structlog.wrap_logger(
            structlog.PrintLogger(sys.stderr),
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                _redact_entry,
                renderer,
            ],
            wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
            process=process,
        )

    def info(self, event: str, /, **fields: object) -> None:
        """Something worth a line."""
        self._log.info(event, **fields)

    def warning(self, event: str, /, **fields: object) -> None:
        """Something a human should look at."""
        self._log.warning(event, **fields)


def redact(fields: Mapping[str, object]) -> dict[str, object]:
    """Fields without a person's data: secret names are masked, bytes counted, long texts cut."""
    return {key: _MASK if _is_secret(key) else _shown(value) for key, value in fields.items()}


def _redact_entry(_: Any, __: str, entry: MutableMapping[str, Any]) -> Mapping[str, Any]:
    return redact(entry)


def _is_secret(key: str) -> bool:
    words = key.lower().split("_")
    return any(word in words or word == key.lower() for word in _SECRET_WORDS)


def _shown(value: object) -> object:
    match value:
        case bytes() | bytearray() | memoryview():
            return f"<{len(value)} bytes>"
        case str() if len(value) > _TEXT_LIMIT:
            return value[:_TEXT_LIMIT] + "…"
        case Mapping():
            return redact(value)
        case _:
            return value
