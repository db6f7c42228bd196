"""`specimen-edge wall`: the station at a curing room's door."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.process import run_process


def wall(
    config: Annotated[
        Path | None,
        typer.Option("--config", help="Settings file; default /etc/specimen-edge/edge.toml."),
    ] = None,
) -> None:
    """Run the door of a curing room: scanners, tag reader, light, sound and climate; no screen.

    A keeper scans badge, mode, shelf, then blocks; every transfer is sealed and stored before the
    light says so. What the light shows is also a line in the journal. docs/door.md tells how the
    door is built; its settings are the section called wall.

    Example: specimen-edge wall --config /etc/specimen-edge/edge.toml
    """
    from edge.compose.wall import wall_process  # noqa: PLC0415 - the scanner extra may be absent

    sys.setswitchinterval(0.0005)
    run_process(wall_process, config)
