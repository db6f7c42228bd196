"""Reference rows from files: all of them or a clear word, and no second version for the same."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import samples
from central_site import Central, central_at

from edge.central.seed import load_seed
from edge.core.errors import ConfigError
from edge.core.ids import RuleSetId
from edge.wire.reference import Row, RuleSetRow, SetName, decode_row, encode_row

ROWS: Mapping[SetName, tuple[Row, ...]] = {
    SetName.PEOPLE: (samples.RECEIVER, samples.WITNESS, replace(samples.COURIER, name="试块")),
    SetName.GRANTS: samples.GRANTS,
    SetName.COMMISSIONS: (samples.commission(),),
    SetName.CONTRACTS: (samples.CONTRACT,),
    SetName.RULESETS: (RuleSetRow(RuleSetId("nanchang-2023"), 'name = "南昌"\n'),),
}


@pytest.fixture
def central(tmp_path: Path) -> Iterator[Central]:
    with central_at(tmp_path) as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "seed"
    made.mkdir()
    for name, rows in ROWS.items():
        (made / f"{name.value}.jsonl").write_bytes(b"".join(map(encode_row, rows)))
    return made


def held(central: Central, name: SetName) -> set[object]:
    return {decode_row(name, line) for line in central.store.lines(name)}


def test_every_row_of_every_file_is_there(central: Central, folder: Path) -> None:
    assert load_seed(central.platform, folder) == sum(map(len, ROWS.values()))
    for name in SetName:
        assert held(central, name) == set(ROWS.get(name, ()))


def test_the_same_files_change_nothing(central: Central, folder: Path) -> None:
    load_seed(central.platform, folder)
    seen, _ = central.store.changes(0)
    central.restart()
    load_seed(central.platform, folder)
    assert central.store.changes(seen) == (seen, frozenset())


def test_a_deletion_removes_a_row(central: Central, folder: Path) -> None:
    load_seed(central.platform, folder)
    gone = f'{{"deleted":"person:{samples.WITNESS.person}"}}\n'
    (folder / "people.jsonl").write_text(gone, encoding="utf-8")
    load_seed(central.platform, folder)
    assert held(central, SetName.PEOPLE) == set(ROWS[SetName.PEOPLE]) - {samples.WITNESS}


def test_empty_lines_and_other_files_are_passed_over(central: Central, folder: Path) -> None:
    people = folder / "people.jsonl"
    people.write_bytes(b"\n  \r\n" + people.read_bytes().replace(b"\n", b"\r\n\n"))
    (folder / "README.txt").write_text("no rows", encoding="utf-8")
    load_seed(central.platform, folder)
    assert held(central, SetName.PEOPLE) == set(ROWS[SetName.PEOPLE])


def test_a_text_with_a_line_separator_is_one_row(central: Central, folder: Path) -> None:
    row = replace(samples.COURIER, name="a\u2028b\u0085c")
    (folder / "people.jsonl").write_bytes(encode_row(row))
    load_seed(central.platform, folder)
    assert held(central, SetName.PEOPLE) == {row}


def test_an_empty_folder_is_no_error(central: Central, tmp_path: Path) -> None:
    assert load_seed(central.platform, tmp_path / "absent") == 0


@pytest.mark.parametrize(
    "line",
    [
        b"no json",
        b"[]",
        b'{"person": "p-1"}',
        b'{"deleted": 7}',
        "姓名".encode("gbk"),
        b"\xff\xfe",
        b"[" * 60_000,
    ],
)
def test_a_file_that_cannot_be_read_names_itself_and_keeps_nothing(
    central: Central, folder: Path, line: bytes
) -> None:
    people = folder / "people.jsonl"
    people.write_bytes(people.read_bytes() + line + b"\n")
    with pytest.raises(ConfigError) as refused:
        load_seed(central.platform, folder)
    assert refused.value.code == "seed_unreadable"
    assert str(people) in str(refused.value)
    assert held(central, SetName.PEOPLE) == set()


def test_a_folder_in_the_place_of_a_file_is_named(central: Central, tmp_path: Path) -> None:
    (tmp_path / "seed" / "grants.jsonl").mkdir(parents=True)
    with pytest.raises(ConfigError, match="seed_unreadable"):
        load_seed(central.platform, tmp_path / "seed")
