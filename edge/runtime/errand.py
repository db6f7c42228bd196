"""Errands: a program of ours run beside the work, asked now and then whether it is done."""

import json
import subprocess
import threading
from collections.abc import Callable, Sequence

from edge.core.commands import Reply

TIMEOUT_S = 120.0
_ANSWERED = frozenset({0, 1})


def run_errand(command: Sequence[str]) -> Callable[[], Reply | None]:
    """Start a verb with `--json`; its document is the reply, once it has ended."""
    replies: list[Reply] = []
    thread = threading.Thread(
        target=lambda: replies.append(_carry_out(tuple(command))), name="errand", daemon=True
    )
    thread.start()
    return lambda: replies[0] if replies else None


def _carry_out(command: tuple[str, ...]) -> Reply:
    try:
        done = subprocess.run(  # noqa: S603 - our own program, no shell
            command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Reply(ok=False, code="no_answer", data={"why": type(error).__name__})
    if done.returncode not in _ANSWERED:
        return Reply(ok=False, code="failed", data={"status": done.returncode})
    try:
        return Reply(ok=True, code="done", data=json.loads(done.stdout))
    except ValueError:
        return Reply(ok=False, code="no_json")
