"""`specimen-edge firmware`: what reader modules should be set to, what they are, and setting it."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from edge.core.errors import ConfigError, DeviceError
from edge.devices.firmware.apply import Applied, apply, check
from edge.devices.firmware.banks import bank_of
from edge.devices.firmware.golden import Golden, golden_svg, judge_golden
from edge.devices.firmware.meet import met, wait_for_code
from edge.devices.firmware.place import configs_dir
from edge.devices.firmware.plan import Change, Want
from edge.devices.firmware.profile import ScannerProfile, profiles, scanner_profile
from edge.devices.scanner.frames import Code, Dropped
from edge.devices.scanner.link import Link
from edge.devices.scanner.manner import Framing
from edge.devices.scanner.places import nodes
from edge.host.clock import SystemClock

firmware = typer.Typer(no_args_is_help=True, help="Settings of scanner modules.")

ProfileArgument = Annotated[str, typer.Argument(help="One of `firmware list`.")]
PortOption = Annotated[
    str,
    typer.Option("--port", help="/dev/specimen-…, /dev/serial/by-path/…, or socket://host:port."),
]
ProfileOption = Annotated[str, typer.Option("--profile", help="One of `firmware list`.")]
ConfigsOption = Annotated[
    Path | None, typer.Option("--configs", help="Another folder of profiles.")
]
GoldenOption = Annotated[
    float, typer.Option("--golden", min=0, help="Wait these seconds for the golden code.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document.")]


@dataclass
class _Report:
    """What was found and done; `ok` when the module is as wanted."""

    profile: ScannerProfile
    place: str
    baud: int = 0
    differs: tuple[Change, ...] = ()
    unread: tuple[Want, ...] = ()
    done: Applied | None = None
    golden: Golden | None = None
    asked_golden: bool = False
    heard: list[Code] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether the module is as wanted, as far as it must be."""
        missing = (*self.unread, *(each.want for each in self.differs))
        is_set = all(want.optional for want in missing)
        is_kept = self.done is None or self.done.is_done
        is_golden = not self.asked_golden or self.golden not in (None, Golden.GARBLED)
        is_fast = self.baud == self.profile.port.baud
        return is_set and is_kept and is_golden and is_fast

    def as_dict(self) -> dict[str, object]:
        """For machines."""
        done = self.done
        return {
            "profile": self.profile.name,
            "port": self.place,
            "ok": self.ok,
            "baud": self.baud,
            "baud_wanted": self.profile.port.baud,
            "reads": len(self.profile.wants),
            "writes": len(done.kept) if done else 0,
            "saves": int(done.saved) if done else 0,
            "differences": [_told(each) for each in self.differs],
            "unread": [want.key for want in self.unread],
            "written": [each.want.key for each in done.kept] if done else [],
            "golden": self.golden,
        }


@firmware.command("list")
def list_(configs: ConfigsOption = None, as_json: JsonOption = False) -> None:
    """Every module that has a profile.

    Example: specimen-edge firmware list --json
    """
    known = profiles(_folder(configs))
    if as_json:
        rows = [
            {"name": each.name, "kind": each.kind, "title": each.title, "models": each.models}
            for each in known
        ]
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for each in known:
        typer.echo(f"{each.name:18} {each.kind:8} {each.title} ({', '.join(each.models)})")


@firmware.command()
def ports(as_json: JsonOption = False) -> None:
    """Where readers are plugged in, with the names that stay; one of them goes into the settings.

    Example: specimen-edge firmware ports
    """
    found = nodes()
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in found], ensure_ascii=False))
        return
    for each in found:
        names = each.names or ("(no stable name)",)
        typer.echo("\n".join((each.node, *(f"    {name}" for name in names))))
    if not found:
        typer.echo("no serial port · 没有串口", err=True)


