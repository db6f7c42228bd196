"""Codes: what we issue is read back, and nothing else is ever believed."""

from collections.abc import Mapping

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from edge.core.carriers import BadgeCode, ChipCode, CommandCode, Flaw, FormCode, NotOurs, Trust
from edge.core.errors import ConfigError, DecodeError
from edge.core.ids import DeliveryId, Digest, EpochId, KeyId, PersonId, SpecimenId
from edge.wire.chip_text import (
    OWN_GRAMMARS,
    PAYLOAD_LIMIT_BYTES,
    ReceiptCode,
    epoch_of_receipt,
    identify,
    issue_badge,
    issue_chip,
    issue_command,
    issue_receipt,
    read_receipt,
)
from edge.wire.grammars import CheckRule, GrammarKind, grammar, issue_form

ISSUER = KeyId("k1")
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
SPECIMEN = SpecimenId("ahj-2026-000123")
QR_ALPHANUMERIC = set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")


class Listed:
    """A ring of listed public keys."""

    def __init__(
        self, keys: Mapping[tuple[str, str], Ed25519PublicKey], *, current: bool = True
    ) -> None:
        self._keys = keys
        self._current = current

    def verifies(self, key_id: KeyId, *, purpose: str, message: bytes, signature: bytes) -> bool:
        key = self._keys.get((key_id, purpose))
        if key is None or not self._current:
            return False
        try:
            key.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def knows(self, key_id: KeyId, *, purpose: str) -> bool:
        return (key_id, purpose) in self._keys

    def counts(self, key_id: KeyId, *, purpose: str) -> bool:
        return self._current and self.knows(key_id, purpose=purpose)


RING = Listed(
    {(ISSUER, use): PRIVATE.public_key() for use in ("chip", "badge", "command", "event")}
)
CHIP = issue_chip(SPECIMEN, key_id=ISSUER, sign=PRIVATE.sign, uid="04a1b2c3d4e5f6")
EPOCH = EpochId("019304a1-7c00-7000-8000-000000000001")
RECEIPT = ReceiptCode(DeliveryId("d-1"), EPOCH, 42, Digest("ab" * 32))

ids = st.from_regex(r"[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?", fullmatch=True)
uids = st.none() | st.binary(min_size=4, max_size=10).map(bytes.hex)


@given(specimen=ids.map(SpecimenId), uid=uids, key=ids.map(KeyId))
def test_a_chip_is_read_back_signed(specimen: SpecimenId, uid: str | None, key: KeyId) -> None:
    ring = Listed({(key, "chip"): PRIVATE.public_key()})
    text = issue_chip(specimen, key_id=key, sign=PRIVATE.sign, uid=uid)
    assert set(text) <= QR_ALPHANUMERIC
    assert identify(text.encode(), ring=ring) == ChipCode(specimen, Trust.SIGNED, uid, key)


@given(person=ids.map(PersonId))
def test_a_badge_is_read_back(person: PersonId) -> None:
    text = issue_badge(person, key_id=ISSUER, sign=PRIVATE.sign)
    assert identify(text.encode(), ring=RING) == BadgeCode(person, Trust.SIGNED)


@given(mode=st.sampled_from(["in", "out", "move", "undo-last"]), place=st.none() | ids)
def test_a_door_command_is_read_back(mode: str, place: str | None) -> None:
    text = issue_command(mode, key_id=ISSUER, sign=PRIVATE.sign, place=place)
    assert identify(text.encode(), ring=RING) == CommandCode(mode, place)


@given(code=st.from_regex(r"[a-z0-9]{4,30}", fullmatch=True))
def test_a_form_is_read_back(code: str) -> None:
    assert identify(issue_form(code).encode(), ring=RING) == FormCode(code)


@given(data=st.data())
def test_no_changed_byte_of_a_signed_code_is_believed(data: st.DataObject) -> None:
    payload = bytearray(CHIP.encode())
    place = data.draw(st.integers(0, len(payload) - 1))
    payload[place] = data.draw(st.integers(0, 255).filter(lambda value: value != payload[place]))
    code = identify(bytes(payload), ring=RING)
    assert not (isinstance(code, ChipCode) and code.trust is Trust.SIGNED)


