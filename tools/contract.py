"""Writes the contract of docs/ from the code: schemas, AsyncAPI and test vectors.

Run: .venv/bin/python tools/contract.py [FOLDER]
"""

import base64
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edge.core import events
from edge.core.envelope import (
    BODY_LIMIT_BYTES,
    EVENT_PAYLOAD_TYPE,
    GENESIS,
    Seal,
    Sealed,
    Tip,
    encode_json,
    pae,
    seal,
    wrap,
)
from edge.core.events import Event
from edge.core.ids import DeviceId, EpochId, EventId, Id, KeyId, RuleSetId, uuid7
from edge.core.moments import Instant, TimeQuality
from edge.wire.blob import BlobHead
from edge.wire.convert import RENAMED
from edge.wire.downlink import KINDS, Ask, Result, Status, payload_type
from edge.wire.event_json import draft_event
from edge.wire.topics import type_level

FOLDER = Path(__file__).resolve().parents[1] / "docs"
_SCHEMAS = "schemas"
DRAFT = "https://json-schema.org/draft/2020-12/schema"
EVENTS = tuple(each for union in get_args(Event) for each in (get_args(union) or (union,)))
"""Every event type; `Closing` is a union of its own."""

Schema = dict[str, Any]
_RFC3339 = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$"
)
"""Validators need not know formats."""


def main() -> None:
    """Write everything anew."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    for name, text in contract().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def contract() -> Mapping[str, str]:
    """Every file by its name."""
    return {
        "schemas/events.schema.json": _json(events_schema()),
        "schemas/messages.schema.json": _json(messages_schema()),
        "asyncapi.yaml": yaml.safe_dump(asyncapi(), sort_keys=False, allow_unicode=True, width=110),
        **{f"vectors/{name}": text for name, text in vectors().items()},
    }


def schema_of(kind: Any) -> Schema:
    """The JSON Schema of a type as the converter writes it."""
    if get_origin(kind) in {Union, UnionType}:
        options = [schema_of(each) for each in get_args(kind) if each is not NoneType]
        return {"anyOf": [*options, {"type": "null"}]}
    if get_origin(kind) is tuple:
        inner = get_args(kind)
        if inner[-1] is Ellipsis:
            return {"type": "array", "items": schema_of(inner[0])}
        items = [schema_of(each) for each in inner]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "items": False}
    if kind is Any or kind is object:
        return {}
    if isinstance(get_origin(kind), type) and issubclass(get_origin(kind), Mapping):
        key, value = get_args(kind)
        names = {"propertyNames": schema_of(key)} if key is not str else {}
        return {"type": "object", **names, "additionalProperties": schema_of(value)}
    return _plain(kind)


def _plain(kind: type[Any]) -> Schema:
    if is_dataclass(kind):
        return _object(kind)
    if issubclass(kind, StrEnum):
        return {"type": "string", "enum": [each.value for each in kind]}
    if issubclass(kind, Id):
        return {"type": "string", "pattern": f"^(?:{kind.PATTERN.pattern})$"}
    plain: Mapping[type[Any], Schema] = {
        bool: {"type": "boolean"},
        int: {"type": "integer"},
        float: {"type": "number"},
        str: {"type": "string"},
        datetime: {"type": "string", "format": "date-time", "pattern": _RFC3339},
        date: {"type": "string", "format": "date"},
        timedelta: {"type": "number"},
    }
    return dict(plain[kind])


def _object(kind: type[Any]) -> Schema:
    hints, renamed = get_type_hints(kind), RENAMED.get(kind, {})
    names = {each.name: renamed.get(each.name, each.name) for each in fields(kind)}
    found: Schema = {"type": "object"}
    if kind.__doc__:
        found["description"] = " ".join(kind.__doc__.split())
    found["properties"] = {names[name]: schema_of(hints[name]) for name in names}
    found["required"] = list(names.values())
    return found


def events_schema() -> Schema:
    """The body of an event: its CloudEvents attributes, and `data` by its type."""
    text = {"type": "string", "minLength": 1}
    digest = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
    attributes: Schema = {
        "specversion": {"const": "1.0"},
        "id": schema_of(EventId),
        "source": {
            "type": "string",
            "pattern": "^urn:specimen-edge:[a-z0-9-]+:[a-z0-9-]+:[a-z0-9-]+$",
        },
        "type": {"type": "string", "enum": [_full(each) for each in EVENTS]},
        "subject": text,
        "time": schema_of(datetime),
        "timequality": schema_of(TimeQuality),
        "recordedtime": schema_of(datetime),
        "bootid": text,
        "sequence": {"type": "string", "pattern": "^[0-9]{20}$"},
        "epoch": schema_of(EpochId),
        "prev": digest,
        "ruleset": schema_of(RuleSetId),
        "dataschema": {"type": "string", "pattern": "^urn:specimen-edge:schema:[a-z_.]+:v[0-9]+$"},
        "datacontenttype": {"const": "application/json"},
        "data": {"type": "object"},
    }
    return {
        "$schema": DRAFT,
        "$id": "urn:specimen-edge:schema:events",
        "title": "Body of an event",
        "description": (
            "Signed as exact bytes in a DSSE envelope; at most "
            f"{BODY_LIMIT_BYTES} bytes. A consumer ignores members that it does not know."
        ),
        "type": "object",
        "properties": attributes,
        "required": list(attributes),
        "allOf": [
            {
                "if": {"properties": {"type": {"const": _full(each)}}},
                "then": {"properties": {"data": {"$ref": f"#/$defs/{each.TYPE}"}}},
            }
            for each in EVENTS
        ],
        "$defs": {each.TYPE: schema_of(each) for each in EVENTS},
    }


def messages_schema() -> Schema:
    """Everything beside the events; what comes down is the body of a signed envelope."""
    kinds = {**{name: kind for kind, name in KINDS.items()}, **_PLAIN_MESSAGES}
    return {
        "$schema": DRAFT,
        "$id": "urn:specimen-edge:schema:messages",
        "title": "Messages between station and platform",
        "$defs": {name: schema_of(kind) for name, kind in kinds.items()},
    }


_PLAIN_MESSAGES = {"ask": Ask, "result": Result, "status": Status, "blob-head": BlobHead}
_STATION = "specimen/v1/{city}/{lab}/{device}"
_CHANNELS: Mapping[str, tuple[str, str, str]] = {
    "events": ("ev/{type}", "up", "event"),
    "status": ("status", "up", "status"),
    "blobHead": ("blob/{sha256}/0", "up", "blob-head"),
    "blobPart": ("blob/{sha256}/{part}", "up", "blob-part"),
    "results": ("res/{corr}", "up", "result"),
    "asks": ("ask/{name}", "up", "ask"),
    "acks": ("ack", "down", "ack"),
    "replays": ("replay", "down", "replay"),
    "blobAcks": ("blob-ack/{sha256}", "down", "blob-ack"),
    "commands": ("cmd/{name}", "down", "command"),
    "answers": ("ans/{corr}", "down", "answer face-answer"),
    "heads": ("ref/{set}/head", "down", "head"),
    "pages": ("ref/{set}/page/{version}/{n}", "down", "page"),
}
_RETAINED = frozenset({"status", "acks", "heads"})


def asyncapi() -> Schema:
    """AsyncAPI 3 with MQTT bindings, from the platform's point of view."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "specimen-edge",
            "version": "1",
            "description": (
                "Stations publish signed events at QoS 1, in the order of their sequence; an event "
                "is done at the platform's signed watermark, never at PUBACK."
            ),
        },
        "defaultContentType": "application/json",
        "channels": {name: _channel(name, *where) for name, where in _CHANNELS.items()},
        "operations": {name: _operation(name, where[1]) for name, where in _CHANNELS.items()},
        "components": {"messages": dict(_messages())},
    }


