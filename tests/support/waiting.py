"""Waiting for something that other threads or processes do."""

from collections.abc import Callable
from threading import Event
from time import monotonic


def until(condition: Callable[[], object], limit_s: float = 20.0) -> None:
    """Return once the condition holds; fail when it does not in time."""
    end = monotonic() + limit_s
    pause = Event()
    while not condition():
        assert monotonic() < end, "the condition did not come true in time"
        pause.wait(0.01)


def pause(seconds: float) -> None:
    """Let a schedule go on for a while; never a way to wait for a condition."""
    if seconds > 0:
        Event().wait(seconds)
