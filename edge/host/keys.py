"""Keys: private Ed25519 keys as files of this process alone, and pinned public keys of others."""

import base64
import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from edge.core.errors import ConfigError, DecodeError, StorageError
from edge.core.ids import EpochId, KeyId
from edge.core.keys import KeyEnd, Succession
from edge.host.seal_keys import SEAL, seal_key
from edge.ports import Clock
from edge.wire.convert import converter, rename_keys, structure

PURPOSES = frozenset({"event", "control", "chip", "badge", "command", SEAL})
_PRIVATE_MODE = 0o600


@dataclass(frozen=True, slots=True)
class PinnedKey:
    """A public key (base64 of 32 raw bytes), what it is for, whose it is, and when it counts.

    `last` is the last event of an event key that another has followed.
    """

    key_id: KeyId
    public: str
    purpose: str
    owner: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    last: KeyEnd | None = None


rename_keys(PinnedKey, valid_from="from", valid_until="to")


class FileSigner:
    """A private key from a PEM file that only its owner can read."""

    def __init__(self, path: Path, *, key_id: KeyId) -> None:
        self._key = _load_private(path)
        self._key_id = key_id

    @property
    def key_id(self) -> KeyId:
        """The pinned name of the key."""
        return self._key_id

    @property
    def public(self) -> str:
        """Base64 of the 32 raw public bytes."""
        return _public_text(self._key)

    def sign(self, message: bytes) -> bytes:
        """Ed25519 signature, 64 bytes."""
        return self._key.sign(message)


class PinnedKeys:
    """The keys of one pinned file, read once; a change that a listed key sealed stays in memory."""

    def __init__(self, keys: Iterable[PinnedKey], clock: Clock) -> None:
        self._clock = clock
        self._take(keys)

    @classmethod
    def load(cls, path: Path, clock: Clock) -> "PinnedKeys":
        """Read a pinned file; raise ConfigError `keys_unreadable` or `keys_malformed`."""
        return cls(read_pinned(path), clock)

    def knows(self, key_id: KeyId, *, purpose: str) -> bool:
        """Whether such a key is listed."""
        found = self._keys.get(key_id)
        return found is not None and found[0].purpose == purpose

    def counts(self, key_id: KeyId, *, purpose: str) -> bool:
        """Whether such a key is listed and valid now."""
        found = self._keys.get(key_id)
        return (
            found is not None
            and found[0].purpose == purpose
            and _is_valid(found[0], self._clock.now())
        )

    def owner(self, key_id: KeyId) -> str | None:
        """Whose key it is."""
        found = self._keys.get(key_id)
        return found[0].owner if found else None

    def verifies(self, key_id: KeyId, *, purpose: str, message: bytes, signature: bytes) -> bool:
        """Whether a listed key of that purpose, valid now, signed the message."""
        now = self._clock.now()
        return self.counts(key_id, purpose=purpose) and self.signed(
            key_id, purpose=purpose, message=message, signature=signature, at=now
        )

    def signed(
        self, key_id: KeyId, *, purpose: str, message: bytes, signature: bytes, at: datetime
    ) -> bool:
        """Whether a listed key of that purpose, valid at that time, signed the message."""
        found = self._keys.get(key_id)
        if found is None or found[1] is None or found[0].purpose != purpose:
            return False
        key = found[0] if found[0].last is None else replace(found[0], valid_until=None)
        if not _is_valid(key, at):
            return False
        try:
            found[1].verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def ended(self, key_id: KeyId, *, epoch: EpochId, sequence: int) -> bool:
        """Whether another key had taken its place before that event."""
        found = self._keys.get(key_id)
        last = found[0].last if found else None
        return last is not None and last.is_before(epoch, sequence)

    def succeed(self, succession: Succession) -> str:
        """Take in a change that the old key sealed, in memory alone; why not."""
        keys = tuple(key for key, _ in self._keys.values())
        why = why_not_succeeded(keys, succession)
        if not why:
            self._take(succeeded(keys, succession))
        return why

    def _take(self, keys: Iterable[PinnedKey]) -> None:
        self._keys = {key.key_id: (key, _verifier(key)) for key in keys}


