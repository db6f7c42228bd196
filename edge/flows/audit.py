"""Auditing a station's log: sequence, chain, columns, signatures, epochs and evidence.

Truncation at the end cannot be seen in a log by itself: the platform's watermarks tell it.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from edge.core.envelope import EVENT_PAYLOAD_TYPE, GENESIS, Sealed, Tip, digest_of, pae
from edge.core.errors import DecodeError, StorageCorrupt
from edge.core.ids import Digest, EpochId
from edge.core.moments import rfc3339
from edge.ports import KeyRing
from edge.wire.downlink import Mark

EPOCH_OPENED = "specimen.epoch.opened.v1"
_BATCH = 500


class Log(Protocol):
    """A station's log."""

    def epochs(self) -> tuple[EpochId, ...]:
        """All epochs, oldest first."""
        ...

    def tip_of(self, epoch: EpochId) -> Tip:
        """The end of an epoch's chain."""
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

    epoch: EpochId
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
    ring: KeyRing,
    evidence: Evidence | None = None,
    marks: Mapping[EpochId, Mark] | None = None,
) -> Audited:
    """Check a whole log against pinned keys, in batches; it stops at the first flaw.

    Without `evidence`, photographs are not looked at; with `marks`, the end is checked too.
    """
    walk = _Walk(log, ring, evidence, marks or {})
    first_bad = next(walk.flaws(), None)
    return Audited(walk.events, walk.epochs, len(walk.seen), first_bad)


class _Walk:
    """One pass over a log."""

    def __init__(
        self,
        log: Log,
        ring: KeyRing,
        evidence: Evidence | None,
        marks: Mapping[EpochId, Mark],
    ) -> None:
        self._log = log
        self._ring = ring
        self._evidence = evidence
        self._marks = marks
        self.events = 0
        self.epochs = 0
        self.seen: set[Digest] = set()

    def flaws(self) -> Iterator[Flaw]:
        """Every flaw, in order."""
        before: Tip | None = None
        epochs = self._log.epochs()
        for epoch in self._marks.keys() - set(epochs):
            yield Flaw(epoch, 0, "epoch_missing")
        for epoch in epochs:
            self.epochs += 1
            tip = Tip(epoch)
            for event in self._events(epoch):
                self.events += 1
                code = self._flaw(event, tip, before)
                if code:
                    yield Flaw(epoch, event.sequence, code)
                tip = Tip(epoch, event.sequence, event.digest)
            if tip.sequence == 0:
                yield Flaw(epoch, 0, "epoch_empty")
            if epoch in self._marks and self._marks[epoch].upto > tip.sequence:
                yield Flaw(epoch, tip.sequence, "truncated")
            before = tip

    def _events(self, epoch: EpochId) -> Iterator[Sealed]:
        after = 0
        while batch := self._log.events(epoch, after=after, limit=_BATCH):
            yield from batch
            after = batch[-1].sequence

    def _flaw(self, event: Sealed, tip: Tip, before: Tip | None) -> str:
        """What is wrong with an event after `tip`, or an empty text."""
        if event.sequence != tip.sequence + 1:
            return "gap"
        if digest_of(event.body) != event.digest:
            return "digest"
        is_signed = self._ring.signed(
            event.key_id,
            purpose="event",
            message=pae(EVENT_PAYLOAD_TYPE, event.body),
            signature=event.signature,
            at=event.recorded_at,
        )
        if not is_signed:
            return "signature"
        mark = self._marks.get(event.epoch)
        if mark is not None and mark.upto == event.sequence and mark.digest != event.digest:
            return "forked"
        return self._flaw_of_body(event, tip, before)

    def _flaw_of_body(self, event: Sealed, tip: Tip, before: Tip | None) -> str:
        try:
            body: Mapping[str, Any] = json.loads(event.body)
            if body["prev"] != (tip.digest if tip.sequence else GENESIS):
                return "chain"
            if not _agrees(event, body):
                return "columns"
            if (event.sequence == 1) != (event.type == EPOCH_OPENED):
                return "epoch"
            if event.sequence == 1 and not _continues(body["data"], before):
                return "epoch"
            return self._flaw_of_evidence(body["data"])
        except (ValueError, KeyError, TypeError, DecodeError):
            return "body"

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
    is_aware = datetime.fromisoformat(body["recordedtime"]).tzinfo is not None
    return is_aware and all(body[name] == value for name, value in columns.items())


def _continues(data: Mapping[str, Any], before: Tip | None) -> bool:
    """Whether an epoch's first event names the one before it, where the log still has it."""
    if before is None:
        return True
    named = (data["last_epoch"], data["last_sequence"], data["last_digest"])
    return named == (before.epoch, before.sequence, before.digest)


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
