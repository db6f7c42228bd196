"""Sealing: one draft becomes exact bytes, a digest and a signature (step 9); DSSE around it."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from edge.core.errors import BrokenInvariant, DecodeError
from edge.core.ids import Digest, EpochId, EventId, KeyId, RuleSetId
from edge.core.moments import Instant, rfc3339

EVENT_PAYLOAD_TYPE = "application/cloudevents+json"
BODY_LIMIT_BYTES = 8 * 1024
ENVELOPE_LIMIT_BYTES = 64 * 1024
GENESIS = Digest("0" * 64)
"""`prev` of an epoch's first event."""

Sign = Callable[[bytes], bytes]
Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Draft:
    """What happened, not yet sealed; `type` without prefix and version: `delivery.signed`."""

    type: str
    subject: str
    occurred: Instant
    ruleset: RuleSetId
    data: Json
    version: int = 1


@dataclass(frozen=True, slots=True)
class Tip:
    """The end of the chain: sequence and body digest of the last event of an epoch."""

    epoch: EpochId
    sequence: int = 0
    digest: Digest = GENESIS


@dataclass(frozen=True, slots=True)
class Seal:
    """Who seals: device URN, boot, key and its signing function."""

    source: str
    boot_id: str
    key_id: KeyId
    sign: Sign


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed event: `body` are the exact bytes that are stored, sent and verified."""

    event_id: EventId
    epoch: EpochId
    sequence: int
    type: str
    subject: str
    recorded_at: datetime
    body: bytes
    digest: Digest
    key_id: KeyId
    signature: bytes

    @property
    def tip(self) -> Tip:
        """The chain's end after this event."""
        return Tip(self.epoch, self.sequence, self.digest)

    @property
    def envelope(self) -> bytes:
        """The DSSE JSON envelope that travels."""
        return wrap(EVENT_PAYLOAD_TYPE, self.body, self.key_id, self.signature)


@dataclass(frozen=True, slots=True)
class Envelope:
    """An opened, not yet verified DSSE envelope with its single signature."""

    payload_type: str
    body: bytes
    key_id: KeyId
    signature: bytes

    @property
    def signed_bytes(self) -> bytes:
        """What the signature must cover."""
        return pae(self.payload_type, self.body)


def pae(payload_type: str, body: bytes) -> bytes:
    """Pre-authentication encoding of DSSE v1: type confusion cannot survive it."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(body), body)


def digest_of(body: bytes) -> Digest:
    """SHA-256 of exact bytes."""
    return Digest(sha256(body).hexdigest())


def encode_json(value: Json) -> bytes:
    """Compact UTF-8 JSON; written once, never re-serialised."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def seal(draft: Draft, tip: Tip, *, event_id: EventId, recorded_at: datetime, by: Seal) -> Sealed:
    """Seal `draft` as the event after `tip`; CloudEvents 1.0 with sequence, epoch and chain.

    Raises BrokenInvariant `event_too_large` above 8 KB: closing events name groups, never blocks.
    """
    sequence = tip.sequence + 1
    recorded = rfc3339(recorded_at)
    full_type = f"specimen.{draft.type}.v{draft.version}"
    body = encode_json(
        {
            "specversion": "1.0",
            "id": event_id,
            "source": by.source,
            "type": full_type,
            "subject": draft.subject,
            "time": rfc3339(draft.occurred.at),
            "timequality": draft.occurred.quality.value,
            "recordedtime": recorded,
            "bootid": by.boot_id,
            "sequence": f"{sequence:020d}",
            "epoch": tip.epoch,
            "prev": tip.digest,
            "ruleset": draft.ruleset,
            "dataschema": f"urn:specimen-edge:schema:{draft.type}:v{draft.version}",
            "datacontenttype": "application/json",
            "data": draft.data,
        }
    )
    if len(body) > BODY_LIMIT_BYTES:
        raise BrokenInvariant("event_too_large", type=full_type, size_bytes=len(body))
    return Sealed(
        event_id=event_id,
        epoch=tip.epoch,
        sequence=sequence,
        type=full_type,
        subject=draft.subject,
        recorded_at=datetime.fromisoformat(recorded),
        body=body,
        digest=digest_of(body),
        key_id=by.key_id,
        signature=by.sign(pae(EVENT_PAYLOAD_TYPE, body)),
    )


def wrap(payload_type: str, body: bytes, key_id: KeyId, signature: bytes) -> bytes:
    """A DSSE JSON envelope of exact bytes."""
    return encode_json(
        {
            "payloadType": payload_type,
            "payload": base64.b64encode(body).decode(),
            "signatures": [{"keyid": key_id, "sig": base64.b64encode(signature).decode()}],
        }
    )


def sign_envelope(payload_type: str, body: bytes, *, key_id: KeyId, sign: Sign) -> bytes:
    """Sign exact bytes and wrap them."""
    return wrap(payload_type, body, key_id, sign(pae(payload_type, body)))


def open_envelope(data: bytes, *, limit_bytes: int = ENVELOPE_LIMIT_BYTES) -> Envelope:
    """Parse a DSSE envelope with one signature; raise DecodeError `envelope_malformed`."""
    if len(data) > limit_bytes:
        raise DecodeError("envelope_malformed", why="too large", size_bytes=len(data))
    try:
        outer = json.loads(data)
        (signature,) = outer["signatures"]
        return Envelope(
            payload_type=_text(outer["payloadType"]),
            body=_bytes(outer["payload"]),
            key_id=KeyId.parse(_text(signature["keyid"])),
            signature=_bytes(signature["sig"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error) as error:
        raise DecodeError("envelope_malformed", why=type(error).__name__) from error


def _bytes(value: object) -> bytes:
    """Base64 in the one form that these bytes have: its unused last bits are no place to hide."""
    text = _text(value)
    decoded = base64.b64decode(text, validate=True)
    if base64.b64encode(decoded) != text.encode():
        raise ValueError
    return decoded


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
