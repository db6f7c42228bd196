"""Tags and what their proofs are worth: values of the NFC door, and the verdict table (step 7)."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from edge.core.errors import DecodeError
from edge.core.moments import Instant

COUNTER_LIMIT = 0xFF_FFFF
"""The read counter of a tag has three bytes."""


class TagUid(str):
    """The unique number of a tag: 4, 7 or 10 bytes in lower-case hex."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Validate `text`; raise DecodeError `uid_malformed` when it is no such number."""
        if re.fullmatch(r"[0-9a-f]{8}|[0-9a-f]{14}|[0-9a-f]{20}", text) is None:
            raise DecodeError("uid_malformed", text=text[:40])
        return cls(text)

    @classmethod
    def of(cls, octets: bytes) -> Self:
        """The UID of these bytes; raise DecodeError `uid_malformed` for another length."""
        return cls.parse(octets.hex())

    @property
    def octets(self) -> bytes:
        """The bytes as the tag sends them."""
        return bytes.fromhex(self)


class TagKind(StrEnum):
    """What a tag is able to prove, told from how it answers."""

    NTAG21X = "ntag21x"
    TYPE2 = "type2"
    TYPE4 = "type4"


class TagFlaw(StrEnum):
    """Why a tag that was there gave no code."""

    EMPTY = "empty"
    MALFORMED = "malformed"
    PROTECTED = "protected"
    LOCKED_OUT = "locked_out"
    UNREADABLE = "unreadable"


class SignatureState(StrEnum):
    """What the maker's originality signature of a tag says; it signs the UID alone."""

    ABSENT = "absent"
    VALID = "valid"
    UNKNOWN_KEY = "unknown_key"


class SunState(StrEnum):
    """What the message says that a tag made anew for this tap (AN12196)."""

    ABSENT = "absent"
    VALID = "valid"
    BAD_MAC = "bad_mac"
    UNKNOWN_KEY = "unknown_key"


class NfcVerdict(StrEnum):
    """What a tap is worth; how grave each is, the rule set says."""

    OK = "ok"
    QR_ONLY = "qr_only"
    UID_MISMATCH = "uid_mismatch"
    REPLAY = "replay"
    BAD_MAC = "bad_mac"
    UNSIGNED = "unsigned"
    UNKNOWN_KEY = "unknown_key"
    DUPLICATE_PLACE = "duplicate_place"


@dataclass(frozen=True, slots=True)
class SunMessage:
    """The parts of a secure unique NFC message; either `picc` or `uid` with `counter` is there.

    `picc`: encrypted UID and counter; `file`: encrypted file data; `mac_input`: the bytes of the
    URL that the MAC covers.
    """

    mac: bytes
    picc: bytes | None = None
    uid: TagUid | None = None
    counter: int | None = None
    file: bytes = b""
    mac_input: bytes = b""


@dataclass(frozen=True, slots=True)
class SunProof:
    """What verification found; UID and counter are known only where a key opened them."""

    state: SunState
    uid: TagUid | None = None
    counter: int | None = None
    file: bytes = b""
    key: str | None = None


NO_SUN = SunProof(SunState.ABSENT)


@dataclass(frozen=True, slots=True)
class TagPassword:
    """A tag's password of 4 bytes and the acknowledgement of 2 that it must give back."""

    password: bytes
    pack: bytes

    def __repr__(self) -> str:
        """Say nothing: it is a secret."""
        return "TagPassword(***)"


@dataclass(frozen=True, slots=True)
class TagCounter:
    """The highest counter that a tag has proved at this station."""

    uid: TagUid
    counter: int
    at: datetime


@dataclass(frozen=True, slots=True)
class TagSeen:
    """A tag came to a reader: told once, with what it says.

    `payload`: the text of its first URI or text record; `message`: the whole NDEF message as
    octets; `flaw`: why there is no payload, with a word of `detail`.
    """

    device: str
    uid: TagUid
    kind: TagKind
    payload: bytes
    signature: bytes | None
    sun: SunMessage | None
    at: Instant
    message: bytes = b""
    flaw: TagFlaw | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class TagGone:
    """A tag that was told has left the reader."""

    device: str
    uid: TagUid
    at: Instant


TagEvent = TagSeen | TagGone


@dataclass(frozen=True, slots=True)
class TapFacts:
    """Everything that the verdict on one block's chip rests on.

    `tapped`: UID of the tag, None when only the QR code was read; `named`: UIDs that signed codes
    of the block name; `last_counter`: highest counter proved before; `elsewhere`: another place
    has shown the same code within an impossible time (the platform says so).
    """

    tapped: TagUid | None
    named: frozenset[str] = frozenset()
    signature: SignatureState = SignatureState.ABSENT
    sun: SunProof = NO_SUN
    last_counter: int | None = None
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Tap:
    """A tag that was laid on a reader, and what that is worth."""

    uid: TagUid
    verdict: NfcVerdict


def is_replay(counter: int, last_counter: int | None) -> bool:
    """Whether a counter was seen before; gaps are other people's taps and mean nothing."""
    return last_counter is not None and counter <= last_counter


def judge_tap(facts: TapFacts) -> NfcVerdict:
    """The gravest thing that the facts show; DEVICES 2, one row a verdict."""
    sun = facts.sun
    is_proved = sun.state is SunState.VALID
    table = (
        (_lacks_proof(facts), NfcVerdict.BAD_MAC),
        (is_proved and _is_spent(facts), NfcVerdict.REPLAY),
        (_names_differ(facts), NfcVerdict.UID_MISMATCH),
        (facts.elsewhere, NfcVerdict.DUPLICATE_PLACE),
        (facts.tapped is None, NfcVerdict.QR_ONLY),
        (sun.state is SunState.UNKNOWN_KEY, NfcVerdict.UNKNOWN_KEY),
        (is_proved, NfcVerdict.OK),
        (facts.signature is SignatureState.UNKNOWN_KEY, NfcVerdict.UNKNOWN_KEY),
        (facts.signature is SignatureState.ABSENT, NfcVerdict.UNSIGNED),
    )
    return next((verdict for holds, verdict in table if holds), NfcVerdict.OK)


def _lacks_proof(facts: TapFacts) -> bool:
    """A wrong MAC, or none at all from a tag that has proved itself before: a plain copy of it."""
    was_proved = facts.tapped is not None and facts.last_counter is not None
    is_silent = facts.sun.state is SunState.ABSENT
    return facts.sun.state is SunState.BAD_MAC or (was_proved and is_silent)


def _is_spent(facts: TapFacts) -> bool:
    """A proof without a counter can be shown again and again."""
    counter = facts.sun.counter
    return counter is None or is_replay(counter, facts.last_counter)


def _names_differ(facts: TapFacts) -> bool:
    """The tag, its own proof and every signed code must name one chip."""
    names = set(facts.named)
    names |= {uid for uid in (facts.tapped, facts.sun.uid) if uid is not None}
    return len(names) > 1
