"""`specimen-edge kiosk`: the capture process of the receiving desk."""

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.process import run_process, stopped_by_signals
from edge.core.errors import DeviceBusy
from edge.core.problems import render_problems
from edge.settings import SettingsInvalid, load_settings

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="Settings file; default /etc/specimen-edge/edge.toml."),
]


def kiosk(
    config: ConfigOption = None,
    console: Annotated[
        bool,
        typer.Option("--console", help="Take JSON commands, one a line, on standard input."),
    ] = False,
    page: Annotated[bool, typer.Option(help="Serve the touch page on loopback.")] = True,
) -> None:
    """Run the receiving desk: its touch page on loopback, and with --console a line door.

    The line door takes {"do":"scan","text":…}, {"do":"picture","file":…}, {"do":"confirm_forms"} …
    and answers each with the state it led to; the desk ends when its input does. With wrong
    settings the page names every error with its remedy, until they are mended.

    Example: specimen-edge kiosk --config edge.toml
    """
    if page and not console:
        _show_trouble(config)
    try:
        from edge.compose.desk import Opening, desk_process  # noqa: PLC0415 - the camera extra may be absent
    except ModuleNotFoundError as error:
        typer.echo(f'{error.name}: pip install "specimen-edge[camera,kiosk]"', err=True)
        raise typer.Exit(2) from error
    sys.setswitchinterval(0.0005)
    opening = Opening(console=console, page=page)
    run_process(partial(desk_process, opening=opening), config)


def _show_trouble(config: Path | None) -> None:
    """Where the settings cannot be used, a page that says so until somebody has mended them."""
    try:
        load_settings(config)
    except SettingsInvalid as error:
        from edge.compose.trouble import trouble_process  # noqa: PLC0415 - an extra may be absent

        typer.echo(render_problems(error.problems), err=True)
        try:
            trouble_process(error.problems).run(stopped_by_signals())
        except DeviceBusy as busy:
            typer.echo(f"specimen-edge: {busy}", err=True)
        raise typer.Exit(2) from error
