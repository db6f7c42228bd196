"""`specimen-edge outbox status`: what the platform has not confirmed yet."""

import json
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.process import settings_or_exit
from edge.core.errors import StorageError
from edge.core.moments import rfc3339
from edge.flows.backlog import backlog_of
from edge.host.clock import SystemClock
from edge.host.identity import boot_id
from edge.storage.link import LinkReader
from edge.storage.station import StationReader

outbox = typer.Typer(no_args_is_help=True, help="Events on their way to the platform.")


@outbox.callback()
def _outbox() -> None:
    """Events on their way to the platform."""


@outbox.command()
def status(
    config: Annotated[
        Path | None,
        typer.Option("--config", help="Settings file; default /etc/specimen-edge/edge.toml."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Backlog, the oldest event that waits, and when the platform last confirmed.

    Exit status 0 when the store can be read, 1 when not, 2 on wrong settings.

    Example: specimen-edge outbox status --json
    """
    settings = settings_or_exit(config)
    clock = SystemClock(assume_synced=settings.clock.assume_synced)
    link = LinkReader(settings.link_db, clock=clock, boot_id=boot_id())
    try:
        with StationReader(settings.station_db) as log:
            backlog = backlog_of(log, link.marks())
        confirmed_at, pulse, online = link.confirmed_at(), link.pulse(), link.online()
        photographs = link.blobs_waiting()
    except StorageError as error:
        typer.echo(f"specimen-edge: {error}", err=True)
        raise typer.Exit(1) from error
    finally:
        link.close()
    oldest = backlog.oldest_waiting
    found = {
        "recorded": backlog.recorded,
        "confirmed": backlog.confirmed,
        "waiting": backlog.waiting,
        "oldest_waiting": rfc3339(oldest) if oldest else None,
        "last_confirmed": rfc3339(confirmed_at) if confirmed_at else None,
        "photographs_waiting": photographs,
        "online": online,
        "obstacle": pulse.note if pulse else "",
    }
    if as_json:
        typer.echo(json.dumps(found))
        return
    net = "在线 · online" if online else "离线 · offline"
    typer.echo(f"{net}{f' ({pulse.note})' if pulse and pulse.note else ''}")
    typer.echo(f"未确认 · waiting   {backlog.waiting} / {backlog.recorded}")
    typer.echo(f"照片待传 · photographs waiting   {photographs}")
    typer.echo(f"最早未确认 · oldest   {found['oldest_waiting'] or '-'}")
    typer.echo(f"最近确认 · last confirmed   {found['last_confirmed'] or '-'}")
