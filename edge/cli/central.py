"""`specimen-edge central`: the platform's side of the contract, and looking into its store."""

import json
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.process import run_process, settings_or_exit
from edge.compose.central import central_process, central_reader
from edge.core.alarms import AlarmState, judge_alarms
from edge.core.errors import EdgeError

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="Settings file; default /etc/specimen-edge/edge.toml."),
]
central = typer.Typer(invoke_without_command=True)


@central.callback()
def run(context: typer.Context, config: ConfigOption = None) -> None:
    """Run the platform: verify, store once, acknowledge, publish reference data, answer questions.

    Example: specimen-edge central --config edge.toml
    """
    context.obj = config
    if context.invoked_subcommand is None:
        run_process(central_process, config)


@central.command()
def alarms(
    context: typer.Context,
    config: ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    open_only: Annotated[
        bool, typer.Option("--open", help="Without gaps that were filled.")
    ] = False,
) -> None:
    """What a person must look at: gaps, forks, bad signatures, broken chains; oldest first.

    Exit status 1 while anything is open.

    Example: specimen-edge central alarms --json --config edge.toml
    """
    settings = settings_or_exit(config or context.obj)
    try:
        with central_reader(settings) as store:
            judged = judge_alarms(store.alarms(), store.watermarks)
    except EdgeError as error:
        typer.echo(f"specimen-edge: {error}", err=True)
        raise typer.Exit(2) from error
    for state, alarm in judged:
        if open_only and state is not AlarmState.OPEN:
            continue
        facts = dict(alarm.facts)
        line = {"at": alarm.at.isoformat(), "station": alarm.station, "alarm": alarm.code}
        if as_json:
            typer.echo(json.dumps(line | {"state": state, "facts": facts}, ensure_ascii=False))
        else:
            told = " ".join(f"{name}={value}" for name, value in facts.items())
            typer.echo(f"{line['at']}  {state:<6}  {alarm.station}  {alarm.code}  {told}")
    raise typer.Exit(1 if any(state is AlarmState.OPEN for state, _ in judged) else 0)


@central.command()
def api(context: typer.Context, config: ConfigOption = None) -> None:
    """Serve the history of custody of specimens as JSON, on loopback unless told otherwise.

    Needs `[central.api] token_file`; ask with the header `Authorization: Bearer TOKEN`.

    Example: specimen-edge central api --config edge.toml
    """
    try:
        from edge.compose.history import history_process  # noqa: PLC0415 - the extra may be absent
    except ModuleNotFoundError as error:
        typer.echo(f'{error.name}: pip install "specimen-edge[kiosk]"', err=True)
        raise typer.Exit(2) from error
    run_process(history_process, config or context.obj)
