"""Temperatures that others wrote down: a table of date and daily mean, as offices save it."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Final

from edge.core.curing.record import Ledger
from edge.core.errors import DecodeError

DAY_NAMES: Final = ("日期", "date")
MEAN_NAMES: Final = ("日平均温度", "平均温度", "平均", "mean")
MOST_LINES: Final = 5_000
_COLDEST, _HOTTEST = Decimal(-60), Decimal(60)


def decode_ledger(content: bytes) -> str:
    """The text of a file: UTF-8, or GB18030 as office programs write; DecodeError."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise DecodeError("ledger_malformed", line=0, why="neither UTF-8 nor GB18030")


def parse_ledger(text: str, *, source: str, place: str, sha256: str) -> Ledger:
    """Every day with its mean in tenths of ℃; DecodeError names the line that is wrong.

    The first line names the columns; others may stand beside them. Blank means are gaps and are
    left out. A day that comes twice, or no means at all, is refused.
    """
    rows = _rows(text)
    heading = [cell.strip().lower() for cell in next(rows, [])]
    day_at, mean_at = _column(heading, DAY_NAMES), _column(heading, MEAN_NAMES)
    days: dict[date, int] = {}
    for number, row in enumerate(rows, 2):
        if number > MOST_LINES:
            raise _wrong(number, f"more than {MOST_LINES} lines")
        if not any(cell.strip() for cell in row):
            continue
        if max(day_at, mean_at) >= len(row):
            raise _wrong(number, "too few columns")
        on = _day(row[day_at].strip(), number)
        if on in days:
            raise _wrong(number, "this day comes twice")
        if row[mean_at].strip():
            days[on] = _tenths(row[mean_at].strip(), number)
    if not days:
        raise _wrong(1, "no days")
    return Ledger(source, place, sha256, tuple(sorted(days.items())))


def _rows(text: str) -> Iterator[list[str]]:
    """Every line's cells; the line ends of any system."""
    reader = csv.reader(io.StringIO(text.replace("\x00", ""), newline=None))
    try:
        yield from reader
    except csv.Error as error:
        raise _wrong(reader.line_num, str(error)) from error


def _column(heading: list[str], names: tuple[str, ...]) -> int:
    """The column that begins with one of the names; units may follow."""
    for name in names:
        for at, cell in enumerate(heading):
            if cell.startswith(name):
                return at
    raise _wrong(1, f"no column {names[0]} or {names[-1]}")


def _day(text: str, number: int) -> date:
    parts = text.replace("/", "-").replace(".", "-").split("-")
    try:
        year, month, day = (int(part) for part in parts)
        return date(year, month, day)
    except ValueError as error:
        raise _wrong(number, f"{text[:20]} is no date") from error


def _tenths(text: str, number: int) -> int:
    try:
        mean = Decimal(text)
    except InvalidOperation as error:
        raise _wrong(number, f"{text[:20]} is no temperature") from error
    if not mean.is_finite() or not _COLDEST <= mean <= _HOTTEST:
        raise _wrong(number, f"{text[:20]} is no daily mean")
    return int((mean * 10).quantize(Decimal(1), ROUND_HALF_EVEN))


def _wrong(line: int, why: str) -> DecodeError:
    return DecodeError("ledger_malformed", line=line, why=why)
