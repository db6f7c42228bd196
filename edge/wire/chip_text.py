"""Codes of our own as signed text, step 4: payload bytes become an identity and how far it is sure.

All texts stay in the alphanumeric set of QR; identities are lower-case in values, upper in codes.
The Ed25519 signature covers `specimen-{kind}:` and the text before the last dot.
"""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from edge.core.carriers import BadgeCode, ChipCode, CommandCode, Flaw, NotOurs, ScannedCode, Trust
from edge.core.errors import DecodeError
from edge.core.ids import DeliveryId, Digest, EpochId, Id, KeyId, PersonId, SpecimenId
from edge.wire.grammars import CLAIM_LIMIT, OWN_FORMS, Grammar, read_foreign
from edge.wire.payload import payload_text

PAYLOAD_LIMIT_BYTES = 1024
"""Longest payload that is looked at; our longest code has fewer than 320 characters."""

OWN_GRAMMARS = (OWN_FORMS,)

_OWN = re.compile(r"[VBCR][0-9]\.")
_UID = re.compile(r"(?:[0-9a-f]{2}){4,10}")
_MODE = re.compile(r"[a-z]{2,12}(?:-[a-z]{2,12})?")
_SEQUENCE = re.compile(r"[1-9][0-9]{0,19}")
_SIGNATURE_BYTES = 64

Sign = Callable[[bytes], bytes]


class CodeKind(StrEnum):
    """The signed kinds; chips, badges and commands name the purpose of their issuer's key."""

    CHIP = "chip"
    BADGE = "badge"
    COMMAND = "command"
    RECEIPT = "receipt"


class Ring(Protocol):
    """The part of the key ring that reading a code needs."""

    def verifies(self, key_id: KeyId, *, purpose: str, message: bytes, signature: bytes) -> bool:
        """Whether a listed key of that purpose, valid now, signed the message."""
        ...

    def knows(self, key_id: KeyId, *, purpose: str) -> bool:
        """Whether such a key is listed."""
        ...

    def counts(self, key_id: KeyId, *, purpose: str) -> bool:
        """Whether such a key is listed and valid now."""
        ...


@dataclass(frozen=True, slots=True)
class ReceiptCode:
    """What a receipt vouches for: the closing event of a delivery and its place in the chain."""

    delivery: DeliveryId
    epoch: EpochId
    sequence: int
    digest: Digest


def issue_chip(specimen: SpecimenId, *, key_id: KeyId, sign: Sign, uid: str | None = None) -> str:
    """`V1.{id}.{uid or -}.{kid}.{sig}`; uid: 4 to 10 bytes in lower-case hex, else DecodeError."""
    if uid is not None and not _UID.fullmatch(uid):
        raise DecodeError("code_malformed", kind="chip", text=uid[:CLAIM_LIMIT])
    return _signed(CodeKind.CHIP, ("v1", specimen, uid or "-", key_id), sign)


def issue_badge(person: PersonId, *, key_id: KeyId, sign: Sign) -> str:
    """`B1.{pid}.{kid}.{sig}`."""
    return _signed(CodeKind.BADGE, ("b1", person, key_id), sign)


def issue_command(mode: str, *, key_id: KeyId, sign: Sign, place: str | None = None) -> str:
    """`C1.{mode}[.{place}].{kid}.{sig}`; DecodeError when mode or place cannot stand in a code."""
    if not _MODE.fullmatch(mode):
        raise DecodeError("code_malformed", kind="command", text=mode[:CLAIM_LIMIT])
    where = () if place is None else (Id.parse(place),)
    return _signed(CodeKind.COMMAND, ("c1", mode, *where, key_id), sign)


def issue_receipt(receipt: ReceiptCode, *, sign: Sign) -> str:
    """`R1.{delivery}.{epoch}.{seq}.{digest}.{sig}`, signed with the station's event key."""
    sequence = str(receipt.sequence)
    parts = ("r1", receipt.delivery, receipt.epoch, sequence, receipt.digest)
    return _signed(CodeKind.RECEIPT, parts, sign)


def identify(
    payload: bytes, *, ring: Ring, grammars: tuple[Grammar, ...] = OWN_GRAMMARS
) -> ScannedCode:
    """What a payload is, or the layer at which it fails to be ours (A8); never raises.

    A text in one of our own signed forms is judged as such, whatever the grammars say.
    """
    text = _text_of(payload)
    if isinstance(text, NotOurs):
        return text
    if not _OWN.match(text):
        return read_foreign(text, grammars)
    fields = text.split(".")
    try:
        match fields[0], len(fields):
            case "V1", 5:
                return _chip(text, fields, ring)
            case "B1", 4:
                return _badge(text, fields, ring)
            case "C1", 4 | 5:
                return _command(text, fields, ring)
    except DecodeError:
        pass
    return NotOurs(Flaw.SYNTAX, text[:CLAIM_LIMIT])


