"""The desk's one consumer: orders in order, refusals that change nothing, and a desk that locks."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest
import samples
from screen_desk import PIN, TouchDesk, running_desk
from waiting import until

from edge.core.carriers import Carrier, Reading
from edge.core.errors import DecodeError, DeviceGone, EdgeError, StorageFull
from edge.core.evidence import Evidence
from edge.core.ids import PersonId
from edge.flows.moment import Moment
from edge.runtime.desk import REMEMBERED


@pytest.fixture
def desk() -> Iterator[TouchDesk]:
    with running_desk() as running:
        yield running


def read(desk: TouchDesk, text: str) -> Moment:
    desk.bench.clock.move(5)
    reading = Reading("camera", Carrier.QR, text.encode(), desk.bench.clock.read())
    return desk.loop.read(reading).result(10)


def layer(desk: TouchDesk, *texts: str) -> tuple[Reading, ...]:
    now = desk.bench.clock.read()
    return tuple(Reading("camera", Carrier.QR, text.encode(), now) for text in texts)


def test_a_layer_gives_a_moment_for_each_answer(desk: TouchDesk) -> None:
    desk.bench.to_scanning()
    before = desk.loop.latest.number
    texts = ("chip:s-1-1", "chip:s-1-2", "junk:1")
    last = desk.loop.read_layer(layer(desk, *texts)).result(10)
    moments = desk.loop.after(before)
    assert moments[-1] == last
    subjects = [each.view.signal.subject for each in moments if each.view.signal]
    assert subjects[:2] == ["s-1-1", "s-1-2"]
    assert len(subjects) == len(texts)
    assert {each.view.counted for each in moments} == {2}


def test_a_locked_desk_takes_no_layer(desk: TouchDesk) -> None:
    desk.bench.to_scanning()
    desk.loop.idle_lock_s = 1.0
    desk.bench.clock.move(5)
    until(lambda: desk.loop.latest.around.locked)
    moment = desk.loop.read_layer(layer(desk, "chip:s-1-1")).result(10)
    assert (moment.view.counted, moment.around.locked) == (0, True)


def test_orders_run_one_by_one_and_in_order(desk: TouchDesk) -> None:
    done: list[int] = []
    running = threading.Lock()

    def order(number: int) -> None:
        assert running.acquire(blocking=False)
        done.append(number)
        running.release()

    moments = [desk.loop.submit(partial(order, each)) for each in range(200)]
    numbers = [each.result(10).number for each in moments]
    assert done == list(range(200))
    assert numbers == sorted(numbers)
    assert len(set(numbers)) == 200


@pytest.mark.parametrize(
    "error",
    [DecodeError("strokes_malformed"), DeviceGone("camera_absent"), StorageFull("disk_full")],
)
def test_an_order_that_fails_changes_nothing_and_is_answered_with_its_code(
    desk: TouchDesk, error: EdgeError
) -> None:
    before = desk.loop.latest

    def fail() -> None:
        raise error

    moment = desk.loop.submit(fail).result(10)
    assert (moment.error, moment.view) == (error.code, before.view)
    assert desk.loop.latest == before
    assert "command.refused" in desk.journal.noted
    assert read(desk, "badge:receiver-1").view.phase == "ready"


def test_a_question_that_fails_is_answered_with_its_error(desk: TouchDesk) -> None:
    def fail() -> int:
        raise StorageFull("disk_full")

    with pytest.raises(StorageFull):
        desk.loop.ask(fail).result(10)
    assert desk.loop.ask(lambda: 7).result(10) == 7


def test_listeners_hear_every_moment_until_they_leave(desk: TouchDesk) -> None:
    heard: list[int] = []
    end = desk.loop.listen(lambda moment: heard.append(moment.number))
    first = desk.do("state").number
    second = desk.do("state").number
    end()
    desk.do("state")
    assert heard == [first, second]


def test_missed_moments_are_kept_for_a_while(desk: TouchDesk) -> None:
    start = desk.loop.latest.number
    for _ in range(3):
        desk.do("state")
    assert [each.number for each in desk.loop.after(start)] == [start + 1, start + 2, start + 3]
    assert desk.loop.after(start + 3) == ()
    for _ in range(REMEMBERED):
        desk.do("state")
    assert desk.loop.after(start) == (desk.loop.latest,)


def test_missed_moments_can_be_read_while_new_ones_come(desk: TouchDesk) -> None:
    orders = [desk.loop.submit(lambda: None) for _ in range(200)]
    while not orders[-1].done():
        numbers = [each.number for each in desk.loop.after(0)]
        assert numbers == sorted(numbers)
    assert orders[-1].result(10).number == desk.loop.latest.number


def test_what_changes_around_the_desk_is_a_moment(desk: TouchDesk) -> None:
    before = desk.loop.latest.number
    desk.around = replace(desk.around, online=False, unsent=3)
    until(lambda: desk.loop.latest.number > before)
    assert not desk.loop.latest.around.online
    settled = desk.loop.latest.number
    desk.do("state")
    assert desk.loop.latest.number == settled + 1


def lock(desk: TouchDesk, after_s: float = 300) -> None:
    desk.loop.idle_lock_s = after_s
    desk.bench.clock.move(after_s + 1)
    until(lambda: desk.loop.latest.around.locked)


def test_an_idle_desk_locks_and_keeps_its_delivery(desk: TouchDesk) -> None:
    desk.scan("badge:receiver-1", "form:form-1")
    before = desk.loop.latest.view
    lock(desk)
    assert desk.loop.latest.view == before
    assert "desk.locked" in desk.journal.noted


def test_an_empty_desk_does_not_lock(desk: TouchDesk) -> None:
    desk.loop.idle_lock_s = 300
    desk.bench.clock.move(1000)
    desk.do("state")
    assert not desk.loop.latest.around.locked


def test_a_desk_in_use_does_not_lock(desk: TouchDesk) -> None:
    desk.scan("badge:receiver-1")
    desk.loop.idle_lock_s = 300
    for _ in range(5):
        desk.bench.clock.move(200)
        assert not desk.do("state").around.locked


def test_only_the_own_badge_opens_a_locked_desk(desk: TouchDesk) -> None:
    desk.scan("badge:receiver-1", "form:form-1")
    before = desk.loop.latest.view
    lock(desk)
    for text in ("badge:receiver-2", "badge:boss-1", "form:witness-form-1", "chip:s-1-1", "?"):
        moment = read(desk, text)
        assert moment.around.locked
        assert moment.view == before
    opened = read(desk, "badge:receiver-1")
    assert not opened.around.locked
    assert opened.view == before


def test_a_locked_desk_keeps_no_pictures(desk: TouchDesk) -> None:
    desk.scan("badge:receiver-1")
    lock(desk)
    taken: list[int] = []

    def evidence() -> tuple[Evidence, ...]:
        taken.append(1)
        return ()

    reading = Reading("camera", Carrier.QR, b"form:form-1", desk.bench.clock.read())
    desk.loop.read(reading, evidence).result(10)
    assert taken == []


def test_only_the_operators_pin_opens_a_locked_desk(desk: TouchDesk) -> None:
    desk.scan("badge:receiver-1")
    lock(desk)
    for person, pin in (
        (samples.SECOND.person, PIN),
        (samples.RECEIVER.person, "1"),
        (PersonId("nobody"), PIN),
    ):
        assert desk.loop.unlock(person, pin).result(10).around.locked
    assert not desk.loop.unlock(samples.RECEIVER.person, PIN).result(10).around.locked


def test_finishing_ends_the_loop_after_what_was_ordered() -> None:
    with running_desk() as desk:
        orders = [desk.loop.submit(lambda: None) for _ in range(5)]
        desk.loop.finish()
        assert all(each.result(10) for each in orders)
