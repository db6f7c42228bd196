"""The live picture becomes accepted payloads: each once, soon, and never while paused."""

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha512
from pathlib import Path
from statistics import median
from time import monotonic

import numpy as np
import pytest
from live_scene import CLOCK, grain, jpeg, noisy, running, varied
from memory_doors import QuietJournal
from mjpeg_server import MjpegServer
from waiting import until

from edge.devices.camera.agreement import How, Outline, Sight
from edge.devices.camera.capture import Camera
from edge.devices.camera.live import Accepted, LiveReader
from edge.sim.labels import render_label, render_layer


def code(number: int) -> str:
    """A chip's text with a signature that looks like one."""
    signature = base64.b32encode(sha512(bytes([number])).digest()).decode().rstrip("=")
    return f"V1.NC-2026-{number:06d}.04A1B2C3D4E5F6.NC-CHIP-1.{signature}"


@dataclass
class Desk:
    """What a reader reports and shows."""

    accepted: list[Accepted] = field(default_factory=list)
    delays_ms: list[float] = field(default_factory=list)
    shown: list[tuple[tuple[Outline, ...], int]] = field(default_factory=list)
    proofs: bool = True

    def report(self, accepted: tuple[Accepted, ...]) -> None:
        for each in accepted:
            self.delays_ms.append((CLOCK.mono_ns() - each.frame.taken.mono_ns) / 1e6)
            self.accepted.append(each)

    def show(self, outlines: tuple[Outline, ...], number: int) -> None:
        self.shown.append((outlines, number))

    def proves(self, payload: bytes) -> bool:
        return self.proofs and payload.startswith(b"V1.")

    def payloads(self) -> list[str]:
        return [each.payload.decode() for each in self.accepted]


@contextmanager
def reading(camera: Camera, desk: Desk, *, workers: int = 1) -> Iterator[LiveReader]:
    reader = LiveReader(
        camera,
        proves=desk.proves,
        report=desk.report,
        show=desk.show,
        journal=QuietJournal(),
        workers=workers,
    )
    reader.start()
    try:
        yield reader
    finally:
        reader.stop()


