"""`specimen-edge scan`: what a serial scanner sees, one line a code."""

import json
import queue
from pathlib import Path
from typing import Annotated

import typer

from edge.core.carriers import Reading
from edge.core.errors import ConfigError
from edge.core.moments import rfc3339
from edge.devices.scanner.board import ScannerState
from edge.devices.scanner.door import WantedScanner, scanner_door
from edge.host.clock import SystemClock
from edge.host.journal import StructlogJournal
from edge.wire.payload import payload_text

_POLL_S = 0.1


def scan(
    port: Annotated[str, typer.Option("--port", help="/dev/…, a pty, or socket://host:port.")],
    profile: Annotated[
        str, typer.Option("--profile", help="One of `firmware list`.")
    ] = "generic-cr",
    count: Annotated[int, typer.Option(min=0, help="End after so many codes; 0: never.")] = 0,
    seconds: Annotated[float, typer.Option(min=0, help="End after so long; 0: never.")] = 0.0,
    configs: Annotated[Path | None, typer.Option(help="Another folder of profiles.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line per code.")] = False,
) -> None:
    """Print every code that a scanner reads: text, bytes, AIM identifier and instant.

    Exit status 0 when codes came, 1 when none did, 2 on wrong use.

    Example: specimen-edge scan --port /dev/specimen-scanner --profile gm65 --count 1 --json
    """
    clock = SystemClock()
    read: queue.Queue[tuple[Reading, str]] = queue.Queue()
    try:
        scanner = scanner_door(
            WantedScanner("scan", port, profile, mend=False),
            report=lambda reading: read.put((reading, scanner.state.last_aim)),
            clock=clock,
            journal=StructlogJournal("scan", level="warning"),
            configs=configs,
        )
    except ConfigError as error:
        typer.echo(f"specimen-edge: {error}", err=True)
        raise typer.Exit(2) from error
    until_ns = clock.mono_ns() + int(seconds * 1e9) if seconds else None
    seen = 0
    scanner.start()
    try:
        while (not count or seen < count) and (until_ns is None or clock.mono_ns() < until_ns):
            try:
                reading, aim = read.get(timeout=_POLL_S)
            except queue.Empty:
                continue
            seen += 1
            _tell(reading, aim, as_json=as_json)
    except KeyboardInterrupt:
        pass
    finally:
        state = scanner.state
        scanner.stop()
    if not seen:
        typer.echo(_why(state), err=True)
        raise typer.Exit(1)


def _tell(reading: Reading, aim: str, *, as_json: bool) -> None:
    text = payload_text(reading.payload)
    found = {
        "text": text,
        "hex": reading.payload.hex(),
        "aim": aim or None,
        "at": rfc3339(reading.at.at),
    }
    typer.echo(json.dumps(found, ensure_ascii=False) if as_json else text or found["hex"])


def _why(state: ScannerState) -> str:
    """Why nothing came: the line, or nobody showed a code."""
    if state.live:
        return f"没有读到条码 · no code was shown ({state.node or state.name}, {state.baud} baud)"
    return f"读码器无响应 · the scanner gives nothing: {state.why.value}"
