"""`specimen-edge command`: the platform orders something of a station and waits for its answer."""

import json
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.process import settings_or_exit
from edge.compose.command import Order, send_order
from edge.core.commands import CommandName
from edge.core.errors import DecodeError, EdgeError
from edge.wire.topics import Station


def command(
    station: Annotated[str, typer.Argument(help="{city}/{lab}/{device}")],
    name: Annotated[CommandName, typer.Argument(help="What is ordered.")],
    data: Annotated[list[str] | None, typer.Argument(help="key=value …")] = None,
    config: Annotated[
        Path | None, typer.Option("--config", help="The platform's settings file.")
    ] = None,
    wait_s: Annotated[float, typer.Option("--wait", help="Seconds for the answer.")] = 30.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Order one thing of a station: signed, expiring, on its list, and answered.

    Exit status 0 when it was obeyed, 1 when refused or unanswered, 2 on wrong use.

    Example: specimen-edge command nanchang/lab-1/desk-1 restart process=kiosk
    """
    settings = settings_or_exit(config)
    pairs = [each.partition("=") for each in data or ()]
    if not all(sign for _, sign, _ in pairs):
        raise typer.BadParameter("key=value")
    try:
        named = Station.parse(station)
        order = Order(named, name, {key: value for key, _, value in pairs}, wait_s)
        result = send_order(settings, order)
    except DecodeError as error:
        raise typer.BadParameter(str(error)) from error
    except EdgeError as error:
        typer.echo(f"specimen-edge: {error}", err=True)
        raise typer.Exit(1) from error
    if as_json:
        found = {"ok": result.ok, "code": result.code, "data": dict(result.data)}
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        typer.echo(f"{'✓' if result.ok else '✗'} {name.value}: {result.code}")
        for key, value in result.data.items():
            typer.echo(f"  {key}: {value}")
    raise typer.Exit(0 if result.ok else 1)