@firmware.command("golden")
def golden_(
    profile: ProfileOption = "generic-cr",
    out: Annotated[Path | None, typer.Option(help="An SVG file to print; else the text.")] = None,
    configs: ConfigsOption = None,
) -> None:
    """The golden code of a profile, to be shown to a scanner: its text, or its QR code to print.

    Example: specimen-edge firmware golden --profile gm65 --out golden.svg
    """
    text = _profile(profile, configs).golden
    if out is None:
        typer.echo(text)
        return
    try:
        out.write_text(golden_svg(text), encoding="utf-8")
    except OSError as error:
        typer.echo(f"specimen-edge: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"{out}: {text}")


@firmware.command("check")
def check_(
    profile: ProfileArgument,
    port: PortOption,
    golden: GoldenOption = 0.0,
    configs: ConfigsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare a module with its profile; nothing is written.

    Exit status 0 when it is as wanted, 1 when not or when it does not answer, 2 on wrong arguments.

    Example: specimen-edge firmware check gm65 --port /dev/specimen-desk-left --golden 30
    """
    report = _Report(_profile(profile, configs), port, asked_golden=golden > 0)
    _run(report, golden, writes=False)
    _tell(report, as_json=as_json)


@firmware.command("apply")
def apply_(
    profile: ProfileArgument,
    port: PortOption,
    golden: GoldenOption = 0.0,
    configs: ConfigsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Set a module as its profile says: only what differs, read back, saved once.

    Exit status 0 when it is as wanted, 1 when not or when it does not answer, 2 on wrong arguments.

    Example: specimen-edge firmware apply gm65 --port /dev/specimen-desk-left
    """
    report = _Report(_profile(profile, configs), port, asked_golden=golden > 0)
    _run(report, golden, writes=True)
    _tell(report, as_json=as_json)


def _run(report: _Report, golden_s: float, *, writes: bool) -> None:
    def hear(frame: Code | Dropped) -> None:
        if isinstance(frame, Code):
            report.heard.append(frame)

    clock = SystemClock()
    try:
        with met(report.profile, report.place, clock=clock, hear=hear) as link:
            framing = _settle(report, link, writes=writes)
            if report.asked_golden:
                typer.echo(
                    f"Show the golden code · 请出示校准码: {report.profile.golden}", err=True
                )
                code = wait_for_code(
                    link, report.profile, framing, clock=clock, limit_s=golden_s, heard=report.heard
                )
                if code is not None:
                    report.golden = judge_golden(code.payload, report.profile.golden)
    except ConfigError as error:
        typer.echo(f"specimen-edge: {error}", err=True)
        raise typer.Exit(2) from error
    except DeviceError as error:
        typer.echo(f"specimen-edge: {error}", err=True)
        raise typer.Exit(1) from error


def _settle(report: _Report, link: Link, *, writes: bool) -> Framing:
    """Compare, and write where asked; how the module frames codes afterwards."""
    profile = report.profile
    bank = bank_of(profile.dialect, link)
    if bank is None:
        report.baud = link.baud
        return profile.code_framing
    if writes:
        report.done = apply(bank, profile.wants, line=link, baud=profile.port.baud)
    left = check(bank, profile.wants)
    report.differs, report.unread, report.baud = left.changes, left.unread, link.baud
    return bank.framing(profile.code_framing)


def _folder(given: Path | None) -> Path:
    try:
        return configs_dir(given)
    except ConfigError as error:
        typer.echo(f"specimen-edge: {error}", err=True)
        raise typer.Exit(2) from error


def _profile(name: str, configs: Path | None) -> ScannerProfile:
    try:
        return scanner_profile(name, _folder(configs))
    except ConfigError as error:
        typer.echo(f"specimen-edge: {error}", err=True)
        raise typer.Exit(2) from error


def _told(change: Change) -> dict[str, object]:
    return {
        "key": change.want.key,
        "found": change.found.hex().upper(),
        "wanted": change.target.hex().upper(),
        "optional": change.want.optional,
        "text": change.want.text,
    }


def _tell(report: _Report, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(report.as_dict(), ensure_ascii=False))
    else:
        for line in _lines(report):
            typer.echo(line)
    if not report.ok:
        raise typer.Exit(1)


def _lines(report: _Report) -> Iterable[str]:
    wanted = report.profile.port.baud
    yield f"{report.profile.title}: {report.place}, {report.baud} baud"
    if report.baud != wanted:
        yield f"! {report.baud} baud, wanted {wanted}"
    for each in report.differs:
        mark = "-" if each.want.optional else "✗"
        was, target = each.found.hex().upper(), each.target.hex().upper()
        yield f"{mark} {each.want.key}: {was}, wanted {target} · {each.want.text}"
    for want in report.unread:
        yield f"{'-' if want.optional else '✗'} {want.key}: no answer · {want.text}"
    if report.done is not None:
        yield from _done_lines(report.done)
    if report.asked_golden:
        yield f"golden code: {report.golden or 'not shown'}"
    yield "✓ as wanted · 设置正确" if report.ok else "✗ not as wanted · 设置有误"


def _done_lines(done: Applied) -> Iterable[str]:
    for each in done.kept:
        was, now = each.found.hex().upper(), each.target.hex().upper()
        yield f"✓ {each.want.key}: {was} → {now} · {each.want.text}"
    if done.baud != done.baud_before:
        yield f"✓ {done.baud_before} → {done.baud} baud"
    if done.save_refused:
        yield "✗ the module refused to save: the settings last until the power goes"
    elif not done.is_changed:
        yield "nothing written"
