"""Shipping (step 11): stored bytes go to the broker until the platform's watermark covers them.

A PUBACK only frees the window; an event is done at the platform's signed watermark (EVENTS 0.1).
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from edge.core.envelope import GENESIS, Sealed, Tip
from edge.core.errors import DecodeError
from edge.core.ids import EpochId
from edge.flows.backlog import Log
from edge.ports import Clock, Journal
from edge.wire.downlink import Ack, Downlink, Mark, Replay, StationState, Status
from edge.wire.topics import event_topic

REFUSED = 0x80
UNHEARD = 0x10
"""PUBACK reason: the broker took it, but nobody is subscribed."""


class Marks(Protocol):
    """Where the platform's watermarks are kept."""

    def marks(self) -> Mapping[EpochId, Mark]:
        """What the platform has confirmed, by epoch."""
        ...

    def platform(self) -> tuple[str, datetime] | None:
        """The platform's store behind the marks, and when it last spoke."""
        ...

    def keep_marks(self, marks: Mapping[EpochId, Mark], *, store_id: str, issued: datetime) -> None:
        """Watermarks with the store that they are of, together."""
        ...


Publish = Callable[[str, bytes], int]
"""Hands topic and payload over, returns a token; raises LinkDown."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Limits and patience of the shipper.

    `window` messages wait for a PUBACK at most; `ahead` events may be handed over before the
    watermark of their epoch has covered them; an epoch without progress for `patience_s`, doubled
    each time up to `patience_max_s`, goes again from its watermark; a broker that acknowledges
    nothing for `stall_s` is taken for dead; after a refusal the line waits `refusal_s`; when the
    broker says that nobody listens, `unheard_s`, doubled each time up to the same.
    """

    window: int = 20
    ahead: int = 500
    patience_s: float = 20.0
    patience_max_s: float = 600.0
    stall_s: float = 10.0
    refusal_s: float = 30.0
    unheard_s: float = 1.0


