"""PINs of staff as the platform sends them: scrypt hashes, compared in constant time."""

import base64
import binascii
import hashlib
import hmac

_COST_LOG2 = 14
_BLOCK = 8
_HASH_BYTES = 32
_SALT_BYTES = 16
_PREFIX = f"scrypt${_COST_LOG2}${_BLOCK}$"


def hash_pin(pin: str, *, salt: bytes) -> str:
    """`scrypt$14$8${salt}${hash}` in base64; salt: 16 random bytes."""
    return f"{_PREFIX}{_text(salt)}${_text(_scrypt(pin, salt))}"


def pin_fits(pin: str, pin_hash: str | None) -> bool:
    """Whether a PIN belongs to a hash; a missing or foreign hash fits no PIN."""
    if pin_hash is None or not pin_hash.startswith(_PREFIX):
        return False
    try:
        salt_text, hash_text = pin_hash.removeprefix(_PREFIX).split("$")
        salt = base64.b64decode(salt_text, validate=True)
        expected = base64.b64decode(hash_text, validate=True)
    except (ValueError, binascii.Error):
        return False
    if len(salt) != _SALT_BYTES:
        return False
    return hmac.compare_digest(_scrypt(pin, salt), expected)


def _scrypt(pin: str, salt: bytes) -> bytes:
    return hashlib.scrypt(
        pin.encode(), salt=salt, n=1 << _COST_LOG2, r=_BLOCK, p=1, dklen=_HASH_BYTES
    )


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
