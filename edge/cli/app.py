"""The verbs of `specimen-edge`, joined from one small file each."""

import typer

from edge.cli.chip import chip
from edge.cli.config import config
from edge.cli.decode import decode
from edge.cli.doctor import doctor
from edge.cli.kiosk import kiosk
from edge.cli.ship import ship

app = typer.Typer(
    name="specimen-edge",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _verbs() -> None:
    """Edge station for witnessed concrete specimens."""


app.add_typer(chip, name="chip")
app.command()(config)
app.command()(decode)
app.command()(doctor)
app.command()(kiosk)
app.command()(ship)


def main() -> None:
    """Run the command line."""
    app()
