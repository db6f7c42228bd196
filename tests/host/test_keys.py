import base64
import json
import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given
from hypothesis import strategies as st
from memory_doors import SetClock

from edge.core.errors import ConfigError
from edge.core.ids import KeyId
from edge.host.keys import (
    PURPOSES,
    FileSigner,
    PinnedKey,
    PinnedKeys,
    generate_key,
    key_id_of,
    read_pinned,
    write_pinned,
)
from edge.host.seal_keys import SEAL

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
KEY = Ed25519PrivateKey.from_private_bytes(bytes([7] * 32))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes([8] * 32))
NAME = KeyId("event-1")
OWNER = "nanchang/lab-1/desk-1"
MESSAGE = b"thirty cubes received"
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


def public(key: Ed25519PrivateKey) -> str:
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def pinned(
    *, since: datetime | None = None, until: datetime | None = None, purpose: str = "event"
) -> PinnedKey:
    return PinnedKey(NAME, public(KEY), purpose, OWNER, since, until)


def verifies(
    ring: PinnedKeys,
    *,
    name: KeyId = NAME,
    purpose: str = "event",
    message: bytes = MESSAGE,
    signature: bytes | None = None,
) -> bool:
    sealed = KEY.sign(MESSAGE) if signature is None else signature
    return ring.verifies(name, purpose=purpose, message=message, signature=sealed)


@pytest.mark.parametrize(
    ("since", "until", "current"),
    [
        (None, None, True),
        (NOW, None, True),
        (NOW + SECOND, None, False),
        (None, NOW, True),
        (None, NOW - SECOND, False),
        (NOW, NOW, True),
        (NOW + SECOND, NOW - SECOND, False),
    ],
    ids=["always", "just begun", "not yet", "last moment", "ended", "instant", "inverted"],
)
def test_a_key_counts_in_its_time(
    since: datetime | None,
    until: datetime | None,
    current: bool,  # noqa: FBT001 - a table
) -> None:
    ring = PinnedKeys([pinned(since=since, until=until)], SetClock(NOW))
    assert ring.knows(NAME, purpose="event")
    assert ring.owner(NAME) == OWNER
    assert ring.counts(NAME, purpose="event") is current
    assert verifies(ring) is current


def test_a_key_ends_while_the_process_runs() -> None:
    clock = SetClock(NOW)
    ring = PinnedKeys([pinned(until=NOW)], clock)
    assert verifies(ring)
    clock.move(1)
    assert not verifies(ring)


@pytest.mark.parametrize("purpose", sorted(PURPOSES))
@pytest.mark.parametrize("asked", sorted(PURPOSES))
def test_a_key_is_for_one_purpose(purpose: str, asked: str) -> None:
    ring = PinnedKeys([pinned(purpose=purpose)], SetClock(NOW))
    same = purpose == asked
    assert ring.knows(NAME, purpose=asked) is same
    assert ring.counts(NAME, purpose=asked) is same
    assert verifies(ring, purpose=asked) is (same and purpose != SEAL)


def test_an_unknown_key_is_nobodys() -> None:
    ring = PinnedKeys([pinned()], SetClock(NOW))
    stranger = KeyId("event-2")
    assert not ring.knows(stranger, purpose="event")
    assert not ring.counts(stranger, purpose="event")
    assert not verifies(ring, name=stranger)
    assert ring.owner(stranger) is None


@pytest.mark.parametrize(
    ("message", "signature"),
    [
        (MESSAGE + b".", None),
        (b"", None),
        (MESSAGE, OTHER_KEY.sign(MESSAGE)),
        (MESSAGE, b""),
        (MESSAGE, KEY.sign(MESSAGE)[:-1]),
        (MESSAGE, KEY.sign(MESSAGE) + b"\0"),
        (MESSAGE, bytes(64)),
    ],
)
def test_another_message_or_signature_does_not_verify(
    message: bytes, signature: bytes | None
) -> None:
    ring = PinnedKeys([pinned()], SetClock(NOW))
    assert not verifies(ring, message=message, signature=signature)


@given(bit=st.integers(0, 511))
def test_no_bit_of_a_signature_is_idle(bit: int) -> None:
    signature = bytearray(KEY.sign(MESSAGE))
    signature[bit // 8] ^= 1 << bit % 8
    assert not verifies(PinnedKeys([pinned()], SetClock(NOW)), signature=bytes(signature))


def test_a_made_key_signs_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "event.pem"
    made = generate_key(path)
    signer = FileSigner(path, key_id=NAME)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert signer.public == made
    assert signer.key_id == NAME
    half = Ed25519PublicKey.from_public_bytes(base64.b64decode(made))
    half.verify(signer.sign(MESSAGE), MESSAGE)


def test_a_wide_umask_does_not_open_a_key(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        generate_key(tmp_path / "event.pem")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "event.pem").stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"something else"])
def test_a_key_is_never_overwritten(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "event.pem"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"key_exists.*event\.pem"):
        generate_key(path)
    assert path.read_bytes() == content


