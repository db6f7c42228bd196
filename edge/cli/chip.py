"""`specimen-edge chip`: print signed codes, and say whether a code is one of ours."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.code_sheet import DOOR_MODES, shelf_places, write_sheet_of_codes
from edge.core.carriers import (
    BadgeCode,
    ChipCode,
    CommandCode,
    FormCode,
    NotOurs,
    ScannedCode,
    Trust,
)
from edge.core.errors import DecodeError, EdgeError
from edge.core.ids import KeyId, PersonId, SpecimenId
from edge.core.moments import rfc3339
from edge.core.problems import render_problems
from edge.host.clock import SystemClock
from edge.host.keys import (
    FileSigner,
    PinnedKeys,
    alone_with,
    key_id_of,
    read_pinned,
    write_pinned,
)
from edge.ports import Signer
from edge.settings import SettingsInvalid, load_settings
from edge.wire.chip_text import OWN_GRAMMARS, identify, issue_badge, issue_chip, issue_command
from edge.wire.grammars import Grammar
from edge.wire.label import label, label_png, label_svg

_INSTALL = '--image needs the camera extra: pip install "specimen-edge[camera]"'
_COUNT_LIMIT = 10_000

chip = typer.Typer(
    no_args_is_help=True, help="Print chips, badges and door commands, and check codes."
)

KeyOption = Annotated[Path, typer.Option("--key", help="The issuer's private key (PEM).")]
KeyIdOption = Annotated[
    str | None, typer.Option("--key-id", help="Its pinned name; default: looked up in --keys.")
]
KeysOption = Annotated[Path | None, typer.Option(help="Pinned keys (keys.json).")]
OutOption = Annotated[Path | None, typer.Option(help="Folder for the files of each code.")]
SvgOption = Annotated[bool, typer.Option("--svg", help="Write the label as SVG; needs --out.")]
PngOption = Annotated[bool, typer.Option("--png", help="Write the label as PNG; needs --out.")]
PdfOption = Annotated[Path | None, typer.Option("--pdf", help="An A4 sheet of all codes.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON line per code.")]


@dataclass(frozen=True, slots=True)
class _Paper:
    """What to write: nothing but the text without `out`."""

    out: Path | None
    svg: bool
    png: bool
    as_json: bool
    pdf: Path | None = None


@dataclass(frozen=True, slots=True)
class _Judged:
    text: str
    code: ScannedCode
    source: str

    @property
    def valid(self) -> bool:
        if isinstance(self.code, ChipCode | BadgeCode):
            return self.code.trust is not Trust.UNSIGNED
        return not isinstance(self.code, NotOurs)


@chip.command()
def issue(
    *,
    key: KeyOption,
    key_id: KeyIdOption = None,
    keys: KeysOption = None,
    id_: Annotated[str, typer.Option("--id", help="Specimen id; with --count the first one.")],
    uid: Annotated[str | None, typer.Option(help="UID of the NFC chip, in hex.")] = None,
    count: Annotated[int, typer.Option(min=1, max=_COUNT_LIMIT, help="How many.")] = 1,
    out: OutOption = None,
    svg: SvgOption = False,
    png: PngOption = False,
    pdf: PdfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print signed specimen chips: the text of each, and with --out its files.

    With --count the number at the end of the id counts up. A UID belongs to one chip only.

    Example: specimen-edge chip issue --key chip.pem --keys keys.json --id nc-26-000100
    --count 30 --out labels --svg
    """
    if uid is not None and count > 1:
        raise typer.BadParameter("a UID belongs to one chip: leave out --count")

    def texts(by: Signer) -> Iterator[tuple[str, str]]:
        lower = None if uid is None else uid.lower()
        for specimen in _ids(id_, count):
            yield specimen, issue_chip(specimen, key_id=by.key_id, sign=by.sign, uid=lower)

    _print(texts, _Paper(out, svg, png, as_json, pdf), signer=lambda: _signer(key, key_id, keys))


