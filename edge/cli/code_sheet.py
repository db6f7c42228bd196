"""Sheets of signed codes to print: chips, badges and the commands of a curing-room door."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from edge.core.curing.places import parse_spot
from edge.core.errors import DecodeError
from edge.core.ids import Id
from edge.host.code_pdf import PrintedCode, write_codes
from edge.wire.label import label
from edge.wire.layout_toml import parse_racks
from edge.wire.shelf import shelf_place

SIDE_MM = 42.0
"""A laminated code is read at arm's length: 0.5 mm a module up to 84 modules with margins."""
_WORDS = {
    "card-in": "IN 入养",
    "card-out": "OUT 出养",
    "card-move": "MOVE 移位",
    "card-audit": "AUDIT 盘点",
    "card-dispose": "DISPOSE 处置",
    "card-undo-last": "UNDO 撤销上一个",
}
DOOR_MODES = tuple(each.removeprefix("card-") for each in _WORDS)
_SHELF = "shelf-"


def shelf_places(shelves: Iterable[str], plan: Path | None) -> Iterator[str]:
    """Places for shelf codes: those that are named, then every cell of a plan.

    A shelf is `room/rack/row/column/level` as deep as it is labelled, or `rack-row-…` in whatever
    room it is shown. Raises DecodeError, also when the plan cannot be read.
    """
    for shelf in shelves:
        yield shelf_place(parse_spot(shelf)) if "/" in shelf else Id.parse(shelf)
    if plan is None:
        return
    try:
        _, racks = parse_racks(plan.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise DecodeError("layout_unreadable", file=str(plan), why=str(error)) from error
    for rack in racks:
        for cell in rack.cells():
            yield shelf_place(cell)


def write_sheet_of_codes(path: Path, codes: tuple[tuple[str, str], ...]) -> int:
    """Every code with its name, and words where it is a command; how many pages.

    Raises DecodeError `label_impossible`, ConfigError or StorageError of `edge.host.pdf`.
    """
    printed = tuple(
        PrintedCode(label(text).rows(), name, _WORDS.get(name) or _shelf_words(name))
        for name, text in codes
    )
    key = codes[0][1].split(".")[-2] if codes else ""
    foot = f"specimen-edge · {len(codes)} · {key}"
    return write_codes(path, printed, side_mm=SIDE_MM, foot=foot)


def _shelf_words(name: str) -> str:
    """What a keeper reads below a shelf's code: the place without its room; none of other codes."""
    if not name.startswith(_SHELF):
        return ""
    place = name.removeprefix(_SHELF).rpartition("--")[2]
    return f"架位 {place.replace('-', ' · ')}"
