"""The files of a station's event key while another takes its place."""

import base64
import os
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryFile

from edge.core.errors import ConfigError, StorageError
from edge.core.ids import KeyId
from edge.host.keys import FileSigner, generate_key, sync_folder


class EventKeyFiles:
    """The private key in place, and beside it the one that is to follow."""

    def __init__(self, path: Path, *, pinned: Path) -> None:
        self._path = path
        self._next = next_key_file(path)
        self._pinned = pinned

    def make(self) -> FileSigner:
        """A new key beside the one in place, on the disk at return; raise StorageError."""
        self.discard()
        try:
            with TemporaryFile(dir=self._pinned.parent):
                pass  # else the change could be sealed and never be pinned
            public = generate_key(self._next)
        except OSError as error:
            facts = {"file": str(error.filename or self._next), "why": error.strerror}
            raise StorageError("key_not_made", **facts) from error
        return FileSigner(self._next, key_id=named_key(public))

    def discard(self) -> None:
        """Remove a key that nobody has heard of; raise StorageError."""
        if not self._next.exists():
            return
        try:
            self._next.unlink()
            sync_folder(self._next.parent)
        except OSError as error:
            facts = {"file": str(self._next), "why": error.strerror}
            raise StorageError("key_not_removed", **facts) from error

    def put_in_place(self, public: str) -> None:
        """Replace the key in place by the one that follows, unless that was done before.

        Raises ConfigError `key_lost` when the announced key is in neither place, StorageError when
        the files cannot be moved.
        """
        if _public_of(self._next) == public:
            try:
                os.replace(self._next, self._path)  # noqa: PTH105 - a failure names both files
                sync_folder(self._path.parent)
            except OSError as error:
                facts = {"file": str(self._path), "why": error.strerror}
                raise StorageError("key_not_replaced", **facts) from error
        elif _public_of(self._path) != public:
            raise ConfigError("key_lost", file=str(self._next), remedy="provision the station anew")


def next_key_file(path: Path) -> Path:
    """Where the key lies that is to follow the one at `path`."""
    return path.with_name(f"{path.stem}.next{path.suffix}")


def named_key(public: str) -> KeyId:
    """The name of a new event key, made from the key itself, so that no other can take it."""
    return KeyId(f"event-{sha256(base64.b64decode(public)).hexdigest()[:16]}")


def _public_of(path: Path) -> str | None:
    if not path.exists():
        return None
    return FileSigner(path, key_id=KeyId("event")).public
