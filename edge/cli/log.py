"""`specimen-edge log`: check a station's log against pinned keys, and give its events away."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.process import settings_or_exit
from edge.core.errors import EdgeError
from edge.core.ids import EpochId
from edge.flows.audit import Audited, audit
from edge.host.clock import SystemClock
from edge.host.identity import boot_id
from edge.host.keys import PinnedKeys
from edge.storage.evidence import EvidenceFiles
from edge.storage.link import LinkReader
from edge.storage.station import StationReader

log = typer.Typer(no_args_is_help=True, help="The station's log of signed events.")

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="Settings file; default /etc/specimen-edge/edge.toml."),
]
DbOption = Annotated[Path | None, typer.Option("--db", help="The store, else as configured.")]
WORDS = {
    "gap": ("序号不连续", "an event is missing before this one"),
    "digest": ("正文与摘要不符", "the body was changed"),
    "signature": ("签名无效", "the signature does not hold against the pinned keys"),
    "chain": ("链断开", "the event does not follow the one before it"),
    "columns": ("索引列与正文不符", "a stored column differs from the signed body"),
    "epoch": ("纪元首事件不符", "the epoch does not begin as it must"),
    "body": ("正文无法解析", "the body cannot be read"),
    "evidence_changed": ("照片已被改动", "a photograph was changed"),
    "evidence_missing": ("照片缺失", "a photograph is missing"),
    "truncated": ("末尾被截断", "the platform has confirmed more than is here"),
    "forked": ("与平台确认的不同", "the platform has confirmed other bytes at this place"),
    "epoch_missing": ("缺少纪元", "the platform has confirmed an epoch that is not here"),
    "epoch_empty": ("纪元为空", "an epoch holds no event"),
}
"""What each flaw is called."""


@log.callback()
def _log() -> None:
    """The station's log of signed events."""


@log.command()
def verify(
    config: ConfigOption = None,
    db: DbOption = None,
    keys: Annotated[Path | None, typer.Option("--keys", help="Pinned keys.")] = None,
    evidence: Annotated[
        Path | None, typer.Option("--evidence", help="Folder of photographs.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Check sequence, chain, signatures and photographs of every stored event.

    Keys are the pinned ones, never keys that lie beside the events. What the platform has
    confirmed is checked too where the shipper's store is there.

    Exit status 0 when everything holds, 1 when not, 2 on wrong use.

    Example: specimen-edge log verify --db station.db --keys keys.json --evidence evidence
    """
    if db and keys:
        found = _verify(db, keys, evidence, link=None)
    else:
        settings = settings_or_exit(config)
        found = _verify(
            db or settings.station_db,
            keys or settings.keys_file,
            evidence or settings.evidence_dir,
            link=None if db else settings.link_db,
        )
    if as_json:
        typer.echo(json.dumps(asdict(found) | {"ok": found.ok}))
    else:
        _tell(found)
    raise typer.Exit(0 if found.ok else 1)


@log.command()
def export(
    config: ConfigOption = None,
    db: DbOption = None,
    epoch: Annotated[str | None, typer.Option("--epoch", help="Only this epoch.")] = None,
) -> None:
    """Write one signed envelope (DSSE, JSON) a line, in order, as it was or will be sent.

    Example: specimen-edge log export --db station.db > events.jsonl
    """
    path = db or settings_or_exit(config).station_db
    try:
        with StationReader(path) as reader:
            epochs = reader.epochs()
            if epoch is not None and epoch not in epochs:
                typer.echo(f"specimen-edge: epoch_unknown known={','.join(epochs)}", err=True)
                raise typer.Exit(2)
            for each in epochs:
                if epoch in {None, each}:
                    _write_epoch(reader, each)
    except EdgeError as error:
        typer.echo(f"specimen-edge: {error}", err=True)
        raise typer.Exit(1) from error


def _verify(db: Path, keys: Path, evidence: Path | None, *, link: Path | None) -> Audited:
    clock = SystemClock()
    confirmed = LinkReader(link, clock=clock, boot_id=boot_id()) if link else None
    try:
        with StationReader(db) as reader:
            return audit(
                reader,
                ring=PinnedKeys.load(keys, clock),
                evidence=EvidenceFiles(evidence) if evidence else None,
                marks=confirmed.marks() if confirmed else None,
            )
    except EdgeError as error:
        typer.echo(f"specimen-edge: {error}", err=True)
        raise typer.Exit(1) from error
    finally:
        if confirmed is not None:
            confirmed.close()


def _write_epoch(reader: StationReader, epoch: EpochId) -> None:
    after = 0
    while batch := reader.events(epoch, after=after):
        for event in batch:
            typer.echo(event.envelope.decode())
        after = batch[-1].sequence


def _tell(found: Audited) -> None:
    typer.echo(f"事件 · events {found.events}   纪元 · epochs {found.epochs}")
    typer.echo(f"照片 · photographs {found.evidence}")
    bad = found.first_bad
    if bad is None:
        typer.echo("✓ 全部有效 · everything holds")
        return
    zh, en = WORDS[bad.code]
    typer.echo(f"✗ {zh} · {en}")
    typer.echo(f"  纪元 · epoch {bad.epoch}  序号 · sequence {bad.sequence}")
    typer.echo("  → 保留此存储不动，导出后交平台比对")
    typer.echo("  → leave this store as it is, export it and compare it with the platform's")
