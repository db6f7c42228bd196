"""Changes of keys in the stream: in any order, after losses, on replay, and when they are false."""

import base64
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from memory_doors import CountingIds, QuietJournal, SetClock

from edge.central.platform import Outgoing, Platform, Tempo
from edge.core.envelope import Draft, Seal, Sealed, Tip, seal
from edge.core.errors import StorageError
from edge.core.ids import EpochId, KeyId, RuleSetId
from edge.host.keys import PinnedFile, PinnedKey, read_pinned, write_pinned
from edge.storage.central import SqliteCentral
from edge.wire.topics import Branch, Station, event_topic, parse_topic

HERE = Station.parse("nanchang/lab-1/desk-1")
THERE = Station.parse("nanchang/lab-2/desk-1")
RULES = RuleSetId("nanchang-2023")
ROTATIONS = (4, 8)
COUNT = 12
Message = tuple[str, bytes]


@dataclass
class TestKey:
    """A private key with the name that it is pinned by."""

    __test__ = False
    number: int
    name: str = ""
    key: Ed25519PrivateKey = field(init=False)

    def __post_init__(self) -> None:
        self.key = Ed25519PrivateKey.from_private_bytes(bytes([self.number] * 32))
        self.name = self.name or f"event-{self.number}"

    @property
    def key_id(self) -> KeyId:
        return KeyId(self.name)

    @property
    def public(self) -> str:
        return base64.b64encode(self.key.public_key().public_bytes_raw()).decode()

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message)


CONTROL, FOREIGN = TestKey(99, "control-1"), TestKey(50, "event-there")
KEYS = (TestKey(1), TestKey(2), TestKey(3))


@dataclass
class Chain:
    """A station's events, each sealed with the key it is told."""

    clock: SetClock
    ids: CountingIds = field(default_factory=CountingIds)
    tip: Tip = field(init=False)

    def __post_init__(self) -> None:
        self.tip = Tip(self.ids.epoch_id(self.clock.now()))

    def add(self, by: TestKey, to: TestKey | None = None, *, station: Station = HERE) -> Sealed:
        data: dict[str, object] = {"version": "1"}
        if to is not None:
            data = {"new_key_id": to.name, "new_public": to.public}
        now = self.clock.read()
        kind = "key.rotated" if to else "device.started"
        event = seal(
            Draft(kind, station.device, now, RULES, data),
            self.tip,
            event_id=self.ids.event_id(now.at),
            recorded_at=now.at,
            by=Seal(station.urn, "boot-1", by.key_id, by.sign),
        )
        self.tip = event.tip
        return event


def stream(jumps_s: Sequence[float] = ()) -> tuple[Sealed, ...]:
    """Twelve events with two changes of keys; the clock may jump before any of them."""
    clock = SetClock()
    chain = Chain(clock)
    made: list[Sealed] = []
    current = iter(KEYS)
    by = next(current)
    for number in range(1, COUNT + 1):
        clock.move(1)
        clock.at += timedelta(seconds=jumps_s[number - 1] if jumps_s else 0)
        following = next(current) if number in ROTATIONS else None
        made.append(chain.add(by, following))
        by = following or by
    return tuple(made)


@dataclass
class Place:
    """A platform with its files."""

    folder: Path
    store: SqliteCentral
    clock: SetClock = field(default_factory=SetClock)

    def __post_init__(self) -> None:
        self.platform = self.start()

    @property
    def keys(self) -> Path:
        return self.folder / "keys.json"

    def start(self) -> Platform:
        """A new process over the same files."""
        self.platform = Platform(
            store=self.store,
            clock=self.clock,
            ring=PinnedFile(self.keys, self.clock),
            signer=CONTROL,
            journal=QuietJournal(),
            tempo=Tempo(),
        )
        return self.platform

    def hear(self, *events: Sealed, station: Station = HERE) -> tuple[Outgoing, ...]:
        messages = [(event_topic(station, each.type), each.envelope) for each in events]
        return self.platform.receive(messages)

    def upto(self, epoch: EpochId) -> int:
        mark = self.store.marks(HERE.name).get(epoch)
        return mark.upto if mark else 0

    def alarms(self) -> list[tuple[str, str]]:
        return [(each.code, each.facts.get("why", "")) for each in self.store.alarms()]

    def pinned(self) -> set[str]:
        return {each.key_id for each in read_pinned(self.keys)}

    def is_whole(self, events: Sequence[Sealed]) -> bool:
        counts = self.store.counts()
        return (self.upto(events[0].epoch), counts.events, counts.quarantined) == (COUNT, COUNT, 0)


