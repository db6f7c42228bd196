"""A layer of chips, read in one picture: the same steps as one by one, in one transaction."""

from collections.abc import Callable

import pytest
from bench import BLOCKS, Bench
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core.carriers import Carrier, Reading
from edge.core.codes import Code
from edge.core.intake.state import Phase
from edge.core.intake.step import Outcome, Signal

TEXTS = (
    *(f"chip:{block}" for block in BLOCKS),
    *(f"chip:{block}@04ab" for block in BLOCKS[:2]),
    "chip:foreign-1",
    "junk:1",
    "junk:2",
)


def scanning() -> Bench:
    bench = Bench()
    bench.to_scanning()
    return bench


def blind() -> Bench:
    bench = Bench()
    bench.link.is_online = False
    bench.scan("badge:receiver-1", "form:unknown")
    assert bench.phase() is Phase.BLIND
    return bench


def readings(bench: Bench, texts: list[str]) -> tuple[Reading, ...]:
    now = bench.clock.read()
    return tuple(Reading("camera", Carrier.QR, text.encode(), now) for text in texts)


def one_by_one(bench: Bench, texts: list[str]) -> list[Signal]:
    """The answers; a chip that is still in view gets none."""
    answers: list[Signal] = []
    for reading in readings(bench, texts):
        before = bench.intake.signal
        bench.intake.read(reading)
        after = bench.intake.signal
        if after is not None and after is not before:
            answers.append(after)
    return answers


@pytest.mark.parametrize("begin", [scanning, blind])
@settings(max_examples=12)
@given(
    layers=st.lists(
        st.lists(st.sampled_from(TEXTS), min_size=1, max_size=8), min_size=1, max_size=3
    )
)
def test_a_layer_is_what_its_chips_are_one_by_one(
    begin: Callable[[], Bench], layers: list[list[str]]
) -> None:
    apart, together = begin(), begin()
    for texts in layers:
        for bench in (apart, together):
            bench.clock.move(1)
        answers = one_by_one(apart, texts)
        assert list(together.intake.read_layer(readings(together, texts))) == answers
        assert together.intake.signal == apart.intake.signal
    assert together.intake.desk == apart.intake.desk
    assert together.types() == apart.types()
    before = together.intake.desk
    together.restart()
    assert together.intake.desk == before


def test_a_layer_is_one_write() -> None:
    bench = scanning()
    writes, kept = [], bench.store.commit

    def count(**given_: object) -> None:
        writes.append(given_)
        kept(**given_)  # type: ignore[arg-type]  # passes the store's own arguments through

    bench.store.commit = count  # type: ignore[method-assign]  # the store's own, counted
    bench.intake.read_layer(readings(bench, [f"chip:{block}" for block in BLOCKS]))
    assert len(writes) == 1
    assert bench.intake.view().counted == len(BLOCKS)


def test_a_full_disk_refuses_the_whole_layer_and_counts_nothing() -> None:
    bench = scanning()
    before = bench.intake.desk
    bench.store.full = True
    texts = [f"chip:{block}" for block in BLOCKS]
    (answer,) = bench.intake.read_layer(readings(bench, texts))
    assert (answer.outcome, answer.codes) == (Outcome.REFUSE, (Code.NOT_RECORDED,))
    assert bench.intake.desk == before

    bench.store.full = False
    bench.clock.move(5)
    bench.intake.read_layer(readings(bench, texts))
    assert bench.intake.view().counted == len(BLOCKS)


def test_a_layer_without_a_delivery_is_not_now() -> None:
    bench = Bench()
    bench.scan("badge:receiver-1")
    answers = bench.intake.read_layer(readings(bench, [f"chip:{BLOCKS[0]}", "junk:1"]))
    assert [each.codes for each in answers] == [(Code.NOT_NOW,)] * 2
