"""`specimen-edge central`: the platform's side of the contract."""

from pathlib import Path
from typing import Annotated

import typer

from edge.cli.process import run_process
from edge.compose.central import central_process

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="Settings file; default /etc/specimen-edge/edge.toml."),
]


def central(config: ConfigOption = None) -> None:
    """Run the platform: verify, store once, acknowledge, publish reference data, answer questions.

    Example: specimen-edge central --config edge.toml
    """
    run_process(central_process, config)
