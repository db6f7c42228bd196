"""Every way in which a message can be no event, with the reason that it must be kept under."""

import base64
import json
from collections.abc import Callable

from central_site import CONTROL, UNPINNED, Desk, HeldKey, Message

from edge.core.envelope import (
    BODY_LIMIT_BYTES,
    ENVELOPE_LIMIT_BYTES,
    GENESIS,
    Sealed,
    sign_envelope,
    wrap,
)
from edge.wire.topics import event_topic

Spoil = Callable[[Desk, Sealed], Message]
"""What arrives in the place of a good event."""


def outer(change: Callable[[dict[str, object]], object]) -> Spoil:
    def spoil(desk: Desk, event: Sealed) -> Message:
        topic, payload = desk.message(event)
        parsed = json.loads(payload)
        change(parsed)
        return topic, json.dumps(parsed).encode()

    return spoil


def payload(content: bytes) -> Spoil:
    return lambda desk, event: (desk.message(event)[0], content)


def body(content: bytes) -> Spoil:
    return lambda desk, event: desk.sealed_again(event, content)


def fields(**changes: object) -> Spoil:
    return lambda desk, event: desk.altered(event, None, **changes)


def body_of(change: Callable[[bytes], bytes]) -> Spoil:
    return lambda desk, event: desk.sealed_again(event, change(event.body))


def by(key: HeldKey) -> Spoil:
    return lambda desk, event: desk.altered(event, by=key)


def by_a_namesake(desk: Desk, event: Sealed) -> Message:
    return desk.altered(event, by=HeldKey(desk.key.key_id, 252))


def other_type(desk: Desk, event: Sealed) -> Message:
    kind = "application/vnd.specimen-edge.ack+json"
    key = desk.key
    return desk.message(event)[0], sign_envelope(kind, event.body, key_id=key.key_id, sign=key.sign)


def loosely_padded(desk: Desk, event: Sealed) -> Message:
    """The same 64 bytes, written with other unused bits at their end."""
    topic, content = desk.message(event)
    text = base64.b64encode(event.signature)
    assert text.endswith(b"==")
    last = text[-3:-2]
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = alphabet[alphabet.index(last) + 1 :][:1]
    changed = text[:-3] + other + text[-2:]
    assert base64.b64decode(changed) == event.signature
    return topic, content.replace(text, changed)


def flipped(desk: Desk, event: Sealed) -> Message:
    signature = bytes([event.signature[0] ^ 1]) + event.signature[1:]
    key_id = event.key_id
    envelope = wrap("application/cloudevents+json", event.body, key_id, signature)
    return desk.message(event)[0], envelope


def other_topic(desk: Desk, event: Sealed) -> Message:
    return event_topic(desk.station, "specimen.delivery.received.v1"), event.envelope


def other_level_of_type(desk: Desk, event: Sealed) -> Message:
    return desk.altered(event, type="specimen.device.stopped.v1")


def in_gbk(text: bytes) -> bytes:
    return text.decode().replace("desk-1", "试块").encode("gbk")


