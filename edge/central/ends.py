"""Where stations said that their logs end: a missing end is a gap that no later event shows."""

from collections.abc import Mapping

from edge.central.gaps import GapWatch, Hole
from edge.central.store import EventStore
from edge.core.platform import Chain
from edge.ports import Clock
from edge.wire.downlink import StationState, Status


class EndWatch:
    """Watches the missing end of each chain while its station is there to send it."""

    def __init__(self, store: EventStore, clock: Clock, *, patience_s: float) -> None:
        self._store = store
        self._watch = GapWatch(clock, patience_s=patience_s)
        self._last: dict[Chain, int] = {}
        self._fresh: set[Chain] = set()

    def hear(self, station: str, status: Status) -> None:
        """A birth says where the log ends; one that has gone is not waited for."""
        if status.state is not StationState.ONLINE:
            gone = frozenset(chain for chain in self._last if chain[0] == station)
            self._forget(gone)
            self._watch.note(gone, {})
        elif status.epoch is not None and status.next_seq is not None:
            chain = (station, status.epoch)
            self._last[chain] = status.next_seq - 1
            self._fresh.add(chain)

    def note(self, chains: frozenset[Chain]) -> tuple[Chain, ...]:
        """These chains have grown; those whose alarmed end has come."""
        asked = frozenset(chains & self._last.keys()) | self._fresh
        if not asked:
            return ()
        missing = self._missing(asked)
        self._fresh.clear()
        filled = self._watch.note(asked, missing)
        self._forget(asked - missing.keys())
        return filled

    def due(self) -> tuple[tuple[Chain, Hole], ...]:
        """Ends that did not come any nearer for the patience, not told yet."""
        return self._watch.due()

    def told(self, chain: Chain, hole: Hole) -> None:
        """The alarm is stored."""
        self._watch.told(chain, hole)

    def _missing(self, chains: frozenset[Chain]) -> Mapping[Chain, Hole]:
        marks = self._store.marks_of(chains)
        upto = {chain: marks[chain].upto if chain in marks else 0 for chain in chains}
        return {
            chain: (upto[chain] + 1, self._last[chain])
            for chain in chains
            if upto[chain] < self._last[chain]
        }

    def _forget(self, chains: frozenset[Chain]) -> None:
        for chain in chains:
            self._last.pop(chain, None)
            self._fresh.discard(chain)
