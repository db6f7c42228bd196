"""Auditing a station's log: sequence, chain, columns, signatures, epochs and evidence.

Truncation at the end cannot be seen in a log by itself: the platform's watermarks tell it.
"""

import json
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from edge.core.archive import ArchiveHead
from edge.core.envelope import EVENT_PAYLOAD_TYPE, GENESIS, Sealed, Tip, digest_of, pae
from edge.core.errors import DecodeError, StorageCorrupt, StorageError
from edge.core.ids import Digest, EpochId, KeyId
from edge.core.moments import rfc3339
from edge.ports import EventKeys
from edge.wire.archive import read_heads
from edge.wire.downlink import Mark
from edge.wire.rotation import ROTATED, read_succession
from edge.wire.topics import Station

EPOCH_OPENED = "specimen.epoch.opened.v1"
_BATCH = 500
_BEFORE_ALL = -(2**63)
"""Below every sequence that a changed store could hold."""


class Log(Protocol):
    """A station's log."""

    def epochs(self) -> tuple[EpochId, ...]:
        """All epochs, oldest first."""
        ...

    def strays(self) -> tuple[EpochId, ...]:
        """Epochs that events name and that were never opened."""
        ...

    def pruned(self) -> Sealed | None:
        """The newest statement of what was forgotten; None when nothing was."""
        ...

    def events(self, epoch: EpochId, *, after: int = 0, limit: int = 1000) -> tuple[Sealed, ...]:
        """Events in order."""
        ...


class Evidence(Protocol):
    """Where photographs lie."""

    def get(self, sha256: Digest) -> bytes | None:
        """The content, verified against its name; None when absent, StorageCorrupt when changed."""
        ...


@dataclass(frozen=True, slots=True)
class Flaw:
    """The first thing that does not hold: where, and what."""

    epoch: EpochId | None
    sequence: int
    code: str


@dataclass(frozen=True, slots=True)
class Audited:
    """How much was looked at, and the first flaw if there is one."""

    events: int
    epochs: int
    evidence: int
    first_bad: Flaw | None = None

    @property
    def ok(self) -> bool:
        """Whether everything holds."""
        return self.first_bad is None


