"""`specimen-edge sim scanner`: a scanner module on a pty, driven line by line."""

import sys
from contextlib import closing
from pathlib import Path
from typing import Annotated, Final

import typer

from edge.sim.scanner.gm65 import Gm65Module
from edge.sim.scanner.line import SimScanner
from edge.sim.scanner.modules import MODULES

_HELP: Final = (
    "A line is a code to show; :hex 4148 shows bytes, :unplug, :plug, :reset (factory), "
    ":status, :quit."
)


def scanner(
    path: Annotated[Path, typer.Argument(help="The link that leads to the terminal.")],
    profile: Annotated[str, typer.Option(help=f"The module: {', '.join(MODULES)}.")] = "generic-cr",
    boot_s: Annotated[float, typer.Option(min=0, max=60, help="Deaf after plugging, s.")] = 0.0,
) -> None:
    """Plug in a simulated module and show codes to it, one a line of standard input.

    Example: specimen-edge sim scanner /tmp/desk-left --profile gm65
    """
    if profile not in MODULES:
        typer.echo(f"specimen-edge: no such module: {profile}", err=True)
        raise typer.Exit(2)
    with closing(SimScanner(MODULES[profile](), path, boot_s=boot_s)) as sim:
        sim.plug()
        typer.echo(f"{path} -> {sim.node}  {_HELP}", err=True)
        for line in sys.stdin:
            if line.strip() == ":quit":
                return
            told = _obey(sim, line.rstrip("\r\n"))
            if told:
                typer.echo(told)


def _obey(sim: SimScanner, line: str) -> str:
    word, _, rest = line.partition(" ")
    match word:
        case ":unplug":
            sim.unplug()
        case ":plug":
            sim.plug()
        case ":reset" if isinstance(sim.module, Gm65Module):
            sim.module.factory_reset()
        case ":status":
            return _status(sim)
        case ":hex":
            return _show_hex(sim, rest)
        case _ if line.startswith(":"):
            return _HELP
        case _ if line:
            sim.show(line.encode())
    return ""


def _show_hex(sim: SimScanner, text: str) -> str:
    try:
        sim.show(bytes.fromhex(text))
    except ValueError:
        return f"no hexadecimal bytes: {text}"
    return ""


def _status(sim: SimScanner) -> str:
    told = f"{'plugged ' + sim.node if sim.plugged else 'unplugged'}, {sim.module.baud} baud"
    if isinstance(sim.module, Gm65Module):
        told += f", {sim.module.writes} writes, {sim.module.saves} saves"
    return told
