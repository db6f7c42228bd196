"""The verbs of `specimen-edge`, joined from one small file each."""

import typer

from edge.cli.absent import absent
from edge.cli.board import board
from edge.cli.central import central
from edge.cli.chip import chip
from edge.cli.command import command
from edge.cli.config import config
from edge.cli.curing import curing
from edge.cli.decode import decode
from edge.cli.demo import demo
from edge.cli.doctor import doctor
from edge.cli.firmware import firmware
from edge.cli.kiosk import kiosk
from edge.cli.log import log
from edge.cli.nfc import nfc
from edge.cli.outbox import outbox
from edge.cli.registry import registry
from edge.cli.scan import scan
from edge.cli.screen import screen
from edge.cli.ship import ship
from edge.cli.sim import sim
from edge.cli.wall import wall

try:
    from edge.cli.face import face
    from edge.cli.models import models
except ModuleNotFoundError as error:
    face = absent("face", missing=error.name or "", extra="face")
    models = absent("models", missing=error.name or "", extra="face")

app = typer.Typer(
    name="specimen-edge",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _verbs() -> None:
    """Edge station for witnessed concrete specimens."""


app.add_typer(central, name="central")
app.add_typer(chip, name="chip")
app.add_typer(curing, name="curing")
app.add_typer(face, name="face")
app.add_typer(firmware, name="firmware")
app.add_typer(log, name="log")
app.add_typer(models, name="models")
app.add_typer(nfc, name="nfc")
app.add_typer(outbox, name="outbox")
app.add_typer(registry, name="registry")
app.add_typer(sim, name="sim")
app.command()(board)
app.command()(command)
app.command()(config)
app.command()(decode)
app.command()(demo)
app.command()(doctor)
app.command()(kiosk)
app.command()(scan)
app.command()(screen)
app.command()(ship)
app.command()(wall)


def main() -> None:
    """Run the command line."""
    app()
