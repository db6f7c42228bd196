"""The archive stays within its days: what the platform has confirmed is forgotten after them.

First it is stated, sealed like everything; then the rows go, few at a time, so that no scan waits.
A power cut between the two leaves rows that go later.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from edge.core.archive import PRUNED_AT, ArchiveHead, ArchivePruned, forgettable_before, moved_heads
from edge.core.documents import Document
from edge.core.envelope import Sealed, Tip
from edge.core.errors import DecodeError, StorageError
from edge.core.ids import EpochId, RuleSetId
from edge.core.moments import TimeQuality
from edge.flows.record import Recorder
from edge.ports import Clock, Inbox, Journal
from edge.wire.archive import read_heads
from edge.wire.downlink import Ack, Downlink

EVERY_S = 3600.0
ROWS = 200
"""So many rows in one transaction: some milliseconds on a memory card."""


class Archive(Protocol):
    """The station's events, and the way to forget the oldest."""

    def epochs(self) -> tuple[EpochId, ...]:
        """All epochs, oldest first."""
        ...

    def events(self, epoch: EpochId, *, after: int = 0, limit: int = 1000) -> tuple[Sealed, ...]:
        """Events in order."""
        ...

    def tip_of(self, epoch: EpochId) -> Tip:
        """The end of an epoch's chain."""
        ...

    def tip(self) -> Tip:
        """The end of the current epoch's chain."""
        ...

    def pruned(self) -> Sealed | None:
        """The newest statement of what was forgotten; None when nothing was."""
        ...

    def last_before(self, epoch: EpochId, at: datetime, *, upto: int) -> Tip | None:
        """The last event that was recorded before a moment, and all before it too; None if none."""
        ...

    def forget(self, head: ArchiveHead, *, limit: int) -> int:
        """Delete the oldest events up to a head; how many went. Raises StorageError."""
        ...


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long; 0 days keeps everything."""

    days: int
    ruleset: RuleSetId


def newest_ack(inbox: Inbox, downlink: Downlink) -> Ack | None:
    """The platform's last watermarks, verified; None before the first."""
    payload = inbox.newest("ack")
    try:
        return downlink.open(payload, Ack) if payload else None
    except DecodeError:
        return None  # the shipper has noted it


class Pruning:
    """Forgets a little whenever it is called; the desk calls between two inputs."""

    def __init__(
        self,
        archive: Archive,
        keeping: Keeping,
        *,
        ack: Callable[[], Ack | None],
        recorder: Recorder,
        clock: Clock,
        journal: Journal,
    ) -> None:
        self._archive = archive
        self._keeping = keeping
        self._ack = ack
        self._recorder = recorder
        self._clock = clock
        self._journal = journal
        self._heads: list[ArchiveHead] = []
        self._next_ns = 0

    def step(self) -> int:
        """Delete some rows, or once an hour look for more; how many went.

        A store that cannot be written is left alone until the next hour.
        """
        if not self._keeping.days:
            return 0
        try:
            if self._heads:
                return self._forget()
            if self._clock.mono_ns() >= self._next_ns:
                self._next_ns = self._clock.mono_ns() + int(EVERY_S * 1e9)
                self._heads = list(self._stated().values())
                self._state_more()
        except StorageError as error:
            self._heads.clear()
            self._next_ns = self._clock.mono_ns() + int(EVERY_S * 1e9)
            self._journal.warning("archive.store", error=str(error))
        return 0

    def _forget(self) -> int:
        gone = self._archive.forget(self._heads[0], limit=ROWS)
        if gone < ROWS:
            self._heads.pop(0)
        return gone

    def _stated(self) -> Mapping[EpochId, ArchiveHead]:
        """What the newest statement says; the audit checks it, here it only names our own rows."""
        newest = self._archive.pruned()
        try:
            return read_heads(newest.body) if newest else {}
        except DecodeError:
            return {}

    def _state_more(self) -> None:
        ack, now = self._ack(), self._clock.read()
        if ack is None or now.quality is TimeQuality.UNTRUSTED:
            return
        before = forgettable_before(now.at, ack.issued, keep_days=self._keeping.days)
        ends = dict(self._ends(ack, before))
        heads = moved_heads(self._stated(), ends)
        if not heads:
            return
        tip = self._archive.tip()
        place = f"{tip.epoch}/{tip.sequence + 1}".encode()
        self._recorder.record(
            (ArchivePruned(self._keeping.days, heads),),
            occurred=now,
            ruleset=self._keeping.ruleset,
            documents=(Document(*PRUNED_AT, "stated", place),),
        )
        self._heads = list(heads)
        self._journal.info("archive.pruned", epochs=len(heads))

    def _ends(self, ack: Ack, before: datetime) -> Iterator[tuple[EpochId, Tip]]:
        """Per epoch the last that may go: confirmed on our own bytes, old, and not the end."""
        for epoch in self._archive.epochs():
            mark = ack.epochs.get(epoch)
            if mark is None or mark.upto == 0:
                continue
            at_mark = self._archive.events(epoch, after=mark.upto - 1, limit=1)
            if not at_mark or at_mark[0].tip != Tip(epoch, mark.upto, mark.digest):
                continue
            upto = min(mark.upto, self._archive.tip_of(epoch).sequence - 1)
            end = self._archive.last_before(epoch, before, upto=upto)
            if end is not None:
                yield epoch, end
