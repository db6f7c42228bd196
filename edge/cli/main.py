"""Where `specimen-edge` begins: a process that runs for months loads its own verb and no other."""

import sys
from importlib import import_module

import typer

ALONE = frozenset({"board", "kiosk", "screen", "ship", "wall"})
"""Verbs that run for months, each a function in a file of its name; what others need stays out."""


def main() -> None:
    """Run the command line."""
    verb = sys.argv[1] if len(sys.argv) > 1 else ""
    if verb in ALONE:
        only(verb)()
        return
    from edge.cli.app import app  # noqa: PLC0415 - all verbs, only when they are wanted

    app()


def only(verb: str) -> typer.Typer:
    """The command line with a single verb."""
    alone = typer.Typer(name="specimen-edge", add_completion=False, pretty_exceptions_enable=False)
    alone.callback()(_station)
    alone.command()(getattr(import_module(f"edge.cli.{verb}"), verb))
    return alone


def _station() -> None:
    """Edge station for witnessed concrete specimens."""
