"""Makers' signatures of tags: ECDSA on secp128r1, a curve that only this library has."""

from ecdsa import BadSignatureError, SECP128r1, VerifyingKey
from ecdsa.errors import MalformedPointError

from edge.core.errors import ConfigError


class MakerKey:
    """A maker's public point; ConfigError `tag_keys_malformed` when it lies off the curve."""

    def __init__(self, name: str, public: bytes) -> None:
        try:
            self._key = VerifyingKey.from_string(public, curve=SECP128r1)
        except MalformedPointError as error:
            raise ConfigError("tag_keys_malformed", key=name) from error

    def signed(self, uid: bytes, signature: bytes) -> bool:
        """Whether this maker signed a UID; the message is the raw UID, not its hash."""
        try:
            return bool(self._key.verify_digest(signature, uid, allow_truncate=True))
        except BadSignatureError:
            return False
