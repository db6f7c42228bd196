"""The verdict table over the clone matrix, and the values it rests on."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.errors import DecodeError
from edge.core.nfc import (
    NO_SUN,
    NfcVerdict,
    SignatureState,
    SunProof,
    SunState,
    TagPassword,
    TagUid,
    TapFacts,
    is_replay,
    judge_tap,
)

CHIP, OTHER = TagUid("0453c652fe4a80"), TagUid("0453c652fe4a81")
SIGNED = TapFacts(CHIP, frozenset({CHIP}), SignatureState.VALID)
SUN = TapFacts(CHIP, frozenset({CHIP}), sun=SunProof(SunState.VALID, CHIP, 7), last_counter=6)
PLAIN = replace(SIGNED, signature=SignatureState.ABSENT)


def sun(state: SunState, counter: int | None = 7, uid: TagUid | None = CHIP) -> SunProof:
    return SunProof(state, uid, counter)


@pytest.mark.parametrize(
    ("why", "facts", "verdict"),
    [
        ("original, QR and tag", SIGNED, NfcVerdict.OK),
        ("original, tag alone", replace(SIGNED, named=frozenset()), NfcVerdict.OK),
        ("original 424, first tap", replace(SUN, last_counter=None), NfcVerdict.OK),
        ("original 424, gap in the counter", replace(SUN, last_counter=1), NfcVerdict.OK),
        ("UID in the QR: copied QR, no tap", replace(SIGNED, tapped=None), NfcVerdict.QR_ONLY),
        (
            "UID in the QR: copied QR, own tag",
            replace(SIGNED, tapped=OTHER),
            NfcVerdict.UID_MISMATCH,
        ),
        ("UID in the QR: cheap clone of the UID", PLAIN, NfcVerdict.UNSIGNED),
        ("READ_SIG: silicon without a signature", PLAIN, NfcVerdict.UNSIGNED),
        (
            "READ_SIG: signature of another maker",
            replace(SIGNED, signature=SignatureState.UNKNOWN_KEY),
            NfcVerdict.UNKNOWN_KEY,
        ),
        ("READ_SIG: UID and signature replayed", SIGNED, NfcVerdict.OK),
        ("password, locks, counter: the clone answers alike", SIGNED, NfcVerdict.OK),
        ("424: copied QR without a tap", replace(SUN, tapped=None, sun=NO_SUN), NfcVerdict.QR_ONLY),
        ("424: copied URL", replace(SUN, last_counter=7), NfcVerdict.REPLAY),
        ("424: old URL", replace(SUN, last_counter=9), NfcVerdict.REPLAY),
        ("424: invented MAC", replace(SUN, sun=sun(SunState.BAD_MAC)), NfcVerdict.BAD_MAC),
        ("424: plain tag with its UID", replace(SUN, sun=NO_SUN), NfcVerdict.BAD_MAC),
        (
            "424: URL of one on the tag of another",
            replace(SUN, tapped=OTHER, named=frozenset()),
            NfcVerdict.UID_MISMATCH,
        ),
        (
            "424: keys of another series",
            replace(SUN, sun=sun(SunState.UNKNOWN_KEY, None, None)),
            NfcVerdict.UNKNOWN_KEY,
        ),
        (
            "424: a proof without a counter",
            replace(SUN, sun=sun(SunState.VALID, None)),
            NfcVerdict.REPLAY,
        ),
        ("424: leaked key", SUN, NfcVerdict.OK),
        ("the same code far away", replace(SIGNED, elsewhere=True), NfcVerdict.DUPLICATE_PLACE),
        (
            "the same QR far away",
            replace(SIGNED, tapped=None, elsewhere=True),
            NfcVerdict.DUPLICATE_PLACE,
        ),
        (
            "two codes of one block",
            replace(SIGNED, tapped=None, named=frozenset({CHIP, OTHER})),
            NfcVerdict.UID_MISMATCH,
        ),
    ],
)
def test_each_row_of_the_clone_matrix(why: str, facts: TapFacts, verdict: NfcVerdict) -> None:
    assert judge_tap(facts) is verdict, why


def test_every_verdict_has_a_row() -> None:
    rows = test_each_row_of_the_clone_matrix.pytestmark[0].args[1]  # type: ignore[attr-defined]  # pytest's own mark
    assert {row[2] for row in rows} == set(NfcVerdict)


@given(st.integers(0, 0xFFFFFF), st.integers(0, 0xFFFFFF))
def test_a_counter_counts_once(last: int, counter: int) -> None:
    assert is_replay(counter, last) == (counter <= last)
    assert not is_replay(counter, None)


@pytest.mark.parametrize("text", ["0453c652", "0453c652fe4a80", "0453c652fe4a80aabbcc"])
def test_uids_of_the_three_lengths(text: str) -> None:
    assert TagUid.of(bytes.fromhex(text)) == text
    assert TagUid.parse(text).octets == bytes.fromhex(text)


@pytest.mark.parametrize("text", ["", "0453C652FE4A80", "0453c652fe4a8", "0453c652fe", "zz53c652"])
def test_what_is_no_uid(text: str) -> None:
    with pytest.raises(DecodeError, match="uid_malformed"):
        TagUid.parse(text)


def test_a_password_keeps_silent() -> None:
    assert "abcd" not in repr(TagPassword(b"abcd", b"ok"))
