"""One batch of events before it is written: fetched neighbours and what is new, in few statements.

A shelf lives for one transaction. Everything that it answers is what the store would answer after
the batch so far was written.
"""

from collections.abc import Iterable
from datetime import datetime

from edge.central.store import EventStore
from edge.core.ids import Digest, EpochId
from edge.core.platform import Chain, Received, Slot, Suspect
from edge.wire.downlink import Mark

AHEAD = 100
"""So many places are looked up at once where a filled gap meets what was stored before."""


class Shelf:
    """Reads in bulk before a batch, writes in bulk after it."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._events: dict[Slot, Received] = {}
        self._suspects: dict[Slot, Digest] = {}
        self._seen: set[Slot] = set()
        self._marks: dict[Chain, Mark] = {}
        self._asked: set[Chain] = set()
        self._moved: dict[Chain, Mark] = {}
        self._new: list[Received] = []
        self._again: dict[str, int] = {}

    def fetch(self, found: Iterable[Received | Suspect]) -> None:
        """Look up the places of a batch, their neighbours, and their watermarks."""
        slots: set[Slot] = set()
        chains: set[Chain] = set()
        for each in found:
            if each.epoch is None or each.sequence is None:
                continue
            chains.add((each.station, each.epoch))
            around = range(max(each.sequence - 1, 1), each.sequence + 2)
            slots.update((each.station, each.epoch, sequence) for sequence in around)
        self._fetch_marks(chains)
        ahead = {(*chain, self.upto(*chain) + 1) for chain in chains}
        self._fetch_slots(slots | ahead)

    def event_at(self, slot: Slot) -> Received | None:
        """The event at a place."""
        self._fetch_ahead(slot)
        return self._events.get(slot)

    def suspect_at(self, slot: Slot) -> Digest | None:
        """The digest of the first quarantined bytes at a place."""
        self._fetch_ahead(slot)
        return self._suspects.get(slot)

    def upto(self, station: str, epoch: EpochId) -> int:
        """How far a chain is whole, 0 before its first event."""
        chain = (station, epoch)
        if chain not in self._asked:
            self._fetch_marks({chain})
        mark = self._moved.get(chain) or self._marks.get(chain)
        return mark.upto if mark else 0

    def keep_event(self, event: Received) -> None:
        """A new event at a place that is free."""
        slot = (event.station, event.epoch, event.sequence)
        self._events[slot] = event
        self._seen.add(slot)
        self._new.append(event)

    def keep_suspect(self, suspect: Suspect, *, at: datetime) -> bool:
        """Put bytes into quarantine, once; whether they were new there."""
        is_new = self._store.keep_suspect(suspect, at=at)
        if is_new and suspect.epoch is not None and suspect.sequence is not None:
            slot = (suspect.station, suspect.epoch, suspect.sequence)
            self._suspects.setdefault(slot, suspect.digest)
        return is_new

    def count_redelivery(self, station: str) -> None:
        """The same bytes came once more."""
        self._again[station] = self._again.get(station, 0) + 1

    def set_mark(self, station: str, epoch: EpochId, mark: Mark) -> None:
        """Move a watermark."""
        self._moved[station, epoch] = mark

    def write(self, *, at: datetime) -> None:
        """Hand everything new to the store."""
        new, self._new = self._new, []
        if new:
            self._store.keep_events(new, at=at)
        again, self._again = self._again, {}
        for station, number in again.items():
            self._store.count_redeliveries(station, number)

    def write_marks(self) -> None:
        """Hand the moved watermarks to the store, after the events they speak of."""
        if self._moved:
            self._store.set_marks(self._moved)

    def _fetch_ahead(self, slot: Slot) -> None:
        if slot not in self._seen:
            station, epoch, sequence = slot
            after = range(sequence, sequence + AHEAD)
            self._fetch_slots({(station, epoch, each) for each in after} - self._seen)

    def _fetch_slots(self, slots: set[Slot]) -> None:
        if not slots:
            return
        self._seen |= slots
        for event in self._store.events_at(slots):
            self._events[event.station, event.epoch, event.sequence] = event
        self._suspects |= self._store.suspects_at(slots)

    def _fetch_marks(self, chains: set[Chain]) -> None:
        self._asked |= chains
        self._marks |= self._store.marks_of(chains)
