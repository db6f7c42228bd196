"""What a door reads: payload bytes of a carrier, and what they turn out to be (A8)."""

from dataclasses import dataclass
from enum import StrEnum

from edge.core.ids import KeyId, PersonId, SpecimenId
from edge.core.moments import Instant


class Carrier(StrEnum):
    """How an identity reached the station."""

    QR = "qr"
    NFC = "nfc"
    RF = "rf"
    TYPED = "typed"


@dataclass(frozen=True, slots=True)
class Reading:
    """One payload from one device, stamped at the door."""

    device: str
    carrier: Carrier
    payload: bytes
    at: Instant


class Trust(StrEnum):
    """How far the carrier itself vouches for the identity it shows."""

    SIGNED = "signed"
    CHECKED = "checked"
    UNSIGNED = "unsigned"


class Flaw(StrEnum):
    """The layer at which a payload fails to be one of our codes (A8)."""

    NOT_TEXT = "not_text"
    SYNTAX = "syntax"
    CHECK_CHARACTER = "check_character"
    HOST = "host"
    UNKNOWN_KEY = "unknown_key"
    KEY_EXPIRED = "key_expired"
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class ChipCode:
    """A specimen chip's identity as its carrier gives it."""

    specimen: SpecimenId
    trust: Trust
    uid: str | None = None
    issuer: KeyId | None = None


@dataclass(frozen=True, slots=True)
class BadgeCode:
    """A person's badge."""

    person: PersonId
    trust: Trust


@dataclass(frozen=True, slots=True)
class CommandCode:
    """A laminated door command: mode, and a place for the modes that need one."""

    mode: str
    place: str | None = None


@dataclass(frozen=True, slots=True)
class FormCode:
    """The code printed on a commission form or witness record form."""

    code: str


@dataclass(frozen=True, slots=True)
class NotOurs:
    """A payload that is no code of ours, and the layer that says so."""

    flaw: Flaw
    claimed: str = ""


ScannedCode = ChipCode | BadgeCode | CommandCode | FormCode | NotOurs
"""What `wire/chip_text` makes of a payload."""
