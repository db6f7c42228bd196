"""Keys: private Ed25519 keys as files of this process alone, and pinned public keys of others."""

import base64
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
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

from edge.core.errors import ConfigError, DecodeError
from edge.core.ids import KeyId
from edge.ports import Clock
from edge.wire.convert import converter, rename_keys, structure

PURPOSES = frozenset({"event", "control", "chip", "badge", "command"})
_PRIVATE_MODE = 0o600


@dataclass(frozen=True, slots=True)
class PinnedKey:
    """A public key (base64 of 32 raw bytes), what it is for, whose it is, and when it counts."""

    key_id: KeyId
    public: str
    purpose: str
    owner: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None


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
    """The keys of one pinned file; the file is read once, never extended from the wire."""

    def __init__(self, keys: Iterable[PinnedKey], clock: Clock) -> None:
        self._clock = clock
        self._keys = {key.key_id: (key, _public_key(key)) for key in keys}

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
        return self.signed(key_id, purpose=purpose, message=message, signature=signature, at=now)

    def signed(
        self, key_id: KeyId, *, purpose: str, message: bytes, signature: bytes, at: datetime
    ) -> bool:
        """Whether a listed key of that purpose, valid at that time, signed the message."""
        found = self._keys.get(key_id)
        if found is None or found[0].purpose != purpose or not _is_valid(found[0], at):
            return False
        try:
            found[1].verify(signature, message)
        except InvalidSignature:
            return False
        return True


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
    return _public_text(key)


def read_pinned(path: Path) -> tuple[PinnedKey, ...]:
    """The entries of a pinned file; raise ConfigError `keys_unreadable` or `keys_malformed`."""
    try:
        outer = json.loads(path.read_text(encoding="utf-8"))
        keys = tuple(structure(each, PinnedKey) for each in outer["keys"])
    except OSError as error:
        raise ConfigError("keys_unreadable", file=str(path), why=error.strerror) from error
    except (ValueError, KeyError, TypeError, DecodeError) as error:
        raise ConfigError("keys_malformed", file=str(path), why=str(error)[:200]) from error
    wrong = next((key.key_id for key in keys if key.purpose not in PURPOSES), None)
    if wrong is not None:
        raise ConfigError("keys_malformed", file=str(path), why=f"purpose of {wrong}")
    return keys


def write_pinned(path: Path, keys: Iterable[PinnedKey]) -> None:
    """Write a pinned file whole: beside it, then in its place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"keys": [converter.unstructure(key) for key in keys]}, indent=2)
    beside = path.with_suffix(".new")
    beside.write_text(text + "\n", encoding="utf-8")
    beside.replace(path)


def key_id_of(path: Path, keys: Iterable[PinnedKey]) -> KeyId:
    """The pinned name of a private key; raise ConfigError `key_not_pinned`."""
    public = _public_text(_load_private(path))
    for key in keys:
        if key.public == public:
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


def _public_key(key: PinnedKey) -> Ed25519PublicKey:
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(key.public, validate=True))
    except ValueError as error:
        raise ConfigError("keys_malformed", why=f"public key of {key.key_id}") from error


def _public_text(key: Ed25519PrivateKey) -> str:
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.b64encode(raw).decode()
