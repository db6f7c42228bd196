"""`specimen-edge curing`: a room's climate as sheets, imported ledgers, customary tables."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.curing_read import read
from edge.cli.curing_tables import tables
from edge.cli.curing_type import type_chip
from edge.cli.process import settings_or_exit
from edge.core.curing.record import Ledger
from edge.core.errors import ConfigError, DecodeError, EdgeError, StorageError
from edge.core.ids import Id, SensorId
from edge.host.clock import SystemClock
from edge.host.identity import SystemIds
from edge.storage.climate import SqliteClimate
from edge.storage.climate_reads import ClimateLog
from edge.storage.spool import LedgerEntry, Spool
from edge.wire.climate_csv import climate_csv, customary_lines
from edge.wire.ledger_csv import decode_ledger, parse_ledger

_WITHIN_S = 600
"""A reading stands for a time of the register when it is no further than ten minutes from it."""

curing = typer.Typer(no_args_is_help=True, help="A curing room's climate on paper.")
curing.command()(read)
curing.command()(tables)
curing.command("type")(type_chip)

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="Settings file; default /etc/specimen-edge/edge.toml."),
]
DbOption = Annotated[Path | None, typer.Option("--db", help="Another climate.db.")]
DAY = ["%Y-%m-%d"]


@curing.callback()
def _curing() -> None:
    """A curing room's climate on paper."""


@curing.command()
def export(
    sensor: Annotated[str, typer.Argument(help="Name of the sensor.")],
    since: Annotated[datetime, typer.Option(formats=DAY, help="First day.")],
    until: Annotated[datetime, typer.Option(formats=DAY, help="Last day.")],
    out: Annotated[Path, typer.Option("--out", help="CSV file to write.")],
    db: DbOption = None,
    config: ConfigOption = None,
) -> None:
    """Write the register of a room as CSV: 07:00, 14:00 and 21:00 of each day, none filled in.

    UTF-8 with a mark, as office programs want it. Exit status 2 when store or sensor is not there.

    Example: specimen-edge curing export th-1 --since 2026-06-01 --until 2026-06-30 --out june.csv
    """
    path = db or settings_or_exit(config).climate_db
    with errors_named(), ClimateLog(path) as log:
        name = known_sensor(log, sensor)
        lines = customary_lines(
            since.date(), until.date(), lambda at: log.nearest(name, at, within_s=_WITHIN_S)
        )
        out.write_text(climate_csv(lines), encoding="utf-8-sig", newline="")
    typer.echo(str(out))


@curing.command()
def ledger(
    file: Annotated[Path, typer.Argument(help="CSV with the columns 日期 (date) and 平均 (mean).")],
    place: Annotated[str, typer.Option(help="Place that it was measured at, as groups name it.")],
    source: Annotated[str, typer.Option(help="Who measured it; stands beside every day.")],
    db: DbOption = None,
    config: ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Take daily mean temperatures from a site's own table; the same file counts once.

    climate.db has one writer: a wall station that runs is handed the ledger and imports it within
    a second. Exit status 1 when this file was taken before, 2 when it cannot be read.

    Example: specimen-edge curing ledger june.csv --place cage-7 --source "site log book"
    """
    path = db or settings_or_exit(config).climate_db
    with errors_named():
        content = _content(file)
        taken = parse_ledger(
            decode_ledger(content),
            source=source,
            place=place,
            sha256=sha256(content).hexdigest(),
        )
        is_new = _import(taken, path)
    told = {"days": len(taken.days), "first": str(taken.days[0][0]), "last": str(taken.days[-1][0])}
    typer.echo(json.dumps(told | {"new": is_new}) if as_json else f"{told} new={is_new}")
    if not is_new:
        raise typer.Exit(1)


def _import(taken: Ledger, path: Path) -> bool:
    """Whether it was new; a wall station that holds the file imports it within a second."""
    now = SystemClock().now()
    try:
        store = SqliteClimate(path)
    except StorageError as error:
        if error.code != "store_in_use":
            raise
        order = LedgerEntry(Id.parse(SystemIds().delivery_id(now)), now, taken)
        Spool(path.parent / "ledgers", LedgerEntry).put(order)
        typer.echo("已交给运行中的门口站点 · handed to the wall station that runs", err=True)
        return True
    try:
        return store.import_ledger(taken, at=now, by=None)
    finally:
        store.close()


def known_sensor(log: ClimateLog, sensor: str) -> SensorId:
    """The sensor of that name; ConfigError lists those that are known."""
    known = [name for name, _ in log.sensors()]
    if sensor not in known:
        raise ConfigError("sensor_unknown", sensor=sensor, known=", ".join(known))
    return SensorId(sensor)


@contextmanager
def errors_named() -> Iterator[None]:
    """Ours on standard error, with exit status 2."""
    try:
        yield
    except EdgeError as error:
        typer.echo(f"specimen-edge: {error}", err=True)
        raise typer.Exit(2) from error


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise DecodeError("ledger_unreadable", file=str(file), why=error.strerror) from error
