"""`specimen-edge kiosk`: the capture process of the receiving desk."""

from pathlib import Path
from typing import Annotated

import typer

from edge.cli.process import run_process

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="Settings file; default /etc/specimen-edge/edge.toml."),
]


def kiosk(config: ConfigOption = None) -> None:
    """Run the receiving desk without a screen: a JSON command a line in, the state a line out.

    Commands: {"do":"scan","text":…}, {"do":"picture","file":…}, {"do":"confirm_forms"} …; an
    unknown one is answered with the list of all.

    Example: echo '{"do":"state"}' | specimen-edge kiosk --config edge.toml
    """
    try:
        from edge.compose.desk import desk_process  # noqa: PLC0415 - the camera extra may be absent
    except ModuleNotFoundError as error:
        typer.echo(f'{error.name}: pip install "specimen-edge[camera]"', err=True)
        raise typer.Exit(2) from error
    run_process(desk_process, config)
