"""Proofs of tags against published vectors, and the file of keys."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.errors import ConfigError
from edge.core.nfc import NO_SUN, SignatureState, SunState, TagUid
from edge.host.tag_crypto import Lrp, cmac, diversified, truncated
from edge.host.tag_keys import FileTagKeys, OriginalityKey, PasswordKey, SunKey, TagKeyFile
from edge.wire.sun import MacCover, parse_sun

ZERO = "00" * 16
RFC_KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
RFC_TEXT = bytes.fromhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)
FIRST = "https://x/?e=EF963FF7828658A599F3041510671E88&c=94EED9EE65337086"


def keys(*series: SunKey) -> FileTagKeys:
    return FileTagKeys(TagKeyFile(sun=series))


@pytest.mark.parametrize(
    ("size", "mac"),
    [
        (0, "bb1d6929e95937287fa37d129b756746"),
        (16, "070a16b46b4d4144f79bdd9dd04a287c"),
        (40, "dfa66747de9ae63030ca32611497c827"),
        (64, "51f0bebf7e3b9d92fc49741779363cfe"),
    ],
)
def test_cmac_of_rfc_4493(size: int, mac: str) -> None:
    assert cmac(RFC_KEY, RFC_TEXT[:size]).hex() == mac


def test_diversification_of_an10922() -> None:
    key = bytes.fromhex("00112233445566778899aabbccddeeff")
    context = bytes.fromhex("04782e21801d803042f54e585020416275")
    assert diversified(key, context).hex() == "a8dd63a3b89d54b37ca802473fda9175"


def test_diversification_takes_two_blocks_however_short_the_context() -> None:
    padded = b"\x01" + b"\x04" * 7
    assert diversified(bytes(16), b"\x04" * 7) != cmac(bytes(16), padded)
    assert diversified(bytes(16), b"\x04" * 31) == cmac(bytes(16), b"\x01" + b"\x04" * 31)
    for size in (0, 32):
        with pytest.raises(ValueError, match="context"):
            diversified(bytes(16), bytes(size))


@pytest.mark.parametrize(
    ("query", "key", "covers", "uid", "counter", "file"),
    [
        (FIRST, SunKey("k", ZERO, ZERO, diversified=False), None, "04de5f1eacc040", 61, b""),
        (
            (
                "?picc=FD91EC264309878BE6345CBE53BADF40&enc=CEE9A53E3E463EF1F459635736738962"
                "&cmac=ECC1E7F6C6C73BF6"
            ),
            SunKey("k", ZERO, ZERO, diversified=False),
            None,
            "04958caa5c5e80",
            8,
            b"x" * 16,
        ),
        (
            "?uid=041E3C8A2D6B80&ctr=000006&c=4B00064004B0B3D3",
            SunKey("k", ZERO, ZERO, diversified=False),
            None,
            "041e3c8a2d6b80",
            6,
            b"",
        ),
        (
            (
                "?picc=8ACADDEF0A9B62CDAE39A16B83FC14DE&enc=B8436E11F627BB7F543FCC0C1E0D1A89"
                "&cmac=238B2543A8DEBAD8"
            ),
            SunKey(
                "k",
                "42aff114f2cb3b6141be6dc95dfc5416",
                "b62a9baf092439bd43c62aee96b970c5",
                diversified=False,
            ),
            MacCover.FILE_ONLY,
            "041d3c8a2d6b80",
            291,
            b"NTXXqno_oBFpwy-V",
        ),
        (
            (
                "?picc=07D9CA2545881D4BFDD920BE1603268C0714420DD893A497"
                "&enc=D6E921C47DB4C17C56F979F81559BB83&cmac=F9481AC7D855BDB6"
            ),
            SunKey("k", ZERO, ZERO, diversified=False, lrp=True),
            None,
            "049b112a2f7080",
            4,
            b"NTXXb7dz3PsYYBlU",
        ),
    ],
)
def test_published_messages(
    query: str, key: SunKey, covers: MacCover | None, uid: str, counter: int, file: bytes
) -> None:
    message = parse_sun(query, covers=covers or MacCover.THROUGH_NAME)
    proof = keys(key).sun(message)
    assert (proof.state, proof.uid, proof.counter, proof.file, proof.key) == (
        SunState.VALID,
        uid,
        counter,
        file,
        "k",
    )


@given(st.integers(0, 63))
def test_no_bit_of_a_mac_can_be_changed(bit: int) -> None:
    changed = (int("94EED9EE65337086", 16) ^ 1 << bit).to_bytes(8, "big").hex()
    message = parse_sun(FIRST[: -len("94EED9EE65337086")] + changed)
    assert message is not None
    proof = keys(SunKey("k", ZERO, ZERO, diversified=False)).sun(message)
    assert (proof.state, proof.uid, proof.counter) == (SunState.BAD_MAC, "04de5f1eacc040", 61)


def test_a_series_that_cannot_open_a_message_does_not_know_it() -> None:
    other = SunKey("other", "11" * 16, ZERO, diversified=False)
    assert keys(other).sun(parse_sun(FIRST)).state is SunState.UNKNOWN_KEY
    assert keys().sun(parse_sun(FIRST)).state is SunState.UNKNOWN_KEY
    assert keys(other, SunKey("k", ZERO, ZERO, diversified=False)).sun(parse_sun(FIRST)).key == "k"
    assert keys(other).sun(None) == NO_SUN


def test_each_tag_of_a_series_has_its_own_key() -> None:
    uid, counter = bytes.fromhex("041e3c8a2d6b80"), 6
    own = diversified(bytes(16), uid + b"desk")
    identity = uid + counter.to_bytes(3, "little")
    mac = truncated(cmac(cmac(own, bytes.fromhex("3cc300010080") + identity), b""))
    message = parse_sun(f"?uid={uid.hex()}&ctr=000006&c={mac.hex()}")
    series = SunKey("s", ZERO, ZERO, system=b"desk".hex())
    assert keys(series).sun(message).state is SunState.VALID
    assert keys(SunKey("s", ZERO, ZERO)).sun(message).state is SunState.BAD_MAC


def test_lrp_counts_over_the_end() -> None:
    lrp = Lrp(bytes(16))
    both = lrp.decrypt(b"\xff", bytes(32), updated=0)
    assert both[16:] == lrp.decrypt(b"\x00", bytes(16), updated=0)


@pytest.mark.parametrize(
    ("uid", "signature"),
    [
        (
            "0453c652fe4a80",
            "edfd3263e7ddb1730260b832605205fb40fb32d7bb06f1db49f17706c2ed6727",
        ),
        (
            "04ee45daa34084",
            "ebb6102bff74b087d18a57a54bc375159a04ea9bc61080b7f4a85afe1587d73b",
        ),
        (
            "34d959d16906a0",
            "7f17e881d214fc044a3df2e2b9e5fbad16330d4ff69cc4215b8585ccf3265cd9",
        ),
    ],
)
def test_published_originality_signatures(uid: str, signature: str) -> None:
    verifier = FileTagKeys()
    octets = bytes.fromhex(signature)
    assert verifier.originality(TagUid(uid), octets) is SignatureState.VALID
    altered = TagUid(f"{uid[:-1]}{int(uid[-1], 16) ^ 1:x}")
    assert verifier.originality(altered, octets) is SignatureState.UNKNOWN_KEY
    none = FileTagKeys(TagKeyFile(originality=()))
    assert none.originality(TagUid(uid), octets) is SignatureState.UNKNOWN_KEY


@pytest.mark.parametrize("signature", [None, b"", bytes(32), bytes(31)])
def test_silicon_without_a_signature(signature: bytes | None) -> None:
    assert FileTagKeys().originality(TagUid("0453c652fe4a80"), signature) is SignatureState.ABSENT


@given(st.binary(min_size=32, max_size=32))
def test_no_invented_signature_counts(signature: bytes) -> None:
    state = FileTagKeys().originality(TagUid("0453c652fe4a80"), signature)
    assert state is (SignatureState.UNKNOWN_KEY if any(signature) else SignatureState.ABSENT)


def test_passwords_differ_from_tag_to_tag() -> None:
    own = FileTagKeys(TagKeyFile(password=PasswordKey("aa" * 16)))
    one, two = own.password(TagUid("0453c652fe4a80")), own.password(TagUid("0453c652fe4a81"))
    assert one is not None
    assert two is not None
    assert (len(one.password), len(one.pack)) == (4, 2)
    assert one.password != two.password
    assert FileTagKeys().password(TagUid("0453c652fe4a80")) is None


GOOD = f"""
[[sun]]
name = "2026-a"
meta = "{ZERO}"
file = "{ZERO}"
diversified = false

