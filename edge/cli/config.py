"""`specimen-edge config`: every setting, its value and where it was set."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from edge.core.problems import render_problems
from edge.settings import SettingsInvalid, explain_settings

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="Settings file; default /etc/specimen-edge/edge.toml."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


def config(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show every setting with its value and its source.

    Exit status 2 when the settings cannot be used; every problem is then named at once.

    Example: specimen-edge config --config /etc/specimen-edge/edge.toml
    """
    try:
        origins = explain_settings(config)
    except SettingsInvalid as error:
        if as_json:
            typer.echo(json.dumps({"problems": [asdict(each) for each in error.problems]}))
        typer.echo(render_problems(error.problems), err=True)
        raise typer.Exit(2) from error
    if as_json:
        typer.echo(json.dumps({"settings": [asdict(each) for each in origins]}, ensure_ascii=False))
        return
    table = Table("setting", "value", "source", box=None, pad_edge=False)
    for origin in origins:
        table.add_row(origin.field, escape(origin.value), escape(origin.source))
    Console(soft_wrap=True).print(table)