def _channel(name: str, below: str, way: str, message: str) -> Schema:
    del name, way
    address = f"{_STATION}/{below}"
    names = [each[1:].split("}")[0] for each in address.split("/") if each.startswith("{")]
    found: Schema = {"address": address}
    if names:
        found["parameters"] = {each: {} for each in names}
    if below == "ev/{type}":
        found["parameters"]["type"] = {"enum": sorted({type_level(_full(each)) for each in EVENTS})}
    found["messages"] = {
        each: {"$ref": f"#/components/messages/{each}"} for each in message.split()
    }
    return found


def _operation(name: str, way: str) -> Schema:
    return {
        "action": "receive" if way == "up" else "send",
        "channel": {"$ref": f"#/channels/{name}"},
        "bindings": {"mqtt": {"qos": 1, "retain": name in _RETAINED, "bindingVersion": "0.2.0"}},
    }


def _messages() -> Iterator[tuple[str, Schema]]:
    yield "event", _sealed("event", EVENT_PAYLOAD_TYPE, f"{_SCHEMAS}/events.schema.json")
    for kind in KINDS.values():
        yield (
            kind,
            _sealed(kind, payload_type(kind), f"{_SCHEMAS}/messages.schema.json#/$defs/{kind}"),
        )
    for kind in _PLAIN_MESSAGES:
        yield kind, {"payload": {"$ref": f"{_SCHEMAS}/messages.schema.json#/$defs/{kind}"}}
    yield (
        "blob-part",
        {
            "contentType": "application/octet-stream",
            "summary": "64 KiB of a photograph, the last part the rest; parts count from 1.",
            "payload": {"type": "string", "format": "binary"},
        },
    )
    yield (
        "page",
        {
            "contentType": "application/x-ndjson",
            "summary": "JSON lines; the signed head of the set names the SHA-256 of these bytes.",
            "payload": {"type": "string"},
        },
    )


