"""The platform's engine over a store of its own, and stations whose keys and clock a test sets."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import samples
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from memory_doors import CountingIds, QuietJournal, SetClock

from edge.central.platform import Outgoing, Platform, Tempo
from edge.core.envelope import (
    EVENT_PAYLOAD_TYPE,
    Draft,
    Seal,
    Sealed,
    Tip,
    encode_json,
    seal,
    sign_envelope,
)
from edge.core.ids import Digest, EpochId, KeyId, RuleSetId
from edge.core.platform import Suspect
from edge.host.keys import PinnedKey, PinnedKeys
from edge.storage.central import SqliteCentral
from edge.wire.downlink import Ack, Downlink, Mark, Replay
from edge.wire.topics import Branch, Station, event_topic, parse_topic

NOW = samples.NOW
RULES = RuleSetId("nanchang-2023")
Message = tuple[str, bytes]


class HeldKey:
    """A private key that is the same in every run, by the name it is pinned under."""

    def __init__(self, name: str, number: int) -> None:
        self.key_id = KeyId(name)
        self._key = Ed25519PrivateKey.from_private_bytes(bytes([number] * 32))

    @property
    def public(self) -> str:
        return base64.b64encode(self._key.public_key().public_bytes_raw()).decode()

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)

    def pinned(self, owner: Station | None = None) -> PinnedKey:
        purpose = "event" if owner else "control"
        return PinnedKey(self.key_id, self.public, purpose, owner.name if owner else None)


CONTROL, UNPINNED = HeldKey("control-1", 250), HeldKey("event-unpinned", 251)


@dataclass
class Desk:
    """A station that seals events, in as many epochs as a test opens."""

    station: Station
    key: HeldKey
    clock: SetClock
    ids: CountingIds
    events: list[Sealed] = field(default_factory=list)
    tip: Tip = field(init=False)

    def __post_init__(self) -> None:
        self.open_epoch()

    def open_epoch(self) -> EpochId:
        """As after a restore: a new chain from 1 on."""
        self.tip = Tip(self.ids.epoch_id(self.clock.now()))
        return self.tip.epoch

    def append(self, kind: str = "device.started", **data: object) -> Sealed:
        now = self.clock.read()
        event = seal(
            Draft(kind, self.station.device, now, RULES, data),
            self.tip,
            event_id=self.ids.event_id(now.at),
            recorded_at=now.at,
            by=Seal(self.station.urn, "boot-1", self.key.key_id, self.key.sign),
        )
        self.tip = event.tip
        self.events.append(event)
        return event

    def message(self, event: Sealed) -> Message:
        return event_topic(self.station, event.type), event.envelope

    def messages(self, *events: Sealed) -> list[Message]:
        return [self.message(each) for each in events]

    def altered(self, event: Sealed, by: HeldKey | None = None, **changes: object) -> Message:
        """The event with other fields, None for one that is left out, under a true signature."""
        fields = {**json.loads(event.body), **changes}
        return self.sealed_again(event, encode_json(_without_none(fields)), by)

    def sealed_again(self, event: Sealed, body: bytes, by: HeldKey | None = None) -> Message:
        """Any bytes in the event's place, under a true signature."""
        key = by or self.key
        envelope = sign_envelope(EVENT_PAYLOAD_TYPE, body, key_id=key.key_id, sign=key.sign)
        return self.message(event)[0], envelope


class Central:
    """Engine and store; what it says is heard as the stations would hear it."""

    def __init__(self, store: SqliteCentral, *, labs: int = 2) -> None:
        self.store = store
        self.clock = SetClock()
        self.journal = QuietJournal()
        ids = CountingIds()
        self.desks = tuple(
            Desk(
                Station.parse(f"nanchang/lab-{number}/desk-1"),
                HeldKey(f"event-{number}", number),
                self.clock,
                ids,
            )
            for number in range(1, labs + 1)
        )
        pinned = [CONTROL.pinned(), *(each.key.pinned(each.station) for each in self.desks)]
        self.ring = PinnedKeys(pinned, self.clock)
        self.restart()

    def restart(self) -> None:
        """A new process over the same store."""
        self.platform = Platform(
            store=self.store,
            clock=self.clock,
            ring=self.ring,
            signer=CONTROL,
            journal=self.journal,
            tempo=Tempo(),
        )

    def receive(self, *messages: Message) -> tuple[Outgoing, ...]:
        return self.platform.receive(messages)

    def downlink(self, station: Station) -> Downlink:
        return Downlink(self.ring, station)

    def acks(self) -> Mapping[Station, Ack]:
        """What is acknowledged now, after the time that gathers acknowledgements."""
        self.clock.move(1.0)
        return {
            topic.station: self.downlink(topic.station).open(each.payload, Ack)
            for each in self.platform.tick()
            if (topic := parse_topic(each.topic)).branch is Branch.ACK
        }

    def wishes(self, outgoing: Sequence[Outgoing]) -> tuple[Replay, ...]:
        """What is asked for again."""
        return tuple(
            self.downlink(topic.station).open(each.payload, Replay)
            for each in outgoing
            if (topic := parse_topic(each.topic)).branch is Branch.REPLAY
        )

    def mark(self, desk: Desk, epoch: EpochId | None = None) -> Mark | None:
        return self.store.marks(desk.station.name).get(epoch or desk.tip.epoch)

    def upto(self, desk: Desk) -> int:
        mark = self.mark(desk)
        return mark.upto if mark else 0

    def suspects(self, desk: Desk) -> tuple[Suspect, ...]:
        """What of a station lies in quarantine."""
        return tuple(each for each in self.store.suspects() if each.station == desk.station.name)

    def reasons(self, desk: Desk) -> list[str]:
        """Why each of them does."""
        return [each.reason for each in self.suspects(desk)]

    def alarms(self, desk: Desk) -> list[str]:
        return [each.code for each in self.store.alarms() if each.station == desk.station.name]

    def held(self, desk: Desk) -> list[tuple[EpochId, int, Digest]]:
        """Every event of a station by its place."""
        return sorted(self.store.digests(desk.station))


@contextmanager
def central_at(folder: Path, *, labs: int = 2) -> Iterator[Central]:
    """A platform that knows its stations and has heard nothing."""
    with closing(SqliteCentral(folder / "central.db")) as store:
        yield Central(store, labs=labs)


def _without_none(fields: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}
