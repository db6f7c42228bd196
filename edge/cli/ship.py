"""`specimen-edge ship`: the process between the station's store and the broker."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.process import run_process
from edge.compose.ship import ship_process
from edge.runtime.supervisor import own_command

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="Settings file; default /etc/specimen-edge/edge.toml."),
]


def ship(config: ConfigOption = None) -> None:
    """Send recorded events to the platform until it has confirmed them, and bring its word down.

    Example: specimen-edge ship --config edge.toml
    """
    named = () if config is None else ("--config", str(config))
    doctor = own_command("doctor", "--json", *named)
    run_process(partial(ship_process, doctor=doctor), config)
