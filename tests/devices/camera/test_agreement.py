"""When a payload of the live picture is believed."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.devices.camera.agreement import (
    Agreement,
    How,
    LiveRead,
    Outline,
    Sight,
)
from edge.devices.qr.engine import CodeRead, Quad

TENTH = 100_000_000
SECOND = 10 * TENTH


def at(x: float, side: float = 100.0) -> Quad:
    return ((x, 0.0), (x + side, 0.0), (x + side, side), (x, side))


def read(payload: str, engine: str = "one", *, x: float = 0.0, plain: bool = True) -> LiveRead:
    return LiveRead(CodeRead(payload.encode(), "QRCode", engine, at(x)), plain=plain)


def is_proof(payload: bytes) -> bool:
    return payload.startswith(b"signed")


def play(*looks: tuple[LiveRead, ...], step_ns: int = TENTH) -> list[tuple[int, str, How]]:
    agreement = Agreement(is_proof)
    return [
        (turn, each.payload.decode(), each.how)
        for turn, look in enumerate(looks)
        for each in agreement.look(look, turn * step_ns)
    ]


@dataclass
class Case:
    name: str
    looks: list[tuple[LiveRead, ...]]
    believed: list[tuple[int, str, How]] = field(default_factory=list)


CASES = [
    Case("one read is not enough", [(read("A"),), (), ()]),
    Case("proof is enough", [(read("signed A"),)], [(0, "signed A", How.SIGNED)]),
    Case("two frames", [(read("A"),), (read("A"),), (read("A"),)], [(1, "A", How.TWO_FRAMES)]),
    Case("two frames with a gap", [(read("A"),), (), (read("A"),)], [(2, "A", How.TWO_FRAMES)]),
    Case("a moving label", [(read("A"),), (read("A", x=900),)], [(1, "A", How.TWO_FRAMES)]),
    Case("two engines", [(read("A"), read("A", "two"))], [(0, "A", How.TWO_ENGINES)]),
    Case("one engine twice in a frame", [(read("A"), read("A"))]),
    Case("two engines that contradict", [(read("A"), read("B", "two"))] * 5),
    Case("contradiction breaks a run", [(read("A"),), (read("B"),), (read("A"),), (read("B"),)]),
    Case(
        "another read stood there since", [(read("A"),), (read("B", x=500),), (read("A", x=500),)]
    ),
    Case("another read took its place", [(read("A"),), (read("B"),), (read("A", x=500),)]),
    Case(
        "a doubted frame does not count",
        [(read("A"), read("B")), (read("A"),), (read("A"),)],
        [(2, "A", How.TWO_FRAMES)],
    ),
    Case("two engines in doubt", [(read("A"), read("A", "two"), read("B"))]),
    Case(
        "contradiction outvoted later",
        [(read("A"),), (read("B"),), (read("A"),), (read("A"),)],
        [(3, "A", How.TWO_FRAMES)],
    ),
    Case(
        "neighbours do not contradict",
        [(read("A"), read("B", x=150))] * 2,
        [(1, "A", How.TWO_FRAMES), (1, "B", How.TWO_FRAMES)],
    ),
    Case(
        "proof beats contradiction",
        [(read("signed A"), read("B"))] * 3,
        [(0, "signed A", How.SIGNED)],
    ),
    Case("an old read is forgotten", [(read("A"),), *([()] * 102), (read("A"),)]),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_belief(case: Case) -> None:
    assert play(*case.looks) == case.believed


def test_a_code_is_told_once_while_in_view_and_again_after_two_seconds_away() -> None:
    agreement = Agreement(is_proof)
    look = (read("signed A"),)

    assert agreement.look(look, 0)
    assert not agreement.look(look, 19 * TENTH)
    assert not agreement.look(look, 38 * TENTH)
    assert agreement.look(look, 59 * TENTH)


def test_a_code_that_only_views_read_is_kept_until_its_view_comes_round() -> None:
    agreement = Agreement(is_proof)
    look = (read("signed A", plain=False),)

    assert agreement.look(look, 0)
    assert not agreement.look(look, 9 * SECOND)
    assert agreement.look(look, 20 * SECOND)


def test_a_scene_at_rest_keeps_what_was_in_view_and_only_that() -> None:
    agreement = Agreement(is_proof)
    agreement.look((read("signed A"), read("signed B", x=200)), 0)
    agreement.look((read("signed B", x=200),), SECOND)

    for turn in range(11, 100):
        agreement.rest(turn * TENTH)

    both = (read("signed A"), read("signed B", x=200))
    assert [each.payload for each in agreement.look(both, 10 * SECOND)] == [b"signed A"]


def test_outlines_show_what_is_seen_and_what_is_believed() -> None:
    agreement = Agreement(is_proof)
    agreement.look((read("signed A"), read("B", x=200)), 0)

    assert agreement.outlines() == (
        Outline(at(0), Sight.ACCEPTED),
        Outline(at(200), Sight.SEEN),
    )

    agreement.look((), 3 * SECOND)
    assert agreement.outlines() == ()


PAYLOADS = st.sampled_from("ABCDE")


@given(st.lists(st.lists(PAYLOADS, unique=True, max_size=3), max_size=40))
def test_a_payload_read_once_by_one_engine_is_never_believed(looks: list[list[str]]) -> None:
    plain = [tuple(read(name, x=300.0 * ord(name)) for name in look) for look in looks]
    counts = {name: sum(name in look for look in looks) for name in "ABCDE"}

    believed = {name for _, name, _ in play(*plain)}

    assert believed == {name for name, count in counts.items() if count > 1}


@given(
    names=st.lists(PAYLOADS, max_size=60),
    places=st.lists(st.floats(-20, 20), min_size=60, max_size=60),
    gaps=st.lists(st.integers(0, 3), min_size=60, max_size=60),
)
def test_misreads_that_alternate_are_never_believed(
    names: list[str], places: list[float], gaps: list[int]
) -> None:
    changing = [name for turn, name in enumerate(names) if turn == 0 or name != names[turn - 1]]
    looks: list[tuple[LiveRead, ...]] = []
    for name, x, gap in zip(changing, places, gaps, strict=False):
        looks += [(read(name, x=x),), *([()] * gap)]

    assert play(*looks) == []


@given(
    st.lists(
        st.lists(
            st.builds(
                read, PAYLOADS, st.sampled_from(["one", "two"]), x=st.sampled_from([0.0, 20, 300])
            ),
            max_size=4,
        ).map(tuple),
        max_size=30,
    )
)
def test_belief_always_has_its_ground(looks: list[tuple[LiveRead, ...]]) -> None:
    for turn, name, how in play(*looks):
        engines = {each.read.engine for each in looks[turn] if each.read.payload.decode() == name}
        earlier = [
            any(each.read.payload.decode() == name for each in look) for look in looks[:turn]
        ]
        assert engines
        assert len(engines) > 1 if how is How.TWO_ENGINES else any(earlier)
