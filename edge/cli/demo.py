"""`specimen-edge demo`: the whole system with a simulated world and a real broker."""

import json
import signal
import tempfile
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from edge.core.errors import EdgeError
from edge.host.reach import free_port

if TYPE_CHECKING:
    from edge.compose.reckoning import Summary
    from edge.runtime.demo import Said, Tell
    from edge.runtime.provision import BrokerAddress

_PORT_LIMIT = 65_535


def demo(
    once: Annotated[bool, typer.Option("--once", help="One scripted day, then end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The summary as JSON.")] = False,
    broker: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="A broker without TLS instead of an own mosquitto."),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="The page's port; 0 takes a free one.")
    ] = 8321,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
    folder: Annotated[
        Path | None,
        typer.Option("--dir", help="Empty folder where stores, keys and evidence are kept."),
    ] = None,
) -> None:
    """Run a station, its shipper, a platform and a broker with a simulated world.

    Without --once the desk's page is there to be touched: log in, lay out the forms, receive. With
    --once a scripted day runs by itself: a clean delivery of thirty cubes, one with a cube missing,
    a courier whose grant was revoked, and one without network. Before it, four weeks of the curing
    room pass in seconds: thirty cubes go in, two are moved, the room gets too warm, one is missing.

    Exit status 0 when nothing was lost or doubled and all went as planned, else 1; 2 wrong use.

    Example: specimen-edge demo --once --json --dir ./day
    """
    address = _address(broker) if broker else None
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    console = Console(stderr=True, highlight=False)
    with _folder(folder) as place:
        try:
            if not once:
                _serve(place, address, console, port=port or free_port(), browser=browser)
                return
            summary = _run(place, address, console)
        except KeyboardInterrupt as interrupt:
            console.print("已结束 · ended")
            raise typer.Exit(130 if once else 0) from interrupt
        except EdgeError as error:
            console.print(f"specimen-edge: {error}", markup=False)
            raise typer.Exit(1) from error
        if as_json:
            typer.echo(json.dumps(asdict(summary)))
        else:
            _tell(summary, kept=place if folder else None)
    raise typer.Exit(0 if summary.is_good else 1)


def _run(folder: Path, broker: "BrokerAddress | None", console: Console) -> "Summary":
    demo = _parts(console)
    summary: Summary = demo.run_demo(demo.Wishes(folder, broker), _teller(console))
    return summary


def _serve(
    folder: Path, broker: "BrokerAddress | None", console: Console, *, port: int, browser: bool
) -> None:
    demo = _parts(console)

    def opened(url: str) -> None:
        console.print(f"[bold]→ {url}[/]  收样台页面 · the desk's page")
        console.print("  Ctrl-C 结束 · ends it")
        if browser:
            webbrowser.open(url)

    demo.serve_demo(demo.Wishes(folder, broker, port), _teller(console), opened=opened)


def _parts(console: Console) -> Any:
    """The module that builds it, or a clear word about the extra that is absent."""
    try:
        from edge.compose import demo as parts  # noqa: PLC0415 - extras may be absent
    except ModuleNotFoundError as error:
        console.print(f'{error.name}: pip install "specimen-edge[camera,kiosk]"', markup=False)
        raise typer.Exit(2) from error
    return parts


def _teller(console: Console) -> "Tell":
    def tell(said: "Said") -> None:
        mark = "[green]✓[/]" if said.ok else "[red]✗[/]"
        console.print(f"{mark} {said.zh} · {said.en}")

    return tell


def _interrupt(*_: object) -> None:
    """Any wish to end takes the child processes down in good order."""
    raise KeyboardInterrupt


@contextmanager
def _folder(chosen: Path | None) -> Iterator[Path]:
    """The chosen folder, or one that is gone afterwards."""
    if chosen is not None:
        chosen.mkdir(parents=True, exist_ok=True)
        yield chosen.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="specimen-edge-") as made:
        yield Path(made)


def _address(text: str) -> "BrokerAddress":
    from edge.runtime.provision import BrokerAddress  # noqa: PLC0415 - needs the camera extra

    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) <= _PORT_LIMIT:
        raise typer.BadParameter(f"{text}: HOST:PORT, e.g. 127.0.0.1:1883")
    return BrokerAddress(host.strip("[]"), int(port), plain=True)


def _tell(summary: "Summary", *, kept: Path | None) -> None:
    for outcome, number in summary.deliveries.items():
        typer.echo(f"  {outcome:<22} {number}")
    typer.echo(f"  收样试块 · specimens received   {summary.specimens_received}")
    typer.echo(f"  标养室转移 · curing transfers   {summary.curing_transfers}")
    typer.echo(
        f"  温湿度超限 · excursions   {summary.excursions}   "
        f"涉及试块 · specimens {summary.excursion_specimens}"
    )
    typer.echo(f"  今日到期组 · groups due today   {summary.due_today}")
    typer.echo(f"  事件 · events   {summary.events_recorded} 记录 · recorded")
    typer.echo(f"             {summary.events_confirmed} 平台已确认 · confirmed by the platform")
    typer.echo(
        f"  丢失 · lost   {summary.lost}   重复 · duplicates {summary.duplicates_at_platform}"
    )
    typer.echo(
        f"  照片 · photographs   {summary.photographs_arrived} / {summary.photographs_sent} "
        "已到平台 · at the platform"
    )
    typer.echo(f"  日志校验 · log verify   {'✓' if summary.log_ok else '✗'}")
    typer.echo(f"  用时 · took   {summary.seconds:.0f} s")
    if kept is not None:
        typer.echo(f"  {kept}: specimen-edge log verify --config {kept}/station/edge.toml")
