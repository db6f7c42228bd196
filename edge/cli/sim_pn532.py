"""`specimen-edge sim pn532`: an NFC reader on a pty, on which a person lays tags, line by line."""

import secrets
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

import typer

from edge.core.errors import DecodeError
from edge.core.nfc import TagUid
from edge.sim.pn532.faults import Fault, FaultKind
from edge.sim.pn532.messages import text_message, uri_message
from edge.sim.pn532.ntag21x import UNSIGNED, Model, Ntag21x
from edge.sim.pn532.ntag424 import Ntag424, SunKeys
from edge.sim.pn532.pty import Pn532Port
from edge.sim.pn532.tags import Tag

_HELP: Final = (
    "tap KIND UID TEXT (KIND ntag213, ntag215, ntag216 or ntag424; UID hex or -; a TEXT with "
    "https:// is a URI), again, lift, unplug, plug, power, signature HEX (of tags to come), "
    "fault KIND, status, quit"
)
_KEY_HEX: Final = "00" * 16


class _Slip(DecodeError):
    """A line that cannot be obeyed, and why."""

    def __init__(self, why: str) -> None:
        super().__init__("line_malformed", why=why)
        self.why = why


@dataclass(slots=True)
class _Desk:
    """The reader and what was laid on it."""

    port: Pn532Port
    keys: SunKeys
    signature: bytes = UNSIGNED
    last: Tag | None = None
    known: dict[str, Tag] = field(default_factory=dict)


def pn532(
    path: Annotated[Path, typer.Argument(help="The link that leads to the terminal.")],
    *,
    timed: Annotated[bool, typer.Option(help="Bytes and radio take their time.")] = True,
    meta_key: Annotated[str, typer.Option(help="Of ntag424, 32 hex digits.")] = _KEY_HEX,
    file_key: Annotated[str, typer.Option(help="Of ntag424, 32 hex digits.")] = _KEY_HEX,
) -> None:
    """Plug in a simulated PN532 and lay tags on it, one order a line of standard input.

    Example: specimen-edge sim pn532 /tmp/desk-nfc
    """
    try:
        keys = SunKeys(_hex(meta_key, 16), _hex(file_key, 16))
    except _Slip as slip:
        typer.echo(f"specimen-edge: {slip.why}", err=True)
        raise typer.Exit(2) from slip
    with Pn532Port(path, timed=timed) as port:
        desk = _Desk(port, keys)
        typer.echo(f"{path} -> {port.node}  {_HELP}", err=True)
        for line in sys.stdin:
            if line.strip() == "quit":
                return
            try:
                told = _obey(desk, line.strip())
            except _Slip as slip:
                told = slip.why
            if told:
                typer.echo(told)


def _obey(desk: _Desk, line: str) -> str:
    word, _, rest = line.partition(" ")
    match word:
        case "":
            return ""
        case "tap":
            return _lay(desk, _tag(desk, rest))
        case "again" if desk.last is not None:
            return _lay(desk, desk.last)
        case "signature":
            desk.signature = _hex(rest, 32)
        case "fault":
            desk.port.trouble([Fault(_fault(rest))])
        case "status":
            return _status(desk)
        case _:
            return _move(desk, word)
    return ""


def _move(desk: _Desk, word: str) -> str:
    moves = {
        "lift": desk.port.lift,
        "unplug": desk.port.unplug,
        "plug": desk.port.plug,
        "power": desk.port.power_on,
    }
    if word not in moves:
        return _HELP
    moves[word]()
    return f"{word} {time.monotonic_ns()}"


def _lay(desk: _Desk, tag: Tag) -> str:
    """Lay it down; the answer names it and the monotonic nanoseconds of the moment."""
    desk.last = tag
    desk.port.tap(tag)
    return f"tap {tag.uid.hex()} {time.monotonic_ns()}"


def _tag(desk: _Desk, rest: str) -> Tag:
    kind, _, rest = rest.partition(" ")
    name, _, text = rest.partition(" ")
    uid = _uid(name)
    if kind == "ntag424":
        place = text.removeprefix("https://")
        return desk.known.setdefault(uid.hex(), Ntag424(uid, url=place, keys=desk.keys))
    if kind.upper() not in Model.__members__:
        raise _Slip(_HELP)
    message = uri_message(text) if "://" in text else text_message(text)
    model = Model[kind.upper()]
    try:
        return Ntag21x(uid, model=model, message=message, signature=desk.signature)
    except ValueError as error:
        raise _Slip(str(error)) from error


def _uid(name: str) -> bytes:
    """Seven bytes that a tag of NXP could have."""
    if name == "-":
        return b"\x04" + secrets.token_bytes(6)
    try:
        return TagUid.parse(name.lower()).octets
    except DecodeError as error:
        raise _Slip(str(error)) from error


def _fault(name: str) -> FaultKind:
    if name not in set(FaultKind):
        raise _Slip("faults: " + " ".join(FaultKind))
    return FaultKind(name)


def _hex(text: str, size: int) -> bytes:
    try:
        value = bytes.fromhex(text)
    except ValueError:
        value = b""
    if len(value) != size:
        raise _Slip(f"not {2 * size} hex digits: {text}")
    return value


def _status(desk: _Desk) -> str:
    plugged = f"plugged {desk.port.node}" if desk.port.node else "unplugged"
    tags = " ".join(tag.uid.hex() for tag in desk.port.chip.field.tags) or "none"
    commands = sum(desk.port.chip.counts.values())
    return f"{plugged}, {desk.port.chip.baud} baud, {commands} commands, tags: {tags}"
