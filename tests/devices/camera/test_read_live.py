"""What the reader gives the agreement: every read of every look, and a second look at finds."""

import cv2
import numpy as np
from qr_draw import label

from edge.devices.camera.agreement import Agreement, How, LiveRead
from edge.devices.pixels import Grey
from edge.devices.qr.cascade import STEPS, QrReader


def weak_label() -> Grey:
    """A label that the plain looks cannot read."""
    noise = np.random.default_rng(3)
    blurred = cv2.GaussianBlur(label("WEAK LABEL", module_px=4), (0, 0), 2.4)
    return np.asarray(blurred * 0.6 + 60 + noise.normal(0, 1, blurred.shape), np.uint8)


def test_an_easy_label_is_read_by_both_plain_looks_and_they_are_one_engine() -> None:
    reads = QrReader().read_live(label("EASY"))

    plain = [read for read, is_plain in reads if is_plain]
    assert [read.payload for read in plain] == [b"EASY"] * 2
    assert len({read.engine for read in plain}) == 1


def test_a_weak_label_is_accepted_by_two_frames_in_one_round_of_views() -> None:
    reader, agreement, picture = QrReader(), Agreement(lambda _: False), weak_label()
    believed, found_in = [], []

    for turn in range(len(STEPS) + 2):
        reads = tuple(LiveRead(read, plain=plain) for read, plain in reader.read_live(picture))
        found_in += [turn] * bool(reads)
        believed += [(turn, each.how) for each in agreement.look(reads, turn * 100_000_000)]

    assert all(not each.plain for each in reads)
    ((turn, how),) = believed
    assert how in {How.TWO_FRAMES, How.TWO_ENGINES}
    assert turn <= found_in[0] + 1


def test_every_view_has_its_turn_although_one_finds_something_each_time() -> None:
    reader, picture = QrReader(), weak_label()
    turns = set()

    for _ in range(3 * len(STEPS)):
        reader.read_live(picture)
        turns.add(reader._turn)

    assert turns == set(range(len(STEPS)))
