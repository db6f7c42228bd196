"""Orders of people for the door: whole files, oldest first, nothing of others obeyed."""

from datetime import date, timedelta
from pathlib import Path

import pytest
import samples

from edge.core.curing.record import Ledger
from edge.core.errors import StorageError
from edge.core.ids import Id, SpecimenId
from edge.storage.spool import LedgerEntry, Spool, TypedEntry


def entry(number: int, *, minutes: int = 0) -> TypedEntry:
    at = samples.NOW + timedelta(minutes=minutes)
    return TypedEntry(Id(f"entry-{number}"), at, SpecimenId(f"s-{number}"), "chip crushed")


def test_orders_wait_oldest_first_until_they_are_taken_away(tmp_path: Path) -> None:
    files = Spool(tmp_path / "typed", TypedEntry)
    assert files.waiting() == ()
    for each in (entry(1, minutes=2), entry(2, minutes=1)):
        files.put(each)
    assert files.waiting() == (entry(2, minutes=1), entry(1, minutes=2))
    files.drop(entry(2))
    files.drop(entry(2))
    assert files.waiting() == (entry(1, minutes=2),)
    assert (tmp_path / "typed" / "entry-1.json").stat().st_mode & 0o007 == 0


@pytest.mark.parametrize("text", ["", "[]", '{"entry": "other"}', "x" * 2_000_000])
def test_what_is_no_order_is_put_aside_once(tmp_path: Path, text: str) -> None:
    files = Spool(tmp_path, TypedEntry)
    (tmp_path / "entry-1.json").write_text(text, encoding="utf-8")
    assert files.waiting() == ()
    assert [each.name for each in tmp_path.iterdir()] == ["entry-1.refused"]


def test_an_order_under_another_name_is_none(tmp_path: Path) -> None:
    files = Spool(tmp_path, TypedEntry)
    files.put(entry(1)).rename(tmp_path / "entry-2.json")
    assert files.waiting() == ()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "typed").write_text("in the way", encoding="utf-8")
    with pytest.raises(StorageError, match="order_unwritable"):
        Spool(tmp_path / "typed", TypedEntry).put(entry(1))


def test_an_order_in_a_folder_of_somebody_else_is_named(tmp_path: Path) -> None:
    files = Spool(tmp_path, TypedEntry)
    path = files.put(entry(1))
    path.unlink()
    path.mkdir()
    with pytest.raises(StorageError, match="order_stays"):
        files.drop(entry(1))


def test_a_ledger_comes_back_as_it_was_given(tmp_path: Path) -> None:
    days = tuple((date(2026, 6, day), 200 + day) for day in range(1, 31))
    given = LedgerEntry(Id("l-1"), samples.NOW, Ledger("site book", "cage-7", "a" * 64, days))
    files = Spool(tmp_path, LedgerEntry)
    files.put(given)
    assert files.waiting() == (given,)
