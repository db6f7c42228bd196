"""`specimen-edge screen`: keeps the desk's browser on the page."""

import shutil
from typing import Annotated

import typer

from edge.cli.process import stopped_by_signals
from edge.host.clock import SystemClock
from edge.host.journal import StructlogJournal
from edge.runtime.screen import ScreenProcess, silence_of


def screen(
    command: Annotated[list[str], typer.Argument(help="The browser with its options, after --.")],
    page: Annotated[
        str, typer.Option(help="Where the page's service answers.")
    ] = "http://127.0.0.1:8321/",
) -> None:
    """Run the desk's browser and start it anew when it ends or paints no more for 30 s.

    The page says every 5 s that it has painted; a frozen browser does not.

    Example: specimen-edge screen -- cage -ds -- chromium --kiosk http://127.0.0.1:8321/
    """
    if shutil.which(command[0]) is None:
        typer.echo(
            f"{command[0]}: 找不到该程序 · no such program; apt install cage chromium", err=True
        )
        raise typer.Exit(2)
    ScreenProcess(
        command,
        silence=silence_of(page),
        clock=SystemClock(),
        journal=StructlogJournal("screen"),
    ).run(stopped_by_signals())
