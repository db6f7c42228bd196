"""Evidence on disk (step 8): each file is named by its SHA-256 and never changes."""

import errno
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from hashlib import sha256 as hash_sha256
from pathlib import Path

from edge.core.errors import StorageCorrupt, StorageError, StorageFull
from edge.core.evidence import Evidence, EvidenceKind
from edge.core.ids import Digest

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class EvidenceFiles:
    """`{folder}/{first two digits}/{digest}`; written beside, synced, then moved into place."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(
        self, content: bytes, *, kind: EvidenceKind, media_type: str, taken_at: datetime
    ) -> Evidence:
        """Keep a file durably, once; raise StorageError."""
        name = Digest(hash_sha256(content).hexdigest())
        path = self._path(name)
        try:
            if not _holds(path, content):
                _write_durably(path, content)
        except OSError as error:
            if error.errno in _FULL:
                raise StorageFull("disk_full", file=str(path)) from error
            raise StorageError("evidence_not_kept", file=str(path), why=error.strerror) from error
        return Evidence(kind, name, len(content), media_type, taken_at)

    def get(self, sha256: Digest) -> bytes | None:
        """The content, verified against its name; None when absent, StorageCorrupt when changed."""
        path = self._path(sha256)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageError("evidence_unreadable", file=str(path)) from error
        if hash_sha256(content).hexdigest() != sha256:
            raise StorageCorrupt("evidence_changed", file=str(path))
        return content

    def holds(self, sha256: Digest) -> bool:
        """Whether the file is there; its content is not looked at."""
        return self._path(sha256).exists()

    def names(self) -> Iterator[Digest]:
        """Every stored digest."""
        for path in sorted(self._folder.glob("??/*")):
            if Digest.PATTERN.fullmatch(path.name):
                yield Digest(path.name)

    def _path(self, name: Digest) -> Path:
        return self._folder / name[:2] / name


def _holds(path: Path, content: bytes) -> bool:
    """Whether the file is there and whole: a damaged one is written again."""
    return path.exists() and path.read_bytes() == content


def _write_durably(path: Path, content: bytes) -> None:
    """The file and its name are on the disk at return; a half-written one never has the name."""
    if not path.parent.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _sync_folder(path.parent.parent)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        with suppress(OSError):
            beside.unlink()
        raise
    _sync_folder(path.parent)


def _sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