@chip.command()
def badge(
    *,
    key: KeyOption,
    key_id: KeyIdOption = None,
    keys: KeysOption = None,
    id_: Annotated[str, typer.Option("--id", help="Person id.")],
    out: OutOption = None,
    svg: SvgOption = False,
    png: PngOption = False,
    pdf: PdfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print a person's signed badge.

    Example: specimen-edge chip badge --key badge.pem --keys keys.json --id p-0001
    """

    def texts(by: Signer) -> Iterator[tuple[str, str]]:
        person = PersonId.parse(id_)
        yield person, issue_badge(person, key_id=by.key_id, sign=by.sign)

    _print(texts, _Paper(out, svg, png, as_json, pdf), signer=lambda: _signer(key, key_id, keys))


@chip.command()
def command(
    *,
    key: KeyOption,
    key_id: KeyIdOption = None,
    keys: KeysOption = None,
    mode: Annotated[str, typer.Option(help="in, out, move, audit, dispose, undo-last, shelf.")],
    place: Annotated[str | None, typer.Option(help="Place for a mode that needs one.")] = None,
    out: OutOption = None,
    svg: SvgOption = False,
    png: PngOption = False,
    pdf: PdfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print a signed command card for a curing-room door.

    Example: specimen-edge chip command --key cmd.pem --keys keys.json --mode shelf --place a-1
    """

    def texts(by: Signer) -> Iterator[tuple[str, str]]:
        name = "-".join(("card", mode, *((place,) if place else ())))
        yield name, issue_command(mode, key_id=by.key_id, sign=by.sign, place=place)

    _print(texts, _Paper(out, svg, png, as_json, pdf), signer=lambda: _signer(key, key_id, keys))


@chip.command("door-sheet")
def door_sheet(
    *,
    key: KeyOption,
    key_id: KeyIdOption = None,
    keys: KeysOption = None,
    shelf: Annotated[list[str] | None, typer.Option(help="A shelf, room/rack/row/…")] = None,
    plan: Annotated[Path | None, typer.Option(help="A room's plan: all of its cells.")] = None,
    pdf: Annotated[Path, typer.Option("--pdf", help="The sheet to laminate.")],
) -> None:
    """Print the sheet of a curing-room door: every mode, undo, the shelves named or planned.

    A lost sheet is printed anew with a new key, and `chip revoke` ends the old one.

    Example: specimen-edge chip door-sheet --key cmd.pem --keys k.json --plan room.toml --pdf d.pdf
    """

    def texts(by: Signer) -> Iterator[tuple[str, str]]:
        for mode in DOOR_MODES:
            yield f"card-{mode}", issue_command(mode, key_id=by.key_id, sign=by.sign)
        for place in shelf_places(shelf or (), plan):
            text = issue_command("shelf", key_id=by.key_id, sign=by.sign, place=place)
            yield f"shelf-{place}", text

    paper = _Paper(None, svg=False, png=False, as_json=False, pdf=pdf)
    _print(texts, paper, signer=lambda: _signer(key, key_id, keys))


@chip.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="The pinned name of the key.")],
    keys: Annotated[Path, typer.Option("--keys", help="Pinned keys (keys.json).")],
) -> None:
    """End a key now: every code that it signed is refused as revoked from this moment on.

    Exit status 0 when it counted until now, 1 when it had ended or is not listed.

    Example: specimen-edge chip revoke door-2026 --keys /var/lib/specimen-edge/keys/keys.json
    """
    now = SystemClock().now()
    try:
        with alone_with(keys):
            listed = read_pinned(keys)
            ended = tuple(
                replace(each, valid_until=now)
                if each.key_id == key_id and (each.valid_until is None or each.valid_until > now)
                else each
                for each in listed
            )
            if ended == listed:
                typer.echo(f"{key_id}: 没有有效的该密钥 · no such key counts", err=True)
                raise typer.Exit(1)
            write_pinned(keys, ended)
    except (EdgeError, OSError) as error:
        typer.echo(f"specimen-edge: {error}", err=True)
        raise typer.Exit(2) from error
    typer.echo(f"{key_id}: 已停用 · ended {rfc3339(now)}")