def test_the_spare_bits_of_the_signature_are_not_free() -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    codes = [identify((CHIP[:-1] + last).encode(), ring=RING) for last in alphabet]
    assert sum(isinstance(code, ChipCode) for code in codes) == 1


@given(payload=st.binary(max_size=PAYLOAD_LIMIT_BYTES + 10))
def test_arbitrary_bytes_are_never_an_identity_that_is_signed(payload: bytes) -> None:
    code = identify(payload, ring=RING)
    assert isinstance(code, NotOurs | FormCode)


@given(
    text=st.text("V1B1C1R1F.:/-AZ09az\n\0é", max_size=80)
    | st.lists(st.sampled_from(CHIP.split(".")), max_size=7).map(".".join)
)
def test_texts_close_to_ours_never_raise(text: str) -> None:
    identify(text.encode(), ring=RING)
    read_receipt(text.encode(), key_id=ISSUER, ring=RING)
    epoch_of_receipt(text.encode())


def flawed(field: int, value: str) -> str:
    fields = CHIP.split(".")
    fields[field] = value
    return ".".join(fields)


FORGED = issue_chip(SPECIMEN, key_id=ISSUER, sign=OTHER.sign)
BADGE_AS_CHIP = CHIP.replace("V1", "B1", 1)


@pytest.mark.parametrize(
    ("payload", "flaw", "claimed"),
    [
        (b"\xff\xfe\x00\x01", Flaw.NOT_TEXT, "fffe0001"),
        (b"", Flaw.SYNTAX, ""),
        (b"hello", Flaw.SYNTAX, "hello"),
        (b"A" * (PAYLOAD_LIMIT_BYTES + 1), Flaw.SYNTAX, ""),
        (CHIP.lower().encode(), Flaw.SYNTAX, CHIP.lower()[:60]),
        (CHIP.replace("V1", "V2").encode(), Flaw.SYNTAX, CHIP.replace("V1", "V2")[:60]),
        (flawed(1, "A_B").encode(), Flaw.SYNTAX, flawed(1, "A_B")[:60]),
        (flawed(1, "ahj").encode(), Flaw.SYNTAX, flawed(1, "ahj")[:60]),
        (flawed(2, "04A").encode(), Flaw.SYNTAX, SPECIMEN),
        (flawed(3, "K2").encode(), Flaw.UNKNOWN_KEY, SPECIMEN),
        (flawed(4, "A" * 103).encode(), Flaw.SIGNATURE, SPECIMEN),
        (flawed(4, "AAAA").encode(), Flaw.SYNTAX, SPECIMEN),
        (flawed(4, "1" * 103).encode(), Flaw.SYNTAX, SPECIMEN),
        (flawed(1, "AHJ-2026-000124").encode(), Flaw.SIGNATURE, "ahj-2026-000124"),
        (FORGED.encode(), Flaw.SIGNATURE, SPECIMEN),
        (BADGE_AS_CHIP.encode(), Flaw.SYNTAX, BADGE_AS_CHIP[:60]),
        (b"F1.WT20260001X", Flaw.CHECK_CHARACTER, "wt20260001"),
        (b"https://chips.example/q/1", Flaw.HOST, "chips.example"),
        (b"javascript://x", Flaw.HOST, "javascript://x"),
    ],
)
def test_each_flaw_names_its_layer(payload: bytes, flaw: Flaw, claimed: str) -> None:
    assert identify(payload, ring=RING) == NotOurs(flaw, claimed)


def test_a_key_of_another_purpose_does_not_make_a_chip() -> None:
    ring = Listed({(ISSUER, "badge"): PRIVATE.public_key()})
    assert identify(CHIP.encode(), ring=ring) == NotOurs(Flaw.UNKNOWN_KEY, SPECIMEN)