def _sealed(kind: str, type_: str, schema: str) -> Schema:
    """A DSSE envelope; its payload is the base64 of a body by the schema."""
    signature = {
        "type": "object",
        "properties": {"keyid": schema_of(KeyId), "sig": {"type": "string"}},
        "required": ["keyid", "sig"],
    }
    return {
        "summary": f"DSSE envelope over exact bytes of: {schema}",
        "payload": {
            "type": "object",
            "properties": {
                "payloadType": {"const": type_},
                "payload": {
                    "type": "string",
                    "contentEncoding": "base64",
                    "contentSchema": {"$ref": schema},
                },
                "signatures": {
                    "type": "array",
                    "items": signature,
                    "minItems": 1,
                    "maxItems": 1,
                },
            },
            "required": ["payloadType", "payload", "signatures"],
        },
        "title": kind,
    }


def vectors() -> Mapping[str, str]:
    """One key, ten envelopes of a chain, and one broken in each way with what must be found."""
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public = base64.b64encode(
        key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    ).decode()
    pinned = {
        "key_id": _KEY,
        "public": public,
        "purpose": "event",
        "owner": "exampleton/lab-1/desk-1",
    }
    chain = list(_chain(key))
    return {
        "keys.json": _json({"keys": [pinned | {"from": None, "to": None}]}),
        "chain.jsonl": "".join(each.envelope.decode() + "\n" for each in chain),
        "broken.jsonl": "".join(
            json.dumps({"fault": fault, "envelope": envelope.decode()}) + "\n"
            for fault, envelope in _broken(chain, key)
        ),
    }


_KEY = KeyId("vector-event-1")
_BEGUN = datetime(2026, 1, 5, 9, 30, tzinfo=timezone(timedelta(hours=8)))


def _chain(key: Ed25519PrivateKey) -> Iterator[Sealed]:
    by = Seal("urn:specimen-edge:exampleton:lab-1:desk-1", "boot-1", _KEY, key.sign)
    epoch = EpochId.parse(uuid7(_BEGUN, bytes(10)))
    tip = Tip(epoch)
    told: list[Any] = [events.EpochOpened(None, 0, None), events.DeviceStarted("1")]
    told += [events.CommandHeard(f"c-{number}", "ping", obeyed=True) for number in range(8)]
    for number, event in enumerate(told, 1):
        at = _BEGUN + timedelta(seconds=number)
        draft = draft_event(
            event,
            occurred=Instant(at, 0, TimeQuality.SYNCED),
            ruleset=RuleSetId("nanchang-2023"),
            device=DeviceId("desk-1"),
        )
        name = EventId.parse(uuid7(at, number.to_bytes(10, "big")))
        sealed = seal(draft, tip, event_id=name, recorded_at=at, by=by)
        tip = sealed.tip
        yield sealed


def _broken(chain: list[Sealed], key: Ed25519PrivateKey) -> Iterator[tuple[str, bytes]]:
    """Each would stand at its place in the chain; what it should be found by."""
    good = chain[4]

    def sealed(body: bytes, by: KeyId = _KEY, signer: Ed25519PrivateKey = key) -> bytes:
        return wrap(EVENT_PAYLOAD_TYPE, body, by, signer.sign(pae(EVENT_PAYLOAD_TYPE, body)))

    parsed = json.loads(good.body)
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(32))
    flipped = good.body.replace(b'"ping"', b'"pong"')
    yield "body changed after signing", wrap(EVENT_PAYLOAD_TYPE, flipped, _KEY, good.signature)
    yield (
        "signature of another key",
        sealed(good.body, signer=stranger),
    )
    yield "key that nobody pinned", sealed(good.body, by=KeyId("stranger-1"))
    other = key.sign(pae("application/json", good.body))
    yield "signed as another type of payload", wrap(EVENT_PAYLOAD_TYPE, good.body, _KEY, other)
    yield "previous digest wrong", sealed(encode_json(parsed | {"prev": GENESIS}))
    yield "sequence left out", sealed(encode_json(parsed | {"sequence": f"{6:020d}"}))
    yield "same place, other content", sealed(encode_json(parsed | {"subject": "other"}))
    yield (
        "source of another station",
        sealed(encode_json(parsed | {"source": "urn:specimen-edge:exampleton:lab-1:desk-2"})),
    )
    yield "signature cut short", wrap(EVENT_PAYLOAD_TYPE, good.body, _KEY, good.signature[:-1])
    yield "not base64", good.envelope.replace(b'"payload":"', b'"payload":"*')
    yield "not JSON", good.envelope[:-1]


def _full(kind: type[Any]) -> str:
    return f"specimen.{kind.TYPE}.v1"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    main()
