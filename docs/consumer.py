"""Consumes signed events with nothing of ours: a line per event, a summary, status 1 if not whole.

consumer.py --keys keys.json < events.jsonl
consumer.py --keys keys.json --broker HOST:8883 --ca ca.pem --cert me.pem --key me.key
"""

import argparse
import json
import sys
from base64 import b64decode
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from paho.mqtt import subscribe

options = argparse.ArgumentParser()
for name in ("--keys", "--broker", "--ca", "--cert", "--key"):
    options.add_argument(name, required=name == "--keys")
options.add_argument("--topic", default="specimen/v1/+/+/+/ev/+")
asked = options.parse_args()
pinned = {key["key_id"]: key for key in json.loads(Path(asked.keys).read_bytes())["keys"]}
# The digest at every place (station, epoch, sequence), and the last one of every station. A real
# consumer keeps them in its database, in the transaction in which it takes the event.
seen, count = {}, {"ok": 0, "gap": 0, "same": 0, "bad": 0}


def judged(envelope: bytes) -> tuple[str, dict]:
    """`ok`, `same` for a redelivery, `gap` where the event before is not here; else an error."""
    outer = json.loads(envelope)
    (by,), body = outer["signatures"], b64decode(outer["payload"], validate=True)
    key, signature = pinned[by["keyid"]], b64decode(by["sig"], validate=True)
    # DSSE signs type and bytes together; the bytes are parsed only once the signature holds.
    covered = b"DSSEv1 28 application/cloudevents+json %d %s" % (len(body), body)
    Ed25519PublicKey.from_public_bytes(b64decode(key["public"])).verify(signature, covered)
    event, digest = json.loads(body), sha256(body).hexdigest()
    place = station, epoch, number = event["source"], event["epoch"], int(event["sequence"])
    before, prev, data = (station, epoch, number - 1), event["prev"], event["data"]
    if number == 1:  # an epoch names the end of the one before it
        before, prev = (station, data["last_epoch"], data["last_sequence"]), data["last_digest"]
    # The key must have been this station's at that time; one that another follows, at that place.
    last = key.get("last") or {"epoch": epoch, "sequence": number}
    times = (key["from"], event["recordedtime"], not key.get("last") and key["to"])
    begun, at, ended = (datetime.fromisoformat(each or times[1]) for each in times)
    is_due = begun <= at <= ended and (epoch, number) <= (last["epoch"], last["sequence"])
    owner = ("event", "urn:specimen-edge:" + key["owner"].replace("/", ":"))
    # At one place there is one event for ever: the same bytes again are a redelivery.
    is_chained = seen.get(place, digest) == digest and seen.get(before, prev) == prev
    if (key["purpose"], station) != owner or not is_due or not is_chained:
        raise ValueError
    # With its old key a station names the next one, once. A key that nobody named stays unknown.
    if event["type"] == "specimen.key.rotated.v1" and not key.get("last"):
        pinned.setdefault(data["new_key_id"], {**key, "public": data["new_public"]})
        key["last"] = {"epoch": epoch, "sequence": number}
    # The first epoch of a station names none; a subscription may begin anywhere.
    begins = station not in seen and (asked.broker or before == (station, None, 0))
    verdict = "same" if place in seen else "ok" if begins or before in seen else "gap"
    seen[place] = seen[station] = digest
    return verdict, event


def take(message: object) -> None:
    """Judge one envelope, a line or a message, and say so."""
    try:
        verdict, event = judged(getattr(message, "payload", message))
    except (ValueError, KeyError, TypeError, AttributeError, InvalidSignature):
        verdict, event = "bad", {"sequence": 0, "type": "-", "subject": "-"}
    count[verdict] += 1
    if verdict != "same":
        print(verdict, int(event["sequence"]), event["type"], event["subject"], flush=True)


tls = {"ca_certs": asked.ca, "certfile": asked.cert, "keyfile": asked.key} if asked.ca else None
with suppress(KeyboardInterrupt):
    if asked.broker:
        at, port = asked.broker.split(":")
        subscribe.callback(lambda *m: take(m[2]), asked.topic, 1, None, at, int(port), tls=tls)
    list(map(take, sys.stdin.buffer))
# That the last events were cut off shows only beside the platform's or the station's own end.
print(json.dumps({"events": count["ok"] + count["gap"], "bad": count["bad"], "gaps": count["gap"]}))
sys.exit(1 if count["bad"] or count["gap"] else 0)
