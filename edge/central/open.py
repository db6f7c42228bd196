"""Opening an event at the platform: envelope, key, body and place; what fails has a reason."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from edge.core.envelope import (
    BODY_LIMIT_BYTES,
    ENVELOPE_LIMIT_BYTES,
    EVENT_PAYLOAD_TYPE,
    GENESIS,
    Envelope,
    digest_of,
    open_envelope,
)
from edge.core.errors import DecodeError
from edge.core.ids import DeliveryId, Digest, EpochId, EventId, KeyId
from edge.core.plain_text import is_plain
from edge.core.platform import Received, Suspect
from edge.ports import KeyRing
from edge.wire.topics import Topic, type_level

KEY_UNKNOWN: Final = "key_unknown"
_SEQUENCE: Final = re.compile(r"[0-9]{20}")
_TEXTS: Final = ("id", "source", "type", "subject", "time", "recordedtime", "epoch", "prev")
_TIMES: Final = ("time", "recordedtime")
Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Epoch and sequence, as far as a body tells them."""

    epoch: EpochId
    sequence: int


def open_event(topic: Topic, payload: bytes, ring: KeyRing) -> Received | Suspect:
    """A verified event, or the same bytes with the reason why they are not one."""
    station = topic.station.name
    try:
        envelope = open_envelope(payload)
    except DecodeError:
        return Suspect(station, None, None, digest_of(payload), "envelope_malformed", _cut(payload))
    body = _parse(envelope.body)
    place = _place_of(body)
    reason = _flaw(topic, envelope, body, ring)
    if not reason and place and _is_ended(ring, envelope.key_id, place):
        reason = "key_ended"
    if reason or body is None or place is None:
        return Suspect(
            station=station,
            epoch=place.epoch if place else None,
            sequence=place.sequence if place else None,
            digest=digest_of(envelope.body),
            reason=reason or "place_malformed",
            envelope=payload,
        )
    return Received(
        station=station,
        epoch=place.epoch,
        sequence=place.sequence,
        event_id=EventId(body["id"]),
        type=body["type"],
        subject=body["subject"],
        delivery=_delivery_of(body),
        prev=Digest(body["prev"]),
        digest=digest_of(envelope.body),
        key_id=envelope.key_id,
        body=envelope.body,
        envelope=payload,
    )


def _flaw(topic: Topic, envelope: Envelope, body: Body | None, ring: KeyRing) -> str:
    """The first thing that is wrong, or an empty text."""
    if body is None or not all(is_plain(body.get(name)) for name in _TEXTS):
        return "body_malformed"
    flaws = {
        "payload_type": envelope.payload_type != EVENT_PAYLOAD_TYPE,
        "body_too_large": len(envelope.body) > BODY_LIMIT_BYTES,
        KEY_UNKNOWN: not ring.knows(envelope.key_id, purpose="event"),
        "key_of_another": ring.owner(envelope.key_id) != topic.station.name,
        "source_of_another": body["source"] != topic.station.urn,
    }
    found = next((name for name, holds in flaws.items() if holds), None)
    return found or _flaw_of_content(topic, envelope, body, ring)


def _flaw_of_content(topic: Topic, envelope: Envelope, body: Body, ring: KeyRing) -> str:
    try:
        level = type_level(body["type"])
        occurred_at, recorded_at = (datetime.fromisoformat(body[each]) for each in _TIMES)
        EventId.parse(body["id"])
        prev = Digest.parse(body["prev"])
    except (DecodeError, ValueError):
        return "body_malformed"
    if occurred_at.tzinfo is None or recorded_at.tzinfo is None:
        return "body_malformed"
    if not isinstance(body.get("data"), dict):
        return "body_malformed"
    if topic.tail != (level,):
        return "topic_differs"
    if (body.get("sequence") == f"{1:020d}") != (prev == GENESIS):
        return "chain_broken"
    is_genuine = ring.signed(
        envelope.key_id,
        purpose="event",
        message=envelope.signed_bytes,
        signature=envelope.signature,
        at=recorded_at,
    )
    return "" if is_genuine else "signature_bad"


def _is_ended(ring: KeyRing, key_id: KeyId, place: Place) -> bool:
    """Whether the station had said before that another key seals from then on."""
    return ring.ended(key_id, epoch=place.epoch, sequence=place.sequence)


def _parse(body: bytes) -> Body | None:
    """JSON as RFC 8259 has it: UTF-8 without a mark before it, numbers that are numbers."""
    try:
        parsed = _JSON.decode(body.decode())
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _refuse(constant: str) -> None:
    raise ValueError(constant)


_JSON: Final = json.JSONDecoder(parse_constant=_refuse)


def _place_of(body: Body | None) -> Place | None:
    if body is None:
        return None
    epoch, sequence = body.get("epoch"), body.get("sequence")
    if not isinstance(epoch, str) or not isinstance(sequence, str):
        return None
    if not _SEQUENCE.fullmatch(sequence) or not 0 < int(sequence) < 2**62:
        return None
    try:
        return Place(EpochId.parse(epoch), int(sequence))
    except DecodeError:
        return None


def _delivery_of(body: Body) -> DeliveryId | None:
    try:
        return DeliveryId.parse(str(body["data"]["delivery"]))
    except (KeyError, DecodeError):
        return None


def _cut(payload: bytes) -> bytes:
    return payload[:ENVELOPE_LIMIT_BYTES]
