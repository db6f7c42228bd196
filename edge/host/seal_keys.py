"""Public X25519 keys to which a platform seals photographs (step 12): RFC 9180 HPKE, base mode.

Suite: DHKEM(X25519, HKDF-SHA256) 0x0020, HKDF-SHA256 0x0001, ChaCha20-Poly1305 0x0003.
"""

import base64
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from edge.core.errors import ConfigError
from edge.core.ids import KeyId

SEAL: Final = "seal"
"""Purpose of a pinned key to which is sealed; nothing is ever verified by one."""
SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


def seal_key(public: str) -> X25519PublicKey:
    """A key from base64 of 32 raw bytes; ConfigError `seal_key_malformed`, `seal_key_low_order`."""
    try:
        key = X25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))
    except ValueError as error:
        raise ConfigError("seal_key_malformed") from error
    try:
        X25519PrivateKey.generate().exchange(key)
    except ValueError as error:
        raise ConfigError("seal_key_low_order") from error
    return key


def seal_key_id(public: str) -> KeyId:
    """The name of a station's key, made from its public part; raises as `seal_key`."""
    return KeyId(f"face-{sha256(seal_key(public).public_bytes_raw()).hexdigest()[:16]}")


def seal_to(public: str, content: bytes, *, bound: bytes) -> str:
    """Content that only the owner of a key opens, and only with `bound`; raises as `seal_key`."""
    return base64.b64encode(SUITE.encrypt(content, seal_key(public), info=bound)).decode()
