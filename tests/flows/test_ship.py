"""The shipper between a model broker and a model platform, case by case."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import samples
from downlinks import OTHER, STATION, STRANGER, signed
from model_platform import FIRST, SECOND, EventLog, epoch_id
from shipping_line import Line

from edge.core.envelope import GENESIS
from edge.core.errors import LinkDown
from edge.core.ids import Digest
from edge.flows.ship import UNHEARD, birth_of
from edge.wire.downlink import Mark, Replay, StationState


def test_one_goes_alone_then_a_window_and_pubacks_let_the_next_ones_go() -> None:
    line = Line(events=8)
    assert line.pump() == [1]
    assert line.pump() == []
    line.puback()
    assert line.pump() == [2, 3, 4, 5]
    assert line.pump() == []
    line.shipper.acknowledged(line.broker.owed.pop(0), 0)
    assert line.pump() == [6]
    line.puback()
    assert line.pump() == [7, 8]


def test_what_comes_first_comes_first_though_the_platform_came_late() -> None:
    """It subscribes between two events: of a whole window it would have heard the end alone."""
    line = Line(events=5)
    heard: list[int] = []
    for reason in (UNHEARD, UNHEARD, 0, 0, 0, 0):
        went = line.pump()
        line.puback(reason)
        heard += went if reason == 0 else []
        line.clock.move(2 if reason else 0)
    assert heard == [1, 2, 3, 4, 5]


def test_what_nobody_heard_goes_again_after_a_moment_that_doubles() -> None:
    line = Line(events=2)
    for wait_s in (1, 2, 4, 8, 16, 30, 30):
        assert line.pump() == [1]
        line.puback(UNHEARD)
        line.clock.move(wait_s - 0.5)
        assert line.pump() == []
        line.clock.move(0.5)
    assert line.run() == [1, 2]
    line.log.append()
    assert line.pump() == [3]
    line.puback(UNHEARD)
    line.clock.move(1)
    assert line.run() == [1, 2, 3]


def test_a_puback_is_no_promise_and_a_mark_is() -> None:
    line = Line(events=3)
    line.run()
    line.restart()
    assert line.run() == [1, 2, 3]
    line.hear(2)
    line.restart()
    assert line.run() == [3]


def test_no_more_than_ahead_of_the_watermark_goes() -> None:
    line = Line(events=20)
    assert line.run() == list(range(1, 11))
    line.hear(3)
    assert line.run() == [11, 12, 13]


def test_an_epoch_that_waits_for_its_mark_does_not_hold_up_the_next() -> None:
    line = Line(events=20)
    line.log.append(2, epoch=SECOND)
    assert line.run() == [*range(1, 11), 1, 2]
    assert line.broker.sent[-2:] == [(SECOND, 1), (SECOND, 2)]


def test_a_broken_connection_goes_back_to_the_watermark() -> None:
    line = Line(events=9)
    line.run()
    line.hear(5)
    line.log.append()
    line.broker.break_down()
    with pytest.raises(LinkDown):
        line.pump()
    line.broker.is_up = True
    line.shipper.begin()
    assert line.run() == [6, 7, 8, 9, 10]


def test_a_new_connection_has_a_window_of_its_own() -> None:
    line = Line(events=9)
    line.pump()
    line.puback()
    assert line.pump() == [2, 3, 4, 5]
    line.shipper.begin()
    assert line.pump() == [1]
    line.puback()
    assert line.pump() == [2, 3, 4, 5]


def test_what_a_mark_covers_meanwhile_does_not_go_again() -> None:
    line = Line(events=6)
    line.run()
    line.hear(2)
    line.shipper.begin()
    line.hear(4)
    assert line.run() == [5, 6]


def _other_bytes(line: Line) -> bytes:
    return signed(line.ack({FIRST: Mark(4, Digest("ab" * 32))}))


def _beyond_the_tip(line: Line) -> bytes:
    return signed(line.ack({FIRST: Mark(7, line.log.tip_of(FIRST).digest)}))


def _below_the_first(line: Line) -> bytes:
    first = line.log.mark_at(1)
    return signed(line.ack({FIRST: Mark(-1, first.digest)}, store="store-9", after_s=1))


def _badly_signed(line: Line) -> bytes:
    return signed(line.ack({FIRST: line.log.mark_at(4)}), STRANGER)


def _of_another_station(line: Line) -> bytes:
    return signed(replace(line.ack({FIRST: line.log.mark_at(4)}), station=OTHER.name))


def _lower(line: Line) -> bytes:
    return signed(line.ack({FIRST: line.log.mark_at(1)}, after_s=-60))


def _without_the_epoch(line: Line) -> bytes:
    return signed(line.ack({}, after_s=-60))


def _of_an_unknown_epoch(line: Line) -> bytes:
    return signed(line.ack({epoch_id(7): Mark(1, Digest("ab" * 32))}))


def _older_of_another_store(line: Line) -> bytes:
    return signed(line.ack({FIRST: line.log.mark_at(1)}, store="store-9", after_s=-60))


def _another_kind(line: Line) -> bytes:
    del line
    return signed(Replay(STATION.name, FIRST, 1, 2))


def _no_message(line: Line) -> bytes:
    del line
    return b"\xff"


@pytest.mark.parametrize(
    "message",
    [
        _other_bytes,
        _beyond_the_tip,
        _badly_signed,
        _of_another_station,
        _lower,
        _without_the_epoch,
        _of_an_unknown_epoch,
        _older_of_another_store,
        _another_kind,
        _no_message,
    ],
)
def test_what_does_not_fit_changes_nothing(message: Callable[[Line], bytes]) -> None:
    line = Line(events=6)
    line.run()
    line.hear(3)
    before = (dict(line.marks.kept), line.marks.store)
    line.shipper.hear_ack(message(line))

    assert (line.marks.kept, line.marks.store) == before
    assert line.run() == []
    line.restart()
    assert line.run() == [4, 5, 6]


def test_a_mark_below_the_first_event_is_no_mark() -> None:
    line = Line(events=6)
    line.run()
    line.hear(3)
    line.shipper.hear_ack(_below_the_first(line))
    assert line.upto() == 3


def test_one_bad_mark_does_not_spoil_its_neighbour() -> None:
    line = Line(events=2)
    line.log.append(3, epoch=SECOND)
    line.run()
    marks = {FIRST: Mark(2, GENESIS), SECOND: line.log.mark_at(3, SECOND)}
    line.shipper.hear_ack(signed(line.ack(marks)))
    assert (line.upto(FIRST), line.upto(SECOND)) == (0, 3)
    assert line.journal.noted.count("ack.other_bytes") == 1


@pytest.mark.parametrize("unfit", [False, True])
def test_only_progress_holds_off_going_back(*, unfit: bool) -> None:
    line = Line(events=3)
    line.run()
    for _ in range(3):
        line.clock.move(6)
        line.hear(0)
        if unfit:
            line.shipper.hear_ack(_other_bytes(line))
        assert line.run() == []
    line.clock.move(3)
    assert line.run() == [1, 2, 3]


def test_progress_starts_the_patience_anew() -> None:
    line = Line(events=3)
    line.run()
    line.clock.move(19)
    line.hear(1)
    line.clock.move(19)
    assert line.run() == []
    line.clock.move(2)
    assert line.run() == [2, 3]


def test_patience_doubles_up_to_its_limit_and_is_reset_by_progress() -> None:
    line = Line(events=3)
    line.run()
    for patience_s in (20, 40, 80, 80):
        line.clock.move(patience_s - 0.5)
        assert line.run() == []
        line.clock.move(1)
        assert line.run() == [1, 2, 3]
    line.hear(1)
    line.clock.move(20.5)
    assert line.run() == [2, 3]


def test_progress_of_one_epoch_does_not_hold_off_another() -> None:
    line = Line(events=2)
    line.run()
    for count in range(1, 4):
        line.clock.move(6)
        line.log.append(epoch=SECOND)
        line.run()
        line.shipper.hear_ack(signed(line.ack({SECOND: line.log.mark_at(count, SECOND)})))
    line.clock.move(3)
    assert line.run() == [1, 2]


def test_idle_time_does_not_count_as_silence_of_the_platform() -> None:
    line = Line(events=1)
    line.run()
    line.hear(1)
    line.clock.move(1000)
    line.log.append()
    assert line.run() == [2]
    line.clock.move(19)
    assert line.run() == []
    assert "ship.again" not in line.journal.noted


def test_a_silent_broker_is_stalled_only_while_it_owes_something() -> None:
    line = Line(events=3)
    line.pump()
    line.puback()
    line.clock.move(15)
    assert not line.shipper.is_stalled()
    assert line.pump() == [2, 3]
    line.clock.move(10)
    assert not line.shipper.is_stalled()
    line.clock.move(0.1)
    assert line.shipper.is_stalled()
    line.shipper.acknowledged(line.broker.owed.pop(0), 0)
    assert not line.shipper.is_stalled()
    line.clock.move(10.1)
    assert line.shipper.is_stalled()
    line.puback()
    assert not line.shipper.is_stalled()


def test_a_new_connection_owes_nothing() -> None:
    line = Line(events=2)
    line.pump()
    line.clock.move(60)
    line.shipper.begin()
    assert not line.shipper.is_stalled()


def test_a_replay_goes_within_the_window_and_moves_no_mark() -> None:
    line = Line(events=9)
    line.run()
    line.hear(9)
    wish = signed(Replay(STATION.name, FIRST, 2, 7))
    line.shipper.hear_replay(wish)
    line.shipper.hear_replay(wish)
    assert line.pump() == [2, 3, 4, 5]
    assert line.pump() == []
    line.puback()
    assert line.run() == [6, 7]
    assert line.upto() == 9


def test_a_replay_outlives_a_broken_connection() -> None:
    line = Line(events=9)
    line.run()
    line.hear(9)
    line.shipper.hear_replay(signed(Replay(STATION.name, FIRST, 2, 7)))
    line.broker.break_down()
    with pytest.raises(LinkDown):
        line.pump()
    line.broker.is_up = True
    line.shipper.begin()
    assert line.run() == [2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("wish", "sent"),
    [
        (Replay(STATION.name, FIRST, 0, 2), [1, 2]),
        (Replay(STATION.name, FIRST, 8, 400), [8, 9]),
        (Replay(STATION.name, FIRST, 1, 4), [1, 2, 3, 4]),
        (Replay(STATION.name, FIRST, 10, 20), []),
        (Replay(STATION.name, FIRST, 5, 4), []),
        (Replay(STATION.name, SECOND, 1, 2), []),
        (Replay(OTHER.name, FIRST, 1, 2), []),
    ],
    ids=["from 0", "past the tip", "a window", "beyond", "empty", "no such epoch", "not ours"],
)
def test_a_replay_sends_what_there_is(wish: Replay, sent: list[int]) -> None:
    line = Line(events=9)
    line.run()
    line.hear(9)
    line.shipper.hear_replay(signed(wish))
    assert line.run() == sent
    assert line.run() == []


def test_a_birth_says_where_the_log_ends() -> None:
    log = EventLog()
    assert birth_of(log, version="0.1.0", now=samples.NOW).epoch is None
    log.append(3)
    log.append(2, epoch=SECOND)
    birth = birth_of(log, version="0.1.0", now=samples.NOW)
    assert (birth.state, birth.epoch, birth.next_seq) == (StationState.ONLINE, SECOND, 3)


def test_a_broker_that_takes_and_never_delivers_is_named_after_a_while() -> None:
    """MQTT 3.1.1 has no refusal: only the missing watermark tells (EVENTS 7, G7)."""
    line = Line(events=2)
    notes = []
    for _ in range(4):
        line.run()
        notes.append(line.shipper.note)
        line.clock.move(line.pace.patience_max_s + 1)
    assert notes[0] == ""
    assert notes[-1] == "unconfirmed"
    line.hear(2)
    assert line.shipper.note == ""
