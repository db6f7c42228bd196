"""`specimen-edge log`: check a station's log against pinned keys, and give its events away."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from edge.cli.process import settings_or_exit
from edge.core.errors import EdgeError, StorageCorrupt, StorageError
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
    "key": ("密钥更换不符", "the event was sealed with a key whose turn it was not"),
    "chain": ("链断开", "the event does not follow the one before it"),
    "columns": ("索引列与正文不符", "a stored column differs from the signed body"),
    "source": ("来源与密钥不符", "the event was signed with the key of another station"),
    "epoch": ("纪元未接续前一纪元", "the epoch does not begin where the one before it ended"),
    "body": ("正文无法解析", "the body cannot be read"),
    "evidence_changed": ("照片已被改动", "a photograph was changed"),
    "evidence_missing": ("照片缺失", "a photograph is missing"),
    "evidence_unreadable": ("照片无法读取", "a photograph cannot be read"),
    "unreadable": ("存储无法读取", "the store cannot be read here"),
    "truncated": ("末尾被截断", "the platform has confirmed more than is here"),
    "forked": ("与平台确认的不同", "the platform has confirmed other bytes at this place"),
    "epoch_missing": ("缺少纪元", "the platform has confirmed an epoch that is not here"),
    "epoch_empty": ("纪元为空", "an epoch holds no event"),
    "epoch_unopened": ("纪元未登记", "events name an epoch that was never opened"),
}
"""What each flaw is called."""
_COMPARE = (
    "停止收样，保留此存储不动；log export 导出后交平台比对",
    "stop receiving, leave this store as it is, and let the platform compare `log export` with it",
)
_RESTORE = (
    "从备份取回该照片并再次校验；没有备份时通知平台",
    "bring the photograph back from a backup and verify again; without one, tell the platform",
)
_RESCUE = (
    "停止收样，先复制整个状态目录，再运行 specimen-edge doctor",
    "stop receiving, copy the whole state directory first, then run specimen-edge doctor",
)
REMEDIES = dict.fromkeys(WORDS, _COMPARE) | {
    "evidence_changed": _RESTORE,
    "evidence_missing": _RESTORE,
    "evidence_unreadable": _RESCUE,
    "unreadable": _RESCUE,
}
"""What to do about each flaw."""
_LONG_EVENTS = 2_000
"""A log that takes about a second shows how far it is."""


@dataclass(frozen=True, slots=True)
class _Sources:
    db: Path
    keys: Path
    evidence: Path | None
    link: Path | None


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
    link: Annotated[
        Path | None, typer.Option("--link", help="The shipper's store, with what is confirmed.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Check sequence, chain, signatures and photographs of every stored event.

    Keys are the pinned ones, never keys that lie beside the events. What the platform has
    confirmed is checked too where the shipper's store is there.

    Exit status 0 when everything holds, 1 when not, 2 on wrong use.

    Example: specimen-edge log verify --db station.db --keys keys.json --evidence evidence
    """
    if db and keys and not config:
        sources = _Sources(db, keys, evidence, link)
    else:
        settings = settings_or_exit(config)
        sources = _Sources(
            db or settings.station_db,
            keys or settings.keys_file,
            evidence or settings.evidence_dir,
            link or (None if db else settings.link_db),
        )
    found = _verify(sources)
    if as_json:
        typer.echo(json.dumps(asdict(found) | {"ok": found.ok}))
    else:
        _tell(found, sources)
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
        raise typer.Exit(_status(error)) from error


def _verify(sources: _Sources) -> Audited:
    clock = SystemClock()
    evidence = EvidenceFiles(sources.evidence) if sources.evidence else None
    confirmed = LinkReader(sources.link, clock=clock, boot_id=boot_id()) if sources.link else None
    try:
        ring = PinnedKeys.load(sources.keys, clock)
        with StationReader(sources.db) as reader, _progress(reader) as progress:
            return audit(
                reader,
                ring=ring,
                evidence=evidence,
                marks=confirmed.marks() if confirmed else None,
                progress=progress,
            )
    except EdgeError as error:
        typer.echo(f"specimen-edge: {error}", err=True)
        raise typer.Exit(_status(error)) from error
    finally:
        if confirmed is not None:
            confirmed.close()


@contextmanager
def _progress(reader: StationReader) -> Iterator[Callable[[int], None] | None]:
    """A bar on a terminal while a long log is read."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    try:
        total = sum(reader.tip_of(epoch).sequence for epoch in reader.epochs())
    except StorageError:
        total = 0  # the audit itself says what cannot be read
    with Progress(console=console, transient=True, disable=total < _LONG_EVENTS) as bar:
        task = bar.add_task("校验 · verifying", total=total)
        yield lambda events: bar.update(task, completed=events)


def _status(error: EdgeError) -> int:
    """A store that is broken is a finding; one that is not there is wrong use."""
    return 1 if isinstance(error, StorageCorrupt) else 2


def _write_epoch(reader: StationReader, epoch: EpochId) -> None:
    after = 0
    while batch := reader.events(epoch, after=after):
        for event in batch:
            typer.echo(event.envelope.decode())
        after = batch[-1].sequence


def _tell(found: Audited, sources: _Sources) -> None:
    typer.echo(f"事件 · events {found.events}   纪元 · epochs {found.epochs}")
    photographs = found.evidence if sources.evidence else "未校验 · not checked (--evidence)"
    typer.echo(f"照片 · photographs {photographs}")
    if sources.link is None:
        typer.echo("末尾未与平台比对 · the end was not compared with the platform (--link)")
    bad = found.first_bad
    if bad is None:
        typer.echo("✓ 全部有效 · everything holds")
        return
    zh, en = WORDS[bad.code]
    typer.echo(f"✗ {zh} · {en}")
    typer.echo(f"  纪元 · epoch {bad.epoch or '-'}  序号 · sequence {bad.sequence}")
    for remedy in REMEDIES[bad.code]:
        typer.echo(f"  → {remedy}")
