"""`specimen-edge models`: the optional networks of an operator, accepted by content only."""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.face_set import MODELS_DIR, ConfigOption, JsonOption, errors_named
from edge.cli.process import settings_or_exit
from edge.core.errors import ConfigError, LinkError
from edge.devices.face.models import Listed, Presence, listed, need_listed, presence
from edge.host.download import Wanted, download

models = typer.Typer(no_args_is_help=True, help="Optional networks: list, verify, fetch.")

NamesArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME]...", help="Models; default all.")
]
DirOption = Annotated[
    Path | None,
    typer.Option("--dir", help="Model directory; default EDGE_MODELS_DIR or the settings'."),
]


@models.command("list")
def list_models(
    folder: DirOption = None, config: ConfigOption = None, *, as_json: JsonOption = False
) -> None:
    """Show every model of the registry: what for, licence, origin, whether it is there.

    Example: specimen-edge models list --json
    """
    with errors_named():
        place = _folder(folder, config)
        for model in listed():
            told = {"state": presence(model, place), **asdict(model)}
            line = f"{told['state']:8} {_line(model)}"
            typer.echo(json.dumps(told) if as_json else line)


@models.command()
def verify(
    names: NamesArgument = None,
    folder: DirOption = None,
    config: ConfigOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Check that models are there and are the right ones, by sha256.

    Exit status: 0 all are right; 1 one is absent or another; 2 wrong use.

    Example: specimen-edge models verify yunet retail-0095
    """
    with errors_named():
        place, chosen = _folder(folder, config), _chosen(names)
    bad = 0
    for model in chosen:
        code = _problem(model, place)
        bad += bool(code)
        told = {"name": model.name, "file": str(place / model.file), "problem": code or None}
        typer.echo(json.dumps(told) if as_json else f"{code or 'ok':20} {told['file']}")
    if bad:
        raise typer.Exit(1)


@models.command()
def fetch(
    names: NamesArgument = None,
    folder: DirOption = None,
    config: ConfigOption = None,
    *,
    source: Annotated[
        str, typer.Option("--from", help="Base URL that serves the files by name; https.")
    ] = "",
) -> None:
    """Download models into the model directory; a broken download goes on where it broke off.

    The licence of each is shown before it is fetched: fetching is agreeing to it. A file whose
    content is another is thrown away. Exit status: 0 all are there; 1 the network failed or a
    model has no public address; 2 wrong use, or a file was another.

    Example: specimen-edge models fetch yunet retail-0095-layout retail-0095
    """
    with errors_named():
        place, chosen = _folder(folder, config), _chosen(names)
    failed = 0
    for model in chosen:
        failed += not _fetched(model, place, source.rstrip("/"))
    if failed:
        raise typer.Exit(1)


def _fetched(model: Listed, place: Path, source: str) -> bool:
    if presence(model, place) is Presence.PRESENT:
        typer.echo(f"present  {model.name}")
        return True
    url = f"{source}/{model.file}" if source else model.url
    typer.echo(f"fetching {_line(model)}")
    if not url:
        typer.echo(f"specimen-edge: face_model_no_address name={model.name}", err=True)
        return False
    wanted = Wanted(url, place / model.file, model.bytes, model.sha256)
    with errors_named():
        try:
            came = download(wanted)
        except LinkError as error:
            typer.echo(f"specimen-edge: {error}", err=True)
            return False
    typer.echo(f"fetched  {model.name} bytes={came} {wanted.path}")
    return True


def _problem(model: Listed, place: Path) -> str:
    try:
        need_listed(model, place)
    except ConfigError as error:
        return error.code
    return ""


def _chosen(names: list[str] | None) -> tuple[Listed, ...]:
    known = {model.name: model for model in listed()}
    strange = set(names or ()) - set(known)
    if strange:
        raise ConfigError("face_model_unknown", name=",".join(strange), known=",".join(known))
    return tuple(known[name] for name in names or known)


def _folder(folder: Path | None, config: Path | None) -> Path:
    if folder is not None:
        return folder
    told = os.environ.get(MODELS_DIR)
    if config is None and told:
        return Path(told)
    return settings_or_exit(config).models_dir


def _line(model: Listed) -> str:
    return f"{model.name:18} {model.bytes:9} B  {model.serves:9} {model.licence:11} {model.origin}"
