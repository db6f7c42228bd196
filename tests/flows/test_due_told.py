"""Due dates of the room: each stage told once, also over restarts and a store that fails."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import samples
from wall_bench import COMMISSION, WallBench

from edge.core.ids import GroupId
from edge.flows.due_told import GROUPS, DueTeller

HOUR_S = 3601


class Room(WallBench):
    """A door with a teller beside it."""

    def teller(self) -> DueTeller:
        return DueTeller(self.parts, of=self.premises)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path)
    made.clock.move(-20 * 86_400)
    made.begin("in")
    made.scan("chip:s-1-1", "chip:s-1-2", "chip:s-2-1")
    made.wait(61)
    yield made
    made.close()


def due(room: Room) -> list[str]:
    return [kind for kind, _ in room.log() if kind.startswith("due.")]


def walk(teller: DueTeller, room: Room) -> int:
    room.clock.move(HOUR_S)
    return teller.step()


def test_each_stage_is_told_once_as_it_turns(room: Room) -> None:
    teller = room.teller()
    assert walk(teller, room) == 0
    room.clock.move(19.2 * 86_400)
    assert walk(teller, room) == 2
    assert due(room) == ["due.opened", "due.opened"]
    assert walk(teller, room) == 0
    room.clock.move(3 * 86_400)
    assert walk(teller, room) == 2
    assert due(room)[2:] == ["due.overdue", "due.overdue"]
    kind, data = room.log()[-1]
    assert (kind, data["specimens"]) == ("due.overdue", ["s-2-1"])


def test_between_two_walks_nobody_is_asked(room: Room) -> None:
    teller = room.teller()
    room.clock.move(30 * 86_400)
    assert teller.step() == 2
    assert teller.step() == 0


def test_a_restart_tells_nothing_again(room: Room) -> None:
    room.clock.move(30 * 86_400)
    assert room.teller().step() == 2
    assert walk(room.teller(), room) == 0


def test_what_left_the_room_is_not_due(room: Room) -> None:
    room.clock.move(20 * 86_400)
    room.begin("out", "")
    room.scan("chip:s-1-1", "chip:s-1-2")
    room.clock.move(30 * 86_400)
    assert walk(room.teller(), room) == 1
    kind, data = room.log()[-1]
    assert (kind, data["group"]) == ("due.overdue", "group-2")


def test_a_store_that_fails_is_tried_again(room: Room) -> None:
    teller = room.teller()
    room.clock.move(30 * 86_400)
    room.store.break_events()
    assert teller.step() == 0
    assert "due.store" in room.journal.noted
    room.store.mend_events()
    assert walk(teller, room) == 2
    assert len(due(room)) == 2


def test_a_full_room_is_walked_in_parts(tmp_path: Path) -> None:
    count = GROUPS + 2
    groups = tuple(samples.group(number) for number in range(1, count + 1))
    room = Room(tmp_path)
    room.registry.commissions = (replace(COMMISSION, groups=groups),)
    room.begin("in", "b-1-1-1")
    room.scan(*(f"chip:s-{number}-1" for number in range(1, count + 1)))
    assert len(room.store.places.groups_inside(room.premises.room)) == count
    room.clock.move(timedelta(days=30).total_seconds())
    teller = room.teller()
    assert (teller.step(), teller.step(), teller.step()) == (GROUPS, 2, 0)
    assert {data["group"] for kind, data in room.log() if kind == "due.overdue"} == {
        GroupId(f"group-{number}") for number in range(1, count + 1)
    }
    room.close()
