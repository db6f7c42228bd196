"""`specimen-edge doctor`: looks at what a station needs and says how to mend what is wrong."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.examine import examine
from edge.core.problems import Problem
from edge.flows.health import Diagnosis, Level
from edge.settings import SettingsInvalid, load_settings

_MARKS = {Level.OK: "✓", Level.WARN: "!", Level.FAIL: "✗"}


def doctor(
    config: Annotated[
        Path | None,
        typer.Option("--config", help="Settings file; default /etc/specimen-edge/edge.toml."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Check settings, disk, keys, clock, database, broker, reference data and decoders.

    Exit status 0 when nothing fails, 1 when something does, 2 when the settings cannot be used.

    Example: specimen-edge doctor --json
    """
    try:
        settings = load_settings(config)
    except SettingsInvalid as error:
        _tell(tuple(_as_diagnosis(each) for each in error.problems), as_json=as_json)
        raise typer.Exit(2) from error
    found = tuple(examine(settings))
    _tell(found, as_json=as_json)
    if any(each.level is Level.FAIL for each in found):
        raise typer.Exit(1)


def _as_diagnosis(problem: Problem) -> Diagnosis:
    return Diagnosis(
        id=f"configuration.{problem.field}",
        level=Level.FAIL,
        zh=f"{problem.field}：{problem.zh}",
        en=f"{problem.field} {problem.en}",
        remedy_zh=problem.remedy_zh,
        remedy_en=problem.remedy_en,
    )


def _tell(found: tuple[Diagnosis, ...], *, as_json: bool) -> None:
    if as_json:
        ok = all(each.level is not Level.FAIL for each in found)
        rows = [asdict(each) | {"ok": each.ok} for each in found]
        typer.echo(json.dumps({"ok": ok, "findings": rows}, ensure_ascii=False))
        return
    for each in found:
        typer.echo(f"{_MARKS[each.level]} {each.zh} · {each.en}")
        if not each.ok:
            typer.echo(f"    → {each.remedy_zh}\n    → {each.remedy_en}")
