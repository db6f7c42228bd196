"""Epochs: the life of one store begins when it is created or restored, never at boot."""

from typing import Protocol

from edge.core.envelope import Seal, Sealed, Tip, seal
from edge.core.events import EpochOpened
from edge.core.ids import DeviceId, EpochId, RuleSetId
from edge.ports import Clock, Ids
from edge.wire.event_json import draft_event


class EpochStore(Protocol):
    """A store that can begin an epoch."""

    def open_epoch(self, epoch: EpochId, first: Sealed) -> None:
        """Begin an epoch with its first event."""
        ...


class EpochOpener:
    """Begins epochs with this station's key."""

    def __init__(
        self, *, clock: Clock, ids: Ids, by: Seal, device: DeviceId, ruleset: RuleSetId
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._by = by
        self._device = device
        self._ruleset = ruleset

    def open(self, store: EpochStore, last: Tip | None = None) -> Sealed:
        """Event 1 names what was last known; `last` is the end of the chain before a restore."""
        now = self._clock.read()
        epoch = self._ids.epoch_id(now.at)
        opened = EpochOpened(
            last_epoch=last.epoch if last else None,
            last_sequence=last.sequence if last else 0,
            last_digest=last.digest if last else None,
        )
        draft = draft_event(opened, occurred=now, ruleset=self._ruleset, device=self._device)
        first = seal(
            draft,
            Tip(epoch),
            event_id=self._ids.event_id(now.at),
            recorded_at=now.at,
            by=self._by,
        )
        store.open_epoch(epoch, first)
        return first
