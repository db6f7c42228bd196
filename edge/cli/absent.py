"""Verbs whose extra is not installed: they say what to install, and leave the others alone."""

import typer
from typer.core import TyperGroup


def absent(name: str, *, missing: str, extra: str) -> typer.Typer:
    """A group in the place of one that cannot be loaded; exit status 2 with the remedy."""
    group = typer.Typer(
        name=name,
        cls=_Absent,
        invoke_without_command=True,
        help=f'{missing}: pip install "specimen-edge[{extra}]"',
    )
    group.callback()(_nothing)
    return group


class _Absent(TyperGroup):
    """Whatever is asked of it, it says what is missing."""

    def invoke(self, ctx: typer.Context) -> None:  # type: ignore[override] # typer's own context
        """Say it."""
        del ctx
        typer.echo(self.help, err=True)
        raise typer.Exit(2)


def _nothing() -> None:
    """A group needs something to call."""