NO_PLACE: dict[str, tuple[Spoil, str]] = {
    "nothing": (payload(b""), "envelope_malformed"),
    "gbk": (payload("混凝土试块".encode("gbk")), "envelope_malformed"),
    "zeros": (payload(bytes(200)), "envelope_malformed"),
    "a list": (payload(b"[]"), "envelope_malformed"),
    "a number": (payload(b"17"), "envelope_malformed"),
    "nested without end": (payload(b"[" * 60_000), "envelope_malformed"),
    "too large": (payload(b" " * (ENVELOPE_LIMIT_BYTES + 1)), "envelope_malformed"),
    "unsigned": (outer(lambda each: each.update(signatures=[])), "envelope_malformed"),
    "no signatures": (outer(lambda each: each.pop("signatures")), "envelope_malformed"),
    "signed twice": (outer(lambda each: each.update(signatures=[{}, {}])), "envelope_malformed"),
    "no payload": (outer(lambda each: each.pop("payload")), "envelope_malformed"),
    "payload no text": (outer(lambda each: each.update(payload=7)), "envelope_malformed"),
    "payload no base64": (outer(lambda each: each.update(payload="试块")), "envelope_malformed"),
    "base64 with a space": (outer(lambda each: each.update(payload="e30 ")), "envelope_malformed"),
    "base64 for addresses": (
        outer(lambda each: each.update(payload="-_-_")),
        "envelope_malformed",
    ),
    "base64 unpadded": (outer(lambda each: each.update(payload="e30")), "envelope_malformed"),
    "base64 in another form": (loosely_padded, "envelope_malformed"),
    "a key that is no name": (
        outer(lambda each: each.update(signatures=[{"keyid": "A/B", "sig": ""}])),
        "envelope_malformed",
    ),
    "an empty body": (body(b""), "body_malformed"),
    "a body in gbk": (body_of(in_gbk), "body_malformed"),
    "a body in utf-16": (body_of(lambda text: text.decode().encode("utf-16")), "body_malformed"),
    "a body after a mark": (body_of(lambda text: b"\xef\xbb\xbf" + text), "body_malformed"),
    "a body with NaN": (body_of(lambda text: text.replace(b'{"n":2}', b"NaN")), "body_malformed"),
    "a body that is a list": (body(b"[]"), "body_malformed"),
    "a body nested without end": (body(b"[" * 8000), "body_malformed"),
    "no epoch": (fields(epoch=None), "body_malformed"),
    "no sequence": (fields(sequence=None), "place_malformed"),
    "a sequence that is a number": (fields(sequence=2), "place_malformed"),
    "a short sequence": (fields(sequence="2"), "place_malformed"),
    "a long sequence": (fields(sequence=f"{2:021d}"), "place_malformed"),
    "a signed sequence": (fields(sequence=f"+{2:019d}"), "place_malformed"),
    "sequence 0": (fields(sequence=f"{0:020d}"), "place_malformed"),
    "a sequence without end": (fields(sequence="9" * 20), "place_malformed"),
    "a sequence in other digits": (fields(sequence="٠" * 19 + "٢"), "place_malformed"),
    "a sequence with a line end": (fields(sequence=f"{2:020d}\n"), "place_malformed"),
    "an epoch of another kind": (fields(epoch="epoch-1"), "place_malformed"),
}
"""What does not say where it belongs: it is kept, and it can move nothing."""

IN_PLACE: dict[str, tuple[Spoil, str]] = {
    **{
        f"no {name}": (fields(**{name: None}), "body_malformed")
        for name in ("id", "source", "type", "subject", "time", "recordedtime", "prev", "data")
    },
    "a number for a subject": (fields(subject=7), "body_malformed"),
    "NUL in the subject": (fields(subject="a\0b"), "body_malformed"),
    "a subject without end": (fields(subject="试" * 201), "body_malformed"),
    "an id of another kind": (fields(id="4d1fbdd4-0e2c-4bd2-8a41-09c4d7f1e7aa"), "body_malformed"),
    "a type of somebody else": (fields(type="com.example.happened"), "body_malformed"),
    "a type without a version": (fields(type="specimen.device.started"), "body_malformed"),
    "prev that is no digest": (fields(prev="0" * 63), "body_malformed"),
    "happened at no time": (fields(time="yesterday"), "body_malformed"),
    "happened without a zone": (fields(time="2026-11-23T02:00:00"), "body_malformed"),
    "recorded at no time": (fields(recordedtime="yesterday"), "body_malformed"),
    "recorded without a zone": (fields(recordedtime="2026-11-23T02:00:00"), "body_malformed"),
    "data that is a list": (fields(data=[]), "body_malformed"),
    "another payload type": (other_type, "payload_type"),
    "a large body": (fields(data={"n": "x" * BODY_LIMIT_BYTES}), "body_too_large"),
    "an unknown key": (by(UNPINNED), "key_unknown"),
    "a key for another purpose": (by(CONTROL), "key_unknown"),
    "the key of another station": (by(HeldKey("event-1", 1)), "key_of_another"),
    "the source of another station": (
        fields(source="urn:specimen-edge:nanchang:lab-2:desk-1"),
        "source_of_another",
    ),
    "another topic": (other_topic, "topic_differs"),
    "another type": (other_level_of_type, "topic_differs"),
    "a beginning in the middle": (fields(prev=GENESIS), "chain_broken"),
    "another past": (fields(prev="ab" * 32), "chain_broken"),
    "a flipped signature": (flipped, "signature_bad"),
    "another key by the same name": (by_a_namesake, "signature_bad"),
}
"""What says where it belongs: it is kept there, and passed over."""
