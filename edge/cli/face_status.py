"""`specimen-edge face status` and `face export-notice`: what the check is, and its fact sheet."""

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.face_notice import sheet_of
from edge.cli.face_set import ConfigOption, EngineName, JsonOption, errors_named
from edge.cli.process import settings_or_exit
from edge.compose.face_facts import face_facts
from edge.core.face_facts import FILING_PEOPLE
from edge.devices.face.models import why_absent
from edge.host.clock import SystemClock
from edge.host.pdf import write_sheet
from edge.storage.faces import FaceReader


class SheetLanguage(StrEnum):
    """Languages of the fact sheet."""

    ZH_CN = "zh_CN"
    EN = "en"


def status(
    config: ConfigOption = None,
    to: Annotated[
        EngineName | None, typer.Option("--to", help="What another engine would mean.")
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Say what the face check is: engine, expected error rates, liveness, how many people.

    With --to it says beforehand how many people would have to be enrolled again: templates of one
    engine are never compared with another's. Exit status: 0; 1 when somebody must be enrolled
    again; 2 wrong settings, or a model is missing.

    Example: specimen-edge face status --to openvino
    """
    settings = settings_or_exit(config)
    if to is not None:
        face = settings.face.model_copy(update={"engine": to})
        settings = settings.model_copy(update={"face": face})
    with errors_named():
        facts = face_facts(settings, SystemClock().now())
        missing = why_absent(settings.models_dir, settings.face.engine)
        if missing is not None:
            raise missing
    told = asdict(facts) | {
        "at": facts.at.isoformat(),
        "not_covered": facts.not_covered,
        "strangers_named": facts.strangers_named,
        "filing_threshold": FILING_PEOPLE,
        "filing_due": facts.filing_due,
    }
    lines = [f"{key}={value}" for key, value in told.items()]
    typer.echo(json.dumps(told) if as_json else "\n".join(lines))
    if facts.other_engines:
        typer.echo(
            f"须重新登记 / to be enrolled again: {facts.other_engines} ({facts.engine})", err=True
        )
        raise typer.Exit(1)


def export_notice(
    out: Annotated[Path, typer.Option("--out", help="PDF to write.")],
    language: Annotated[SheetLanguage, typer.Option(help="zh_CN or en.")] = SheetLanguage.ZH_CN,
    config: ConfigOption = None,
) -> None:
    """Write the fact sheet of the impact assessment from the running configuration, as PDF.

    Counts and settings only, nobody's data. Needs fpdf2 and the font Noto Sans CJK.

    Example: specimen-edge face export-notice --out notice.pdf --language zh_CN
    """
    settings = settings_or_exit(config)
    with errors_named():
        facts = face_facts(settings, SystemClock().now())
        title, sections, foot = sheet_of(facts, language)
        write_sheet(out, title, sections, foot=foot)
    typer.echo(str(out))


def audit(
    out: Annotated[Path, typer.Option("--out", help="Folder for the pictures.")],
    config: ConfigOption = None,
) -> None:
    """Write the faces of checks that `face.audit_crops` kept, and have not been purged, as JPEG.

    Off by default: each is a person's data, kept only for face.audit_days.

    Example: specimen-edge face audit --out crops
    """
    settings = settings_or_exit(config)
    with errors_named():
        reader = FaceReader(settings.faces_db, settings.face_key)
        crops = reader.crops(SystemClock().now())
    out.mkdir(parents=True, exist_ok=True)
    for number, crop in enumerate(crops):
        path = out / f"{crop.at:%Y%m%dT%H%M%S}-{number}-{crop.verdict}.jpg"
        path.write_bytes(crop.content)
        typer.echo(f"{path} purge={crop.purge_at.isoformat(timespec='minutes')}")
