"""The event `key.rotated` as bytes: what it says about the keys of its station."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from edge.core.errors import DecodeError
from edge.core.events import KeyRotated
from edge.core.ids import EpochId, KeyId
from edge.core.keys import KeyEnd, Succession
from edge.wire.topics import Station

ROTATED: Final = f"specimen.{KeyRotated.TYPE}.v1"


def read_succession(body: bytes, *, by: KeyId, owner: str) -> Succession:
    """What a verified body says that the key `by` of `owner` sealed; raise DecodeError."""
    try:
        event: Mapping[str, Any] = json.loads(body)
        data = event["data"]
        found = Succession(
            owner=owner,
            old=by,
            new=KeyId.parse(data["new_key_id"]),
            public=data["new_public"],
            end=KeyEnd(EpochId.parse(event["epoch"]), int(event["sequence"])),
            at=datetime.fromisoformat(event["recordedtime"]),
        )
        is_own = event["type"] == ROTATED and event["source"] == Station.parse(owner).urn
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DecodeError("rotation_malformed", why=type(error).__name__) from error
    if not is_own or found.at.tzinfo is None or not isinstance(found.public, str):
        raise DecodeError("rotation_malformed")
    return found
