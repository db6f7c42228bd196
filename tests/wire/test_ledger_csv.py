"""Others' temperature tables are read as offices save them, or refused by line."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.errors import DecodeError
from edge.wire.ledger_csv import decode_ledger, parse_ledger


def days(text: str) -> tuple[tuple[date, int], ...]:
    return parse_ledger(text, source="site", place="cage-7", sha256="a" * 64).days


@pytest.mark.parametrize(
    "text",
    [
        "日期,日平均温度(℃)\n2026-02-15,4.5\n2026-02-16,-1\n",
        "date,mean\r\n2026/2/15,4.5\r\n2026/2/16,-1.0\r\n",
        "序号,日期,最高,最低,平均,备注\n1,2026.2.15,9,0,4.5,\n2,2026.2.16,2,-4,-1,霜\n\n,,,,,\n",
        "\ufeff日期,平均温度\n2026-02-16,-1\n2026-02-15,4.5\n2026-02-17,\n".lstrip("\ufeff"),
    ],
)
def test_tables_as_they_come(text: str) -> None:
    assert days(text) == ((date(2026, 2, 15), 45), (date(2026, 2, 16), -10))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("日期,温度\n", 1),
        ("日期,平均\n", 1),
        ("日期,平均\n2026-02-30,4\n", 2),
        ("日期,平均\n2026-02-15,warm\n", 2),
        ("日期,平均\n2026-02-15,61\n", 2),
        ("日期,平均\n2026-02-15,NaN\n", 2),
        ("日期,平均\n2026-02-15,4\n2026-02-15,5\n", 3),
        ("日期,平均\n2026-02-15\n", 2),
        ("日期,平均\n" + "2026-02-15,4\n" * 9000, 3),
    ],
)
def test_what_is_wrong_is_named_by_its_line(text: str, line: int) -> None:
    with pytest.raises(DecodeError) as caught:
        days(text)
    assert (caught.value.code, caught.value.facts["line"]) == ("ledger_malformed", line)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_both_encodings_of_offices(encoding: str) -> None:
    assert days(decode_ledger("日期,平均\n2026-02-15,4.5\n".encode(encoding)))


def test_bytes_of_neither_are_refused() -> None:
    with pytest.raises(DecodeError):
        decode_ledger(b"\xff\xff\x00\x81")


@given(st.text(max_size=300))
def test_any_text_is_a_ledger_or_refused(text: str) -> None:
    try:
        found = days("日期,平均\n" + text)
    except DecodeError:
        return
    assert list(found) == sorted(found)


@pytest.mark.parametrize(("text", "tenths"), [("6.25", 62), ("6.35", 64), ("-6.25", -62)])
def test_halves_go_to_the_even_tenth(text: str, tenths: int) -> None:
    assert days(f"日期,平均\n2026-02-15,{text}\n") == ((date(2026, 2, 15), tenths),)
