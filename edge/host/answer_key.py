"""The station's own key for sealed answers (X25519), made on the device and never leaving it.

Seal: an ephemeral key, HKDF-SHA-256 over both public keys, ChaCha20-Poly1305 once.
"""

import base64
import binascii
import os
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from edge.core.errors import ConfigError, DecodeError
from edge.host.keys import sync_folder

_MODE = 0o600
_PUBLIC_BYTES = 32
_NONCE = bytes(12)
"""Each sealing has a key of its own, so one nonce is enough."""
_PURPOSE = b"specimen-edge face-answer v1"


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
    def key_id(self) -> str:
        """The name of the key, made from its public part."""
        return answer_key_id(self.public)

    def open(self, sealed: str, *, bound: bytes) -> bytes:
        """What was sealed to this key; DecodeError `face_seal_broken`."""
        try:
            content = base64.b64decode(sealed, validate=True)
            ephemeral = content[:_PUBLIC_BYTES]
            shared = self._key.exchange(X25519PublicKey.from_public_bytes(ephemeral))
            cipher = _cipher(shared, ephemeral, self._key.public_key().public_bytes_raw())
            return cipher.decrypt(_NONCE, content[_PUBLIC_BYTES:], bound)
        except (InvalidTag, ValueError, binascii.Error) as error:
            raise DecodeError("face_seal_broken") from error


def answer_key_id(public: str) -> str:
    """The name of a station's key; ConfigError `face_answer_key_malformed`."""
    return f"face-{sha256(_public_bytes(public)).hexdigest()[:16]}"


def seal_to(public: str, content: bytes, *, bound: bytes) -> str:
    """Content that only the owner of a public key opens, base64; raises as `answer_key_id`."""
    theirs = _public_bytes(public)
    ephemeral = X25519PrivateKey.generate()
    ours = ephemeral.public_key().public_bytes_raw()
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(theirs))
    ciphertext = _cipher(shared, ours, theirs).encrypt(_NONCE, content, bound)
    return base64.b64encode(ours + ciphertext).decode()


def _public_bytes(public: str) -> bytes:
    try:
        content = base64.b64decode(public, validate=True)
    except (ValueError, binascii.Error) as error:
        raise ConfigError("face_answer_key_malformed") from error
    if len(content) != _PUBLIC_BYTES:
        raise ConfigError("face_answer_key_malformed")
    return content


def _cipher(shared: bytes, ephemeral: bytes, station: bytes) -> ChaCha20Poly1305:
    derived = HKDF(SHA256(), length=32, salt=ephemeral + station, info=_PURPOSE).derive(shared)
    return ChaCha20Poly1305(derived)
