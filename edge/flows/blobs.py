"""Photographs after their events (step 11): in parts, slowly, until the platform has each by name.

A photograph waits until the platform has stored an event that names it, and goes only while no
event is on its way. The platform says which parts it lacks, so a broken line goes on where it was.
"""

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from edge.core.envelope import Sealed
from edge.core.errors import DecodeError, StorageError
from edge.core.evidence import Blob, Evidence
from edge.core.ids import Digest, EpochId
from edge.flows.backlog import Log
from edge.ports import Clock, Journal
from edge.wire.blob import BlobHead, encode_head, head_of, may_leave, part_of, part_size
from edge.wire.convert import structure
from edge.wire.downlink import BlobAck, Downlink, Mark
from edge.wire.topics import blob_topic

Publish = Callable[[str, bytes], int]
REFUSED = 0x80
BATCH = 100


class Ledger(Protocol):
    """Which photographs go, and which have arrived."""

    def blob_cursor(self, epoch: EpochId) -> int:
        """How far an epoch was searched."""
        ...

    def queue_blobs(self, epoch: EpochId, upto: int, blobs: tuple[Blob, ...]) -> None:
        """What was found up to there, together with the place."""
        ...

    def next_blob(self) -> Blob | None:
        """The oldest that waits."""
        ...

    def settle_blob(self, sha256: Digest, *, stored: bool) -> None:
        """It has arrived, or it cannot be sent any more."""
        ...


class Files(Protocol):
    """The station's evidence."""

    def get(self, sha256: Digest) -> bytes | None:
        """The content, verified against its name; None when absent, StorageCorrupt when changed."""
        ...


@dataclass(frozen=True, slots=True)
class Archive:
    """Where the station's events and photographs lie."""

    log: Log
    files: Files


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast photographs may go: bytes a second over time, `window` parts at once.

    Without a word from the platform for `patience_s`, doubled up to `patience_max_s`, the head
    goes again; `forms` says whether pictures of papers go too.
    """

    bytes_s: float = 256 * 1024
    window: int = 2
    patience_s: float = 20.0
    patience_max_s: float = 600.0
    forms: bool = False


@dataclass(slots=True)
class _Passage:
    """One photograph on its way."""

    blob: Blob
    content: bytes
    head: BlobHead
    wanted: deque[int]
    patience_s: float
    due_ns: int = 0


class BlobSender:
    """Sends one photograph at a time."""

    def __init__(
        self,
        *,
        archive: Archive,
        ledger: Ledger,
        downlink: Downlink,
        clock: Clock,
        journal: Journal,
        rate: Rate = Rate(),
    ) -> None:
        self._log = archive.log
        self._files = archive.files
        self._ledger = ledger
        self._downlink = downlink
        self._clock = clock
        self._journal = journal
        self._rate = rate
        self._passage: _Passage | None = None
        self._window: set[int] = set()
        self._allowance = rate.bytes_s
        self._filled_ns = clock.mono_ns()
        self._resume_ns = 0

    def begin(self) -> None:
        """A connection stands: what was on its way is asked about again."""
        self._window.clear()
        if self._passage:
            self._passage.wanted.clear()
            self._passage.due_ns = 0

    def pump(self, publish: Publish, *, marks: Mapping[EpochId, Mark], free: bool) -> None:
        """Send what is due; `free` says that no event is on its way. Raises LinkDown."""
        self._search(marks)
        now_ns = self._clock.mono_ns()
        if not free or now_ns < self._resume_ns:
            return
        passage = self._passage or self._next()
        if passage is None:
            return
        if not passage.wanted and not self._window and now_ns >= passage.due_ns:
            self._say_head(passage, publish)
        self._send_parts(passage, publish)

    def acknowledged(self, token: int, reason: int) -> None:
        """The broker's word on a part; after a refusal everything waits."""
        if token not in self._window:
            return
        self._window.discard(token)
        if reason >= REFUSED:
            self._journal.warning("blob.refused", reason=reason)
            self._resume_ns = self._clock.mono_ns() + int(self._rate.patience_max_s * 1e9)

    def hear_ack(self, payload: bytes) -> None:
        """What the platform has of a photograph."""
        try:
            ack = self._downlink.open(payload, BlobAck)
        except DecodeError as error:
            self._journal.warning("blob_ack.refused", error=str(error))
            return
        if ack.stored:
            self._ledger.settle_blob(ack.sha256, stored=True)
        passage = self._passage
        if passage is None or passage.blob.sha256 != ack.sha256:
            return
        if ack.stored:
            self._passage = None
            return
        passage.patience_s = self._rate.patience_s
        passage.wanted = deque(n for n in ack.wanted if part_size(passage.head, n))
        self._expect_word(passage)

    def _search(self, marks: Mapping[EpochId, Mark]) -> None:
        """Photographs that confirmed events name, a batch of events at a time."""
        for epoch, mark in marks.items():
            seen = self._ledger.blob_cursor(epoch)
            if seen >= mark.upto:
                continue
            events = self._log.events(epoch, after=seen, limit=min(BATCH, mark.upto - seen))
            if events:
                found = dict.fromkeys(
                    each for event in events for each in leaving(event, forms=self._rate.forms)
                )
                self._ledger.queue_blobs(epoch, events[-1].sequence, tuple(found))

    def _next(self) -> _Passage | None:
        blob = self._ledger.next_blob()
        if blob is None:
            return None
        try:
            content = self._files.get(blob.sha256)
        except StorageError as error:
            self._journal.warning("blob.unreadable", error=str(error))
            content = None
        if not content:
            self._journal.warning("blob.gone", sha256=blob.sha256)
            self._ledger.settle_blob(blob.sha256, stored=False)
            return None
        head = head_of(len(content), media_type=blob.media_type, kind=blob.kind)
        self._passage = _Passage(blob, content, head, deque(), self._rate.patience_s)
        return self._passage

    def _say_head(self, passage: _Passage, publish: Publish) -> None:
        token = publish(self._topic(passage, 0), encode_head(passage.head))
        self._window.add(token)
        self._expect_word(passage)
        passage.patience_s = min(2 * passage.patience_s, self._rate.patience_max_s)

    def _send_parts(self, passage: _Passage, publish: Publish) -> None:
        self._fill()
        while passage.wanted and len(self._window) < self._rate.window:
            number = passage.wanted[0]
            size = part_size(passage.head, number)
            if size > self._allowance:
                return
            self._window.add(
                publish(self._topic(passage, number), part_of(passage.content, number))
            )
            passage.wanted.popleft()
            self._allowance -= size
            self._expect_word(passage)

    def _fill(self) -> None:
        """The allowance grows with time, up to one second's worth or one part."""
        now_ns = self._clock.mono_ns()
        gained = (now_ns - self._filled_ns) / 1e9 * self._rate.bytes_s
        most = max(self._rate.bytes_s, 64 * 1024)
        self._allowance, self._filled_ns = min(most, self._allowance + gained), now_ns

    def _expect_word(self, passage: _Passage) -> None:
        passage.due_ns = self._clock.mono_ns() + int(passage.patience_s * 1e9)

    def _topic(self, passage: _Passage, part: int) -> str:
        return blob_topic(self._downlink.station, passage.blob.sha256, part)


def leaving(event: Sealed, *, forms: bool = False) -> Iterator[Blob]:
    """The photographs of an event that go to the platform."""
    for named in json.loads(event.body)["data"].get("evidence", ()):
        each: Evidence = structure(named, Evidence)
        if may_leave(each.kind, forms=forms):
            yield Blob(each.sha256, each.kind, each.media_type)
