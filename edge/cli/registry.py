"""`specimen-edge registry status`: age and counts of the reference data."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from edge.cli.process import settings_or_exit
from edge.core.errors import ConfigError, StorageError
from edge.core.moments import rfc3339
from edge.host.clock import SystemClock
from edge.host.journal import StructlogJournal
from edge.host.keys import PinnedKeys
from edge.settings import Settings
from edge.storage.registry import SqliteRegistry
from edge.wire.reference import SetName
from edge.wire.topics import Station

registry = typer.Typer(no_args_is_help=True, help="Reference data of the platform.")


@registry.callback()
def _registry() -> None:
    """Reference data of the platform."""


@registry.command()
def status(
    config: Annotated[
        Path | None,
        typer.Option("--config", help="Settings file; default /etc/specimen-edge/edge.toml."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Every set with its version, rows and age, as far as the platform's signature holds.

    Exit status 0 when every set that receiving needs is there, 1 when one is missing or the store
    cannot be read, 2 on wrong settings.

    Example: specimen-edge registry status --json
    """
    settings = settings_or_exit(config)
    try:
        found = _look(settings)
    except (StorageError, ConfigError) as error:
        typer.echo(f"specimen-edge: {error}", err=True)
        raise typer.Exit(2 if isinstance(error, ConfigError) else 1) from error
    if as_json:
        typer.echo(json.dumps({"sets": found}))
    else:
        for name, row in found.items():
            typer.echo(_line(name, row))
    if any(found[name] is None for name in NEEDED):
        raise typer.Exit(1)


NEEDED = (SetName.PEOPLE, SetName.GRANTS, SetName.COMMISSIONS, SetName.CONTRACTS)
"""Without these no delivery can be accepted."""


def _look(settings: Settings) -> dict[str, Any]:
    clock = SystemClock(assume_synced=settings.clock.assume_synced)
    station = Station(settings.station.city, settings.station.lab, settings.station.device)
    reader = SqliteRegistry(
        settings.registry_db,
        ring=PinnedKeys.load(settings.keys_file, clock),
        station=station,
        journal=StructlogJournal("registry", level=settings.log_level),
    )
    found: dict[str, Any] = {}
    now = clock.now()
    try:
        for name in SetName:
            head = reader.head(name)
            found[name.value] = head and {
                "version": head.version,
                "rows": sum(page.rows for page in head.pages),
                "pages": len(head.pages),
                "issued": rfc3339(head.issued),
                "age_h": round(reader.age_h(name, now), 3),
            }
    finally:
        reader.close()
    return found


def _line(name: str, row: dict[str, Any] | None) -> str:
    if row is None:
        return f"{'✗' if name in NEEDED else '·'} {name:<12} 未收到 · never received"
    return f"✓ {name:<12} v{row['version']}  {row['rows']} rows  {row['age_h']:.2f} h"