@pytest.mark.parametrize(("proofs", "workers"), [(True, 1), (False, 1), (True, 2)])
def test_thirty_chips_in_three_layers_are_all_accepted_once(
    proofs: bool,  # noqa: FBT001 - a table of cases
    workers: int,
    tmp_path: Path,
) -> None:
    rng = np.random.default_rng(30)
    codes = tuple(code(number) for number in range(30))
    layers = [render_layer(codes[turn : turn + 10], rng=rng).bgr() for turn in (0, 10, 20)]
    shots = [[jpeg(noisy(layer)) for _ in range(2)] for layer in layers]
    for number in range(27):
        (tmp_path / f"{number:03d}.jpg").write_bytes(shots[number // 9][number % 2])
    desk = Desk(proofs=proofs)

    with (
        running(f"{tmp_path}/%03d.jpg", QuietJournal(), fps=8, loop=False) as camera,
        reading(camera, desk, workers=workers),
    ):
        until(lambda: camera.state.why == "ended", 60.0)

    assert sorted(desk.payloads()) == list(codes)
    assert {each.how for each in desk.accepted} <= (
        {How.SIGNED} if proofs else {How.TWO_FRAMES, How.TWO_ENGINES}
    )
    assert median(desk.delays_ms) < 300


def test_a_label_is_told_once_while_it_lies_there_with_its_frame_and_outline() -> None:
    picture = render_label(code(1), rng=np.random.default_rng(1)).bgr()
    desk = Desk(proofs=False)
    with (
        MjpegServer(varied(picture)) as server,
        running(server.url, QuietJournal(), fps=20) as camera,
        reading(camera, desk),
    ):
        until(lambda: desk.accepted)
        number = desk.accepted[0].frame.number
        until(lambda: (frame := camera.latest()) is not None and frame.number > number + 60)

    assert desk.payloads() == [code(1)]
    accepted = desk.accepted[0]
    assert accepted.how is How.TWO_FRAMES
    assert accepted.frame.bgr.shape == picture.shape
    assert (Outline(accepted.quad, Sight.ACCEPTED),) in [outlines for outlines, _ in desk.shown]
    assert any(each.state is Sight.SEEN for outlines, _ in desk.shown for each in outlines)


def test_a_label_that_went_for_two_seconds_is_told_again() -> None:
    picture = render_label(code(1), rng=np.random.default_rng(1)).bgr()
    empty = grain(picture.shape[1], picture.shape[0])
    there, away = varied(picture), varied(empty)
    desk = Desk()
    with (
        MjpegServer(there) as server,
        running(server.url, QuietJournal()) as camera,
        reading(camera, desk),
    ):
        until(lambda: len(desk.accepted) == 1)
        server.draw = away
        until(lambda: desk.shown[-1][0] == ())
        server.draw = there
        until(lambda: len(desk.accepted) == 2)


def test_nothing_is_read_while_paused_and_everything_again_after_it() -> None:
    first = render_label(code(1), rng=np.random.default_rng(1)).bgr()
    second = render_label(code(2), rng=np.random.default_rng(2)).bgr()
    one, two = varied(first), varied(second)
    desk = Desk()
    with (
        MjpegServer(one) as server,
        running(server.url, QuietJournal()) as camera,
        reading(camera, desk) as reader,
    ):
        until(lambda: desk.payloads() == [code(1)])
        reader.pause()
        shown = len(desk.shown)
        server.draw = two
        frame = camera.latest()
        assert frame is not None
        until(lambda: (now := camera.latest()) is not None and now.number > frame.number + 20)
        assert desk.payloads() == [code(1)]
        assert len(desk.shown) == shown
        assert desk.shown[-1][0] == ()

        server.draw, before = one, camera.latest()
        assert before is not None
        until(lambda: (now := camera.latest()) is not None and now.number > before.number + 3)
        reader.resume()
        until(lambda: desk.payloads() == [code(1), code(1)])

        again = desk.accepted[-1].frame.number  # the gate has closed 24 frames later
        until(lambda: (now := camera.latest()) is not None and now.number > again + 30)
        reader.pause()
        reader.resume()
        until(lambda: desk.payloads() == [code(1)] * 3)


def test_a_reader_outlives_the_camera_and_stops_in_time() -> None:
    picture = render_label(code(1), rng=np.random.default_rng(1)).bgr()
    desk = Desk()
    with MjpegServer(varied(picture)) as server, running(server.url, QuietJournal()) as camera:
        with reading(camera, desk, workers=2) as reader:
            until(lambda: len(desk.accepted) == 1)
            server.stop()
            until(lambda: not camera.state.live)
            first_gone = CLOCK.mono_ns()
            until(lambda: CLOCK.mono_ns() - first_gone > 2_100_000_000)
            server.start()
            until(lambda: len(desk.accepted) == 2)
            start = monotonic()
            reader.stop()
            assert monotonic() - start < 2
        assert not any("live-reader" in each.name for each in threading.enumerate())


def test_an_accident_in_a_report_is_noted_and_the_next_frame_is_read() -> None:
    picture = render_label(code(1), rng=np.random.default_rng(1)).bgr()
    journal = QuietJournal()
    told: list[Accepted] = []

    def report(accepted: tuple[Accepted, ...]) -> None:
        told.extend(accepted)
        raise RuntimeError

    with (
        MjpegServer(varied(picture)) as server,
        running(server.url, QuietJournal()) as camera,
    ):
        reader = LiveReader(
            camera,
            proves=lambda _: True,
            report=report,
            show=lambda *_: None,
            journal=journal,
        )
        reader.start()
        until(lambda: journal.noted)
        reader.pause()
        reader.resume()
        until(lambda: len(told) == 2)
        reader.stop()

    assert set(journal.noted) == {"camera.frame_failed"}
    assert jpeg(told[0].frame.bgr)
