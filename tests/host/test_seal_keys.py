"""Keys to which photographs are sealed: pinned, sound, and opened by their owner alone."""

import base64
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from memory_doors import SetClock

from edge.core.errors import ConfigError, DecodeError
from edge.core.ids import KeyId
from edge.host.answer_key import AnswerKey
from edge.host.keys import PinnedKey, PinnedKeys, generate_key, key_id_of, read_pinned, write_pinned
from edge.host.seal_keys import SEAL, seal_key_id, seal_to

OWNER = "nanchang/lab-1/desk-1"
LETTER = b"who agreed, when, and three photographs"
BOUND = b"station, question, person, times"


def text_of(content: bytes) -> str:
    return base64.b64encode(content).decode()


PUBLIC = text_of(
    X25519PrivateKey.from_private_bytes(bytes([7] * 32)).public_key().public_bytes_raw()
)
PINNED = PinnedKey(seal_key_id(PUBLIC), PUBLIC, SEAL, OWNER)
UNSOUND = {
    "not base64": ("?", "seal_key_malformed"),
    "too short": (text_of(bytes([9] * 31)), "seal_key_malformed"),
    "zero": (text_of(bytes(32)), "seal_key_low_order"),
    "one": (text_of(bytes([1, *bytes(31)])), "seal_key_low_order"),
    "order eight": (
        "4Ot6fDtBuK4WVuP68Z/EatoJjeucMrH9hmIFFl9JuAA=",
        "seal_key_low_order",
    ),
    "minus one": (text_of(bytes([0xEC, *[0xFF] * 30, 0x7F])), "seal_key_low_order"),
}


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> AnswerKey:
    return AnswerKey.made(tmp_path_factory.mktemp("seal") / "face-answers.pem")


@pytest.fixture(scope="module")
def sealed(key: AnswerKey) -> bytes:
    return base64.b64decode(seal_to(key.public, LETTER, bound=BOUND))


def test_the_owner_opens_what_was_sealed_and_each_sealing_differs(
    key: AnswerKey, sealed: bytes
) -> None:
    assert key.open(text_of(sealed), bound=BOUND) == LETTER
    assert seal_to(key.public, LETTER, bound=BOUND) != text_of(sealed)
    assert LETTER not in sealed


def test_another_key_or_binding_opens_nothing(
    key: AnswerKey, sealed: bytes, tmp_path: Path
) -> None:
    other = AnswerKey.made(tmp_path / "other.pem")
    for opener, bound in ((other, BOUND), (key, BOUND + b"!"), (key, b"")):
        with pytest.raises(DecodeError, match="face_seal_broken"):
            opener.open(text_of(sealed), bound=bound)


@given(data=st.data())
def test_every_bit_of_what_is_sealed_counts(
    key: AnswerKey, sealed: bytes, data: st.DataObject
) -> None:
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    spoilt = bytearray(sealed)
    spoilt[bit // 8] ^= 1 << bit % 8
    with pytest.raises(DecodeError, match="face_seal_broken"):
        key.open(text_of(bytes(spoilt)), bound=BOUND)


@given(content=st.binary(max_size=80) | st.text(max_size=40).map(str.encode))
def test_what_nobody_sealed_is_refused_by_name(key: AnswerKey, content: bytes) -> None:
    with suppress(UnicodeDecodeError), pytest.raises(DecodeError, match="face_seal_broken"):
        key.open(content.decode(), bound=BOUND)
    with pytest.raises(DecodeError, match="face_seal_broken"):
        key.open(text_of(content), bound=BOUND)


@pytest.mark.parametrize(("public", "code"), UNSOUND.values(), ids=UNSOUND)
def test_an_unsound_key_is_refused_by_name_and_not_pinned(public: str, code: str) -> None:
    with pytest.raises(ConfigError, match=code):
        seal_to(public, LETTER, bound=BOUND)
    with pytest.raises(ConfigError, match="keys_malformed") as refused:
        PinnedKeys([replace(PINNED, public=public)], SetClock())
    assert code in str(refused.value)


def test_a_pinned_key_is_read_beside_others_and_verifies_nothing(tmp_path: Path) -> None:
    """An Ed25519 key that has the same bytes does not take its name either."""
    control = PinnedKey(KeyId("control-1"), generate_key(tmp_path / "control.pem"), "control")
    twin = replace(PINNED, key_id=KeyId("face-twin"), public=control.public)
    write_pinned(tmp_path / "keys.json", (twin, control, PINNED))
    listed = read_pinned(tmp_path / "keys.json")
    assert key_id_of(tmp_path / "control.pem", listed) == control.key_id
    ring = PinnedKeys((control, PINNED), SetClock())
    assert ring.counts(PINNED.key_id, purpose=SEAL)
    assert ring.owner(PINNED.key_id) == OWNER
    assert not ring.verifies(PINNED.key_id, purpose=SEAL, message=b"", signature=bytes(64))


def test_a_key_without_an_owner_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    write_pinned(path, [replace(PINNED, owner=None)])
    with pytest.raises(ConfigError, match="keys_malformed"):
        read_pinned(path)


def test_a_key_that_others_can_read_is_not_used(key: AnswerKey, tmp_path: Path) -> None:
    path = tmp_path / "face-answers.pem"
    assert AnswerKey.made(path).public != key.public
    assert AnswerKey.made(path).public == AnswerKey(path).public
    path.chmod(0o640)
    with pytest.raises(ConfigError, match="key_readable_by_others"):
        AnswerKey(path)
    path.unlink()
    with pytest.raises(ConfigError, match="face_answer_key_absent"):
        AnswerKey(path)
    generate_key(path)
    with pytest.raises(ConfigError, match="face_answer_key_malformed"):
        AnswerKey(path)
