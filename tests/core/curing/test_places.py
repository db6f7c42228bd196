"""Places: labels, what fits, where a group should go, and the audit."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.curing.places import Layout, Rack, RackKind, Spot, audit, parse_spot, suggest
from edge.core.errors import DecodeError
from edge.core.ids import RoomId, SpecimenId

ROOM, OTHER = RoomId("room-1"), RoomId("room-2")
SMALL = Rack(ROOM, "a", 1, 2, 2, 480, 320)
TANK = Rack(ROOM, "t", 1, 1, 1, 2000, 800, RackKind.TANK)
LAYOUT = Layout(ROOM, (SMALL, TANK), 15)


@pytest.mark.parametrize(
    ("text", "spot"),
    [
        ("room-1/a", Spot(ROOM, "a")),
        ("room-1/a/2", Spot(ROOM, "a", 2)),
        ("room-1/a/2/13/4", Spot(ROOM, "a", 2, 13, 4)),
    ],
)
def test_a_label_names_a_place(text: str, spot: Spot) -> None:
    assert parse_spot(text) == spot
    assert str(spot) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "room-1",
        "room-1/",
        "room-1/A",
        "room-1/a/0",
        "room-1/a/01",
        "room-1/a/100",
        "room-1/a/1/1/1/1",
        "room-1/a/x",
        "room-1/a/",
        "room-1/a/٣",
        "room 1/a",
        "room-1/a/" + "9" * 5000,
    ],
)
def test_what_is_no_label_is_refused(text: str) -> None:
    with pytest.raises(DecodeError):
        parse_spot(text)


@given(st.text(max_size=80))
def test_any_text_is_a_place_or_refused(text: str) -> None:
    with suppress(DecodeError):
        assert str(parse_spot(text)) == text


@pytest.mark.parametrize(
    ("size_mm", "spacing_mm", "expected"),
    [
        (150, 15, 6),  # 3 x 2: 150+15+150+15+150 = 480, 150+15+150 = 315
        (150, 20, 4),  # 2 x 2: 150+20+150+20+150 = 490 does not fit, 150+20+150 = 320 does
        (150, 10, 6),
        (100, 15, 8),
        (200, 15, 2),
        (500, 15, 0),
    ],
)
def test_capacity_by_cube_size_and_spacing(size_mm: int, spacing_mm: int, expected: int) -> None:
    assert SMALL.capacity(size_mm, spacing_mm=spacing_mm) == expected


@given(
    width=st.integers(1, 3000),
    depth=st.integers(1, 3000),
    size=st.sampled_from((100, 150, 200)),
    gap=st.integers(10, 20),
)
def test_what_is_said_to_fit_does_fit(width: int, depth: int, size: int, gap: int) -> None:
    rack = Rack(ROOM, "x", 1, 1, 1, width, depth)
    across = (width + gap) // (size + gap)
    whole = rack.capacity(size, spacing_mm=gap)

    assert whole == 0 or across * size + (across - 1) * gap <= width
    assert whole * size * size <= width * depth


def test_free_room_counts_cubes_of_other_sizes() -> None:
    cell = Spot(ROOM, "a", 1, 1, 1)

    assert LAYOUT.free(cell, (), size_mm=150) == 6
    assert LAYOUT.free(cell, (150, 150), size_mm=150) == 4
    assert LAYOUT.free(cell, (100,) * 4, size_mm=150) == 3
    assert LAYOUT.free(cell, (150,) * 7, size_mm=150) == 0
    assert LAYOUT.free(Spot(OTHER, "a", 1, 1, 1), (), size_mm=150) == 0


def test_a_room_knows_its_places_and_one_without_a_plan_believes_its_labels() -> None:
    assert LAYOUT.knows(Spot(ROOM, "a", 1, 2, 2))
    assert not LAYOUT.knows(Spot(ROOM, "a", 1, 3, 1))
    assert not LAYOUT.knows(Spot(OTHER, "a", 1, 1, 1))
    assert Layout(ROOM, (), 15).knows(Spot(ROOM, "zz", 9))


def test_a_group_goes_where_its_others_lie() -> None:
    first, second = Spot(ROOM, "a", 1, 1, 1), Spot(ROOM, "a", 1, 2, 1)
    said = suggest(LAYOUT, {second: (150, 150)}, count=1, size_mm=150, siblings=(second,))

    assert said.cells == ((second, 1),)
    assert said.together
    assert suggest(LAYOUT, {first: (150,) * 3}, count=3, size_mm=150).cells == ((first, 3),)


def test_a_group_is_parted_only_when_no_cell_takes_it() -> None:
    layout = Layout(ROOM, (SMALL,), 15)
    cells = list(SMALL.cells())
    nearly = {
        cells[0]: (150,) * 5,
        cells[1]: (150,) * 4,
        cells[2]: (150,) * 6,
        cells[3]: (150,) * 6,
    }
    said = suggest(layout, nearly, count=3, size_mm=150)

    assert said.cells == ((cells[1], 2), (cells[0], 1))
    assert suggest(layout, nearly, count=4, size_mm=150).left == 1
    assert suggest(Layout(ROOM, (), 15), {}, count=3, size_mm=150).left == 3


@given(
    full=st.lists(st.integers(0, 6), min_size=4, max_size=4),
    count=st.integers(1, 12),
)
def test_a_suggestion_never_overfills_and_loses_none(full: list[int], count: int) -> None:
    layout = Layout(ROOM, (SMALL,), 15)
    occupancy = {cell: (150,) * n for cell, n in zip(SMALL.cells(), full, strict=True) if n}
    said = suggest(layout, occupancy, count=count, size_mm=150)

    assert sum(n for _, n in said.cells) + said.left == count
    for cell, taken in said.cells:
        assert taken <= layout.free(cell, occupancy.get(cell, ()), size_mm=150)
    if any(6 - n >= count for n in full):
        assert said.together


def test_an_audit_parts_book_and_shelf() -> None:
    shelf = Spot(ROOM, "a", 1, 1)
    here, there = Spot(ROOM, "a", 1, 1, 1), Spot(ROOM, "t", 1, 1, 1)
    one, two, three, four, five = (SpecimenId(f"s-{n}") for n in range(1, 6))
    answer = audit(
        shelf,
        book={one: here, two: here},
        scanned={one: here, three: there, four: None, five: Spot(OTHER, "a")},
    )

    assert (answer.found, answer.missing) == ((one,), (two,))
    assert answer.unexpected == (four, five)
    assert answer.misplaced == ((three, there),)
    assert not answer.clean
    assert audit(shelf, book={one: here}, scanned={one: here}).clean
