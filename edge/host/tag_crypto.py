"""Arithmetic of tag proofs: AES-CMAC, the session keys of AN12196, the diversification of AN10922.

Both modes of the NTAG 424 DNA: AES, and LRP (AN12304), which hardens AES against side channels.
"""

from collections.abc import Iterable

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

BLOCK = 16
KEY_BYTES = 16
_ZERO = bytes(BLOCK)
_REDUCTION = 0x87
_TWO_BLOCKS = 2 * BLOCK


def cmac(key: bytes, message: bytes) -> bytes:
    """AES-CMAC (RFC 4493), 16 bytes."""
    mac = CMAC(algorithms.AES(key))
    mac.update(message)
    return mac.finalize()


def truncated(mac: bytes) -> bytes:
    """Every second byte of a MAC, as tags send it (AN12196)."""
    return mac[1::2]


def diversified(master: bytes, context: bytes) -> bytes:
    """A tag's own AES-128 key from a master and 1 to 31 bytes that name the tag (AN10922 2.2).

    Always two blocks, padded with 80 00..; ValueError for a context of another length.
    """
    message = b"\x01" + context
    if not 1 < len(message) <= _TWO_BLOCKS:
        msg = f"{len(context)} bytes of context"
        raise ValueError(msg)
    single = _double(_encrypt(master, _ZERO))
    is_padded = len(message) < _TWO_BLOCKS
    last_key = _double(single) if is_padded else single
    padded = (message + b"\x80" if is_padded else message).ljust(_TWO_BLOCKS, b"\x00")
    first = _encrypt(master, padded[:BLOCK])
    return _encrypt(master, _xor(_xor(padded[BLOCK:], last_key), first))


def decrypt_cbc(key: bytes, data: bytes, initial: bytes = _ZERO) -> bytes:
    """AES-CBC without padding."""
    decryptor = Cipher(algorithms.AES(key), modes.CBC(initial)).decryptor()
    return decryptor.update(data) + decryptor.finalize()


def session_mac_key(key: bytes, identity: bytes) -> bytes:
    """Key of the MAC over one tap; `identity` is UID and counter as they were mirrored."""
    return cmac(key, _padded(bytes.fromhex("3cc300010080") + identity))


def decrypt_file(key: bytes, identity: bytes, counter: bytes, data: bytes) -> bytes:
    """File data of one tap; `counter` is the three bytes as the tag has them."""
    session = cmac(key, _padded(bytes.fromhex("c33c00010080") + identity))
    return decrypt_cbc(session, data, _encrypt(session, counter.ljust(BLOCK, b"\x00")))


class Lrp:
    """Leakage resilient primitive (AN12304) for one key."""

    def __init__(self, key: bytes) -> None:
        state = _encrypt(key, b"\x55" * BLOCK)
        texts = []
        for _ in range(16):
            texts.append(_encrypt(state, b"\xaa" * BLOCK))
            state = _encrypt(state, b"\x55" * BLOCK)
        self._texts = tuple(texts)
        state = _encrypt(key, b"\xaa" * BLOCK)
        second = _encrypt(state, b"\x55" * BLOCK)
        self._updated = tuple(_encrypt(each, b"\xaa" * BLOCK) for each in (state, second))

    def cmac(self, message: bytes) -> bytes:
        """CMAC over the primitive."""
        subkey = _double(self._evaluate(self._updated[0], _ZERO))
        blocks = [message[at : at + BLOCK] for at in range(0, len(message), BLOCK)] or [b""]
        last = blocks.pop()
        if len(last) < BLOCK:
            subkey = _double(subkey)
            last = (last + b"\x80").ljust(BLOCK, b"\x00")
        state = _ZERO
        for block in (*blocks, _xor(last, subkey)):
            state = self._evaluate(self._updated[0], _xor(state, block))
        return state

    def decrypt(self, start: bytes, data: bytes, *, updated: int) -> bytes:
        """Decrypt whole blocks from the counter `start` on, with updated key 0 or 1."""
        first = int.from_bytes(start, "big")
        found = b""
        for number, at in enumerate(range(0, len(data), BLOCK)):
            step = (first + number) % (1 << 8 * len(start))
            key = self._evaluate(self._updated[updated], step.to_bytes(len(start), "big"))
            found += _decrypt(key, data[at : at + BLOCK])
        return found

    def session(self, identity: bytes) -> "Lrp":
        """The primitive for one tap, of MAC and file data alike."""
        vector = bytes.fromhex("00010080") + identity
        room = -(len(vector) + 2) % BLOCK
        return Lrp(self.cmac(vector + bytes(room) + bytes.fromhex("1ee1")))

    def _evaluate(self, key: bytes, data: bytes) -> bytes:
        for nibble in _nibbles(data):
            key = _encrypt(key, self._texts[nibble])
        return _encrypt(key, _ZERO)


def _nibbles(data: bytes) -> Iterable[int]:
    for octet in data:
        yield octet >> 4
        yield octet & 0x0F


def _encrypt(key: bytes, block: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 - one block, as the tag's rule says
    return encryptor.update(block) + encryptor.finalize()


def _decrypt(key: bytes, block: bytes) -> bytes:
    decryptor = Cipher(algorithms.AES(key), modes.ECB()).decryptor()  # noqa: S305 - one block, as the tag's rule says
    return decryptor.update(block) + decryptor.finalize()


def _padded(vector: bytes) -> bytes:
    return vector.ljust(-(-len(vector) // BLOCK) * BLOCK, b"\x00")


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def _double(block: bytes) -> bytes:
    """Multiplication by x in GF(2^128) (RFC 4493 2.3)."""
    value = int.from_bytes(block, "big") << 1
    if value >> 128:
        value = (value & ((1 << 128) - 1)) ^ _REDUCTION
    return value.to_bytes(BLOCK, "big")
