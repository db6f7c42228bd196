"""What people typed for the door: whole files, oldest first, nothing of others obeyed."""

from datetime import timedelta
from pathlib import Path

import pytest
import samples

from edge.core.errors import StorageError
from edge.core.ids import Id, SpecimenId
from edge.storage.typed import TypedEntry, TypedFiles


def entry(number: int, *, minutes: int = 0) -> TypedEntry:
    at = samples.NOW + timedelta(minutes=minutes)
    return TypedEntry(Id(f"entry-{number}"), SpecimenId(f"s-{number}"), "chip crushed", at)


def test_orders_wait_oldest_first_until_they_are_taken_away(tmp_path: Path) -> None:
    files = TypedFiles(tmp_path / "typed")
    assert files.waiting() == ()
    for each in (entry(1, minutes=2), entry(2, minutes=1)):
        files.put(each)
    assert files.waiting() == (entry(2, minutes=1), entry(1, minutes=2))
    files.drop(entry(2))
    files.drop(entry(2))
    assert files.waiting() == (entry(1, minutes=2),)
    assert (tmp_path / "typed" / "entry-1.json").stat().st_mode & 0o007 == 0


@pytest.mark.parametrize("text", ["", "[]", '{"entry": "other"}', "x" * 9000])
def test_what_is_no_order_is_put_aside_once(tmp_path: Path, text: str) -> None:
    files = TypedFiles(tmp_path)
    (tmp_path / "entry-1.json").write_text(text, encoding="utf-8")
    assert files.waiting() == ()
    assert [each.name for each in tmp_path.iterdir()] == ["entry-1.refused"]


def test_an_order_under_another_name_is_none(tmp_path: Path) -> None:
    files = TypedFiles(tmp_path)
    files.put(entry(1)).rename(tmp_path / "entry-2.json")
    assert files.waiting() == ()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "typed").write_text("in the way", encoding="utf-8")
    with pytest.raises(StorageError, match="typed_unwritable"):
        TypedFiles(tmp_path / "typed").put(entry(1))


def test_an_order_in_a_folder_of_somebody_else_is_named(tmp_path: Path) -> None:
    files = TypedFiles(tmp_path)
    path = files.put(entry(1))
    path.unlink()
    path.mkdir()
    with pytest.raises(StorageError, match="typed_stays"):
        files.drop(entry(1))
