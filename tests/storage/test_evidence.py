"""Photographs on disk: named by their content, whole or not there."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
import samples
from hypothesis import given
from hypothesis import strategies as st
from small_disk import SmallDisk, small_disk

from edge.core.errors import StorageCorrupt, StorageError, StorageFull
from edge.core.evidence import Evidence, EvidenceKind
from edge.core.ids import Digest
from edge.storage.evidence import EvidenceFiles

PHOTO = b"a photograph of a layer"
NAME = Digest(sha256(PHOTO).hexdigest())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "evidence"


@pytest.fixture
def files(folder: Path) -> EvidenceFiles:
    return EvidenceFiles(folder)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk") as made:
        yield made


def put(files: EvidenceFiles, content: bytes = PHOTO) -> Evidence:
    return files.put(
        content, kind=EvidenceKind.LAYER, media_type="image/jpeg", taken_at=samples.NOW
    )


def path_of(folder: Path, name: Digest = NAME) -> Path:
    return folder / name[:2] / name


def everything_below(folder: Path) -> list[Path]:
    return [each for each in folder.rglob("*") if each.is_file()]


def test_a_file_is_named_by_its_content(files: EvidenceFiles, folder: Path) -> None:
    assert put(files) == Evidence(EvidenceKind.LAYER, NAME, len(PHOTO), "image/jpeg", samples.NOW)
    assert everything_below(folder) == [path_of(folder)]
    assert path_of(folder).read_bytes() == files.get(NAME) == PHOTO


def test_the_same_content_is_kept_once(files: EvidenceFiles, folder: Path) -> None:
    assert put(files) == put(files)
    inode = path_of(folder).stat().st_ino
    assert put(EvidenceFiles(folder)).sha256 == NAME
    assert path_of(folder).stat().st_ino == inode
    assert everything_below(folder) == [path_of(folder)]


@given(content=st.binary(max_size=4096))
def test_what_was_put_is_what_is_got(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    files = EvidenceFiles(tmp_path_factory.getbasetemp() / "drawn")
    kept = put(files, content)
    assert (files.get(kept.sha256), kept.size_bytes) == (content, len(content))


@pytest.mark.parametrize("at", range(len(PHOTO)))
def test_a_changed_byte_is_found(files: EvidenceFiles, folder: Path, at: int) -> None:
    put(files)
    path_of(folder).write_bytes(PHOTO[:at] + bytes([PHOTO[at] ^ 1]) + PHOTO[at + 1 :])
    with pytest.raises(StorageCorrupt, match="evidence_changed"):
        files.get(NAME)


@pytest.mark.parametrize("left", [b"", PHOTO[:-1], PHOTO + b"\0"])
def test_a_file_of_another_length_is_found_and_mended_by_its_content(
    files: EvidenceFiles, folder: Path, left: bytes
) -> None:
    put(files)
    path_of(folder).write_bytes(left)
    with pytest.raises(StorageCorrupt, match="evidence_changed"):
        files.get(NAME)
    put(files)
    assert files.get(NAME) == PHOTO


def test_an_absent_file_is_none(files: EvidenceFiles) -> None:
    assert files.get(NAME) is None
    assert list(files.names()) == []
    put(files)
    assert files.get(Digest("ab" * 32)) is None


def test_a_file_that_cannot_be_read_is_an_error(files: EvidenceFiles, folder: Path) -> None:
    path_of(folder).mkdir(parents=True)
    with pytest.raises(StorageError, match="evidence_unreadable"):
        files.get(NAME)
    with pytest.raises(StorageError, match="evidence_not_kept"):
        put(files)


def test_names_are_all_that_was_put_in_order(files: EvidenceFiles) -> None:
    names = {put(files, b"%d" % number).sha256 for number in range(40)}
    assert list(files.names()) == sorted(names)


def test_leftovers_of_a_crash_do_not_appear(files: EvidenceFiles, folder: Path) -> None:
    put(files)
    other = Digest("ab" * 32)
    path_of(folder, other).parent.mkdir(exist_ok=True)
    for leftover in (f".{other}.4711", f"{other}.part", ".hidden", "notes.txt"):
        path_of(folder, other).with_name(leftover).write_bytes(b"half a photogr")
    assert list(files.names()) == [NAME]
    assert files.get(other) is None


def test_a_full_disk_keeps_nothing_and_is_usable_again(disk: SmallDisk) -> None:
    files = EvidenceFiles(disk.folder / "evidence")
    put(files)
    disk.fill(leave_bytes=64 * 1024)
    large = bytes(300_000)
    name = Digest(sha256(large).hexdigest())
    with pytest.raises(StorageFull, match="disk_full"):
        put(files, large)
    assert files.get(name) is None
    assert list(files.names()) == [NAME]
    assert everything_below(disk.folder / "evidence") == [path_of(disk.folder / "evidence")]
    disk.clear()
    put(files, large)
    assert files.get(name) == large
    assert files.get(NAME) == PHOTO