@contextmanager
def place() -> Iterator[Place]:
    with tempfile.TemporaryDirectory() as folder:
        pinned = [
            PinnedKey(CONTROL.key_id, CONTROL.public, "control"),
            PinnedKey(KEYS[0].key_id, KEYS[0].public, "event", owner=HERE.name),
            PinnedKey(FOREIGN.key_id, FOREIGN.public, "event", owner=THERE.name),
        ]
        write_pinned(Path(folder) / "keys.json", pinned)
        with closing(SqliteCentral(Path(folder) / "central.db")) as store:
            yield Place(Path(folder), store)


@pytest.fixture
def here() -> Iterator[Place]:
    with place() as made:
        yield made


def is_replay(message: Outgoing) -> bool:
    return parse_topic(message.topic).branch is Branch.REPLAY


def test_two_changes_in_one_batch(here: Place) -> None:
    events = stream()
    here.hear(*events)
    assert here.is_whole(events)
    assert here.pinned() >= {each.name for each in KEYS}
    assert here.alarms() == []


def test_they_hold_after_a_restart_and_on_replay(here: Place) -> None:
    events = stream()
    for each in events:
        here.hear(each)
        here.start()
    here.hear(*reversed(events))
    assert here.is_whole(events)
    assert here.alarms() == []
    ends = {each.key_id: each.last.sequence for each in read_pinned(here.keys) if each.last}
    assert ends == {"event-1": ROTATIONS[0], "event-2": ROTATIONS[1]}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    order=st.permutations(range(COUNT)),
    lost=st.sets(st.integers(0, COUNT - 1)),
    cuts=st.lists(st.integers(1, 5), min_size=COUNT, max_size=COUNT),
    restarts=st.sets(st.integers(0, COUNT - 1)),
    jumps_s=st.lists(st.sampled_from([0.0, 0.0, 9e5, -9e5]), min_size=COUNT, max_size=COUNT),
)
def test_in_any_order_and_after_losses_nothing_ends_in_quarantine(
    order: list[int], lost: set[int], cuts: list[int], restarts: set[int], jumps_s: list[float]
) -> None:
    events = stream(jumps_s)
    with place() as here:
        kept = [events[each] for each in order if each not in lost]
        batch = 0
        while kept:
            size = cuts[batch % len(cuts)]
            here.hear(*kept[:size])
            kept = kept[size:]
            if batch in restarts:
                here.start()
            batch += 1
        for _ in range(COUNT):  # whatever is above the watermark goes again
            here.hear(*events[here.upto(events[0].epoch) :])
        assert here.is_whole(events)
        assert here.alarms() == []


def test_one_above_a_gap_is_asked_for_and_not_kept(here: Place) -> None:
    events = stream()
    here.hear(*events[: ROTATIONS[0] - 1])
    said = here.hear(*events[ROTATIONS[0] : ROTATIONS[0] + 2])
    assert [each for each in said if is_replay(each)]
    assert here.store.counts().events == ROTATIONS[0] - 1
    assert here.store.counts().quarantined == 0
    here.hear(events[ROTATIONS[0] - 1])
    here.hear(*events[ROTATIONS[0] :])
    assert here.is_whole(events)


def test_a_key_that_nothing_can_announce_any_more_is_quarantined(here: Place) -> None:
    events = stream()
    chain = Chain(SetClock())
    chain.tip = events[2].tip
    strange = [chain.add(KEYS[1]) for _ in range(3)]
    here.hear(*events[:3], *reversed(strange))
    assert here.store.counts().quarantined == len(strange)
    assert here.upto(events[0].epoch) == 3 + len(strange)
    assert here.alarms() == [("key_unknown", "")] * len(strange)


def test_the_old_key_seals_nothing_behind_its_end(here: Place) -> None:
    events = stream()
    here.hear(*events[: ROTATIONS[0]])
    chain = Chain(SetClock())
    chain.tip = events[ROTATIONS[0] - 1].tip
    here.hear(chain.add(KEYS[0]))
    clock = SetClock()
    clock.move(3600)
    here.hear(Chain(clock).add(KEYS[0]))
    assert here.store.counts().events == ROTATIONS[0]
    assert here.alarms() == [("key_ended", ""), ("key_ended", "")]


