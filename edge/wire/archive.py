"""The event `archive.pruned` as bytes: where the chains of what a station keeps begin."""

import json
from collections.abc import Mapping
from typing import Any, Final

from edge.core.archive import ArchiveHead, ArchivePruned
from edge.core.errors import DecodeError
from edge.core.ids import Digest, EpochId

PRUNED: Final = f"specimen.{ArchivePruned.TYPE}.v1"


def read_heads(body: bytes) -> Mapping[EpochId, ArchiveHead]:
    """What a verified body says about each epoch; raise DecodeError `archive_malformed`."""
    try:
        event: Mapping[str, Any] = json.loads(body)
        if event["type"] != PRUNED:
            raise DecodeError("archive_malformed")
        heads = [
            ArchiveHead(
                EpochId.parse(each["epoch"]), int(each["upto"]), Digest.parse(each["digest"])
            )
            for each in event["data"]["heads"]
        ]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DecodeError("archive_malformed", why=type(error).__name__) from error
    return {head.epoch: head for head in heads}
