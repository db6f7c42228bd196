"""What the verbs of `face` share: their options, the engine that is set, errors by name."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from edge.core.errors import EdgeError

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="Settings file; default /etc/specimen-edge/edge.toml."),
]
ThresholdOption = Annotated[
    float | None, typer.Option(min=0.0, max=1.0, help="Instead of the shipped threshold.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON instead of lines.")]


@contextmanager
def errors_named() -> Iterator[None]:
    """Errors on standard error, exit status 2."""
    try:
        yield
    except EdgeError as error:
        typer.echo(f"specimen-edge: {error}", err=True)
        raise typer.Exit(2) from error
