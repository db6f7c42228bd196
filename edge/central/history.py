"""The history of custody of one specimen, as the platform can prove it: read from stored events."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from edge.core.ids import DeliveryId, EpochId, SpecimenId
from edge.core.platform import Chain, Received, Settled, Stored, StoredSuspect


class Verification(StrEnum):
    """How far the platform believes an entry."""

    VERIFIED = "verified"
    """Signature, key, source and chain were checked, and everything before it is here."""
    PENDING = "pending"
    """Checked like that, and an earlier event of its station is still missing."""
    QUARANTINED = "quarantined"
    """Kept and not believed; `reason` says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of the history; of a quarantined one only its place is known."""

    station: str
    epoch: str
    sequence: int
    type: str | None
    outcome: str | None
    delivery: str | None
    time: datetime | None
    time_quality: str | None
    recorded: datetime | None
    received: datetime
    verification: Verification
    reason: str | None
    key: str | None
    prev: str | None
    digest: str


@dataclass(frozen=True, slots=True)
class DeliveryWord:
    """A delivery that took part, and what the platform said of it."""

    delivery: str
    station: str
    outcome: str
    word: str
    at: datetime


@dataclass(frozen=True, slots=True)
class History:
    """Entries in order: within a station by sequence, between stations by time.

    `whole` is true when nothing is pending or in quarantine among them.
    """

    specimen: str
    whole: bool
    deliveries: tuple[DeliveryWord, ...]
    events: tuple[Entry, ...]


class HistoryStore(Protocol):
    """What a history is read from."""

    def stored_about(self, subject: str) -> tuple[Stored, ...]:
        """Events with a subject."""
        ...

    def stored_of(self, delivery: DeliveryId) -> tuple[Stored, ...]:
        """Every event of a delivery."""
        ...

    def suspects_between(
        self, station: str, epoch: EpochId, first: int, last: int
    ) -> tuple[StoredSuspect, ...]:
        """What lies in quarantine between two places, ends included."""
        ...

    def watermarks(self, station: str) -> Mapping[EpochId, int]:
        """How far each epoch of a station is whole."""
        ...

    def settled(self, delivery: DeliveryId) -> Settled | None:
        """A closed delivery with the platform's word."""
        ...


def history_of(store: HistoryStore, specimen: SpecimenId) -> History | None:
    """Everything that happened to a specimen; None when no event names it."""
    about = [each for each in store.stored_about(specimen) if _names(each.event, specimen)]
    if not about:
        return None
    deliveries = tuple(dict.fromkeys(each.event.delivery for each in about if each.event.delivery))
    found = {_slot(each.event): each for each in about}
    for delivery in deliveries:
        found |= {_slot(each.event): each for each in _part_of(store.stored_of(delivery), specimen)}
    chains = _by_chain(found.values())
    lines = [_line(store, chain, stored) for chain, stored in chains.items()]
    words = (store.settled(each) for each in deliveries)
    events = tuple(_merge(lines))
    return History(
        specimen=specimen,
        whole=all(each.verification is Verification.VERIFIED for each in events),
        deliveries=tuple(
            DeliveryWord(each.delivery, each.station, each.outcome, each.word, each.at)
            for each in words
            if each is not None
        ),
        events=events,
    )


def _part_of(stored: Iterable[Stored], specimen: SpecimenId) -> Iterator[Stored]:
    """The events of a delivery that concern it: its own, its group's, and those of the whole."""
    read = [(each, _data(each.event)) for each in stored]
    groups = {data.get("group") for _, data in read if specimen in _listed(data)}
    for each, data in read:
        named, group = data.get("specimen"), data.get("group")
        of_another = named is not None and named != specimen
        of_another_group = named is None and group is not None and group not in groups
        if not of_another and not of_another_group:
            yield each


def _line(store: HistoryStore, chain: Chain, stored: list[Stored]) -> list[Entry]:
    """The entries of one chain in their order, with what lies in quarantine between them."""
    upto = store.watermarks(chain[0]).get(chain[1], 0)
    first, last = stored[0].event.sequence, stored[-1].event.sequence
    entries = [_entry(each, upto) for each in stored]
    entries += [_suspect(each) for each in store.suspects_between(*chain, first, last)]
    return sorted(entries, key=lambda each: each.sequence)


def _merge(lines: list[list[Entry]]) -> Iterator[Entry]:
    """Between chains the earlier head comes first; a clock that lies never reorders a chain."""
    waiting = [line for line in lines if line]
    while waiting:
        line = min(waiting, key=lambda each: each[0].time or each[0].received)
        yield line.pop(0)
        waiting = [each for each in waiting if each]


def _by_chain(found: Iterable[Stored]) -> dict[Chain, list[Stored]]:
    chains: dict[Chain, list[Stored]] = {}
    for each in sorted(found, key=lambda each: _slot(each.event)):
        chains.setdefault((each.event.station, each.event.epoch), []).append(each)
    return chains


def _entry(stored: Stored, upto: int) -> Entry:
    event = stored.event
    body: Mapping[str, Any] = json.loads(event.body)
    is_reached = event.sequence <= upto
    return Entry(
        station=event.station,
        epoch=event.epoch,
        sequence=event.sequence,
        type=event.type,
        outcome=str(_data(event).get("verdict") or event.type.split(".")[-2]),
        delivery=event.delivery,
        time=datetime.fromisoformat(body["time"]),
        time_quality=str(body.get("timequality", "")),
        recorded=datetime.fromisoformat(body["recordedtime"]),
        received=stored.received_at,
        verification=Verification.VERIFIED if is_reached else Verification.PENDING,
        reason=None if is_reached else "earlier_event_missing",
        key=event.key_id,
        prev=event.prev,
        digest=event.digest,
    )


def _suspect(stored: StoredSuspect) -> Entry:
    return Entry(
        station=stored.station,
        epoch=stored.epoch,
        sequence=stored.sequence,
        type=None,
        outcome=None,
        delivery=None,
        time=None,
        time_quality=None,
        recorded=None,
        received=stored.received_at,
        verification=Verification.QUARANTINED,
        reason=stored.reason,
        key=None,
        prev=None,
        digest=stored.digest,
    )


def _names(event: Received, specimen: SpecimenId) -> bool:
    data = _data(event)
    return data.get("specimen") == specimen or specimen in _listed(data)


def _listed(data: Mapping[str, Any]) -> tuple[object, ...]:
    """The specimens of a group; a closing event counts them only. One may also stand alone."""
    listed = data.get("specimens")
    many = tuple(listed) if isinstance(listed, list) else ()
    return (*many, data.get("specimen"))


def _data(event: Received) -> Mapping[str, Any]:
    data: Mapping[str, Any] = json.loads(event.body)["data"]
    return data


def _slot(event: Received) -> tuple[str, EpochId, int]:
    return event.station, event.epoch, event.sequence
