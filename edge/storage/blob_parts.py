"""Parts of photographs on their way to the platform: files that may be lost without harm."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256 as hash_sha256
from pathlib import Path

from edge.core.errors import DecodeError, StorageError, StorageFull
from edge.core.ids import Digest
from edge.wire.blob import BlobHead, decode_head, encode_head, part_size

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_HEAD = "head"


class BlobParts:
    """`{folder}/{station}/{digest}/{part}`, the station as a digest: it names no path of its own.

    Nothing is synced: after a power cut the platform says again what it wants.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def head(self, station: str, sha256: Digest) -> BlobHead | None:
        """What was announced."""
        path = self._place(station, sha256) / _HEAD
        with _named(path):
            try:
                return decode_head(path.read_bytes())
            except (FileNotFoundError, DecodeError):
                return None

    def announce(self, station: str, sha256: Digest, head: BlobHead) -> None:
        """Begin, or begin anew."""
        place = self._place(station, sha256)
        with _named(place):
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
            (place / _HEAD).write_bytes(encode_head(head))

    def put(self, station: str, sha256: Digest, number: int, body: bytes) -> None:
        """Keep a part."""
        path = self._place(station, sha256) / str(number)
        with _named(path):
            path.write_bytes(body)

    def missing(self, station: str, sha256: Digest) -> tuple[int, ...]:
        """Parts that are not here with their full size."""
        head = self.head(station, sha256)
        if head is None:
            return ()
        place = self._place(station, sha256)
        return tuple(
            number
            for number in range(1, head.parts + 1)
            if _size(place / str(number)) != part_size(head, number)
        )

    def whole(self, station: str, sha256: Digest) -> bytes:
        """All parts together."""
        head, place = self.head(station, sha256), self._place(station, sha256)
        with _named(place):
            numbers = range(1, head.parts + 1) if head else ()
            return b"".join((place / str(number)).read_bytes() for number in numbers)

    def drop(self, station: str, sha256: Digest) -> None:
        """Forget its parts."""
        shutil.rmtree(self._place(station, sha256), ignore_errors=True)

    def _place(self, station: str, sha256: Digest) -> Path:
        return self._folder / hash_sha256(station.encode()).hexdigest()[:16] / sha256


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return -1


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Faults of the disk as errors of ours."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull("disk_full", file=str(path)) from error
        raise StorageError("parts_not_kept", file=str(path), why=error.strerror) from error