def audit(
    log: Log,
    *,
    ring: EventKeys,
    evidence: Evidence | None = None,
    marks: Mapping[EpochId, Mark] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Audited:
    """Check a whole log against pinned keys, in batches; it stops at the first flaw.

    Without `evidence`, photographs are not looked at; with `marks`, the end is checked too.
    A change of keys that a pinned key has sealed is taken into `ring`.
    `progress` hears the number of events so far after each batch.
    """
    walk = _Walk(log, ring, evidence, marks or {})
    first_bad = next(walk.flaws(progress or (lambda _: None)), None)
    return Audited(walk.events, walk.epochs, len(walk.seen), first_bad)


class _Walk:
    """One pass over a log."""

    def __init__(
        self,
        log: Log,
        ring: EventKeys,
        evidence: Evidence | None,
        marks: Mapping[EpochId, Mark],
    ) -> None:
        self._log = log
        self._ring = ring
        self._evidence = evidence
        self._marks = marks
        self._sealing: KeyId | None = None
        self._heads: Mapping[EpochId, ArchiveHead] = {}
        self.events = 0
        self.epochs = 0
        self.seen: set[Digest] = set()

    def flaws(self, progress: Callable[[int], None]) -> Iterator[Flaw]:
        """Every flaw, in order; nothing can be said behind one that cannot be read."""
        try:
            epochs, strays = self._log.epochs(), self._log.strays()
            self._heads = self._stated_heads()
        except StorageError:
            yield Flaw(None, 0, "unreadable")
            return
        for epoch in sorted(self._marks.keys() - set(epochs)):
            yield Flaw(epoch, 0, "epoch_missing")
        for epoch in strays:
            yield Flaw(epoch, 0, "epoch_unopened")
        before: Tip | None = None
        for epoch in epochs:
            self.epochs += 1
            before = yield from self._flaws_of(epoch, before, progress)

    def _flaws_of(
        self, epoch: EpochId, before: Tip | None, progress: Callable[[int], None]
    ) -> Generator[Flaw, None, Tip]:
        """Every flaw of an epoch; its end."""
        tip = self._begin(epoch)
        after = _BEFORE_ALL
        self._sealing = None
        try:
            while batch := self._batch(epoch, after):
                for event in batch:
                    self.events += 1
                    code = self._flaw(event, tip, before)
                    if code:
                        yield Flaw(epoch, event.sequence, code)
                    tip = Tip(epoch, event.sequence, event.digest)
                after = tip.sequence
                progress(self.events)
        except StorageError:
            yield Flaw(epoch, tip.sequence + 1, "unreadable")
        if tip.sequence == 0:
            yield Flaw(epoch, 0, "epoch_empty")
        if epoch in self._marks and self._marks[epoch].upto > tip.sequence:
            yield Flaw(epoch, tip.sequence, "truncated")
        return tip

    def _stated_heads(self) -> Mapping[EpochId, ArchiveHead]:
        """What may be missing at the beginnings: only as the station has sealed it."""
        stated = self._log.pruned()
        if stated is None or not self._is_signed(stated):
            return {}
        try:
            return read_heads(stated.body)
        except DecodeError:
            return {}

    def _begin(self, epoch: EpochId) -> Tip:
        """Before the first event of an epoch that is kept.

        While rows are still going, those left up to the head count by the chain that leads to it.
        """
        head = self._heads.get(epoch)
        first = self._log.events(epoch, after=_BEFORE_ALL, limit=1) if head else ()
        if head is None or not first or first[0].sequence == 1:
            return Tip(epoch)
        if first[0].sequence > head.upto:
            return head.tip
        return Tip(epoch, first[0].sequence - 1, _prev_of(first[0]))

    def _batch(self, epoch: EpochId, after: int) -> tuple[Sealed, ...]:
        """The next events; one alone where a row cannot be read, so that its place is known."""
        try:
            return self._log.events(epoch, after=after, limit=_BATCH)
        except StorageError:
            return self._log.events(epoch, after=after, limit=1)

    def _flaw(self, event: Sealed, tip: Tip, before: Tip | None) -> str:
        """What is wrong with an event after `tip`, or an empty text."""
        if event.sequence != tip.sequence + 1:
            return "gap"
        if digest_of(event.body) != event.digest:
            return "digest"
        if not self._is_signed(event):
            return "signature"
        if self._is_out_of_turn(event):
            return "key"
        if self._is_forked(event):
            return "forked"
        return self._flaw_of_body(event, tip, before)

    def _flaw_of_body(self, event: Sealed, tip: Tip, before: Tip | None) -> str:
        try:
            body: Mapping[str, Any] = json.loads(event.body)
            found = {
                "chain": body["prev"] != (tip.digest if tip.sequence else GENESIS),
                "columns": not _agrees(event, body),
                "source": not self._is_of_owner(event.key_id, body["source"]),
                "epoch": (event.sequence == 1) != (event.type == EPOCH_OPENED)
                or (event.sequence == 1 and not _continues(body["data"], before)),
            }
            first = next((code for code, holds in found.items() if holds), "")
            return first or self._flaw_of_rotation(event) or self._flaw_of_evidence(body["data"])
        except (ValueError, KeyError, TypeError, RecursionError, DecodeError):
            return "body"

    def _is_forked(self, event: Sealed) -> bool:
        """Whether others know another event at this place: the platform, or what was stated."""
        known = (self._marks.get(event.epoch), self._heads.get(event.epoch))
        return any(
            each is not None and each.upto == event.sequence and each.digest != event.digest
            for each in known
        )

    def _is_signed(self, event: Sealed) -> bool:
        return self._ring.signed(
            event.key_id,
            purpose="event",
            message=pae(EVENT_PAYLOAD_TYPE, event.body),
            signature=event.signature,
            at=event.recorded_at,
        )

    def _is_out_of_turn(self, event: Sealed) -> bool:
        """Whether another key seals here: within an epoch it changes as the log itself says."""
        if self._sealing not in {None, event.key_id}:
            return True
        return self._ring.ended(event.key_id, epoch=event.epoch, sequence=event.sequence)

    def _flaw_of_rotation(self, event: Sealed) -> str:
        """Take in which key seals next; one that is pinned otherwise is a flaw."""
        self._sealing = event.key_id
        if event.type != ROTATED:
            return ""
        owner = self._ring.owner(event.key_id) or ""
        succession = read_succession(event.body, by=event.key_id, owner=owner)
        self._sealing = succession.new
        return "key" if self._ring.succeed(succession) else ""

    def _is_of_owner(self, key_id: KeyId, source: str) -> bool:
        """Whether a station signed for itself, not for another."""
        owner = self._ring.owner(key_id)
        return owner is not None and Station.parse(owner).urn == source

    def _flaw_of_evidence(self, data: object) -> str:
        if self._evidence is None:
            return ""
        for digest in _digests_in(data):
            if digest in self.seen:
                continue
            try:
                content = self._evidence.get(digest)
            except StorageCorrupt:
                return "evidence_changed"
            except StorageError:
                return "evidence_unreadable"
            if content is None:
                return "evidence_missing"
            self.seen.add(digest)
        return ""


def _agrees(event: Sealed, body: Mapping[str, Any]) -> bool:
    """Whether the stored columns say what the signed body says."""
    columns = {
        "id": event.event_id,
        "epoch": event.epoch,
        "sequence": f"{event.sequence:020d}",
        "type": event.type,
        "subject": event.subject,
        "recordedtime": rfc3339(event.recorded_at),
    }
    recorded_at = datetime.fromisoformat(body["recordedtime"])
    is_exact = recorded_at.tzinfo is not None and recorded_at == event.recorded_at
    return is_exact and all(body[name] == value for name, value in columns.items())


def _continues(data: Mapping[str, Any], before: Tip | None) -> bool:
    """Whether an epoch's first event names the end of the one before it, or none where none is."""
    end = (before.epoch, before.sequence, before.digest) if before else (None, 0, None)
    return (data["last_epoch"], data["last_sequence"], data["last_digest"]) == end


def _prev_of(event: Sealed) -> Digest:
    """The digest that an event names before it; none that fits where it names none."""
    try:
        return Digest.parse(json.loads(event.body)["prev"])
    except (ValueError, KeyError, TypeError, RecursionError, DecodeError):
        return GENESIS


def _digests_in(data: object) -> Iterator[Digest]:
    """Every photograph that an event names."""
    if isinstance(data, dict):
        for name, value in data.items():
            if name == "sha256" and isinstance(value, str):
                yield Digest.parse(value)
            else:
                yield from _digests_in(value)
    elif isinstance(data, list):
        for each in data:
            yield from _digests_in(each)
