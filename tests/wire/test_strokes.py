"""A finger's strokes become an SVG that keeps every point, or are refused."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.errors import DecodeError
from edge.wire.strokes import HEIGHT, POINTS_LIMIT, WIDTH, draw_strokes

POINTS = st.tuples(st.integers(0, WIDTH), st.integers(0, HEIGHT))
STROKES = st.lists(st.lists(POINTS, min_size=1, max_size=40), min_size=1, max_size=20)


def points_of(svg: bytes) -> list[list[tuple[int, int]]]:
    lines = re.findall(rb'points="([^"]*)"', svg)
    pairs = ([each.split(b",") for each in line.split()] for line in lines)
    return [[(int(x), int(y)) for x, y in line] for line in pairs]


@given(STROKES)
def test_every_point_is_kept(strokes: list[list[tuple[int, int]]]) -> None:
    svg = draw_strokes(strokes)
    assert points_of(svg) == strokes
    assert svg.startswith(b"<svg ")
    assert svg.endswith(b"</svg>")


@given(STROKES)
def test_the_same_strokes_are_the_same_bytes(strokes: list[list[tuple[int, int]]]) -> None:
    assert draw_strokes(strokes) == draw_strokes([[list(at) for at in line] for line in strokes])


@pytest.mark.parametrize(
    "strokes",
    [
        None,
        7,
        "strokes",
        {},
        [],
        [[]],
        [[[1]]],
        [[[1, 2, 3]]],
        [[["a", "b"]]],
        [[[-1, 0]]],
        [[[0, HEIGHT + 1]]],
        [[[WIDTH + 1, 0]]],
        [[[float("nan"), 0]]],
        [[[float("inf"), 0]]],
        [[[10**400, 0]]],
        [[[0, 0]] * (POINTS_LIMIT + 1)],
        [[["<script>", 1]]],
    ],
)
def test_what_no_finger_draws_is_refused(strokes: Any) -> None:
    with pytest.raises(DecodeError) as refused:
        draw_strokes(strokes)
    assert refused.value.code == "strokes_malformed"


@given(st.recursive(st.none() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=20))
def test_anything_is_drawn_or_refused(strokes: Any) -> None:
    try:
        svg = draw_strokes(strokes)
    except DecodeError:
        return
    assert set(re.findall(rb"<(\w+)", svg)) == {b"svg", b"g", b"polyline"}