def read_receipt(payload: bytes, *, key_id: KeyId, ring: Ring) -> ReceiptCode | NotOurs:
    """The receipt that a payload is, if `key_id`, the event key of its epoch, signed it."""
    text = _text_of(payload)
    if isinstance(text, NotOurs):
        return text
    try:
        head, delivery, epoch, sequence, digest, _ = text.split(".")
        if head != "R1" or not _SEQUENCE.fullmatch(sequence):
            return NotOurs(Flaw.SYNTAX, text[:CLAIM_LIMIT])
        code = ReceiptCode(
            DeliveryId.parse(_lower(delivery)),
            EpochId.parse(_lower(epoch)),
            int(sequence),
            Digest.parse(_lower(digest)),
        )
    except (DecodeError, ValueError):
        return NotOurs(Flaw.SYNTAX, text[:CLAIM_LIMIT])
    flaw = _signature_flaw(text, CodeKind.RECEIPT, key_id, purpose="event", ring=ring)
    return NotOurs(flaw, code.delivery) if flaw else code


def epoch_of_receipt(payload: bytes) -> EpochId | None:
    """The epoch that a receipt claims, not yet verified: it leads to the key to verify it with."""
    text = _text_of(payload)
    if isinstance(text, NotOurs) or not text.startswith("R1."):
        return None
    try:
        return EpochId.parse(_lower(text.split(".")[2]))
    except (DecodeError, IndexError):
        return None


def _chip(text: str, fields: list[str], ring: Ring) -> ChipCode | NotOurs:
    specimen, key_id = SpecimenId.parse(_lower(fields[1])), KeyId.parse(_lower(fields[3]))
    uid = None if fields[2] == "-" else _lower(fields[2])
    if uid is not None and not _UID.fullmatch(uid):
        return NotOurs(Flaw.SYNTAX, specimen)
    flaw = _signature_flaw(text, CodeKind.CHIP, key_id, purpose="chip", ring=ring)
    return NotOurs(flaw, specimen) if flaw else ChipCode(specimen, Trust.SIGNED, uid, key_id)


def _badge(text: str, fields: list[str], ring: Ring) -> BadgeCode | NotOurs:
    person, key_id = PersonId.parse(_lower(fields[1])), KeyId.parse(_lower(fields[2]))
    flaw = _signature_flaw(text, CodeKind.BADGE, key_id, purpose="badge", ring=ring)
    return NotOurs(flaw, person) if flaw else BadgeCode(person, Trust.SIGNED)


def _command(text: str, fields: list[str], ring: Ring) -> CommandCode | NotOurs:
    _, mode, *where, kid, _ = fields
    place = Id.parse(_lower(where[0])) if where else None
    key_id = KeyId.parse(_lower(kid))
    if not _MODE.fullmatch(_lower(mode)):
        return NotOurs(Flaw.SYNTAX, text[:CLAIM_LIMIT])
    flaw = _signature_flaw(text, CodeKind.COMMAND, key_id, purpose="command", ring=ring)
    return NotOurs(flaw, mode.lower()) if flaw else CommandCode(mode.lower(), place)


def _text_of(payload: bytes) -> str | NotOurs:
    if len(payload) > PAYLOAD_LIMIT_BYTES:
        return NotOurs(Flaw.SYNTAX)
    text = payload_text(payload)
    return NotOurs(Flaw.NOT_TEXT, payload[: CLAIM_LIMIT // 2].hex()) if text is None else text


def _lower(field: str) -> str:
    """A field of a code as a value; codes are upper-case, so that one identity has one text."""
    if not field.isascii() or field != field.upper():
        raise DecodeError("code_malformed", text=field[:CLAIM_LIMIT])
    return field.lower()


def _signed(kind: CodeKind, fields: tuple[str, ...], sign: Sign) -> str:
    text = ".".join(fields).upper()
    return f"{text}.{_base32(sign(_message(kind, text)))}"


def _message(kind: CodeKind, text: str) -> bytes:
    return f"specimen-{kind.value}:{text}".encode()


def _base32(signature: bytes) -> str:
    return base64.b32encode(signature).decode().rstrip("=")


def _signature_flaw(
    text: str, kind: CodeKind, key_id: KeyId, *, purpose: str, ring: Ring
) -> Flaw | None:
    """The failing layer of the signature; spare bits of base32 must be zero, so none is free."""
    signed, _, encoded = text.rpartition(".")
    try:
        signature = base64.b32decode(encoded + "=" * (-len(encoded) % 8))
    except (binascii.Error, ValueError):
        return Flaw.SYNTAX
    if len(signature) != _SIGNATURE_BYTES or _base32(signature) != encoded:
        return Flaw.SYNTAX
    if not ring.knows(key_id, purpose=purpose):
        return Flaw.UNKNOWN_KEY
    if not ring.counts(key_id, purpose=purpose):
        return Flaw.KEY_EXPIRED
    message = _message(kind, signed)
    valid = ring.verifies(key_id, purpose=purpose, message=message, signature=signature)
    return None if valid else Flaw.SIGNATURE