def test_a_link_into_nowhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "event.pem").symlink_to(tmp_path / "elsewhere.pem")
    with pytest.raises(ConfigError, match="key_exists"):
        generate_key(tmp_path / "event.pem")
    assert not (tmp_path / "elsewhere.pem").exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o602, 0o610])
def test_a_key_that_others_reach_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "event.pem"
    generate_key(path)
    path.chmod(mode)
    with pytest.raises(ConfigError, match=r"key_readable_by_others.*event\.pem"):
        FileSigner(path, key_id=NAME)


def _pem(
    key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey,
    locked: KeySerializationEncryption | None = None,
) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked or NoEncryption())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        b"\xff\x00",
        _pem(KEY)[:60],
        _pem(KEY, BestAvailableEncryption(b"word")),
        _pem(ec.derive_private_key(7, ec.SECP256R1())),
    ],
    ids=["empty", "hollow", "binary", "cut", "locked", "another kind"],
)
def test_a_malformed_key_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "event.pem"
    path.touch(mode=0o600)
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"key_malformed.*event\.pem"):
        FileSigner(path, key_id=NAME)


def test_a_key_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"key_unreadable.*event\.pem"):
        FileSigner(tmp_path / "event.pem", key_id=NAME)


def test_a_private_key_is_found_among_the_pinned(tmp_path: Path) -> None:
    path = tmp_path / "event.pem"
    found = PinnedKey(KeyId("event-9"), generate_key(path), "event")
    assert key_id_of(path, [pinned(), found]) == "event-9"
    with pytest.raises(ConfigError, match="key_not_pinned"):
        key_id_of(path, [pinned()])


def test_a_pinned_file_is_read_as_it_is_written_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    document = {
        "key_id": NAME,
        "public": public(KEY),
        "purpose": "event",
        "owner": OWNER,
        "from": "2026-11-23T09:00:00+08:00",
        "to": None,
    }
    path.write_text(json.dumps({"keys": [document]}), encoding="utf-8")
    assert read_pinned(path) == (pinned(since=NOW),)
    assert verifies(PinnedKeys.load(path, SetClock(NOW)))


@given(
    keys=st.lists(
        st.builds(
            PinnedKey,
            st.from_regex(r"[a-z]{1,8}-[0-9]", fullmatch=True).map(KeyId),
            st.just(public(KEY)),
            st.sampled_from(sorted(PURPOSES - {SEAL})),
            st.sampled_from([OWNER, None]),
            st.none() | MOMENTS,
            st.none() | MOMENTS,
        ),
        max_size=4,
    ).map(tuple)
)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, keys: tuple[PinnedKey, ...]
) -> None:
    path = tmp_path_factory.mktemp("pinned") / "keys.json"
    write_pinned(path, keys)
    assert read_pinned(path) == keys
    assert [each.name for each in path.parent.iterdir()] == ["keys.json"]


ENTRY = {"key_id": NAME, "public": public(KEY), "purpose": "event"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"keys": 5}',
        '{"keys": [5]}',
        json.dumps({"keys": [ENTRY | {"purpose": "anything"}]}),
        json.dumps({"keys": [ENTRY | {"extra": 1}]}),
        json.dumps({"keys": [ENTRY | {"key_id": "Event 1"}]}),
        json.dumps({"keys": [ENTRY | {"from": "yesterday"}]}),
        json.dumps({"keys": [ENTRY | {"from": "2026-11-23T09:00:00"}]}),
        json.dumps({"keys": [{"key_id": NAME}]}),
    ],
)
def test_a_malformed_pinned_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"keys_malformed.*keys\.json"):
        read_pinned(path)


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(b"\xff\xfe{")
    with pytest.raises(ConfigError, match=r"keys_malformed.*keys\.json"):
        read_pinned(path)


def test_a_pinned_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"keys_unreadable.*keys\.json"):
        read_pinned(tmp_path / "keys.json")


@pytest.mark.parametrize(
    "spoil", [lambda text: text[:-4], lambda text: text + "!", lambda _: "", lambda _: "密钥"]
)
def test_a_public_key_of_the_wrong_size_is_named(spoil: Callable[[str], str]) -> None:
    spoilt = PinnedKey(NAME, spoil(public(KEY)), "event")
    with pytest.raises(ConfigError, match=r"keys_malformed.*event-1"):
        PinnedKeys([spoilt], SetClock(NOW))
