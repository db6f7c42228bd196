"""The face worker's own pixel arithmetic, beside OpenCV's."""

import subprocess
import sys

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.devices.face.plain_pixels import (
    grey_of,
    lightness,
    sharpness,
    smaller,
    smoothed,
    warped,
)
from edge.devices.pixels import Picture


def picture(rows: int = 96, columns: int = 120, seed: int = 1) -> Picture:
    """Soft forms with some noise, as a photograph has them."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (rows // 8, columns // 8, 3)).astype(np.uint8)
    grown = cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC)
    noise = rng.normal(0, 3, grown.shape)
    return np.asarray((grown + noise).clip(0, 255), np.uint8)


def apart(one: NDArray[np.generic], other: NDArray[np.generic]) -> float:
    assert one.shape == other.shape
    return float(np.abs(one.astype(np.float64) - other.astype(np.float64)).max())


def test_grey() -> None:
    rgb = picture()
    assert apart(grey_of(rgb), cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)) <= 1


def test_sharpness() -> None:
    grey = grey_of(picture())
    assert sharpness(grey) == pytest.approx(float(cv2.Laplacian(grey, cv2.CV_64F).var()))


@pytest.mark.parametrize(
    ("rows", "columns", "scale"),
    [(480, 640, 0.5), (720, 1280, 0.25), (480, 640, 0.8), (101, 67, 0.37), (96, 120, 1.0)],
)
def test_a_smaller_picture(rows: int, columns: int, scale: float) -> None:
    full = picture(rows, columns)
    wanted = cv2.resize(full, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    assert apart(smaller(full, scale), wanted) <= 2


def test_a_warped_picture() -> None:
    full = picture()
    back = np.array([(0.7, -0.2, 12.3), (0.25, 0.8, -7.9)])
    wanted = cv2.warpAffine(
        full,
        back,
        (90, 80),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    assert apart(warped(full, back, width=90, height=80), wanted) <= 6


def test_lightness() -> None:
    bgr = picture()
    wanted = cv2.cvtColor(bgr, cv2.COLOR_BGR2LAB)[:, :, 0]
    assert apart(lightness(bgr.astype(np.float64)), wanted) <= 2


def test_a_smoothed_grey() -> None:
    grey = grey_of(picture()).astype(np.float64)
    assert apart(smoothed(grey, 2.0), cv2.GaussianBlur(grey, (0, 0), 2)) <= 1


def test_the_built_in_engine_needs_no_opencv() -> None:
    names = "edge.devices.face.worker, edge.devices.face.dlib_engine, edge.devices.face.eyes"
    code = f"import sys, {names}; sys.exit('cv2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
