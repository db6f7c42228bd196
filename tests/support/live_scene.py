"""Pictures and doors for tests of the live camera."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from memory_doors import QuietJournal

from edge.devices.camera.capture import Camera
from edge.devices.camera.frame import Frame
from edge.devices.camera.source import parse_source
from edge.devices.pixels import Picture
from edge.host.clock import SystemClock

RNG = np.random.default_rng(5)
CLOCK = SystemClock(assume_synced=True)


def noisy(picture: Picture) -> Picture:
    """The picture as a sensor gives it: never twice the same."""
    return np.asarray((picture + RNG.normal(0, 2.5, picture.shape)).clip(0, 255), np.uint8)


def jpeg(picture: Picture) -> bytes:
    _, coded = cv2.imencode(".jpg", picture)
    return bytes(coded)


def varied(picture: Picture) -> Callable[[int], bytes]:
    """A drawer of eight noisy versions in turn."""
    files = [jpeg(noisy(picture)) for _ in range(8)]
    return lambda number: files[number % len(files)]


def grain(width: int = 320, height: int = 180) -> Picture:
    """A scene without codes."""
    return RNG.normal(140, 20, (height, width, 3)).clip(0, 255).astype(np.uint8)


def write_sequence(folder: Path, pictures: tuple[Picture, ...]) -> str:
    """Numbered PNG files; the source text that names them."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, picture in enumerate(pictures):
        assert cv2.imwrite(str(folder / f"{number:03d}.png"), picture)
    return f"{folder}/%03d.png"


@contextmanager
def running(
    text: str, journal: QuietJournal, *, fps: float = 30.0, loop: bool = True
) -> Iterator[Camera]:
    camera = Camera(parse_source(text, loop=loop), read_clock=CLOCK.read, journal=journal, fps=fps)
    camera.start()
    try:
        yield camera
    finally:
        camera.stop()


def frames(camera: Camera, count: int, *, timeout_s: float = 5.0) -> list[Frame]:
    taken: list[Frame] = []
    while len(taken) < count:
        frame = camera.next_after(taken[-1].number if taken else 0, timeout_s)
        assert frame is not None, camera.state
        taken.append(frame)
    return taken
