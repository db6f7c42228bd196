"""Taking in (the platform's side of step 11): stored once, checked against the chain, counted.

The watermark counts durable storage, not validity: what fails a check is kept in quarantine at its
place, alarmed, and passed over.
"""

from collections.abc import Iterator

from edge.central.shelf import Shelf
from edge.central.store import EventStore
from edge.core.errors import DecodeError
from edge.core.ids import EpochId
from edge.core.platform import Alarm, Chain, Received, Suspect
from edge.ports import Clock, EventKeys
from edge.wire.downlink import Mark
from edge.wire.rotation import ROTATED, read_succession

AHEAD_AT_ONCE = 500
"""So far above the watermark a station sends: no more is asked for at once."""


class Ingest:
    """Keeps the events of one batch, inside the caller's transaction."""

    def __init__(self, *, store: EventStore, clock: Clock, keys: EventKeys) -> None:
        self._store = store
        self._clock = clock
        self._keys = keys
        self._shelf = Shelf(store)
        self._awaited: dict[Chain, int] = {}
        self.pinned = 0
        """How many changes of a key were taken in."""
        self.alarms: list[Alarm] = []
        """What was raised so far; it holds once the caller's transaction has ended well."""

    def take(self, found: tuple[Received | Suspect, ...]) -> frozenset[Chain]:
        """Keep opened messages in their order; the chains that they touched."""
        self._shelf.fetch(found)
        for each in found:
            if isinstance(each, Suspect):
                self._suspect(each)
            else:
                self._keep(each)
        self._shelf.write(at=self._clock.now())
        return frozenset((each.station, each.epoch) for each in found if each.epoch is not None)

    def advance(self, station: str, epoch: EpochId) -> Iterator[Received]:
        """Move the watermark over everything stored without a hole; the events it passes."""
        upto = self._shelf.upto(station, epoch)
        mark: Mark | None = None
        while True:
            slot = (station, epoch, upto + 1)
            event = self._shelf.event_at(slot)
            digest = event.digest if event else self._shelf.suspect_at(slot)
            if digest is None:
                break
            upto += 1
            mark = Mark(upto, digest)
            if event is not None:
                yield event
        if mark is not None:
            self._shelf.set_mark(station, epoch, mark)

    def upto(self, chain: Chain) -> int:
        """How far a chain is whole, 0 before its first event."""
        return self._shelf.upto(*chain)

    def wait_for(self, chain: Chain, sequence: int) -> None:
        """Everything of a chain up to here is wanted again."""
        self._awaited[chain] = max(sequence, self._awaited.get(chain, 0))

    def finish(self, chains: frozenset[Chain]) -> dict[Chain, tuple[int, int]]:
        """Write the watermarks; the first missing range of each chain that has one."""
        self._shelf.write_marks()
        upto = {chain: self._shelf.upto(*chain) for chain in chains}
        above = self._store.lowest_above(upto)
        holes = {
            chain: (upto[chain] + 1, lowest - 1)
            for chain, lowest in above.items()
            if lowest > upto[chain] + 1
        }
        return holes | {
            chain: (upto[chain] + 1, min(last, upto[chain] + AHEAD_AT_ONCE))
            for chain, last in self._awaited.items()
        }

    def alarm(self, station: str, code: str, **facts: object) -> None:
        """Raise an alarm, inside the caller's transaction."""
        texts = {name: str(value) for name, value in facts.items()}
        alarm = Alarm(self._clock.now(), station, code, texts)
        self._store.raise_alarm(alarm)
        self.alarms.append(alarm)

    def _keep(self, event: Received) -> None:
        known = self._shelf.event_at((event.station, event.epoch, event.sequence))
        if known is not None and known.digest == event.digest:
            self._shelf.count_redelivery(event.station)
            self._pin(event)
            return
        reason = "fork" if known is not None else self._breaks_chain(event)
        if reason:
            self._suspect(_as_suspect(event, reason))
        else:
            self._shelf.keep_event(event)
            why = self._pin(event)
            if why:
                place = {"epoch": event.epoch, "sequence": event.sequence}
                self.alarm(event.station, "rotation_refused", **place, key=event.key_id, why=why)

    def _pin(self, event: Received) -> str:
        """Take in a change of keys before anything is committed that needs it; why not.

        It stays pinned when the transaction fails: it was verified, and it comes again.
        """
        if event.type != ROTATED:
            return ""
        try:
            succession = read_succession(event.body, by=event.key_id, owner=event.station)
        except DecodeError as error:
            return error.code
        counts = self._keys.counts(event.key_id, purpose="event")
        if not counts and not self._keys.knows(succession.new, purpose="event"):
            return "key_not_valid"  # a revoked one could still name an earlier time
        why = self._keys.succeed(succession)
        self.pinned += not why
        return why

    def _suspect(self, suspect: Suspect) -> None:
        if self._shelf.keep_suspect(suspect, at=self._clock.now()):
            place = {"epoch": suspect.epoch or "-", "sequence": suspect.sequence or 0}
            self.alarm(suspect.station, suspect.reason, **place, digest=suspect.digest)

    def _breaks_chain(self, event: Received) -> str:
        """Against both neighbours, as far as they are here: a gap may be filled from either end."""
        station, epoch, sequence = event.station, event.epoch, event.sequence
        if sequence > 1:
            before = self._shelf.event_at((station, epoch, sequence - 1))
            if before is not None and before.digest != event.prev:
                return "chain_broken"
        after = self._shelf.event_at((station, epoch, sequence + 1))
        return "chain_broken" if after is not None and after.prev != event.digest else ""


def _as_suspect(event: Received, reason: str) -> Suspect:
    return Suspect(event.station, event.epoch, event.sequence, event.digest, reason, event.envelope)
