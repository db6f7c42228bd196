"""Keys of tags: verification of their proofs, and the passwords that open them; step 7's facts.

The file has mode 0600 and is never logged; keys have no text of their own.
"""

import hmac
import stat
import tomllib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from edge.core.errors import ConfigError, DecodeError
from edge.core.nfc import (
    NO_SUN,
    SignatureState,
    SunMessage,
    SunProof,
    SunState,
    TagPassword,
    TagUid,
)
from edge.host.tag_crypto import (
    KEY_BYTES,
    Lrp,
    cmac,
    decrypt_cbc,
    decrypt_file,
    diversified,
    session_mac_key,
    truncated,
)
from edge.wire.convert import structure

if TYPE_CHECKING:
    from edge.host.originality import MakerKey

PUBLISHED_ORIGINALITY_KEYS = {
    "nxp-ntag21x": "04494e1a386d3d3cfe3dc10e5de68a499b1c202db5b132393e89ed19fe5be8bc61",
    "nxp-ultralight-ev1": "0490933bdcd6e99b4e255e3da55389a827564e11718e017292faf23226a96614b8",
    "mikron": "04f971eda742a4a80d32dcf6a814a707cc3dc396d35902f72929fdcd698b3468f2",
}
"""Published by makers of tags; a key file may name others instead."""

_PRIVATE_BITS = stat.S_IRWXG | stat.S_IRWXO
_HAS_UID, _HAS_COUNTER, _UID_SIZE = 0x80, 0x40, 0x0F
_UID_BYTES, _COUNTER_BYTES = 7, 3
_AES_PICC_BYTES, _LRP_RANDOM_BYTES = 16, 8
_SIGNATURE_BYTES, _PASSWORD_BYTES, _PACK_BYTES = 32, 4, 2


@dataclass(frozen=True, slots=True)
class SunKey:
    """Keys of one series of tags, hex: `meta` opens UID and counter, `file` is the MAC's.

    With `diversified` each tag has its own file key, derived from `file`, its UID and `system`.
    """

    name: str
    meta: str = field(repr=False)
    file: str = field(repr=False)
    diversified: bool = True
    system: str = ""
    lrp: bool = False


@dataclass(frozen=True, slots=True)
class OriginalityKey:
    """A maker's public point on secp128r1, hex, uncompressed."""

    name: str
    public: str


@dataclass(frozen=True, slots=True)
class PasswordKey:
    """Master of the passwords of own tags, hex."""

    master: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TagKeyFile:
    """What a key file says."""

    sun: tuple[SunKey, ...] = ()
    originality: tuple[OriginalityKey, ...] | None = None
    password: PasswordKey | None = None


class FileTagKeys:
    """The port `TagKeys` over the keys of one file; `makers` count where the file names none."""

    def __init__(
        self, keys: TagKeyFile | None = None, *, makers: tuple[OriginalityKey, ...] | None = None
    ) -> None:
        keys = keys or TagKeyFile()
        self._sun = tuple(_Series(each) for each in keys.sun)
        listed = makers if keys.originality is None else keys.originality
        if listed is None:
            listed = tuple(OriginalityKey(*each) for each in PUBLISHED_ORIGINALITY_KEYS.items())
        self._listed = listed
        self._master = _key("password", keys.password.master) if keys.password else None

    @classmethod
    def load(cls, path: Path, *, makers: tuple[OriginalityKey, ...] | None = None) -> "FileTagKeys":
        """Read a key file; ConfigError `tag_keys_unreadable`, `tag_keys_open` or `.._malformed`."""
        try:
            mode = path.stat().st_mode
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError("tag_keys_unreadable", file=str(path)) from error
        if mode & _PRIVATE_BITS:
            raise ConfigError("tag_keys_open", file=str(path), mode=oct(stat.S_IMODE(mode)))
        try:
            loaded = structure(tomllib.loads(text), TagKeyFile)
        except (tomllib.TOMLDecodeError, DecodeError):
            # Without the cause: its words could quote a key.
            raise ConfigError("tag_keys_malformed", file=str(path)) from None
        keys = cls(loaded, makers=makers)
        if loaded.originality:
            keys.check_makers()
        return keys

    def check_makers(self) -> None:
        """Raise ConfigError `tag_keys_malformed` for a listed key that is no point."""
        _ = self._makers

    @cached_property
    def _makers(self) -> "tuple[MakerKey, ...]":
        """Made when a signature is met: a desk without an NFC reader lacks the library."""
        from edge.host.originality import MakerKey  # noqa: PLC0415 - an extra may be absent

        return tuple(MakerKey(each.name, _hex(each.name, each.public)) for each in self._listed)

    def sun(self, message: SunMessage | None) -> SunProof:
        """Verify a message with every series that can open it."""
        if message is None:
            return NO_SUN
        best = SunProof(SunState.UNKNOWN_KEY, message.uid, message.counter)
        for series in self._sun:
            proof = series.verify(message)
            if proof.state is SunState.VALID:
                return proof
            if proof.state is SunState.BAD_MAC:
                best = proof
        return best

    def originality(self, uid: TagUid, signature: bytes | None) -> SignatureState:
        """Whether a listed maker signed this UID; all zeros is no signature."""
        if signature is None or len(signature) != _SIGNATURE_BYTES or not any(signature):
            return SignatureState.ABSENT
        if any(each.signed(uid.octets, signature) for each in self._makers):
            return SignatureState.VALID
        return SignatureState.UNKNOWN_KEY

    def password(self, uid: TagUid) -> TagPassword | None:
        """The password of an own tag, derived from its UID; None without a master."""
        if self._master is None:
            return None
        own = diversified(self._master, uid.octets + b"pwd")
        return TagPassword(own[:_PASSWORD_BYTES], own[_PASSWORD_BYTES:][:_PACK_BYTES])