class Shipper:
    """Moves one station's events, in order, and knows what is done."""

    def __init__(
        self,
        *,
        outbox: Log,
        marks: Marks,
        clock: Clock,
        downlink: Downlink,
        journal: Journal,
        pace: Pace,
    ) -> None:
        self._outbox = outbox
        self._marks = marks
        self._clock = clock
        self._downlink = downlink
        self._station = downlink.station
        self._journal = journal
        self._pace = pace
        self._confirmed: dict[EpochId, Mark] = dict(marks.marks())
        self._sent: dict[EpochId, int] = {}
        self._window: dict[int, tuple[EpochId, int]] = {}
        self._replays: deque[Replay] = deque()
        self._heard_ns = clock.mono_ns()
        self._progress_ns: dict[EpochId, int] = {}
        self._patience_s: dict[EpochId, float] = {}
        self._resume_ns: int | None = None
        self._unheard_s = pace.unheard_s
        self._is_heard = False
        self.refusal = 0

    @property
    def note(self) -> str:
        """What stops the line, empty when nothing does."""
        if self.refusal:
            return f"refused:{self.refusal}"
        return "unconfirmed" if self._is_unconfirmed() else ""

    @property
    def confirmed(self) -> Mapping[EpochId, Mark]:
        """The platform's watermarks, by epoch."""
        return self._confirmed

    @property
    def is_free(self) -> bool:
        """Whether no event is on its way and nothing stops the line."""
        return not self._window and not self._replays and self._resume_ns is None

    def begin(self) -> None:
        """A connection stands: everything above the watermark goes, from the first on.

        One event alone goes first: if nobody listened yet, those behind it would come before it.
        A refusal outlives the connection: Mosquitto hangs up after it.
        """
        self._window.clear()
        self._is_heard = False
        self._go_back()
        self._heard_ns = self._clock.mono_ns()

    def is_stalled(self) -> bool:
        """Whether the broker owes PUBACKs and has been silent for too long."""
        return bool(self._window) and self._since(self._heard_ns) > self._pace.stall_s

    def pump(self, publish: Publish) -> int:
        """Hand over what the window allows; how many went. Raises LinkDown."""
        if self._resume_ns is not None and self._clock.mono_ns() < self._resume_ns:
            return 0
        if self._resume_ns is not None:
            self._resume_ns = None
            self._go_back()
        self._repeat_what_is_overdue()
        return self._pump_replays(publish) + self._pump_backlog(publish)

    def acknowledged(self, token: int, reason: int) -> None:
        """The broker's word on one publish; a refusal stops the line, nothing is skipped."""
        self._heard_ns = self._clock.mono_ns()
        place = self._window.pop(token, None)
        if place is None:
            return
        if reason == UNHEARD:
            self._pause(self._unheard_s)
            self._unheard_s = min(2 * self._unheard_s, self._pace.refusal_s)
            return
        self._unheard_s = self._pace.unheard_s
        if reason < REFUSED:
            self.refusal = 0
            self._is_heard = True
            return
        epoch, sequence = place
        self._journal.warning("ship.refused", reason=reason, epoch=epoch, sequence=sequence)
        self.refusal = reason
        self._pause(self._pace.refusal_s)

    def _pause(self, seconds: float) -> None:
        """The line waits, then goes again from the watermark."""
        self._resume_ns = self._clock.mono_ns() + int(seconds * 1e9)
        self._window.clear()
        self._is_heard = False

    def hear_ack(self, payload: bytes) -> bool:
        """The platform's watermarks; whether they are the platform's word.

        What does not fit them is noted and changes nothing.
        """
        try:
            ack = self._downlink.open(payload, Ack)
        except DecodeError as error:
            self._journal.warning("ack.refused", error=str(error))
            return False
        self._take_in(ack)
        return True

    def _take_in(self, ack: Ack) -> None:
        known = self._marks.platform()
        is_other_store = known is not None and ack.store_id != known[0]
        is_later = known is not None and ack.issued > known[1]
        if is_other_store and not is_later:
            return
        moved = {
            epoch: mark
            for epoch, mark in ack.epochs.items()
            if self._accepts(epoch, mark, is_later=is_later)
        }
        if is_later:
            lost = [epoch for epoch in self._confirmed if epoch not in ack.epochs]
            moved |= {epoch: Mark(0, GENESIS) for epoch in lost if self._upto(epoch)}
        goes_back = is_other_store or any(
            mark.upto < self._upto(epoch) for epoch, mark in moved.items()
        )
        if goes_back:
            self._journal.warning("ack.went_back", store=ack.store_id)
        if moved or known is None or is_other_store:
            self._marks.keep_marks(moved, store_id=ack.store_id, issued=ack.issued)
        self._take_over(moved, goes_back=goes_back)

    def hear_replay(self, payload: bytes) -> None:
        """The platform's wish to have a range again."""
        try:
            wish = self._downlink.open(payload, Replay)
        except DecodeError as error:
            self._journal.warning("replay.refused", error=str(error))
            return
        if wish.epoch in self._outbox.epochs() and wish not in self._replays:
            self._journal.info("ship.replay", epoch=wish.epoch, first=wish.first, last=wish.last)
            self._replays.append(wish)

    def _accepts(self, epoch: EpochId, mark: Mark, *, is_later: bool) -> bool:
        """Whether a mark moves ours: forward, on our own bytes; back only by a later word.

        A store never takes back what it has confirmed, unless a backup has taken its place.
        """
        before = self._upto(epoch)
        if mark.upto == before or (mark.upto < before and not is_later):
            return False
        if mark.upto == 0:
            return True
        if not self._is_ours(epoch, mark):
            self._journal.warning("ack.other_bytes", epoch=epoch, upto=mark.upto)
            return False
        return True

    def _is_ours(self, epoch: EpochId, mark: Mark) -> bool:
        """Whether a mark is on our own bytes; of what is forgotten only the order is known."""
        if 0 < mark.upto < self._outbox.oldest(epoch):
            return True
        at_mark = self._outbox.events(epoch, after=mark.upto - 1, limit=1)
        return bool(at_mark) and at_mark[0].tip == Tip(epoch, mark.upto, mark.digest)

    def _take_over(self, moved: Mapping[EpochId, Mark], *, goes_back: bool) -> None:
        if not moved:
            return
        self._confirmed.update(moved)
        if goes_back:
            self._go_back()
        for epoch, mark in moved.items():
            self._patience_s.pop(epoch, None)
            self._progress_ns[epoch] = self._clock.mono_ns()
            self._sent[epoch] = max(self._sent.get(epoch, 0), mark.upto)

    def _is_unconfirmed(self) -> bool:
        """Whether sending again did not help: a broker without reasons may be refusing unheard."""
        return any(
            patience_s > 2 * self._pace.patience_s and self._sent.get(epoch, 0) > self._upto(epoch)
            for epoch, patience_s in self._patience_s.items()
        )

    def _repeat_what_is_overdue(self) -> None:
        """An epoch without progress beyond its patience goes again; its patience doubles."""
        for epoch, sent in self._sent.items():
            patience_s = self._patience_s.get(epoch, self._pace.patience_s)
            if sent > self._upto(epoch) and self._since(self._progress_ns[epoch]) > patience_s:
                say = (
                    self._journal.info
                    if patience_s == self._pace.patience_s
                    else (self._journal.warning)
                )
                say("ship.again", epoch=epoch, after_s=patience_s)
                self._patience_s[epoch] = min(2 * patience_s, self._pace.patience_max_s)
                self._sent[epoch] = self._upto(epoch)

    def _pump_replays(self, publish: Publish) -> int:
        went = 0
        while self._replays and (room := self._room()) > 0:
            wish = self._replays[0]
            found = self._outbox.events(wish.epoch, after=wish.first - 1, limit=room)
            wanted = [event for event in found if event.sequence <= wish.last]
            for event in wanted:
                self._hand_over(event, publish)
                self._replays[0] = replace(wish, first=event.sequence + 1)
            if len(wanted) < room:
                self._replays.popleft()
            went += len(wanted)
        return went

    def _pump_backlog(self, publish: Publish) -> int:
        went = 0
        for epoch in self._outbox.epochs():
            sent = self._sent.get(epoch, self._upto(epoch))
            ahead = self._pace.ahead - (sent - self._upto(epoch))
            room = min(self._room(), ahead)
            if room <= 0:
                continue
            for event in self._outbox.events(epoch, after=sent, limit=room):
                if sent == self._upto(epoch):
                    self._progress_ns[epoch] = self._clock.mono_ns()
                self._hand_over(event, publish)
                self._sent[epoch] = sent = event.sequence
                went += 1
        return went

    def _hand_over(self, event: Sealed, publish: Publish) -> None:
        if not self._window:
            self._heard_ns = self._clock.mono_ns()
        token = publish(event_topic(self._station, event.type), event.envelope)
        self._window[token] = (event.epoch, event.sequence)

    def _room(self) -> int:
        return (self._pace.window if self._is_heard else 1) - len(self._window)

    def _go_back(self) -> None:
        """Everything above the watermarks is to be sent again."""
        self._sent = {epoch: mark.upto for epoch, mark in self._confirmed.items()}

    def _upto(self, epoch: EpochId) -> int:
        mark = self._confirmed.get(epoch)
        return mark.upto if mark else 0

    def _since(self, mono_ns: int) -> float:
        return (self._clock.mono_ns() - mono_ns) / 1e9


def birth_of(outbox: Log, *, version: str, now: datetime) -> Status:
    """What the platform hears when the station comes up: where its log ends."""
    epochs = outbox.epochs()
    if not epochs:
        return Status(StationState.ONLINE, version=version, issued=now)
    tip = outbox.tip_of(epochs[-1])
    return Status(
        StationState.ONLINE,
        epoch=tip.epoch,
        next_seq=tip.sequence + 1,
        oldest_seq=outbox.oldest(tip.epoch),
        version=version,
        issued=now,
    )
