"""Taking in (the platform's side of step 11): stored once, checked against the chain, counted.

The watermark counts durable storage, not validity: what fails a check is kept in quarantine at its
place, alarmed, and passed over.
"""

from collections.abc import Iterator

from edge.central.open import open_event
from edge.central.store import EventStore
from edge.core.ids import EpochId
from edge.core.platform import Alarm, Received, Suspect
from edge.ports import Clock, KeyRing
from edge.wire.downlink import Mark
from edge.wire.topics import Topic


class Ingest:
    """Keeps every event of every station, and knows how far each is whole."""

    def __init__(self, *, store: EventStore, ring: KeyRing, clock: Clock) -> None:
        self._store = store
        self._ring = ring
        self._clock = clock

    def take(self, topic: Topic, payload: bytes) -> EpochId | None:
        """Keep one message inside the caller's transaction; the epoch that it touched."""
        found = open_event(topic, payload, self._ring)
        if isinstance(found, Suspect):
            self._suspect(found)
            return found.epoch
        known = self._store.event_at(found.station, found.epoch, found.sequence)
        if known is not None and known.digest == found.digest:
            self._store.count_redelivery(found.station)
            return found.epoch
        reason = "fork" if known is not None else self._breaks_chain(found)
        if reason:
            self._suspect(_as_suspect(found, reason))
        else:
            self._store.keep_event(found, at=self._clock.now())
        return found.epoch

    def advance(self, station: str, epoch: EpochId) -> Iterator[Received]:
        """Move the watermark over everything stored without a hole; the events it passes."""
        upto = self._upto(station, epoch)
        mark: Mark | None = None
        while True:
            event = self._store.event_at(station, epoch, upto + 1)
            digest = event.digest if event else self._store.suspect_at(station, epoch, upto + 1)
            if digest is None:
                break
            upto += 1
            mark = Mark(upto, digest)
            if event is not None:
                yield event
        if mark is not None:
            self._store.set_mark(station, epoch, mark)

    def hole(self, station: str, epoch: EpochId) -> tuple[int, int] | None:
        """The first missing range below something that is stored, ends included."""
        upto = self._upto(station, epoch)
        above = self._store.next_above(station, epoch, upto)
        return None if above is None or above == upto + 1 else (upto + 1, above - 1)

    def alarm(self, station: str, code: str, **facts: object) -> None:
        """Raise an alarm, inside the caller's transaction."""
        texts = {name: str(value) for name, value in facts.items()}
        self._store.raise_alarm(Alarm(self._clock.now(), station, code, texts))

    def _upto(self, station: str, epoch: EpochId) -> int:
        mark = self._store.marks(station).get(epoch)
        return mark.upto if mark else 0

    def _suspect(self, suspect: Suspect) -> None:
        if self._store.keep_suspect(suspect, at=self._clock.now()):
            place = {"epoch": suspect.epoch or "-", "sequence": suspect.sequence or 0}
            self.alarm(suspect.station, suspect.reason, **place, digest=suspect.digest)

    def _breaks_chain(self, event: Received) -> str:
        """Against both neighbours, as far as they are here: a gap may be filled from either end."""
        if event.sequence > 1:
            before = self._store.event_at(event.station, event.epoch, event.sequence - 1)
            if before is not None and before.digest != event.prev:
                return "chain_broken"
        after = self._store.event_at(event.station, event.epoch, event.sequence + 1)
        return "chain_broken" if after is not None and after.prev != event.digest else ""


def _as_suspect(event: Received, reason: str) -> Suspect:
    return Suspect(event.station, event.epoch, event.sequence, event.digest, reason, event.envelope)