class _Series:
    """Verifies the messages of one series of tags (AN12196 3.3 and 3.4)."""

    def __init__(self, key: SunKey) -> None:
        self._name = key.name
        self._meta, self._file = _key(key.name, key.meta), _key(key.name, key.file)
        self._system = _hex(key.name, key.system)
        self._is_diversified = key.diversified
        self._is_lrp = key.lrp

    def verify(self, message: SunMessage) -> SunProof:
        identity = self._identity(message)
        if identity is None:
            return SunProof(SunState.UNKNOWN_KEY)
        uid, counter = identity[:_UID_BYTES], identity[_UID_BYTES:]
        proof_uid = TagUid.of(uid)
        number = int.from_bytes(counter, "little")
        file_key = self._file_key(uid)
        if not hmac.compare_digest(self._mac(file_key, identity, message.mac_input), message.mac):
            state = SunState.BAD_MAC
            return SunProof(state, proof_uid, number, key=self._name)
        file = self._open_file(file_key, identity, counter, message.file)
        return SunProof(SunState.VALID, proof_uid, number, file, self._name)

    def _identity(self, message: SunMessage) -> bytes | None:
        """UID and counter in the order in which they enter the session key; None: another key."""
        if message.picc is None:
            if message.uid is None or message.counter is None:
                return None
            return message.uid.octets + message.counter.to_bytes(_COUNTER_BYTES, "little")
        plain = self._open_picc(message.picc)
        if plain is None or plain[0] != _HAS_UID | _HAS_COUNTER | _UID_BYTES:
            return None
        return plain[1 : 1 + _UID_BYTES + _COUNTER_BYTES]

    def _open_picc(self, picc: bytes) -> bytes | None:
        if self._is_lrp == (len(picc) == _AES_PICC_BYTES):
            return None
        if self._is_lrp:
            start, data = picc[:_LRP_RANDOM_BYTES], picc[_LRP_RANDOM_BYTES:]
            return Lrp(self._meta).decrypt(start, data, updated=0)
        return decrypt_cbc(self._meta, picc)

    def _file_key(self, uid: bytes) -> bytes:
        return diversified(self._file, uid + self._system) if self._is_diversified else self._file

    def _mac(self, key: bytes, identity: bytes, covered: bytes) -> bytes:
        if self._is_lrp:
            return truncated(Lrp(key).session(identity).cmac(covered))
        return truncated(cmac(session_mac_key(key, identity), covered))

    def _open_file(self, key: bytes, identity: bytes, counter: bytes, data: bytes) -> bytes:
        if not data:
            return b""
        if self._is_lrp:
            return Lrp(key).session(identity).decrypt(counter + bytes(3), data, updated=1)
        return decrypt_file(key, identity, counter, data)


def _key(name: str, text: str) -> bytes:
    key = _hex(name, text)
    if len(key) != KEY_BYTES:
        raise ConfigError("tag_keys_malformed", key=name)
    return key


def _hex(name: str, text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise ConfigError("tag_keys_malformed", key=name) from None
