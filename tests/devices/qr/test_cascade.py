"""The cascade reads every code of a picture once, and keeps silent where reads contradict."""

import itertools

import cv2
import numpy as np
import pytest
from qr_draw import label, sheet

from edge.devices.pixels import Grey
from edge.devices.qr.cascade import STEPS, QrReader
from edge.devices.qr.discovery import Engines, Role
from edge.devices.qr.engine import CodeRead, MissingEngine, Quad
from edge.devices.qr.finders import find_finders, has_unread_finder
from edge.devices.qr.sightings import Sightings, centre, contains


@pytest.fixture(scope="module")
def reader() -> QrReader:
    return QrReader()


def _payloads(reads: tuple[CodeRead, ...]) -> list[bytes]:
    return sorted(read.payload for read in reads)


def _box(left: float, top: float, side: float) -> Quad:
    right, bottom = left + side, top + side
    return (left, top), (right, top), (right, bottom), (left, bottom)


def test_sixty_labels_of_one_sheet_all_come_out_once(reader: QrReader) -> None:
    texts = [f"V1.SPECIMEN-{number:04}" for number in range(60)]
    picture = sheet([label(text, module_px=4) for text in texts], columns=10)

    reads = reader.read_still(picture)

    assert _payloads(reads) == sorted(text.encode() for text in texts)


def test_equal_labels_side_by_side_are_two_codes(reader: QrReader) -> None:
    picture = sheet([label("TWIN")] * 2, columns=2)

    assert _payloads(reader.read_still(picture)) == [b"TWIN", b"TWIN"]


def test_a_big_picture_keeps_its_own_coordinates(reader: QrReader) -> None:
    picture = np.full((2400, 3200), 200, np.uint8)
    small = label("SMALL IN BIG", module_px=3)
    picture[2000 : 2000 + small.shape[0], 3000 : 3000 + small.shape[1]] = small

    (read,) = reader.read_still(picture)

    assert contains(_box(3000, 2000, small.shape[0]), centre(read.quad))


def test_a_weak_label_needs_a_view_and_is_found_later(reader: QrReader) -> None:
    noise = np.random.default_rng(3)
    blurred = cv2.GaussianBlur(label("WEAK LABEL", module_px=4), (0, 0), 2.4)
    picture = np.asarray(blurred * 0.6 + 60 + noise.normal(0, 1, blurred.shape), np.uint8)

    still = reader.read_still(picture)
    frames = [reader.read_frame(picture) for _ in STEPS]

    assert reader.read_frame(picture, budget=0) == ()
    assert _payloads(still) == [b"WEAK LABEL"]
    assert any(_payloads(frame) == [b"WEAK LABEL"] for frame in frames)


@pytest.mark.parametrize("seed", range(3))
def test_concrete_and_noise_hold_no_code(reader: QrReader, seed: int) -> None:
    noise = np.random.default_rng(seed)
    grain = np.asarray(cv2.GaussianBlur(noise.normal(0, 1, (480, 640)), (0, 0), 1 + 3 * seed))
    picture = np.asarray((150 + 30 * grain / grain.std()).clip(0, 255), np.uint8)

    assert reader.read_still(picture) == ()


@pytest.mark.parametrize("shape", [(1, 1), (2, 900), (900, 2), (16, 16)])
def test_odd_shapes_are_read_without_a_crash(reader: QrReader, shape: tuple[int, int]) -> None:
    assert reader.read_still(np.zeros(shape, np.uint8)) == ()
    assert [reader.read_frame(np.zeros(shape, np.uint8)) for _ in STEPS] == [()] * len(STEPS)


def test_the_time_of_a_read_comes_from_the_given_clock() -> None:
    ticks = itertools.count(0, 5_000_000)
    reader = QrReader(mono_ns=lambda: next(ticks))

    (read,) = reader.read_still(label("CLOCK"))

    assert read.found_ms == 5.0


class Parrot:
    """An engine that always says the same."""

    def __init__(self, name: str, payload: bytes) -> None:
        self.name = name
        self._payload = payload

    def read(self, grey: Grey) -> tuple[CodeRead, ...]:
        side = float(min(grey.shape))
        return (CodeRead(self._payload, "QRCode", self.name, _box(0, 0, side)),)


@pytest.mark.parametrize(
    ("second", "payloads"), [(b"SAME", [b"SAME"]), (b"OTHER", [])], ids=["agree", "contradict"]
)
def test_engines_that_contradict_each_other_silence_the_place(
    second: bytes, payloads: list[bytes]
) -> None:
    roles = {Role.LOCAL: Parrot("one", b"SAME"), Role.SECOND: Parrot("two", second)}
    reader = QrReader(Engines(roles, ()))

    reads = reader.read_still(sheet([label("A"), label("B")], columns=2))

    assert _payloads(reads) == payloads


def test_a_missing_engine_is_named_with_its_remedy_and_the_rest_reads() -> None:
    missing = MissingEngine("zbar", "apt install libzbar0")
    roles = {Role.LOCAL: Parrot("one", b"ALONE")}

    reader = QrReader(Engines(roles, (missing,)))

    assert reader.engines == ("one",)
    assert reader.missing == (missing,)
    assert _payloads(reader.read_still(np.full((90, 90), 9, np.uint8))) == [b"ALONE"]


def test_two_engines_outvote_a_third_opinion_at_one_place() -> None:
    sightings = Sightings()
    for engine, payload in (("a", b"X"), ("a", b"Y"), ("b", b"X")):
        sightings.add((CodeRead(payload, "QRCode", engine, _box(0, 0, 50)),), 1.0)

    assert _payloads(sightings.agreed()) == [b"X"]


def test_a_stray_quad_around_others_does_not_silence_them() -> None:
    sightings = Sightings()
    inner = CodeRead(b"INNER", "QRCode", "a", _box(0, 0, 50))
    around = CodeRead(b"AROUND", "QRCode", "a", _box(0, 0, 400))

    sightings.add((inner, around), 1.0)

    assert _payloads(sightings.agreed()) == [b"AROUND", b"INNER"]


def test_finders_outside_every_read_are_noticed() -> None:
    one, two = label("FIRST"), label("SECOND")
    picture = sheet([one, two], columns=2)
    first = _box(12, 12, one.shape[0])
    second = _box(24 + one.shape[0], 12, two.shape[0])

    assert len(list(find_finders(picture))) >= 6
    assert has_unread_finder(picture, [first])
    assert not has_unread_finder(picture, [first, second])