def test_a_key_that_has_ended_revokes_its_chips() -> None:
    ring = Listed({(ISSUER, "chip"): PRIVATE.public_key()}, current=False)
    assert identify(CHIP.encode(), ring=ring) == NotOurs(Flaw.KEY_EXPIRED, SPECIMEN)


def test_a_receipt_is_read_back_with_the_key_of_its_epoch() -> None:
    payload = issue_receipt(RECEIPT, sign=PRIVATE.sign).encode()
    assert set(payload.decode()) <= QR_ALPHANUMERIC
    assert epoch_of_receipt(payload) == EPOCH
    assert read_receipt(payload, key_id=ISSUER, ring=RING) == RECEIPT
    assert read_receipt(payload.replace(b".42.", b".43."), key_id=ISSUER, ring=RING) == NotOurs(
        Flaw.SIGNATURE, "d-1"
    )
    assert isinstance(identify(payload, ring=RING), NotOurs)


FOREIGN = (
    *OWN_GRAMMARS,
    grammar(
        "plain",
        kind=GrammarKind.CHIP,
        pattern=r"TR(?P<id>\d{8})(?P<check>\d)",
        check=CheckRule.MOD11_10,
    ),
    grammar(
        "linked",
        kind=GrammarKind.CHIP,
        pattern=r"/q/(?P<id>[0-9A-Za-z]{6,12})(?:\?u=(?P<uid>[0-9A-F]{14}))?",
        hosts=("chips.example",),
    ),
    grammar("city-form", kind=GrammarKind.FORM, pattern=r"WTD(?P<id>\d{10})"),
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("TR000007945", NotOurs(Flaw.CHECK_CHARACTER, "00000794")),
        ("TR000007947", ChipCode(SpecimenId("00000794"), Trust.CHECKED)),
        ("https://chips.example/q/AB12CD", ChipCode(SpecimenId("ab12cd"), Trust.UNSIGNED)),
        (
            "http://Chips.Example:8000/q/AB12CD?u=04A1B2C3D4E5F6",
            ChipCode(SpecimenId("ab12cd"), Trust.UNSIGNED, "04a1b2c3d4e5f6"),
        ),
        (
            "https://chips.example@evil.example/q/AB12CD",
            NotOurs(Flaw.HOST, "https://chips.example@evil.example/q/AB12CD"),
        ),
        ("https://evil.example/q/AB12CD", NotOurs(Flaw.HOST, "evil.example")),
        ("https://chips.example/other", NotOurs(Flaw.SYNTAX, "https://chips.example/other")),
        ("/q/AB12CD", NotOurs(Flaw.SYNTAX, "/q/AB12CD")),
        ("WTD2026112301", FormCode("2026112301")),
    ],
)
def test_foreign_codes_are_parsed_by_configuration(
    text: str, code: ChipCode | FormCode | NotOurs
) -> None:
    assert identify(text.encode(), ring=RING, grammars=FOREIGN) == code


@pytest.mark.parametrize(
    ("pattern", "check"),
    [("(", CheckRule.NONE), ("x", CheckRule.NONE), ("(?P<id>x)", CheckRule.MOD37_36)],
)
def test_a_grammar_that_cannot_work_is_refused(pattern: str, check: CheckRule) -> None:
    with pytest.raises(ConfigError, match="grammar_malformed"):
        grammar("bad", kind=GrammarKind.CHIP, pattern=pattern, check=check)


@pytest.mark.parametrize("code", ["abc", "a-b-c-d", "ABCD", "x" * 31, ""])
def test_a_form_code_that_cannot_be_printed_is_refused(code: str) -> None:
    with pytest.raises(DecodeError):
        issue_form(code)


def test_codes_that_cannot_stand_in_a_text_are_refused() -> None:
    with pytest.raises(DecodeError):
        issue_chip(SPECIMEN, key_id=ISSUER, sign=PRIVATE.sign, uid="xyz")
    with pytest.raises(DecodeError):
        issue_command("in.out", key_id=ISSUER, sign=PRIVATE.sign)
    with pytest.raises(DecodeError):
        issue_command("in", key_id=ISSUER, sign=PRIVATE.sign, place="A B")
