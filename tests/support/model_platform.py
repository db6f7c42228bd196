"""A broker and a platform as a model: what is under way, what is stored, what was promised."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import samples
from downlinks import STATION, signed

from edge.core.envelope import Draft, Seal, Sealed, Tip, digest_of, open_envelope, seal
from edge.core.errors import LinkDown
from edge.core.ids import Digest, EpochId, EventId, KeyId, RuleSetId, uuid7
from edge.wire.downlink import Ack, Mark

SEAL = Seal("urn:test:desk", "boot", KeyId("key-1"), lambda _: bytes(64))


def epoch_id(number: int) -> EpochId:
    return EpochId.parse(uuid7(samples.NOW, number.to_bytes(10, "big")))


FIRST = epoch_id(1)
SECOND = epoch_id(2)


class EventLog:
    """A station's log that only grows."""

    def __init__(self) -> None:
        self._events: dict[EpochId, list[Sealed]] = {}
        self._count = 0

    def append(self, count: int = 1, *, epoch: EpochId = FIRST, **data: Any) -> None:
        line = self._events.setdefault(epoch, [])
        for _ in range(count):
            self._count += 1
            draft = Draft(
                "delivery.opened",
                "d-1",
                samples.instant(),
                RuleSetId("r-1"),
                {"n": self._count, **data},
            )
            name = EventId.parse(uuid7(samples.NOW, self._count.to_bytes(10, "big")))
            at = samples.NOW + timedelta(seconds=self._count)
            sealed = seal(draft, self.tip_of(epoch), event_id=name, recorded_at=at, by=SEAL)
            line.append(sealed)

    def epochs(self) -> tuple[EpochId, ...]:
        return tuple(self._events)

    def tip_of(self, epoch: EpochId) -> Tip:
        line = self._events.get(epoch)
        return line[-1].tip if line else Tip(epoch)

    def oldest(self, epoch: EpochId) -> int:
        line = self._events.get(epoch)
        return line[0].sequence if line else 1

    def forget(self, upto: int, epoch: EpochId = FIRST) -> None:
        """What a station forgets after its days."""
        self._events[epoch] = [each for each in self._events[epoch] if each.sequence > upto]

    def events(self, epoch: EpochId, *, after: int = 0, limit: int = 1000) -> tuple[Sealed, ...]:
        line = self._events.get(epoch, [])
        return tuple(each for each in line if each.sequence > after)[:limit]

    def mark_at(self, sequence: int, epoch: EpochId = FIRST) -> Mark:
        (event,) = self.events(epoch, after=sequence - 1, limit=1)
        return Mark(sequence, event.digest)


@dataclass
class MemoryMarks:
    """The shipper's store in memory."""

    kept: dict[EpochId, Mark] = field(default_factory=dict)
    store: tuple[str, datetime] | None = None

    def marks(self) -> Mapping[EpochId, Mark]:
        return self.kept

    def platform(self) -> tuple[str, datetime] | None:
        return self.store

    def keep_marks(self, marks: Mapping[EpochId, Mark], *, store_id: str, issued: datetime) -> None:
        self.kept.update(marks)
        self.store = (store_id, issued)


Place = tuple[EpochId, int]


def place_of(envelope: bytes) -> tuple[Place, Digest]:
    """Which event an envelope carries."""
    body = open_envelope(envelope).body
    parsed = json.loads(body)
    return (EpochId(parsed["epoch"]), int(parsed["sequence"])), digest_of(body)


class ModelBroker:
    """Takes what it is handed; a test decides what becomes of it."""

    def __init__(self) -> None:
        self.is_up = True
        self.sent: list[Place] = []
        self.under_way: list[bytes] = []
        self.owed: list[int] = []
        self._token = 0

    def publish(self, topic: str, payload: bytes) -> int:
        if not self.is_up:
            raise LinkDown("not_connected")
        assert topic == f"{STATION.branch}/ev/delivery-opened"
        self._token += 1
        self.sent.append(place_of(payload)[0])
        self.under_way.append(payload)
        self.owed.append(self._token)
        return self._token

    def break_down(self) -> None:
        """What was handed over may or may not reach the platform; nothing is owed any more."""
        self.is_up = False
        self.owed.clear()


class ModelPlatform:
    """Stores events once each, and confirms the part without gaps."""

    def __init__(self) -> None:
        self.store_id = "store-0"
        self.held: dict[Place, Digest] = {}
        self._backup: dict[Place, Digest] = {}
        self._restored = 0

    def receive(self, envelope: bytes) -> None:
        place, digest = place_of(envelope)
        assert self.held.setdefault(place, digest) == digest

    def back_up(self) -> None:
        self._backup = dict(self.held)

    def restore(self, *, keeps_name: bool = False) -> None:
        if not keeps_name:
            self._restored += 1
            self.store_id = f"store-{self._restored}"
        self.held = dict(self._backup)

    def marks(self) -> dict[EpochId, Mark]:
        found: dict[EpochId, Mark] = {}
        for epoch in dict.fromkeys(place[0] for place in self.held):
            upto = 0
            while (epoch, upto + 1) in self.held:
                upto += 1
            if upto:
                found[epoch] = Mark(upto, self.held[epoch, upto])
        return found

    def ack(self, issued: datetime) -> bytes:
        return signed(Ack(STATION.name, self.store_id, issued, self.marks()))
