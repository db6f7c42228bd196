"""Shelf codes, plans of rooms, and what people typed: there and back, and what is refused."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.curing.places import RackKind, Spot, parse_spot
from edge.core.errors import DecodeError
from edge.core.ids import RoomId
from edge.wire.layout_toml import parse_racks
from edge.wire.shelf import shelf_place, spot_of

ROOM = RoomId("room-1")
RACK = 'rack = "a"\nrows = 2\ncolumns = 3\nlevels = 4\nwidth_mm = 700\ndepth_mm = 500\n'
NUMBERS = st.lists(st.integers(1, 99), max_size=3)


@given(room=st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8})?", fullmatch=True), numbers=NUMBERS)
def test_a_place_comes_back_from_its_code(room: str, numbers: list[int]) -> None:
    spot = parse_spot("/".join((room, "a1", *map(str, numbers))))
    assert spot_of(shelf_place(spot), ROOM) == spot


@pytest.mark.parametrize(
    ("place", "spot"),
    [
        ("a-1", "room-1/a/1"),
        ("a", "room-1/a"),
        ("room-2--a-1-2-3", "room-2/a/1/2/3"),
        ("north-hall--b-12", "north-hall/b/12"),
    ],
)
def test_a_short_code_means_the_doors_own_room(place: str, spot: str) -> None:
    assert str(spot_of(place, ROOM)) == spot


@pytest.mark.parametrize("place", ["", "--a-1", "a-0", "a-01", "a-100", "a-1-1-1-1", "a--", "a-x"])
def test_what_names_no_place_is_refused(place: str) -> None:
    with pytest.raises(DecodeError):
        spot_of(place, ROOM)


def test_a_place_that_is_too_long_for_a_code_is_refused() -> None:
    with pytest.raises(DecodeError):
        shelf_place(Spot(RoomId("r" * 45), "a", 1, 1, 1))


def test_a_plan_gives_its_racks() -> None:
    text = f'room = "room-1"\n[[racks]]\n{RACK}[[racks]]\n{RACK}kind = "tank"\n'
    room, (rack, tank) = parse_racks(text.replace('"a"', '"b"', 1))
    assert (room, rack.rack, tank.rack, tank.kind) == (ROOM, "b", "a", RackKind.TANK)
    assert len(tuple(rack.cells())) == 24
    assert parse_racks('room = "room-1"') == (ROOM, ())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "room = 1",
        "room = [",
        'room = "Room 1"',
        'room = "room-1"\nshelves = 3',
        f'room = "room-1"\n[[racks]]\n{RACK}[[racks]]\n{RACK}',
        'room = "room-1"\n[[racks]]\n' + RACK.replace("rows = 2", "rows = 0"),
        'room = "room-1"\n[[racks]]\n' + RACK.replace("levels = 4", "levels = 100"),
        'room = "room-1"\n[[racks]]\n' + RACK.replace("700", "-1"),
        'room = "room-1"\n[[racks]]\n' + RACK.replace('"a"', '"a b"'),
        'room = "room-1"\n[[racks]]\n' + RACK + 'kind = "pond"',
    ],
)
def test_a_plan_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(DecodeError):
        parse_racks(text)


def test_the_sample_of_the_page_is_a_plan() -> None:
    page = (Path(__file__).parents[2] / "docs" / "door.md").read_text(encoding="utf-8")
    sample = page.partition("```toml room.toml\n")[2].partition("```")[0]
    _, racks = parse_racks(sample)
    assert racks
