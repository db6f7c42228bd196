"""Long processes from the command line: settings first, signals stop them, errors named."""

import signal
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import typer

from edge.core.errors import EdgeError
from edge.core.problems import render_problems
from edge.settings import Settings, SettingsInvalid, load_settings


class Process(Protocol):
    """Something that works until it is told to stop."""

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set."""
        ...


Build = Callable[[Settings], AbstractContextManager[Process]]


def settings_or_exit(config: Path | None) -> Settings:
    """The settings, or every problem on standard error and exit status 2."""
    try:
        return load_settings(config)
    except SettingsInvalid as error:
        typer.echo(render_problems(error.problems), err=True)
        raise typer.Exit(2) from error


def stopped_by_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def run_process(build: Build, config: Path | None) -> None:
    """Build, run until SIGTERM or SIGINT, close in reverse order; exit status 1 on an error."""
    settings = settings_or_exit(config)
    stop = stopped_by_signals()
    try:
        with build(settings) as process:
            process.run(stop)
    except EdgeError as error:
        typer.echo(f"specimen-edge: {error}", err=True)
        raise typer.Exit(1) from error