class PinnedFile(PinnedKeys):
    """The keys of a pinned file that several processes share; a sealed change is written there."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        super().__init__(read_pinned(path), clock)

    def succeed(self, succession: Succession) -> str:
        """Take in a change that the old key sealed, on the disk at return; why not.

        Raises StorageError when the file cannot be read or written: then nothing has changed.
        """
        try:
            with alone_with(self._path):
                keys = read_pinned(self._path)
                why = why_not_succeeded(keys, succession)
                following = keys if why else succeeded(keys, succession)
                if following != keys:
                    write_pinned(self._path, following)
        except ConfigError as error:
            raise StorageError(error.code, **error.facts) from error
        except OSError as error:
            facts = {"file": str(self._path), "why": error.strerror}
            raise StorageError("keys_unwritable", **facts) from error
        self._take(following)
        return why


def why_not_succeeded(keys: Iterable[PinnedKey], succession: Succession) -> str:
    """Why a change cannot be pinned; empty for one that can be, or is already."""
    listed = {key.key_id: key for key in keys}
    old, new = listed.get(succession.old), listed.get(succession.new)
    if old is None or old.purpose != "event" or old.owner != succession.owner:
        return "key_not_listed"
    if new is not None and _is_pinned(old, new, succession):
        return ""
    if old.last is not None:
        return "key_followed_already"
    if new is not None or any(key.public == succession.public for key in listed.values()):
        return "key_pinned_already"
    try:
        _public_key(_successor(succession))
    except ConfigError:
        return "key_malformed"
    return ""


def succeeded(keys: Iterable[PinnedKey], succession: Succession) -> tuple[PinnedKey, ...]:
    """The keys after a change that can be pinned; the same when it is already."""
    old = tuple(keys)
    if any(key.key_id == succession.new for key in old):
        return old
    kept = (
        replace(key, valid_until=succession.at, last=succession.end)
        if key.key_id == succession.old
        else key
        for key in old
    )
    return (*kept, _successor(succession))


def _successor(succession: Succession) -> PinnedKey:
    return PinnedKey(succession.new, succession.public, "event", owner=succession.owner)


def _is_pinned(old: PinnedKey, new: PinnedKey, succession: Succession) -> bool:
    """Whether exactly this change was taken in before; the new key may have been followed since."""
    ours = (new.public, new.purpose, new.owner)
    return old.last == succession.end and ours == (succession.public, "event", succession.owner)


def _is_valid(key: PinnedKey, at: datetime) -> bool:
    begun = key.valid_from is None or key.valid_from <= at
    return begun and (key.valid_until is None or at <= key.valid_until)


def generate_key(path: Path) -> str:
    """Make a private key file (mode 0600) where there is none; its public key as base64.

    Raises ConfigError `key_exists`: a key is never overwritten.
    """
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_MODE)
    except FileExistsError as error:
        raise ConfigError("key_exists", file=str(path)) from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)
    return _public_text(key)


def sync_folder(folder: Path) -> None:
    """What was made, renamed or removed there is so after a power cut too."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_pinned(path: Path) -> tuple[PinnedKey, ...]:
    """The entries of a pinned file; raise ConfigError `keys_unreadable` or `keys_malformed`."""
    try:
        outer = json.loads(path.read_text(encoding="utf-8"))
        keys = tuple(structure(each, PinnedKey) for each in outer["keys"])
    except OSError as error:
        raise ConfigError("keys_unreadable", file=str(path), why=error.strerror) from error
    except (ValueError, KeyError, TypeError, DecodeError) as error:
        raise ConfigError("keys_malformed", file=str(path), why=str(error)[:200]) from error
    for key in keys:
        if key.purpose not in PURPOSES:
            raise ConfigError("keys_malformed", file=str(path), why=f"purpose of {key.key_id}")
        if key.purpose == SEAL and key.owner is None:
            raise ConfigError("keys_malformed", file=str(path), why=f"owner of {key.key_id}")
    return keys


def write_pinned(path: Path, keys: Iterable[PinnedKey]) -> None:
    """Write a pinned file whole: beside it, then in its place; on the disk at return."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"keys": [converter.unstructure(key) for key in keys]}, indent=2)
    beside = path.with_suffix(".new")
    with beside.open("w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync_folder(path.parent)


@contextmanager
def alone_with(path: Path) -> Iterator[None]:
    """No other process changes a pinned file meanwhile; one that dies lets go."""
    descriptor = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, _PRIVATE_MODE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def key_id_of(path: Path, keys: Iterable[PinnedKey]) -> KeyId:
    """The pinned name of a private key; raise ConfigError `key_not_pinned`."""
    public = _public_text(_load_private(path))
    for key in keys:
        if key.public == public and key.purpose != SEAL:
            return key.key_id
    raise ConfigError("key_not_pinned", file=str(path))


def _load_private(path: Path) -> Ed25519PrivateKey:
    try:
        if path.stat().st_mode & 0o077:
            raise ConfigError("key_readable_by_others", file=str(path))
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise ConfigError("key_unreadable", file=str(path), why=error.strerror) from error
    except (ValueError, TypeError) as error:
        raise ConfigError("key_malformed", file=str(path)) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError("key_malformed", file=str(path), why="not Ed25519")
    return key


def _verifier(key: PinnedKey) -> Ed25519PublicKey | None:
    """What verifies by a key; nothing does by one to which is sealed, but it is sound too."""
    if key.purpose != SEAL:
        return _public_key(key)
    try:
        seal_key(key.public)
    except ConfigError as error:
        raise ConfigError("keys_malformed", why=f"{error.code}: {key.key_id}") from error
    return None


def _public_key(key: PinnedKey) -> Ed25519PublicKey:
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(key.public, validate=True))
    except ValueError as error:
        raise ConfigError("keys_malformed", why=f"public key of {key.key_id}") from error


def _public_text(key: Ed25519PrivateKey) -> str:
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.b64encode(raw).decode()
