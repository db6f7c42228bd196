"""Sheets of signed codes to print: chips, badges and the commands of a curing-room door."""

from pathlib import Path

from edge.host.code_pdf import PrintedCode, write_codes
from edge.wire.label import label

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


def write_sheet_of_codes(path: Path, codes: tuple[tuple[str, str], ...]) -> int:
    """Every code with its name, and words where it is a command; how many pages.

    Raises DecodeError `label_impossible`, ConfigError or StorageError of `edge.host.pdf`.
    """
    printed = tuple(
        PrintedCode(label(text).rows(), name, _WORDS.get(name, "")) for name, text in codes
    )
    key = codes[0][1].split(".")[-2] if codes else ""
    foot = f"specimen-edge · {len(codes)} · {key}"
    return write_codes(path, printed, side_mm=SIDE_MM, foot=foot)
