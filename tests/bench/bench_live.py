"""CPU time of the live camera: idle frames, a still scene, many codes in view, and the preview.

CPU times are of the thread or of this process, so that a busy machine troubles them little.
Run: .venv/bin/python tests/bench/bench_live.py
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from live_scene import CLOCK, noisy
from memory_doors import QuietJournal

from edge.devices.camera.agreement import Outline
from edge.devices.camera.capture import Camera
from edge.devices.camera.frame import Frame
from edge.devices.camera.live import Accepted, LiveReader
from edge.devices.camera.mjpeg_feed import decode
from edge.devices.camera.preview import Preview
from edge.devices.camera.source import parse_source
from edge.devices.pixels import Picture
from edge.devices.qr.cascade import QrReader
from edge.devices.qr.gate import ChangeGate
from edge.sim.degrade import concrete
from edge.sim.labels import render_layer

_SIZE = (1280, 720)
_SECONDS = 6.0
_FPS = 10.0


def main() -> None:
    """Measure and print."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng(7)
    bare = np.asarray(concrete((_SIZE[1], _SIZE[0]), rng=rng).clip(0, 255), np.uint8)
    empty = np.asarray(cv2.cvtColor(bare, cv2.COLOR_GRAY2BGR), np.uint8)
    codes = tuple(f"CHIP-2026-{number:06d}-ABCDEFGH" for number in range(12))
    full = render_layer(codes, rng=rng, size=_SIZE).bgr()
    table = Table("what, 1280 x 720", "ms mean", "ms p95", title="CPU time of one frame")
    for name, costs in (
        ("idle frame with gate, from colour, still bare concrete", idle(empty, gated=True)),
        ("idle frame with an open gate", idle(empty, gated=False)),
        ("12 codes in view, plain looks and one view", idle(full, gated=False)),
        ("JPEG of a camera to colour", jpeg_decode(full)),
    ):
        table.add_row(name, f"{np.mean(costs):.2f}", f"{np.percentile(costs, 95):.2f}")
    console = Console(width=110)
    console.print(table)
    console.print(f"codes read in the plain looks: {plain_codes(full)} of {len(codes)}")
    console.print(shares(empty, full))


def idle(picture: Picture, *, gated: bool, count: int = 150) -> list[float]:
    """Milliseconds of each frame: grey, gate, reader."""
    gate, reader = ChangeGate(), QrReader()
    versions = [noisy(picture) for _ in range(6)]
    now = CLOCK.read()

    def step(turn: int) -> None:
        frame = Frame(turn, versions[turn % 6], now)
        if gate.changed(frame.grey) or not gated:
            reader.read_live(frame.grey)

    return [thread_ms(partial(step, turn)) for turn in range(count)]


def jpeg_decode(picture: Picture) -> list[float]:
    """Milliseconds to decode the JPEG of a network camera."""
    _, coded = cv2.imencode(".jpg", noisy(picture), (cv2.IMWRITE_JPEG_QUALITY, 85))
    data = bytes(coded)
    return [thread_ms(lambda: decode(data)) for _ in range(50)]


def plain_codes(picture: Picture) -> int:
    """Different payloads that the plain looks read."""
    grey = Frame(0, picture, CLOCK.read()).grey
    return len({read.payload for read, plain in QrReader().read_live(grey) if plain})


def shares(empty: Picture, full: Picture) -> Table:
    """Share of one core over some seconds at 10 frames a second, whole process."""
    table = Table("at 10 frames a second", "% of a core", title=f"CPU share over {_SECONDS:.0f} s")
    with TemporaryDirectory() as folder:
        still = write_video(Path(folder) / "still.avi", empty)
        codes = write_video(Path(folder) / "codes.avi", full)
        with capturing(still) as camera:
            table.add_row("capture alone (decodes its JPEG video)", f"{share():.1f}")
            with reading(camera):
                time.sleep(4)
                table.add_row("and reading a still scene without codes", f"{share():.1f}")
        with capturing(codes) as camera:
            with reading(camera):
                time.sleep(4)
                table.add_row("capture and reading, 12 codes lying still", f"{share():.1f}")
            preview = Preview(camera, outlines=tuple[Outline, ...], fps=_FPS)
            table.add_row("capture and preview without a viewer", f"{share():.1f}")
            for viewers in (1, 3):
                with looking(preview, viewers):
                    table.add_row(f"capture and preview, viewers: {viewers}", f"{share():.1f}")
    return table


def write_video(path: Path, picture: Picture) -> str:
    """A motion-JPEG file of two noisy seconds."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), _FPS, _SIZE)
    for _ in range(20):
        writer.write(noisy(picture))
    writer.release()
    return str(path)


@contextmanager
def capturing(text: str) -> Iterator[Camera]:
    """A camera that runs."""
    camera = Camera(parse_source(text), read_clock=CLOCK.read, journal=QuietJournal(), fps=_FPS)
    camera.start()
    camera.next_after(0, 5.0)
    try:
        yield camera
    finally:
        camera.stop()


@contextmanager
def reading(camera: Camera) -> Iterator[list[Accepted]]:
    """A reader that runs."""
    accepted: list[Accepted] = []
    reader = LiveReader(
        camera,
        proves=lambda _: False,
        report=accepted.extend,
        show=lambda *_: None,
        journal=QuietJournal(),
    )
    reader.start()
    try:
        yield accepted
    finally:
        reader.stop()


@contextmanager
def looking(preview: Preview, viewers: int) -> Iterator[None]:
    """Viewers that take every picture."""
    stop = Event()

    def look() -> None:
        for _ in preview.frames(stop):
            pass

    threads = [Thread(target=look) for _ in range(viewers)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def thread_ms(work: Callable[[], object]) -> float:
    """CPU milliseconds of this thread."""
    start = time.thread_time_ns()
    work()
    return (time.thread_time_ns() - start) / 1e6


def share() -> float:
    """Percent of one core that this process takes in the next seconds."""
    wall, cpu = time.monotonic(), time.process_time()
    time.sleep(_SECONDS)
    return 100 * (time.process_time() - cpu) / (time.monotonic() - wall)


if __name__ == "__main__":
    main()