def test_one_change_of_a_key_is_all_there_is(here: Place) -> None:
    """Whoever has the old key cannot name another that follows it, not in an older epoch either."""
    events = stream()
    here.hear(*events[: ROTATIONS[0]])
    clock = SetClock()
    clock.move(-3600)
    chain = Chain(clock)
    here.hear(chain.add(KEYS[0]), chain.add(KEYS[0], TestKey(77)))
    assert here.alarms() == [("rotation_refused", "key_followed_already")]
    assert "event-77" not in here.pinned()


@pytest.mark.parametrize(
    ("following", "why"),
    [
        (FOREIGN, "key_pinned_already"),
        (CONTROL, "key_pinned_already"),
        (TestKey(1), "key_pinned_already"),
        (TestKey(77, "event-there"), "key_pinned_already"),
        (TestKey(1, "event-again"), "key_pinned_already"),
    ],
)
def test_a_name_or_key_that_is_pinned_is_an_alarm_and_pins_nothing(
    here: Place, following: TestKey, why: str
) -> None:
    before = here.keys.read_bytes()
    chain = Chain(SetClock())
    here.hear(chain.add(KEYS[0]), chain.add(KEYS[0], following))
    assert here.alarms() == [("rotation_refused", why)]
    assert here.keys.read_bytes() == before
    assert here.store.counts().events == len(("first", "refused"))


@pytest.mark.parametrize(
    ("by", "station", "code"),
    [
        (FOREIGN, HERE, "key_of_another"),
        (TestKey(77, "event-1"), HERE, "signature_bad"),
        (CONTROL, HERE, "key_unknown"),
        (KEYS[0], THERE, "source_of_another"),
    ],
)
def test_one_of_a_wrong_key_or_for_another_station_pins_nothing(
    here: Place, by: TestKey, station: Station, code: str
) -> None:
    before = here.keys.read_bytes()
    chain = Chain(SetClock())
    first = chain.add(KEYS[0])
    here.hear(first, chain.add(by, TestKey(77), station=station))
    assert here.alarms() == [(code, "")]
    assert here.keys.read_bytes() == before


def test_a_revoked_key_announces_nothing_by_an_earlier_time(here: Place) -> None:
    events = stream()
    here.clock.move(3600)
    revoked = here.clock.now() - timedelta(seconds=60)
    keys = [replace(each, valid_until=revoked) for each in read_pinned(here.keys)]
    write_pinned(here.keys, keys)
    here.start()
    here.hear(*events[: ROTATIONS[0]])
    assert here.store.counts().events == ROTATIONS[0]
    assert here.alarms() == [("rotation_refused", "key_not_valid")]
    assert KEYS[1].name not in here.pinned()


def test_one_that_is_malformed_is_an_alarm(here: Place) -> None:
    chain = Chain(SetClock())
    wrong = TestKey(77)
    wrong.name = "Event 77"
    here.hear(chain.add(KEYS[0]), chain.add(KEYS[0], wrong))
    assert here.alarms() == [("rotation_refused", "id_malformed")]


def test_a_pinned_file_that_cannot_be_written_keeps_nothing(here: Place) -> None:
    events = stream()
    away = here.keys.with_name("away.json")
    here.keys.rename(away)
    with pytest.raises(StorageError, match="keys_unreadable"):
        here.hear(*events)
    assert here.store.counts().events == 0
    away.rename(here.keys)
    here.hear(*events)
    assert here.is_whole(events)


def test_consumers_that_share_a_file_keep_each_others_keys(here: Place) -> None:
    other = PinnedFile(here.keys, here.clock)
    events = stream()
    here.hear(*events)
    there = Chain(SetClock())
    rotated = there.add(FOREIGN, TestKey(51), station=THERE)
    with closing(SqliteCentral(here.folder / "other.db")) as store:
        platform = Platform(
            store=store,
            clock=here.clock,
            ring=other,
            signer=CONTROL,
            journal=QuietJournal(),
            tempo=Tempo(),
        )
        platform.receive([(event_topic(THERE, rotated.type), rotated.envelope)])
    assert here.pinned() >= {each.name for each in KEYS} | {"event-51"}


def test_the_same_batch_twice_writes_the_file_once(here: Place) -> None:
    events = stream()
    here.hear(*events)
    before = (here.keys.stat().st_ino, sha256(here.keys.read_bytes()).digest())
    here.start()
    here.hear(*events)
    assert (here.keys.stat().st_ino, sha256(here.keys.read_bytes()).digest()) == before