[[originality]]
name = "ours"
public = "04494e1a386d3d3cfe3dc10e5de68a499b1c202db5b132393e89ed19fe5be8bc61"

[password]
master = "{"aa" * 16}"
"""


def key_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "tags.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_a_file_of_keys(tmp_path: Path) -> None:
    own = FileTagKeys.load(key_file(tmp_path, GOOD))
    assert own.sun(parse_sun(FIRST)).key == "2026-a"
    assert own.password(TagUid("0453c652fe4a80")) is not None


@pytest.mark.parametrize(
    ("text", "mode", "code"),
    [
        (GOOD, 0o640, "tag_keys_open"),
        (GOOD, 0o604, "tag_keys_open"),
        ("[[sun", 0o600, "tag_keys_malformed"),
        (GOOD.replace("meta", "metal"), 0o600, "tag_keys_malformed"),
        (GOOD.replace(ZERO, "00" * 15), 0o600, "tag_keys_malformed"),
        (GOOD.replace(ZERO, "zz" * 16), 0o600, "tag_keys_malformed"),
        (GOOD.replace("04494e", "04494f"), 0o600, "tag_keys_malformed"),
    ],
)
def test_a_file_that_is_not_taken(tmp_path: Path, text: str, mode: int, code: str) -> None:
    with pytest.raises(ConfigError) as caught:
        FileTagKeys.load(key_file(tmp_path, text, mode))
    assert caught.value.code == code
    assert ZERO not in str(caught.value)
    assert caught.value.__cause__ is None or ZERO not in str(caught.value.__cause__)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="tag_keys_unreadable"):
        FileTagKeys.load(tmp_path / "none.toml")


def test_keys_have_no_text() -> None:
    shown = repr(TagKeyFile((SunKey("k", "ab" * 16, "cd" * 16),), None, PasswordKey("ef" * 16)))
    assert not {"abab", "cdcd", "efef"} & {shown[at : at + 4] for at in range(len(shown))}
    assert "public" in repr(OriginalityKey("m", "04"))
