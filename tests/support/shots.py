"""Numbered pictures as a camera's source, each a little different."""

from pathlib import Path

import cv2
import numpy as np


def numbered_shots(folder: Path, *, count: int = 5, size: tuple[int, int] = (320, 240)) -> str:
    """Write them, as rich in detail as a room is; the source as settings name it."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        noise = np.random.default_rng(number).integers(
            0, 255, (size[1] // 4, size[0] // 4, 3), np.uint8
        )
        cv2.imwrite(str(folder / f"{number:03d}.png"), cv2.resize(noise, size))
    return str(folder / "%03d.png")
