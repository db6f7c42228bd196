"""`specimen-edge curing read`: what a climate sensor measures, one line a poll."""

import json
import queue
from pathlib import Path
from typing import Annotated

import typer

from edge.core.errors import ConfigError
from edge.core.ids import SensorId
from edge.core.moments import rfc3339
from edge.devices.climate.line import line_of
from edge.devices.climate.profile import climate_profile
from edge.devices.climate.reader import BusSensor, ClimateReader, Polled
from edge.devices.firmware.place import configs_dir
from edge.host.clock import SystemClock
from edge.host.journal import StructlogJournal

_POLL_S = 5.0


def read(
    *,
    port: Annotated[str, typer.Option("--port", help="/dev/… of the RS-485 adapter, or a pty.")],
    profile: Annotated[str, typer.Option("--profile", help="A climate profile.")] = "xy-md02",
    address: Annotated[
        int, typer.Option(min=0, max=247, help="On the line; 0: as the profile says.")
    ] = 0,
    count: Annotated[int, typer.Option(min=1, max=100_000, help="How many polls.")] = 1,
    every_s: Annotated[float, typer.Option(min=0.1, max=3600, help="Seconds between.")] = 1.0,
    echo: Annotated[bool, typer.Option("--echo", help="The adapter hears itself.")] = False,
    configs: Annotated[Path | None, typer.Option(help="Another folder of profiles.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line per poll.")] = False,
) -> None:
    """Ask one sensor and print what it answers; compare it with the sensor's own display.

    Exit status 0 when every poll was answered, 1 when one was not, 2 on wrong use.

    Example: specimen-edge curing read --port /dev/specimen-climate --profile xy-md02 --count 3
    """
    heard: queue.Queue[Polled] = queue.Queue()
    try:
        known = climate_profile(profile, configs_dir(configs))
        line = line_of(port, known.line, has_echo=echo)
    except ConfigError as error:
        typer.echo(f"specimen-edge: {error}", err=True)
        raise typer.Exit(2) from error
    reader = ClimateReader(
        line,
        (BusSensor(SensorId("read"), address or known.line.address, known),),
        report=heard.put,
        clock=SystemClock(),
        journal=StructlogJournal("curing", level="error"),
        period_s=every_s,
    )
    reader.start()
    try:
        answered = [
            _tell(heard.get(timeout=every_s + _POLL_S), as_json=as_json) for _ in range(count)
        ]
    finally:
        reader.stop()
    if not all(answered):
        raise typer.Exit(1)


def _tell(polled: Polled, *, as_json: bool) -> bool:
    sample = polled.sample
    warm = None if sample is None else sample.temperature_centi_c / 100
    wet = None if sample is None or sample.humidity_centi_pct is None else sample.humidity_centi_pct
    told = {
        "at": rfc3339(polled.at.at),
        "temperature_c": warm,
        "humidity_pct": None if wet is None else wet / 100,
        "why": polled.why,
    }
    typer.echo(json.dumps(told) if as_json else " ".join(f"{k}={v}" for k, v in told.items()))
    return sample is not None
