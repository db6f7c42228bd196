"""How far the platform has confirmed this station's log (step 11)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from edge.core.envelope import Sealed, Tip
from edge.core.ids import EpochId
from edge.wire.downlink import Mark


class Log(Protocol):
    """The station's log."""

    def epochs(self) -> tuple[EpochId, ...]:
        """All epochs, oldest first."""
        ...

    def tip_of(self, epoch: EpochId) -> Tip:
        """The end of an epoch's chain."""
        ...

    def oldest(self, epoch: EpochId) -> int:
        """The first sequence of an epoch that is still kept; 1 before any is."""
        ...

    def events(self, epoch: EpochId, *, after: int = 0, limit: int = 1000) -> tuple[Sealed, ...]:
        """Events in order."""
        ...


@dataclass(frozen=True, slots=True)
class Backlog:
    """Events recorded and confirmed over all epochs, and since when the oldest waits."""

    recorded: int
    confirmed: int
    oldest_waiting: datetime | None

    @property
    def waiting(self) -> int:
        """Events that the platform has not confirmed."""
        return self.recorded - self.confirmed


def backlog_of(log: Log, marks: Mapping[EpochId, Mark]) -> Backlog:
    """Measure a log against the platform's watermarks."""
    recorded = confirmed = 0
    oldest: datetime | None = None
    for epoch in log.epochs():
        tip, upto = log.tip_of(epoch).sequence, marks[epoch].upto if epoch in marks else 0
        recorded += tip
        confirmed += min(upto, tip)
        waiting = log.events(epoch, after=upto, limit=1) if upto < tip else ()
        if waiting and (oldest is None or waiting[0].recorded_at < oldest):
            oldest = waiting[0].recorded_at
    return Backlog(recorded, confirmed, oldest)
