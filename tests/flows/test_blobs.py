"""Photographs follow their events: in parts, resumed where a line broke, kept by name."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from downlinks import OTHER, STATION, STRANGER, signed
from hypothesis import given, settings
from hypothesis import strategies as st
from model_platform import FIRST, SECOND
from photograph_line import RATE, PhotographLine, picture

from edge.core.evidence import EvidenceKind
from edge.core.ids import Digest
from edge.flows.blobs import Rate
from edge.wire.blob import PART_BYTES
from edge.wire.downlink import BlobAck, Mark


@pytest.fixture
def line(tmp_path: Path) -> Iterator[PhotographLine]:
    made = PhotographLine(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("size", [1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 5 * PART_BYTES])
def test_a_photograph_arrives_whole_in_parts(line: PhotographLine, size: int) -> None:
    name = line.photograph(picture(size))
    line.run()
    assert line.kept.get(name) == picture(size)
    parts = -(-size // PART_BYTES)
    assert line.sent == [(name, number) for number in range(parts + 1)]
    assert line.link.blobs_waiting() == 0


def test_it_waits_for_the_platform_to_have_the_event(line: PhotographLine) -> None:
    name = line.photograph(picture(10), confirmed=False)
    line.pump()
    assert line.sent == []
    line.confirmed = 1
    line.pump()
    assert line.sent == [(name, 0)]


def test_no_photograph_goes_while_an_event_is_on_its_way(line: PhotographLine) -> None:
    line.photograph(picture(10))
    line.pump(free=False)
    assert line.sent == []


@pytest.mark.parametrize(
    ("kind", "forms", "goes"),
    [
        (EvidenceKind.LAYER, False, True),
        (EvidenceKind.BLOCK, False, True),
        (EvidenceKind.DEFECT, False, True),
        (EvidenceKind.SEAL, False, True),
        (EvidenceKind.FORM, False, False),
        (EvidenceKind.FORM, True, True),
        (EvidenceKind.SIGNATURE, False, False),
        (EvidenceKind.SIGNATURE, True, False),
    ],
)
def test_signatures_never_leave_and_papers_only_where_asked(
    tmp_path: Path, kind: EvidenceKind, *, forms: bool, goes: bool
) -> None:
    line = PhotographLine(tmp_path, Rate(forms=forms))
    line.photograph(picture(10), kind)
    line.run()
    assert bool(line.arrived()) is goes
    line.close()


def test_a_broken_line_goes_on_with_what_is_wanted(line: PhotographLine) -> None:
    name = line.photograph(picture(6 * PART_BYTES))
    line.pump()
    line.carry()
    line.pump()
    line.carry(loses=lambda topic: topic.endswith("/2"))
    line.restart_station()
    line.restart_platform()
    line.sent.clear()
    line.run()
    assert line.sent == [(name, number) for number in (0, 2, 3, 4, 5, 6)]
    assert line.arrived() == {name}


def test_parts_that_the_platform_lost_go_again(line: PhotographLine) -> None:
    name = line.photograph(picture(3 * PART_BYTES))
    line.pump()
    line.carry()
    line.pump()
    line.carry()
    for path in (line.folder / "incoming").rglob("1"):
        path.unlink()
    line.run()
    assert line.arrived() == {name}
    assert line.sent.count((name, 1)) == 2


def test_without_a_word_the_head_goes_again_ever_more_rarely(line: PhotographLine) -> None:
    name = line.photograph(picture(10))
    heads = []
    for second in range(300):
        before = len(line.sent)
        line.pump()
        heads += [second] * (len(line.sent) - before)
        line.carry(loses=lambda _: True)
        line.clock.move(1)
    assert {part for _, part in line.sent} == {0}
    assert heads == [0, 20, 60, 140, 220]
    line.run()
    assert line.arrived() == {name}


def test_the_rate_is_kept(tmp_path: Path) -> None:
    line = PhotographLine(tmp_path, Rate(bytes_s=PART_BYTES, window=8))
    line.photograph(picture(10 * PART_BYTES))
    line.pump()
    line.carry()
    began = line.clock.elapsed_ns
    line.run()
    assert 9 <= (line.clock.elapsed_ns - began) / 1e9 <= 12
    line.close()


def test_a_refusal_of_the_broker_lets_photographs_wait(line: PhotographLine) -> None:
    name = line.photograph(picture(10))
    line.pump()
    token, *_ = line.up.popleft()
    line.sender.acknowledged(token, 0x87)
    line.clock.move(RATE.patience_max_s - 1)
    line.pump()
    assert len(line.sent) == 1
    line.clock.move(2)
    line.run()
    assert line.arrived() == {name}


def test_a_photograph_that_is_gone_or_changed_is_named_and_passed_over(
    line: PhotographLine,
) -> None:
    gone, changed = line.photograph(picture(10, 1)), line.photograph(picture(10, 2))
    last = line.photograph(picture(10, 3))
    (line.folder / "station" / gone[:2] / gone).unlink()
    (line.folder / "station" / changed[:2] / changed).write_bytes(b"other")
    line.run()
    assert line.arrived() == {last}
    assert line.journal.noted.count("blob.gone") == 2


def test_one_photograph_named_by_two_events_goes_once(line: PhotographLine) -> None:
    name = line.photograph(picture(10))
    line.photograph(picture(10))
    line.run()
    assert line.sent == [(name, 0), (name, 1)]


def test_a_forged_or_foreign_word_changes_nothing(line: PhotographLine) -> None:
    name = line.photograph(picture(10))
    line.pump()
    line.sender.hear_ack(signed(BlobAck(STATION.name, name, stored=True), by=STRANGER))
    line.sender.hear_ack(signed(BlobAck(OTHER.name, name, stored=True)))
    line.sender.hear_ack(b"\xff")
    assert line.link.blobs_waiting() == 1
    line.run()
    assert line.arrived() == {name}


def test_a_word_about_parts_that_do_not_exist_sends_none(line: PhotographLine) -> None:
    name = line.photograph(picture(10))
    line.pump()
    line.up.clear()
    line.sender.hear_ack(signed(BlobAck(STATION.name, name, stored=False, wanted=(0, 7))))
    line.pump()
    assert line.sent == [(name, 0)]


@pytest.mark.parametrize(("store", "upto"), [("two", 5), ("one", 4)])
def test_a_restored_platform_is_asked_about_everything_again(
    line: PhotographLine, store: str, upto: int
) -> None:
    names = {line.photograph(picture(10, seed)) for seed in range(3)}
    epoch, other = FIRST, Digest("ab" * 32)
    line.link.keep_marks({epoch: Mark(5, other)}, store_id="one", issued=line.clock.now())
    line.run()
    lost = next(iter(names))
    (line.folder / "platform" / lost[:2] / lost).unlink()
    line.link.keep_marks({epoch: Mark(upto, other)}, store_id=store, issued=line.clock.now())
    line.sent.clear()
    line.run()
    assert line.arrived() == names
    assert [part for _, part in line.sent].count(0) == 3
    assert (lost, 1) in line.sent


def test_other_bytes_than_the_name_says_are_never_kept(line: PhotographLine) -> None:
    name = Digest("ab" * 32)
    topic = f"{STATION.branch}/blob/{name}"
    head = {"bytes": 4, "parts": 1, "media_type": "image/jpeg", "kind": "layer"}
    line.up.append((1, f"{topic}/0", json.dumps(head).encode()))
    line.up.append((2, f"{topic}/1", b"1234"))
    line.carry()
    assert line.arrived() == set()
    assert "blob.other_bytes" in line.journal.noted


@pytest.mark.parametrize(
    ("part", "payload"),
    [
        ("0", b"{}"),
        ("0", b'{"bytes":4,"parts":2,"media_type":"x","kind":"layer"}'),
        ("0", b'{"bytes":0,"parts":0,"media_type":"x","kind":"layer"}'),
        ("0", b'{"bytes":99999999,"parts":1526,"media_type":"x","kind":"layer"}'),
        ("0", b'{"bytes":4,"parts":1,"media_type":"x","kind":"signature"}'),
        ("1", b"not announced"),
        ("x", b"1"),
        ("-1", b"1"),
    ],
)
def test_what_makes_no_sense_is_refused(line: PhotographLine, part: str, payload: bytes) -> None:
    line.up.append((1, f"{STATION.branch}/blob/{'ab' * 32}/{part}", payload))
    line.carry()
    assert line.journal.noted == ["blob.refused"]
    assert not (line.folder / "incoming").exists()


@settings(max_examples=10, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 4 * PART_BYTES), min_size=1, max_size=4),
    chance=st.randoms(use_true_random=False),
    steps=st.integers(0, 40),
)
def test_whatever_is_lost_and_whoever_dies_every_photograph_arrives(
    sizes: list[int], chance: Random, steps: int
) -> None:
    draw = chance.random
    with TemporaryDirectory() as folder, closing(PhotographLine(Path(folder))) as line:
        names = {line.photograph(picture(size, seed)) for seed, size in enumerate(sizes)}
        for _ in range(steps):
            line.pump()
            line.carry(loses=lambda _: draw() < 0.3)
            line.clock.move(30 * draw())
            if draw() < 0.1:
                line.restart_station()
            if draw() < 0.1:
                line.restart_platform()
        line.run()
        assert line.arrived() == names
        assert line.journal.noted.count("blob.gone") == 0


def test_every_epoch_is_searched(line: PhotographLine) -> None:
    name = line.photograph(picture(10))
    line.log.append(epoch=SECOND)
    line.run()
    assert line.arrived() == {name}
