"""`specimen-edge board`: what is in the curing room and what is due, on a wall screen."""

from pathlib import Path
from typing import Annotated

import typer

from edge.cli.process import run_process


def board(
    config: Annotated[
        Path | None,
        typer.Option("--config", help="Settings file; default /etc/specimen-edge/edge.toml."),
    ] = None,
) -> None:
    """Show the curing room: what lies there, what is due, its climate, and what is not sent yet.

    A page of its own that only reads; on this machine alone unless board.host says otherwise.
    docs/board.md tells what each figure means.

    Example: specimen-edge board --config /etc/specimen-edge/edge.toml
    """
    try:
        from edge.compose.board import board_process  # noqa: PLC0415 - the kiosk extra may be absent
    except ModuleNotFoundError as error:
        typer.echo(f'{error.name}: pip install "specimen-edge[kiosk]"', err=True)
        raise typer.Exit(2) from error
    run_process(board_process, config)
