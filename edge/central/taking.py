"""Taking in a batch: an event is judged by the keys that the events before it have announced.

An event of an unknown key may be the first one after a change of keys that was lost or overtaken.
While an event before it is missing it waits: it is not kept, counts as missing, and is asked for
again. With everything before it here, nothing can announce its key any more: quarantine.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from edge.central.ingest import Ingest
from edge.central.open import KEY_UNKNOWN, open_event
from edge.core.platform import Chain, Received, Suspect
from edge.ports import KeyRing
from edge.wire.rotation import ROTATED
from edge.wire.topics import Topic

Message = tuple[Topic, bytes]
Opened = tuple[Message, Received | Suspect]
Follow = Callable[[Chain], None]
"""Moves the watermark of a chain, and does what the passed events ask for."""


@dataclass(frozen=True, slots=True)
class Taking:
    """One batch, inside the caller's transaction."""

    ring: KeyRing
    ingest: Ingest
    follow: Follow

    def take(self, batch: Iterable[Message]) -> frozenset[Chain]:
        """Keep a batch and move the watermarks; the chains that it touched."""
        waiting = list(batch)
        chains: set[Chain] = set()
        while waiting:
            found, rest = self._open(waiting)
            known = tuple(event for _, event in found if not _is_strange(event))
            waiting = [each for each, event in found if _is_strange(event)] + rest
            pinned = self.ingest.pinned
            chains |= self.ingest.take(known)
            if not rest and self.ingest.pinned == pinned:
                break
        for chain in sorted(chains):
            self.follow(chain)
        strange = (open_event(*each, self.ring) for each in waiting)
        suspects = (each for each in strange if isinstance(each, Suspect))
        for each in sorted(suspects, key=attrgetter("station", "epoch", "sequence")):
            chains |= self._meet(each)
        return frozenset(chains)

    def _open(self, waiting: Sequence[Message]) -> tuple[list[Opened], list[Message]]:
        """Opened messages up to a change of keys, and the rest: the new keys judge them."""
        found: list[Opened] = []
        for each in waiting:
            event = open_event(*each, self.ring)
            found.append((each, event))
            if isinstance(event, Received) and event.type == ROTATED:
                break
        return found, list(waiting[len(found) :])

    def _meet(self, strange: Suspect) -> frozenset[Chain]:
        if strange.epoch is None or strange.sequence is None:
            return frozenset()
        chain = (strange.station, strange.epoch)
        if strange.sequence > self.ingest.upto(chain) + 1:
            self.ingest.wait_for(chain, strange.sequence)
        else:
            self.ingest.take((strange,))
            self.follow(chain)
        return frozenset({chain})


def _is_strange(event: Received | Suspect) -> bool:
    return isinstance(event, Suspect) and event.reason == KEY_UNKNOWN and event.sequence is not None
