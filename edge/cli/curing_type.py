"""`specimen-edge curing type`: the number of a chip that nothing can read, for the wall station."""

from pathlib import Path
from typing import Annotated

import typer

from edge.cli.process import settings_or_exit
from edge.core.errors import EdgeError
from edge.core.ids import Id, SpecimenId
from edge.host.clock import SystemClock
from edge.host.identity import SystemIds
from edge.storage.spool import Spool, TypedEntry

_WHY_CHARS = 200


def type_chip(
    chip: Annotated[str, typer.Argument(help="The number on the chip's face.")],
    why: Annotated[str, typer.Option("--why", help="What is wrong with the chip.")],
    reader: Annotated[
        str, typer.Option("--reader", help="The scanner of the keeper; default: who is at work.")
    ] = "",
    config: Annotated[
        Path | None,
        typer.Option("--config", help="Settings file; default /etc/specimen-edge/edge.toml."),
    ] = None,
) -> None:
    """Tell the wall station the number of a block whose chip cannot be read.

    A typed number proves nothing: the block is kept on the record with the reason, its line in the
    book stays as it is, and the light answers as for a block that is held. A keeper must be at
    work at the door; after ten minutes without one the number is dropped.

    Exit status 0 when the station will find it, 2 on wrong use.

    Example: specimen-edge curing type nc-26-000101 --why "chip crushed, face legible"
    """
    settings = settings_or_exit(config)
    now = SystemClock().now()
    try:
        entry = TypedEntry(
            entry=Id.parse(SystemIds().delivery_id(now)),
            chip=SpecimenId.parse(chip.strip().lower()),
            why=" ".join(why.split())[:_WHY_CHARS],
            at=now,
            reader=reader,
        )
        if not entry.why:
            raise typer.BadParameter("--why says nothing")
        Spool(settings.typed_dir, TypedEntry).put(entry)
    except EdgeError as error:
        typer.echo(f"specimen-edge: {error}", err=True)
        raise typer.Exit(2) from error
    typer.echo(f"{entry.chip}: 已交给门口站点，请看灯 · handed to the door, see its light")
