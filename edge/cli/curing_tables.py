"""`specimen-edge curing tables`: temperature record and equivalent age of a group, as PDF."""

from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.process import settings_or_exit
from edge.core.curing.limits import Edition
from edge.core.curing.maturity import Maturity, MeanMethod, forecast, reckon
from edge.core.errors import EdgeError
from edge.core.ids import SensorId
from edge.core.rulesets import RuleSet
from edge.flows.curing_tables import (
    Subject,
    Table,
    TableLanguage,
    degree_day_table,
    needs_hours,
    temperature_table,
)
from edge.flows.maturity import Place, day_means, hours_of
from edge.host.pdf import SheetTable, write_tables
from edge.ports import ClimateRecord
from edge.storage.climate_reads import ClimateLog
from edge.wire.ruleset_toml import parse_ruleset

DAY = ["%Y-%m-%d"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the tables are about."""

    group: str
    place: Place
    cast_on: date
    until: date
    edition: Edition
    method: MeanMethod
    target_cd: float
    counts_casting_day: bool


def tables(
    group: Annotated[str, typer.Argument(help="The specimens, as they are called on paper.")],
    *,
    place: Annotated[str, typer.Option(help="Where they lie, as ledgers name it.")],
    cast_on: Annotated[datetime, typer.Option(formats=DAY, help="Casting date.")],
    until: Annotated[datetime, typer.Option(formats=DAY, help="Last day of the tables.")],
    out: Annotated[Path, typer.Option("--out", help="PDF to write.")],
    sensor: Annotated[str | None, typer.Option(help="Sensor at that place.")] = None,
    edition: Annotated[Edition, typer.Option(help="Edition of GB 50204.")] = Edition.Y2015,
    method: Annotated[MeanMethod, typer.Option(help="How a day's mean is made.")] = MeanMethod.OBS4,
    target: Annotated[float, typer.Option(min=1, max=5000, help="Target in ℃·d.")] = 600,
    casting_day: Annotated[
        bool, typer.Option("--casting-day", help="Count the day of casting; default the day after.")
    ] = False,
    language: Annotated[TableLanguage, typer.Option(help="zh_CN or en.")] = TableLanguage.ZH_CN,
    db: Annotated[Path | None, typer.Option("--db", help="Another climate.db.")] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", help="Settings file; default /etc/specimen-edge/edge.toml."),
    ] = None,
) -> None:
    """Write the two customary tables (C5-19-1, C5-19-2) of a group as PDF.

    Days that nobody measured stay empty and say so; until the target is reached the second table
    says when it may be, as a range. Needs fpdf2 and the font Noto Sans CJK. Exit
    status 1 while the target is not reached, 2 when something is missing.

    Example: specimen-edge curing tables 3# --place cage-7 --cast-on 2026-03-01 --until 2026-04-10
    --out 3.pdf
    """
    settings = settings_or_exit(config)
    asked = Asked(
        group=group,
        place=Place(SensorId(sensor) if sensor else None, place),
        cast_on=cast_on.date(),
        until=until.date(),
        edition=edition,
        method=method,
        target_cd=target,
        counts_casting_day=casting_day,
    )
    try:
        with ClimateLog(db or settings.climate_db) as log:
            maturity, drawn = made(log, asked, language)
        foot = f"specimen-edge {group} {asked.until}"
        pages = write_tables(out, [_sheet(each) for each in drawn], foot=foot)
    except EdgeError as error:
        typer.echo(f"specimen-edge: {error}", err=True)
        raise typer.Exit(2) from error
    typer.echo(f"{out} ({pages})")
    if maturity.reached_on is None:
        raise typer.Exit(1)


def made(
    record: ClimateRecord, asked: Asked, language: TableLanguage
) -> tuple[Maturity, tuple[Table, Table]]:
    """The reckoning and both tables."""
    limits = shipped_rules().curing.maturity[asked.edition]
    hours = hours_of(record, asked.place, asked.cast_on, asked.until)
    maturity = reckon(
        day_means(record, asked.place, hours, method=asked.method),
        cast_on=asked.cast_on,
        until=asked.until,
        limits=limits,
        target_tenths_cd=round(asked.target_cd * 10),
        counts_casting_day=asked.counts_casting_day,
    )
    low, high = limits.band_tenths_cd
    is_band = low < high and maturity.target_tenths_cd == limits.target_tenths_cd
    shown = {day: hours[day] for day in needs_hours(maturity)}
    subject = Subject(
        asked.group,
        asked.place.name,
        asked.cast_on,
        asked.edition.value,
        asked.counts_casting_day,
        (low, high) if is_band else None,
    )
    expected = forecast(maturity, today=asked.until, limits=limits)
    return maturity, (
        temperature_table(subject, maturity, shown, language),
        degree_day_table(subject, maturity, language, expected=expected),
    )


def shipped_rules() -> RuleSet:
    """The editions' limits; they are the same in every shipped rule set."""
    text = (files("edge.rulesets") / "nanchang-2023.toml").read_text(encoding="utf-8")
    return parse_ruleset(text)


def _sheet(table: Table) -> SheetTable:
    return SheetTable(
        title=table.title,
        above=table.above,
        headings=table.headings,
        shares=table.shares,
        rows=table.rows,
        below=table.below,
    )
