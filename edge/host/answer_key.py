"""The station's own key for sealed answers (X25519), made on the device and never leaving it."""

import base64
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from edge.core.errors import ConfigError, DecodeError
from edge.core.ids import KeyId
from edge.host.keys import sync_folder
from edge.host.seal_keys import SUITE, seal_key_id

_MODE = 0o600


class AnswerKey:
    """The private part; opens what was sealed to it."""

    def __init__(self, path: Path) -> None:
        """Raise ConfigError `face_answer_key_absent`, `_malformed` or `key_readable_by_others`."""
        try:
            mode, content = path.stat().st_mode, path.read_bytes()
        except OSError as error:
            remedy = "specimen-edge face answer-key"
            raise ConfigError("face_answer_key_absent", file=str(path), remedy=remedy) from error
        if mode & 0o077:
            raise ConfigError("key_readable_by_others", file=str(path))
        try:
            key = load_pem_private_key(content, password=None)
        except (ValueError, TypeError) as error:
            raise ConfigError("face_answer_key_malformed", file=str(path)) from error
        if not isinstance(key, X25519PrivateKey):
            raise ConfigError("face_answer_key_malformed", file=str(path))
        self._key = key

    @classmethod
    def made(cls, path: Path) -> "AnswerKey":
        """The key of a file, made when there is none."""
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
        except FileExistsError:
            return cls(path)
        made = X25519PrivateKey.generate()
        with os.fdopen(descriptor, "wb") as file:
            file.write(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            file.flush()
            os.fsync(file.fileno())
        sync_folder(path.parent)
        return cls(path)

    @property
    def public(self) -> str:
        """Base64 of the 32 raw public bytes."""
        return base64.b64encode(self._key.public_key().public_bytes_raw()).decode()

    @property
    def key_id(self) -> KeyId:
        """The name of the key, made from its public part."""
        return seal_key_id(self.public)

    def open(self, sealed: str, *, bound: bytes) -> bytes:
        """What was sealed to this key with `bound`; DecodeError `face_seal_broken`."""
        try:
            content = base64.b64decode(sealed, validate=True)
            return SUITE.decrypt(content, self._key, info=bound)
        except (InvalidTag, ValueError) as error:
            raise DecodeError("face_seal_broken") from error
