"""The archive of a station: what it keeps for replay, and what it states before it forgets.

Only what the platform has confirmed goes, and never the last event of an epoch: the chain goes on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from edge.core.envelope import Tip
from edge.core.ids import Digest, EpochId

FEW: int = 500
"""Fewer events are not worth a statement of their own."""
PRUNED_AT = ("archive", "pruned")
"""Kind and id of the document that says where the newest statement stands: epoch/sequence."""


@dataclass(frozen=True, slots=True)
class ArchiveHead:
    """The last event of an epoch that is forgotten."""

    epoch: EpochId
    upto: int
    digest: Digest

    @property
    def tip(self) -> Tip:
        """Where the chain of what is kept begins."""
        return Tip(self.epoch, self.upto, self.digest)


@dataclass(frozen=True, slots=True)
class ArchivePruned:
    """Confirmed events older than `keep_days` are forgotten, up to and with each of these.

    It names the heads of all epochs, so that the newest statement is enough.
    """

    TYPE: ClassVar[str] = "archive.pruned"
    keep_days: int
    heads: tuple[ArchiveHead, ...]


def forgettable_before(now: datetime, vouched: datetime, *, keep_days: int) -> datetime:
    """What was recorded before this moment has been kept for long enough.

    By our clock and by the platform's (`vouched`, when it signed its last watermarks): a clock that
    jumps ahead empties no archive.
    """
    return min(now, vouched) - timedelta(days=keep_days)


def moved_heads(
    known: Mapping[EpochId, ArchiveHead], ends: Mapping[EpochId, Tip]
) -> tuple[ArchiveHead, ...]:
    """All heads with these ends taken in; empty when too little would go."""
    heads = dict(known)
    freed = 0
    for epoch, end in ends.items():
        before = known[epoch].upto if epoch in known else 0
        if end.sequence > before:
            freed += end.sequence - before
            heads[epoch] = ArchiveHead(epoch, end.sequence, end.digest)
    return tuple(heads[epoch] for epoch in sorted(heads)) if freed >= FEW else ()
