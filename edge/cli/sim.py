"""`specimen-edge sim`: simulated devices on pseudo-terminals, for desks without hardware."""

import typer

from edge.cli.sim_climate import climate
from edge.cli.sim_pn532 import pn532
from edge.cli.sim_scanner import scanner

sim = typer.Typer(no_args_is_help=True, help="Simulated devices, for desks without hardware.")


@sim.callback()
def _sim() -> None:
    """Simulated devices, for desks without hardware."""


sim.command()(climate)
sim.command()(pn532)
sim.command()(scanner)
