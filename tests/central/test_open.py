"""What is no event is kept under its reason, and stops nothing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from central_site import NOW, Central, Desk, HeldKey, central_at
from spoilt_events import IN_PLACE, NO_PLACE

from edge.central.open import open_event
from edge.core.envelope import ENVELOPE_LIMIT_BYTES, digest_of
from edge.core.platform import Received, Suspect
from edge.host.keys import PinnedKeys
from edge.wire.downlink import Mark
from edge.wire.topics import event_topic, parse_topic

LABS = 120


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Central]:
    """One platform that hears everything, so that nothing of it may stop it."""
    with central_at(tmp_path_factory.mktemp("central"), labs=LABS) as made:
        yield made


@pytest.fixture(scope="module")
def fresh(central: Central) -> Iterator[Desk]:
    return iter(central.desks[1:])


@pytest.fixture
def desk(fresh: Iterator[Desk]) -> Desk:
    """One that was never heard."""
    return next(fresh)


@pytest.fixture
def other(central: Central) -> Desk:
    """One that is always well."""
    return central.desks[0]


@pytest.mark.parametrize("name", NO_PLACE)
def test_a_message_without_a_place_is_set_aside_and_moves_nothing(
    central: Central, desk: Desk, other: Desk, name: str
) -> None:
    first, second, third = (desk.append(n=number) for number in (1, 2, 3))
    spoil, reason = NO_PLACE[name]
    spoiled = spoil(desk, second)
    beside = other.append()
    central.receive(desk.message(first), spoiled, *desk.messages(third), other.message(beside))
    (suspect,) = central.suspects(desk)
    assert (suspect.reason, suspect.epoch, suspect.sequence) == (reason, None, None)
    assert suspect.envelope == spoiled[1][:ENVELOPE_LIMIT_BYTES]
    assert central.upto(desk) == 1
    assert central.upto(other) == beside.sequence
    central.receive(spoiled, desk.message(second))
    assert central.upto(desk) == len(central.held(desk)) == 3
    assert central.reasons(desk) == [reason], "kept once, however often it comes"
    assert central.alarms(desk) == [reason]


@pytest.mark.parametrize("name", IN_PLACE)
def test_a_message_in_a_place_is_set_aside_and_passed_over(
    central: Central, desk: Desk, other: Desk, name: str
) -> None:
    first, second, third = (desk.append(n=number) for number in (1, 2, 3))
    spoil, reason = IN_PLACE[name]
    spoiled = spoil(desk, second)
    beside = other.append()
    central.receive(desk.message(first), spoiled, other.message(beside))
    (suspect,) = central.suspects(desk)
    assert (suspect.reason, suspect.epoch, suspect.sequence) == (reason, second.epoch, 2)
    assert suspect.envelope == spoiled[1]
    assert central.mark(desk) == Mark(2, suspect.digest)
    assert len(central.held(desk)) == 1
    assert central.upto(other) == beside.sequence
    central.receive(spoiled, *desk.messages(second, third))
    assert central.mark(desk) == Mark(3, third.digest)
    assert len(central.held(desk)) == 3, "the true one has its place too"
    assert central.reasons(desk) == [reason]
    assert central.alarms(desk) == [reason]


def test_the_first_event_of_an_epoch_begins_a_chain(central: Central, desk: Desk) -> None:
    first = desk.append()
    central.receive(desk.altered(first, prev="ab" * 32))
    assert central.reasons(desk) == ["chain_broken"]
    central.receive(desk.message(first))
    assert len(central.held(desk)) == 1


def test_another_event_in_the_same_place_is_a_fork(central: Central, desk: Desk) -> None:
    first = desk.append(n=1)
    before = central.store.counts().redeliveries
    central.receive(desk.message(first), desk.altered(first, data={"n": 2}), desk.message(first))
    assert central.reasons(desk) == ["fork"]
    assert [digest for _, _, digest in central.held(desk)] == [first.digest]
    assert central.store.counts().redeliveries == before + 1


@pytest.mark.parametrize(("days", "is_believed"), [(-2, False), (0, True), (2, False)])
def test_a_key_counts_in_its_time_only(
    central: Central, desk: Desk, days: int, *, is_believed: bool
) -> None:
    span = timedelta(days=1)
    key = replace(desk.key.pinned(desk.station), valid_from=NOW - span, valid_until=NOW + span)
    topic, envelope = desk.altered(
        desk.append(), recordedtime=(NOW + timedelta(days=days)).isoformat()
    )
    found = open_event(parse_topic(topic), envelope, PinnedKeys([key], central.clock))
    if is_believed:
        assert isinstance(found, Received)
    else:
        assert isinstance(found, Suspect)
        assert found.reason == "signature_bad"


@pytest.mark.parametrize("size", [1, 4])
def test_a_key_that_another_has_followed_seals_nothing_more(
    central: Central, desk: Desk, size: int
) -> None:
    new, old = HeldKey(f"{desk.key.key_id}-new", 240 + size), desk.key
    first = desk.append()
    turn = desk.append("key.rotated", new_key_id=new.key_id, new_public=new.public)
    desk.key = new
    third = desk.append()
    stale = desk.altered(third, by=old, data={"n": "false"})
    arriving = [*desk.messages(first, turn), stale, desk.message(third)]
    for begun in range(0, len(arriving), size):
        central.receive(*arriving[begun : begun + size])
    assert central.reasons(desk) == ["key_ended"], "behind it in one batch as well"
    assert [digest for _, _, digest in central.held(desk)] == [
        each.digest for each in (first, turn, third)
    ]


def test_what_is_too_large_is_kept_in_part_and_known_again(central: Central, desk: Desk) -> None:
    topic, _ = desk.message(desk.append())
    large = b"x" * (3 * ENVELOPE_LIMIT_BYTES)
    central.receive((topic, large), (topic, large + b"y"), (topic, large))
    kept = central.suspects(desk)
    assert [each.digest for each in kept] == [digest_of(large), digest_of(large + b"y")]
    assert {len(each.envelope) for each in kept} == {ENVELOPE_LIMIT_BYTES}


BELOW = "ev/device-started"


@pytest.mark.parametrize(
    "topic",
    [
        "",
        BELOW,
        f"specimen/v2/nanchang/lab-1/desk-1/{BELOW}",
        f"specimen/v1/nanchang/lab-1/{BELOW}",
        f"specimen/v1/nanchang//desk-1/{BELOW}",
        f"specimen/v1/Nanchang/lab-1/desk-1/{BELOW}",
        f"specimen/v1/南昌/lab-1/desk-1/{BELOW}",
        f"/specimen/v1/nanchang/lab-1/desk-1/{BELOW}",
        *(
            f"specimen/v1/nanchang/lab-1/desk-1/{below}"
            for below in ("ev", "ev/device.started", f"{BELOW}/more", "ev/#", "evil/device-started")
        ),
    ],
)
def test_a_topic_outside_the_tree_is_noted_and_stops_nothing(
    central: Central, desk: Desk, topic: str
) -> None:
    first, second = desk.append(), desk.append()
    stations = {*central.store.stations(), desk.station.name}
    central.journal.noted.clear()
    central.receive(desk.message(first), (topic, second.envelope), desk.message(second))
    assert central.journal.noted == ["message.refused"]
    assert central.upto(desk) == 2
    assert set(central.store.stations()) == stations


def test_an_event_on_the_topic_of_another_station_is_kept_there(
    central: Central, desk: Desk, fresh: Iterator[Desk]
) -> None:
    other = next(fresh)
    event = desk.append()
    central.receive((event_topic(other.station, event.type), event.envelope))
    assert central.reasons(other) == ["key_of_another"]
    assert central.held(desk) == central.held(other) == []


@pytest.mark.parametrize("below", ["ack", "replay", "cmd/x", "ans/x", "ref/people/head", "res/x"])
def test_what_does_not_go_up_is_not_used(central: Central, desk: Desk, below: str) -> None:
    central.journal.noted.clear()
    assert central.receive((f"{desk.station.branch}/{below}", b"{}")) == ()
    assert central.journal.noted == ["message.unused"]
    assert central.suspects(desk) == ()
