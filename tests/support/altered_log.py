"""A signed log that is changed in memory by SQL and audited as it then is."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from signed_log import SignedLog

from edge.core.ids import EpochId
from edge.flows.audit import Audited, Flaw, audit
from edge.host.keys import PinnedKeys
from edge.storage.evidence import EvidenceFiles
from edge.storage.station import StationReader
from edge.wire.downlink import Mark


class RememberingRing:
    """The pinned keys; Ed25519 is deterministic, so an answer holds for the same question."""

    def __init__(self, ring: PinnedKeys) -> None:
        self.owner = cache(ring.owner)
        self.signed = cache(ring.signed)
        self.verifies = ring.verifies
        self.ended = ring.ended
        self.knows = ring.knows
        self.counts = ring.counts
        self.ended = ring.ended
        self.succeed = ring.succeed


@dataclass
class Altered:
    """A copy of a log in memory that is changed by SQL, and audited as it then is."""

    sql: sqlite3.Connection
    reader: StationReader
    log: SignedLog
    ring: RememberingRing

    def audit(self, marks: dict[EpochId, Mark] | None = None) -> Audited:
        evidence = EvidenceFiles(self.log.evidence)
        return audit(self.reader, ring=self.ring, evidence=evidence, marks=marks)

    def flaw(self) -> Flaw:
        found = self.audit().first_bad
        assert found is not None, "the audit found nothing"
        return found

    def rows(self) -> list[Any]:
        return self.sql.execute(
            "SELECT epoch, sequence, body, signature FROM events ORDER BY epoch, sequence"
        ).fetchall()

    def put(self, place: tuple[str, int], **columns: object) -> None:
        names = ", ".join(f"{name}=?" for name in columns)
        self.sql.execute(
            f"UPDATE events SET {names} WHERE epoch=? AND sequence=?",  # noqa: S608 - column names of this test
            (*columns.values(), *place),
        )


@contextmanager
def altered_copy(log: SignedLog) -> Iterator[Altered]:
    """A copy in memory: thousands of changes take seconds."""
    reader = StationReader(log.db)
    copy = sqlite3.connect(":memory:", isolation_level=None)
    reader._db.backup(copy)
    reader.close()
    reader._db = copy
    yield Altered(copy, reader, log, RememberingRing(log.ring()))
    reader.close()


def flipped(content: bytes, at: int, rng: Random) -> bytes:
    return content[:at] + bytes([content[at] ^ rng.randrange(1, 256)]) + content[at + 1 :]
