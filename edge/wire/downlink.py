"""Messages between station and platform beside the events: values ↔ bytes (steps 11 and 12).

What comes down is signed with the platform's control key and names its station.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol, TypeVar

from edge.core.envelope import ENVELOPE_LIMIT_BYTES, Sign, encode_json, open_envelope, sign_envelope
from edge.core.errors import DecodeError
from edge.core.ids import Digest, EpochId, KeyId
from edge.wire.convert import converter, rename_keys, structure
from edge.wire.topics import Station

CONTROL: Final = "control"
"""Purpose of the key that signs what comes down."""
MESSAGE_LIMIT_BYTES: Final = 64 * 1024
FACE_ANSWER_LIMIT_BYTES: Final = 1024 * 1024
"""Envelope of five photographs of 100 KiB: sealed, and twice base64."""

_Message = TypeVar("_Message")


class Verifier(Protocol):
    """The part of a key ring that opening a message needs."""

    def verifies(self, key_id: KeyId, *, purpose: str, message: bytes, signature: bytes) -> bool:
        """Whether a listed key of that purpose, valid now, signed the message."""
        ...


@dataclass(frozen=True, slots=True)
class Mark:
    """A watermark: everything up to `upto` is durably stored; `digest` is of the body there."""

    upto: int
    digest: Digest


@dataclass(frozen=True, slots=True)
class Ack:
    """The platform's watermarks for a station; `store_id` changes only when it was restored."""

    station: str
    store_id: str
    issued: datetime
    epochs: Mapping[EpochId, Mark]


@dataclass(frozen=True, slots=True)
class Replay:
    """The platform asks for events `first` to `last` of an epoch again, ends included."""

    station: str
    epoch: EpochId
    first: int
    last: int


rename_keys(Replay, first="from", last="to")


@dataclass(frozen=True, slots=True)
class PageHead:
    """A page of reference data by its content: SHA-256, size and number of rows."""

    sha256: Digest
    size_bytes: int
    rows: int


rename_keys(PageHead, size_bytes="bytes")


@dataclass(frozen=True, slots=True)
class Head:
    """A whole version of a reference set; issued again and again so that its age is known."""

    station: str
    set: str
    version: int
    issued: datetime
    pages: tuple[PageHead, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The platform's answer to a question."""

    station: str
    corr: str
    name: str
    issued: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Command:
    """An order of the platform, void after `expires`."""

    station: str
    corr: str
    name: str
    issued: datetime
    expires: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BlobAck:
    """Whether a photograph is stored, else the parts still wanted."""

    station: str
    sha256: Digest
    stored: bool
    wanted: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class FaceAnswer:
    """Photographs of one person for enrolment, sealed to a key that this station alone has.

    The answer to the question `face-photographs`, whose `data` names the `person`.
    key: the name of that key; sealed: base64, what is in it stands in `edge/wire/face_answer.py`.
    """

    station: str
    corr: str
    issued: datetime
    expires: datetime
    key: str
    sealed: str = field(repr=False)


Signed = Ack | Replay | Head | Answer | Command | BlobAck | FaceAnswer
"""Everything that comes down signed."""

KINDS: Final[Mapping[type[Signed], str]] = {
    Ack: "ack",
    Replay: "replay",
    Head: "head",
    Answer: "answer",
    Command: "command",
    BlobAck: "blob-ack",
    FaceAnswer: "face-answer",
}


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to the platform; the answer comes to `reply_to`, the topic `ans/{corr}`."""

    corr: str
    name: str
    data: Mapping[str, Any]
    reply_to: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a command: `ok`, a code that says why not, and what was asked for."""

    corr: str
    name: str
    ok: bool
    code: str
    issued: datetime
    data: Mapping[str, Any] = field(default_factory=dict)


class StationState(StrEnum):
    """Whether a station is there."""

    ONLINE = "online"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Status:
    """Birth and will of a station; a will knows less than a birth."""

    state: StationState
    epoch: EpochId | None = None
    next_seq: int | None = None
    oldest_seq: int | None = None
    key_id: KeyId | None = None
    version: str | None = None
    issued: datetime | None = None
    health: Mapping[str, Any] = field(default_factory=dict)


def payload_type(kind: str) -> str:
    """The DSSE payload type of a kind of message."""
    return f"application/vnd.specimen-edge.{kind}+json"


def encode(message: Signed | Ask | Result | Status) -> bytes:
    """The JSON body of a message."""
    return encode_json(converter.unstructure(message))


def decode(
    body: bytes, kind: type[_Message], *, limit_bytes: int = MESSAGE_LIMIT_BYTES
) -> _Message:
    """A message from its JSON body; raise DecodeError `message_malformed` or `value_malformed`."""
    if len(body) > limit_bytes:
        raise DecodeError("message_malformed", why="too large", size_bytes=len(body))
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise DecodeError("message_malformed", why=type(error).__name__) from error
    message: _Message = structure(parsed, kind)
    return message


def sign_message(message: Signed, *, key_id: KeyId, sign: Sign) -> bytes:
    """The signed envelope of a message, as it comes down."""
    kind = payload_type(KINDS[type(message)])
    return sign_envelope(kind, encode(message), key_id=key_id, sign=sign)


def open_signed(
    data: bytes,
    *,
    kind: str,
    ring: Verifier,
    station: Station,
    limit_bytes: int = ENVELOPE_LIMIT_BYTES,
) -> bytes:
    """The body of a signed message for this station.

    Raises DecodeError `envelope_malformed`, `wrong_kind`, `signature_bad` or `wrong_station`.
    """
    envelope = open_envelope(data, limit_bytes=limit_bytes)
    if envelope.payload_type != payload_type(kind):
        raise DecodeError("wrong_kind", wanted=kind, found=envelope.payload_type[:80])
    is_genuine = ring.verifies(
        envelope.key_id,
        purpose=CONTROL,
        message=envelope.signed_bytes,
        signature=envelope.signature,
    )
    if not is_genuine:
        raise DecodeError("signature_bad", kind=kind, key_id=envelope.key_id)
    named = _station_of(envelope.body)
    if named != station.name:
        raise DecodeError("wrong_station", kind=kind, named=str(named)[:160])
    return envelope.body


def open_message(
    data: bytes, kind: type[_Message], *, ring: Verifier, station: Station
) -> _Message:
    """A signed message as its value, verified for this station; raise DecodeError."""
    name = next(name for each, name in KINDS.items() if each is kind)
    return decode(open_signed(data, kind=name, ring=ring, station=station), kind)


@dataclass(frozen=True, slots=True)
class Downlink:
    """What comes down to one station, opened with its pinned keys."""

    ring: Verifier
    station: Station

    def open(self, data: bytes, kind: type[_Message]) -> _Message:
        """A message for this station; raise DecodeError."""
        return open_message(data, kind, ring=self.ring, station=self.station)

    def open_face_answer(self, data: bytes) -> FaceAnswer:
        """Sealed photographs for this station, larger than other messages; raise DecodeError."""
        limit = FACE_ANSWER_LIMIT_BYTES
        body = open_signed(
            data, kind=KINDS[FaceAnswer], ring=self.ring, station=self.station, limit_bytes=limit
        )
        return decode(body, FaceAnswer, limit_bytes=limit)


def decode_status(data: bytes) -> Status:
    """A status, sealed or plain; the signature of a sealed one is not looked at here."""
    try:
        body = open_envelope(data).body
    except DecodeError:
        body = data
    return decode(body, Status)


def _station_of(body: bytes) -> object:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise DecodeError("message_malformed", why=type(error).__name__) from error
    return parsed.get("station") if isinstance(parsed, dict) else None
