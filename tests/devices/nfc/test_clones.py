"""The clone matrix on simulated chips: laid on the reader, read, verified, judged, remembered."""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from memory_station import MemoryStation
from nfc_desk import SUN_UID, ZERO_KEYS, NfcDesk, sun_tag

from edge.core.ids import KeyId, SpecimenId
from edge.core.nfc import NfcVerdict
from edge.flows.taps import TapReader
from edge.host.clock import SystemClock
from edge.host.keys import PinnedKey, PinnedKeys
from edge.host.tag_keys import FileTagKeys, SunKey, TagKeyFile
from edge.sim.pn532.messages import text_message, uri_message
from edge.sim.pn532.ntag21x import UNSIGNED, Ntag21x
from edge.sim.pn532.ntag424 import Ntag424, SunKeys
from edge.sim.pn532.tags import Tag
from edge.storage.station import SqliteStation
from edge.wire.chip_text import identify, issue_chip

UID = bytes.fromhex("0453c652fe4a80")
OTHER = bytes.fromhex("0453c652fe4a81")
SIGNATURE = bytes.fromhex("edfd3263e7ddb1730260b832605205fb40fb32d7bb06f1db49f17706c2ed6727")
ISSUER = Ed25519PrivateKey.from_private_bytes(bytes(32))
ISSUER_PUBLIC = b64encode(ISSUER.public_key().public_bytes_raw()).decode()
ZERO = "00" * 16
WRONG_MAC_KEY = SunKeys(bytes(16), b"\x01" * 16)
WRONG_KEYS = SunKeys(b"\x01" * 16, b"\x01" * 16)


class Judge:
    """A reader with the flow behind it; `store` may be replaced as by a restart."""

    def __init__(self, desk: NfcDesk, store: MemoryStation | SqliteStation) -> None:
        self.desk = desk
        issuer = PinnedKey(KeyId("c1"), ISSUER_PUBLIC, "chip")
        self._ring = PinnedKeys([issuer], SystemClock(assume_synced=True))
        series = (SunKey("z", ZERO, ZERO, diversified=False),)
        self._keys = FileTagKeys(TagKeyFile(sun=series))
        self.restart(store)

    def restart(self, store: MemoryStation | SqliteStation) -> None:
        self._taps = TapReader(keys=self._keys, store=store)

    def __call__(self, tag: Tag) -> NfcVerdict:
        seen = self.desk.tap(tag)
        self.desk.lift()
        return self._taps.judge(seen, identify(seen.payload, ring=self._ring), None).tap.verdict


@pytest.fixture
def judge(tmp_path: Path) -> Iterator[Judge]:
    with NfcDesk(tmp_path) as desk:
        yield Judge(desk, MemoryStation())


def chip(uid: bytes = UID, *, names: bytes = UID, signature: bytes = SIGNATURE) -> Ntag21x:
    """A chip whose signed code names a UID."""
    code = issue_chip(SpecimenId("s-1"), key_id=KeyId("c1"), sign=ISSUER.sign, uid=names.hex())
    return Ntag21x(uid, message=text_message(code), signature=signature)


def url_on(uid: bytes, url: str) -> Ntag21x:
    """A cheap chip, with any UID, that says what an NTAG 424 once said."""
    return Ntag21x(uid, message=uri_message(url))


def last_url(tag: Ntag424) -> str:
    return f"https://{tag.current_url()}"


def test_the_original(judge: Judge) -> None:
    assert judge(chip()) is NfcVerdict.OK


@pytest.mark.parametrize(
    ("tag", "verdict"),
    [
        (chip(signature=UNSIGNED), NfcVerdict.UNSIGNED),
        (chip(signature=bytes(31) + b"\x01"), NfcVerdict.UNKNOWN_KEY),
        (chip(OTHER, names=OTHER), NfcVerdict.UNKNOWN_KEY),
        (chip(OTHER, names=UID), NfcVerdict.UID_MISMATCH),
        (
            url_on(UID, "https://a.example/?e=" + "00" * 16 + "&c=" + "00" * 8),
            NfcVerdict.UNKNOWN_KEY,
        ),
        (sun_tag(keys=WRONG_MAC_KEY), NfcVerdict.BAD_MAC),
        (sun_tag(keys=WRONG_KEYS), NfcVerdict.UNKNOWN_KEY),
    ],
)
def test_chips_that_prove_nothing(judge: Judge, tag: Tag, verdict: NfcVerdict) -> None:
    assert judge(tag) is verdict


def test_taps_of_an_ntag_424_each_count_once(judge: Judge) -> None:
    tag = sun_tag(counter=60)
    assert [judge(tag) for _ in range(3)] == [NfcVerdict.OK] * 3
    tag.counter += 1000
    assert judge(tag) is NfcVerdict.OK


def test_a_copied_url_is_a_replay(judge: Judge) -> None:
    tag = sun_tag(counter=60)
    assert judge(tag) is NfcVerdict.OK
    assert judge(url_on(SUN_UID, last_url(tag))) is NfcVerdict.REPLAY
    assert judge(sun_tag(counter=5, keys=None, frozen=tag.current_url())) is NfcVerdict.REPLAY
    assert judge(sun_tag(counter=10)) is NfcVerdict.REPLAY


def test_a_copied_url_on_another_chip_differs(judge: Judge) -> None:
    assert judge(url_on(OTHER, last_url(sun_tag(counter=61)))) is NfcVerdict.UID_MISMATCH


def test_a_chip_that_proved_itself_cannot_fall_silent(judge: Judge) -> None:
    assert judge(sun_tag()) is NfcVerdict.OK
    assert judge(url_on(SUN_UID, "https://t.example/v")) is NfcVerdict.BAD_MAC


def test_a_replay_stays_one_after_a_restart(judge: Judge, tmp_path: Path) -> None:
    tag, file = sun_tag(counter=60), tmp_path / "station.db"
    with closing(SqliteStation(file)) as store:
        judge.restart(store)
        assert judge(tag) is NfcVerdict.OK
    with closing(SqliteStation(file)) as store:
        judge.restart(store)
        assert judge(url_on(SUN_UID, last_url(tag))) is NfcVerdict.REPLAY
        assert judge(tag) is NfcVerdict.OK


def test_what_no_plain_chip_can_prove(judge: Judge) -> None:
    """UID and signature replayed by a chip with a writable UID, and a leaked key: not caught."""
    assert judge(chip()) is NfcVerdict.OK
    assert judge(sun_tag(counter=900, keys=ZERO_KEYS)) is NfcVerdict.OK
