"""Several stations, two epochs each, any order and any loss: stored once, acknowledged truly."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from central_site import Central, Desk, Message, central_at
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.central.acknowledge import REPLAY_EVERY_S
from edge.central.ingest import AHEAD_AT_ONCE
from edge.core.envelope import Sealed, digest_of
from edge.core.ids import EpochId
from edge.wire.downlink import Mark
from edge.wire.topics import Station

EVENTS = 5
"""In each of two epochs of each of two stations."""
ALL = 4 * EVENTS
ROUNDS = 3 * ALL


@dataclass
class Course:
    """What two stations have recorded, and what of it has arrived so far."""

    central: Central
    sent: list[tuple[Desk, Sealed]] = field(default_factory=list)
    arrived: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        for desk in self.central.desks:
            for _ in range(EVENTS):
                desk.append()
            desk.open_epoch()
            for _ in range(EVENTS):
                desk.append()
            self.sent += [(desk, each) for each in desk.events]

    def message(self, index: int) -> Message:
        desk, event = self.sent[index]
        return desk.message(event)

    def true_marks(self) -> Mapping[Station, Mapping[EpochId, Mark]]:
        """The longest prefix without a hole of what has arrived, by a model of a few lines."""
        found: dict[Station, dict[EpochId, Mark]] = {}
        for index, (desk, event) in enumerate(self.sent):
            marks = found.setdefault(desk.station, {})
            known = marks.get(event.epoch)
            if index in self.arrived and (known.upto if known else 0) == event.sequence - 1:
                marks[event.epoch] = Mark(event.sequence, event.digest)
        return found


@contextmanager
def course() -> Iterator[Course]:
    with TemporaryDirectory() as folder, central_at(Path(folder)) as central:
        yield Course(central)


BATCH = st.lists(st.integers(0, ALL - 1), max_size=8)
STEPS = st.lists(st.tuples(BATCH, st.booleans()), max_size=10)


@settings(max_examples=40, deadline=None)
@given(STEPS)
def test_no_acknowledgement_goes_beyond_what_is_whole(steps: list[tuple[list[int], bool]]) -> None:
    with course() as here:
        central = here.central
        heard: dict[tuple[Station, EpochId], int] = {}
        for batch, is_restarted in steps:
            central.receive(*map(here.message, batch))
            here.arrived |= set(batch)
            if is_restarted:
                central.restart()
            for station, ack in central.acks().items():
                assert ack.station == station.name
                assert ack.store_id == central.store.store_id()
                assert ack.epochs == here.true_marks()[station]
                for epoch, mark in ack.epochs.items():
                    assert mark.upto >= heard.get((station, epoch), 0), "never taken back"
                    heard[station, epoch] = mark.upto
        counts = central.store.counts()
        assert (counts.events, counts.duplicates_stored) == (len(here.arrived), 0)
        assert (counts.quarantined, central.store.alarms()) == (0, ())


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(ALL)), st.sets(st.integers(0, ALL - 1)), st.integers(1, 7))
def test_what_was_lost_comes_by_its_own_wish(order: list[int], lost: set[int], size: int) -> None:
    """Nothing is sent again but what is asked for, and the ends, which a new session sends."""
    with course() as here:
        central = here.central
        arriving = [here.message(index) for index in order if index not in lost]
        outgoing = [
            each
            for first in range(0, len(arriving), size)
            for each in central.receive(*arriving[first : first + size])
        ]
        by_place = {
            (desk.station.name, event.epoch, event.sequence): desk.message(event)
            for desk, event in here.sent
        }
        for _ in range(ROUNDS):
            central.clock.move(REPLAY_EVERY_S)
            ends = [each for each in by_place if each[2] == EVENTS]
            wishes = [
                (wish.station, wish.epoch, sequence)
                for wish in central.wishes(outgoing)
                for sequence in range(wish.first, wish.last + 1)
            ]
            asked = dict.fromkeys([*wishes, *ends])
            outgoing = list(central.receive(*(by_place[place] for place in asked)))
            if not outgoing:
                break
        for desk in central.desks:
            assert central.held(desk) == sorted(
                (each.epoch, each.sequence, each.digest) for each in desk.events
            )
        counts = central.store.counts()
        assert (counts.duplicates_stored, counts.quarantined) == (0, 0)
        assert {
            tuple(each.upto for each in central.store.marks(desk.station.name).values())
            for desk in central.desks
        } == {(EVENTS, EVENTS)}


def test_a_wish_names_the_first_hole_and_is_not_uttered_twice_in_a_moment() -> None:
    with course() as here:
        central, (desk, _) = here.central, here.central.desks
        one, _, _, four, five = desk.events[:EVENTS]
        (wish,) = central.wishes(central.receive(*desk.messages(one, four)))
        assert (wish.station, wish.epoch) == (desk.station.name, one.epoch)
        assert (wish.first, wish.last) == (2, 3)
        assert central.receive(desk.message(five)) == ()
        central.clock.move(REPLAY_EVERY_S)
        assert len(central.wishes(central.receive(desk.message(five)))) == 1


def test_a_hole_of_one_station_asks_nothing_of_another() -> None:
    with course() as here:
        central, (desk, other) = here.central, here.central.desks
        one, _, three, *_ = desk.events
        wishes = central.wishes(
            central.receive(*desk.messages(one, three), *other.messages(*other.events))
        )
        assert [wish.station for wish in wishes] == [desk.station.name]
        assert central.upto(other) == EVENTS


def test_a_place_that_is_told_far_above_asks_for_no_more_than_can_be_sent() -> None:
    """Also when the one who tells it has no key: his bytes lie in quarantine, at that place."""
    with course() as here:
        central, (desk, _) = here.central, here.central.desks
        one, two, *_ = desk.events
        far = desk.altered(two, sequence=f"{2**61:020d}")
        (wish,) = central.wishes(central.receive(desk.message(one), far))
        assert (wish.first, wish.last) == (2, 1 + AHEAD_AT_ONCE)


def nested(desk: Desk, depth: int, delivery: str) -> Message:
    """A group whose data is as deep as that, in an unbroken chain."""
    group = {"delivery": delivery, "group": "g-1", "verdict": "accept", "specimens": []}
    event = desk.append("group.reconciled", **group, more=0)
    body = event.body.replace(b'"more":0', b'"more":' + b"[" * depth + b"]" * depth)
    desk.tip = replace(desk.tip, digest=digest_of(body))
    return desk.sealed_again(event, body)


def test_no_depth_of_nesting_stops_the_line() -> None:
    """What could be read when it came may be too deep for a reader who stands further down."""
    with course() as here:
        central, (desk, _) = here.central, here.central.desks
        desk.open_epoch()
        messages = []
        for depth in range(700, 1000):
            name = f"d-{depth}"
            messages.append(nested(desk, depth, name))
            closing = desk.append(
                "delivery.received", delivery=name, groups=[], deliverer=None, project=None
            )
            messages.append(desk.message(closing))
        central.receive(*messages)
        assert central.upto(desk) > len(messages) / 2
        assert {*central.reasons(desk)} <= {"body_malformed"}
        assert len(central.held(desk)) + len(central.suspects(desk)) == len(messages)
