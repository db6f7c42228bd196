"""The mirror's file: one writer, and nothing half."""

from pathlib import Path

import pytest
import samples
from mirrored import Replica, people, version

from edge.core.errors import StorageCorrupt, StorageError
from edge.core.ids import Digest
from edge.storage.mirror import SqliteMirror

PEOPLE = version(people(200))


def test_what_is_held_is_held_after_a_restart(tmp_path: Path) -> None:
    replica = Replica(tmp_path / "registry.db")
    replica.take(PEOPLE)
    before = replica.mirror.held()
    replica.restart()
    assert replica.mirror.held() == before
    assert before["people"].issued == samples.NOW
    replica.mirror.close()


def test_a_second_writer_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    first = SqliteMirror(tmp_path / "registry.db")
    with pytest.raises(StorageError, match="store_in_use"):
        SqliteMirror(tmp_path / "registry.db")
    first.close()
    SqliteMirror(tmp_path / "registry.db").close()


def test_a_file_that_is_no_database_is_corrupt_and_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    path.write_bytes(b"x" * 4096)
    with pytest.raises(StorageCorrupt):
        SqliteMirror(path)
    path.unlink()
    SqliteMirror(path).close()


def test_a_switch_to_a_page_that_is_not_here_keeps_the_version_before(tmp_path: Path) -> None:
    replica = Replica(tmp_path / "registry.db")
    replica.take(PEOPLE)
    with pytest.raises(StorageError):
        replica.mirror.switch(
            "people",
            version=2,
            issued=samples.NOW,
            pages=(*(each.sha256 for each in PEOPLE.listed), Digest("0" * 64)),
            envelope=b"",
        )
    assert replica.number() == 1
    assert replica.mirror.held()["people"].pages == tuple(each.sha256 for each in PEOPLE.listed)
    replica.mirror.close()


def test_pages_that_somebody_waits_for_are_not_dropped(tmp_path: Path) -> None:
    mirror = SqliteMirror(tmp_path / "registry.db")
    wanted, unwanted = Digest("aa" * 32), Digest("bb" * 32)
    for each in (wanted, unwanted):
        mirror.keep_page(each, b"x\n", [("key", 0, 2)])
    mirror.drop_unused(frozenset({wanted}))
    assert (mirror.has_page(wanted), mirror.has_page(unwanted)) == (True, False)
    mirror.close()
