"""`specimen-edge sim climate`: climate sensors on a pty, driven line by line."""

import sys
from contextlib import closing
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Final

import typer

from edge.core.errors import ConfigError
from edge.devices.climate.profile import ClimateProfile, climate_profile
from edge.devices.firmware.place import configs_dir
from edge.sim.climate import LineFault, SimClimateLine, SimSensor

_BY_WORD: Final = {each.value: each for each in LineFault}
_FAULTS: Final = ", ".join(f":{each}" for each in _BY_WORD)
_HELP: Final = (
    f"A line is ℃ and %RH, as 20.1 96.5; {_FAULTS} spoil the next answer; :unplug, :plug, :quit."
)


def climate(
    path: Annotated[Path, typer.Argument(help="The link that leads to the terminal.")],
    profile: Annotated[str, typer.Option(help="A profile of firmware_configs.")] = "xy-md02",
    address: Annotated[int, typer.Option(min=1, max=247, help="Its address.")] = 1,
    configs: Annotated[Path | None, typer.Option(help="Another folder of profiles.")] = None,
) -> None:
    """Plug in a simulated climate sensor and set what it measures, one line of standard input each.

    Example: specimen-edge sim climate /tmp/room-1 --profile xy-md02
    """
    try:
        known = climate_profile(profile, configs_dir(configs))
    except ConfigError as error:
        typer.echo(f"specimen-edge: {error}", err=True)
        raise typer.Exit(2) from error
    sensor = SimSensor(address, known.registers.function, known.registers.first)
    sensor.show(*_registers("20.0 96.0", known))
    with closing(SimClimateLine(path, sensor)) as line:
        line.plug()
        typer.echo(f"{path}  {_HELP}", err=True)
        for said in sys.stdin:
            if said.strip() == ":quit":
                return
            told = _obey(line, sensor, known, said.strip())
            if told:
                typer.echo(told)


def _obey(line: SimClimateLine, sensor: SimSensor, profile: ClimateProfile, said: str) -> str:
    match said:
        case "":
            return ""
        case ":unplug":
            line.unplug()
        case ":plug":
            line.plug()
        case _ if said.startswith(":") and said[1:] in _BY_WORD:
            line.faults.append(_BY_WORD[said[1:]])
        case _ if said.startswith(":"):
            return _HELP
        case _:
            try:
                sensor.show(*_registers(said, profile))
            except (InvalidOperation, ValueError):
                return _HELP
    return ""


def _registers(said: str, profile: ClimateProfile) -> tuple[int, ...]:
    """Typed values as the module's registers; ValueError when too few or too large."""
    registers = profile.registers
    typed = [int(Decimal(each) * registers.parts) for each in said.split()]
    values = [0] * registers.count
    values[registers.temperature_at] = typed[0]
    if registers.humidity_at is not None:
        values[registers.humidity_at] = typed[1] if len(typed) > 1 else 960 * registers.parts // 10
    if not all(-0x8000 <= each <= 0x7FFF for each in values):  # noqa: PLR2004 - a signed register
        message = "no register holds this"
        raise ValueError(message)
    return tuple(values)
