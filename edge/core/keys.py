"""How one event key follows another: the change, and the last place that the earlier one sealed."""

from dataclasses import dataclass
from datetime import datetime

from edge.core.ids import EpochId, KeyId


@dataclass(frozen=True, slots=True)
class KeyEnd:
    """The last event that a key sealed.

    A place, because a clock may be set back: what a key sealed before counts whatever its time.
    """

    epoch: EpochId
    sequence: int

    def is_before(self, epoch: EpochId, sequence: int) -> bool:
        """Whether a place comes after the end; epochs are ordered by their names."""
        return (self.epoch, self.sequence) < (epoch, sequence)


@dataclass(frozen=True, slots=True)
class Succession:
    """A station's own word, sealed with the key `old`, that from the next event on `new` seals."""

    owner: str
    old: KeyId
    new: KeyId
    public: str
    end: KeyEnd
    at: datetime
