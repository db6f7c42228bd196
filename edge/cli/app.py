"""The verbs of `specimen-edge`, joined from one small file each."""

import typer

app = typer.Typer(
    name="specimen-edge",
    help="Edge station for witnessed concrete specimens.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the command line."""
    app()
