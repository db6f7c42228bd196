"""`specimen-edge nfc`: tags on a PN532, one line a tap."""

import json
import queue
from pathlib import Path
from typing import Annotated, Any

import typer

from edge.core.errors import ConfigError
from edge.core.nfc import TagEvent, TagSeen, TapFacts, judge_tap
from edge.host.clock import SystemClock
from edge.host.journal import StructlogJournal
from edge.host.tag_keys import FileTagKeys
from edge.wire.ndef import NdefFlaw, decode_message, record_text

_POLL_S = 0.05

nfc = typer.Typer(no_args_is_help=True, help="Tags on an NFC reader.")


@nfc.callback()
def _nfc() -> None:
    """Tags on an NFC reader."""


@nfc.command()
def read(
    port: Annotated[Path, typer.Option("--port", help="The reader's serial device, or a pty.")],
    count: Annotated[int, typer.Option(min=0, help="End after so many taps; 0: never.")] = 0,
    seconds: Annotated[float, typer.Option(min=0, help="End after so long; 0: never.")] = 0.0,
    keys: Annotated[
        Path | None, typer.Option("--keys", help="Keys of tags, a file of mode 0600.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line per tap.")] = False,
) -> None:
    """Print every tag that is laid on the reader, with what it proves by itself.

    Exit status 0 when tags came, 1 when none did, 2 on wrong use.

    Example: specimen-edge nfc read --port /dev/specimen-nfc --count 1 --json
    """
    try:
        from edge.devices.nfc.reader import NfcReader, ReaderWishes  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        typer.echo(f'{error.name}: pip install "specimen-edge[nfc]"', err=True)
        raise typer.Exit(2) from error
    try:
        known = FileTagKeys.load(keys) if keys else FileTagKeys()
    except ConfigError as error:
        typer.echo(f"specimen-edge: {error}", err=True)
        raise typer.Exit(2) from error
    clock = SystemClock()
    events: queue.Queue[TagEvent] = queue.Queue()
    reader = NfcReader(
        ReaderWishes(port),
        report=events.put,
        read_clock=clock.read,
        journal=StructlogJournal("nfc", level="warning"),
        password_of=known.password,
    )
    until_ns = clock.mono_ns() + int(seconds * 1e9) if seconds else None
    seen = 0
    reader.start()
    try:
        while (not count or seen < count) and (until_ns is None or clock.mono_ns() < until_ns):
            try:
                event = events.get(timeout=_POLL_S)
            except queue.Empty:
                continue
            if isinstance(event, TagSeen):
                seen += 1
                _tell(_found(event, known, clock), as_json=as_json)
    except KeyboardInterrupt:
        pass
    finally:
        state = reader.state
        reader.stop()
    if not seen:
        typer.echo(f"没有标签 · no tag: {state.phase.value} {state.why}", err=True)
        raise typer.Exit(1)


def _found(tag: TagSeen, keys: FileTagKeys, clock: SystemClock) -> dict[str, Any]:
    """A tap as the contract says it; `verdict` without a code and without earlier taps."""
    sun, signature = keys.sun(tag.sun), keys.originality(tag.uid, tag.signature)
    records = decode_message(tag.message)
    texts = [] if isinstance(records, NdefFlaw) else [record_text(each) for each in records]
    return {
        "uid": tag.uid,
        "kind": tag.kind.value,
        "records": [None if isinstance(each, NdefFlaw) else each for each in texts],
        "ndef_hex": tag.message.hex(),
        "signature": signature.value,
        "verdict": judge_tap(TapFacts(tag.uid, signature=signature, sun=sun)).value,
        "flaw": tag.flaw.value if tag.flaw else None,
        "ms": round((clock.mono_ns() - tag.at.mono_ns) / 1e6, 1),
    }


def _tell(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    text = " ".join(each for each in found["records"] if each) or found["flaw"] or "-"
    typer.echo(f"{found['uid']} {found['kind']} {found['verdict']} {text}")