@chip.command()
def verify(
    codes: Annotated[list[str] | None, typer.Argument(metavar="[CODE]...")] = None,
    image: Annotated[list[Path] | None, typer.Option(help="A picture with codes.")] = None,
    keys: KeysOption = None,
    config: Annotated[
        Path | None, typer.Option(help="Settings file: its keys and foreign grammars.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say what each code is and whether its issuer signed it.

    Exit status: 0 every code is valid; 1 one is not, or a picture holds none; 2 wrong use.
    What fails is named by its layer: not_text, syntax, check_character, host, unknown_key,
    key_expired, signature.

    Example: specimen-edge chip verify --keys keys.json --image label.png
    """
    if not codes and not image:
        raise typer.BadParameter("give a CODE or --image FILE")
    pinned, grammars = _known(keys, config)
    try:
        ring = PinnedKeys.load(pinned, SystemClock())
        judged = [
            _Judged(text, identify(payload, ring=ring, grammars=grammars), source)
            for source, text, payload in _payloads(codes or [], image or [])
        ]
    except EdgeError as error:
        typer.echo(f"specimen-edge: {error}", err=True)
        raise typer.Exit(2) from error
    for each in judged:
        typer.echo(json.dumps(_document(each)) if as_json else _line(each))
    empty = {str(file) for file in image or []} - {each.source for each in judged}
    for file in sorted(empty):
        typer.echo(f"{file}: no code read", err=True)
    if empty or not all(each.valid for each in judged):
        raise typer.Exit(1)


def _known(keys: Path | None, config: Path | None) -> tuple[Path, tuple[Grammar, ...]]:
    """The file of pinned keys and the grammars; with --keys alone no settings are needed."""
    if keys is not None and config is None:
        return keys, OWN_GRAMMARS
    try:
        settings = load_settings(config)
    except SettingsInvalid as error:
        typer.echo(render_problems(error.problems), err=True)
        raise typer.Exit(2) from error
    return keys or settings.keys_file, settings.grammars


def _ids(first: str, count: int) -> Iterator[SpecimenId]:
    """`count` ids; the digits at the end keep their width."""
    tail = re.search(r"[0-9]+$", first)
    if count == 1 or tail is None:
        if count > 1:
            raise DecodeError("id_uncountable", text=first[:60])
        yield SpecimenId.parse(first)
        return
    for number in range(int(tail[0]), int(tail[0]) + count):
        yield SpecimenId.parse(f"{first[: tail.start()]}{number:0{len(tail[0])}d}")


def _print(
    texts: Callable[[Signer], Iterator[tuple[str, str]]],
    paper: _Paper,
    *,
    signer: Callable[[], Signer],
) -> None:
    """Name and text of each code, printed as the paper says; exit status 2 on an error."""
    if (paper.svg or paper.png) and paper.out is None:
        raise typer.BadParameter("--svg and --png need --out")
    try:
        codes = tuple(texts(signer()))
        if paper.pdf is not None:
            write_sheet_of_codes(paper.pdf, codes)
        for name, text in codes:
            files = list(_written(paper, paper.out, name, text)) if paper.out else []
            typer.echo(_printed(name, text, files) if paper.as_json else text)
    except (EdgeError, OSError) as error:
        typer.echo(f"specimen-edge: {error}", err=True)
        raise typer.Exit(2) from error


def _signer(key: Path, key_id: str | None, keys: Path | None) -> Signer:
    """The issuer; without --key-id its name is that of the same key in the pinned file."""
    if key_id is not None:
        return FileSigner(key, key_id=KeyId.parse(key_id))
    pinned, _ = _known(keys, None)
    return FileSigner(key, key_id=key_id_of(key, read_pinned(pinned)))


def _written(paper: _Paper, out: Path, name: str, text: str) -> Iterator[Path]:
    out.mkdir(parents=True, exist_ok=True)
    contents = [(".txt", f"{text}\n".encode())]
    if paper.svg:
        contents.append((".svg", label_svg(label(text), caption=name.upper()).encode()))
    if paper.png:
        contents.append((".png", label_png(label(text))))
    for suffix, content in contents:
        file = out / f"{name}{suffix}"
        file.write_bytes(content)
        yield file


def _printed(name: str, text: str, files: list[Path]) -> str:
    of = label(text)
    document = {"id": name, "text": text, "level": of.level, "version": of.version}
    return json.dumps(document | {"files": [str(file) for file in files]})


def _payloads(codes: list[str], images: list[Path]) -> Iterator[tuple[str, str, bytes]]:
    """Source, printable text and payload of every code given or found in a picture."""
    for text in codes:
        yield "argument", text, text.encode(errors="surrogateescape")
    if not images:
        return
    try:
        from edge.devices.qr.cascade import QrReader  # noqa: PLC0415 - the extra may be absent
        from edge.devices.qr.images import load_grey  # noqa: PLC0415 - the extra may be absent
    except ImportError as error:
        typer.echo(_INSTALL, err=True)
        raise typer.Exit(2) from error
    reader = QrReader()
    for file in images:
        for read in reader.read_still(load_grey(file)):
            yield str(file), read.payload.decode(errors="replace"), read.payload


def _document(judged: _Judged) -> dict[str, object]:
    document = {"source": judged.source, "text": judged.text, "valid": judged.valid}
    found: dict[str, object]
    match judged.code:
        case ChipCode(specimen, trust, uid, issuer):
            found = {"kind": "chip", "id": specimen, "trust": trust, "uid": uid, "key": issuer}
        case BadgeCode(person, trust):
            found = {"kind": "badge", "id": person, "trust": trust}
        case CommandCode(mode, place):
            found = {"kind": "command", "mode": mode, "place": place}
        case FormCode(form):
            found = {"kind": "form", "id": form}
        case NotOurs(flaw, claimed):
            found = {"kind": None, "flaw": flaw, "claimed": claimed}
    return document | found


def _line(judged: _Judged) -> str:
    facts = {key: value for key, value in _document(judged).items() if value is not None}
    word = "valid" if facts.pop("valid") else "NOT VALID"
    source = facts.pop("source")
    facts.pop("text")
    shown = " ".join(f"{key}={value}" for key, value in facts.items())
    line = f"{source}: {word} {shown}"
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in line)
