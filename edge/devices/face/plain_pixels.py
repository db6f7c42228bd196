"""Pixel arithmetic of the face worker without OpenCV, whose library would take 15 MiB of it.

Pictures are rows x columns x 3 of eight bits, greys rows x columns; what OpenCV gives for the same
differs by rounding only.
"""

from math import ceil

import numpy as np
from numpy.typing import NDArray

from edge.devices.pixels import Grey, Picture

Map = NDArray[np.float64]
_RED, _GREEN, _BLUE = 0.299, 0.587, 0.114
"""Rec. ITU-R BT.601."""
_LUMINANCE = (0.0722, 0.7152, 0.2126)
"""Blue, green and red of linear light (Rec. ITU-R BT.709, D65)."""
_LINEAR_TO, _DARK_TO = 0.04045, 216 / 24389


def grey_of(rgb: Picture) -> Grey:
    """Brightness of a picture, red first."""
    mixed = _RED * rgb[:, :, 0] + _GREEN * rgb[:, :, 1] + _BLUE * rgb[:, :, 2]
    return np.asarray(mixed.round(), np.uint8)


def sharpness(grey: Grey) -> float:
    """Variance of the Laplacian, the border mirrored."""
    edged = np.pad(grey.astype(np.int32), 1, mode="reflect")
    across = edged[1:-1, :-2] + edged[1:-1, 2:]
    down = edged[:-2, 1:-1] + edged[2:, 1:-1]
    return float((across + down - 4 * edged[1:-1, 1:-1]).var())


def smaller(picture: Picture, scale: float) -> Picture:
    """A picture reduced by area, `scale` at most 1."""
    rows, columns = (max(1, round(side * scale)) for side in picture.shape[:2])
    step = picture.shape[0] // rows
    if picture.shape[:2] == (rows * step, columns * step):
        blocks = picture.reshape(rows, step, columns, step, 3)
        summed = blocks.sum(axis=(1, 3), dtype=np.uint32)
        return np.asarray((summed + step * step // 2) // (step * step), np.uint8)
    flat = _shares(picture.shape[0], rows, 1 / scale) @ picture.reshape(picture.shape[0], -1)
    upright = flat.reshape(rows, picture.shape[1], 3).transpose(1, 0, 2).reshape(-1, rows * 3)
    done = _shares(picture.shape[1], columns, 1 / scale) @ upright
    mixed = done.reshape(columns, rows, 3).transpose(1, 0, 2)
    return np.ascontiguousarray(mixed.round().clip(0, 255).astype(np.uint8))


def warped(picture: Picture, back: Map, *, width: int, height: int) -> Map:
    """Each pixel from where `back` (2 x 3) says it lies, between its neighbours; floats.

    What lies outside is like the border.
    """
    across, down = np.meshgrid(np.arange(width), np.arange(height))
    x, y = (row[0] * across + row[1] * down + row[2] for row in back)
    left, top = np.floor(x).astype(np.intp), np.floor(y).astype(np.intp)
    beside, below = (x - left)[..., None], (y - top)[..., None]
    columns = [np.clip(left + step, 0, picture.shape[1] - 1) for step in (0, 1)]
    rows = [np.clip(top + step, 0, picture.shape[0] - 1) for step in (0, 1)]
    upper, lower = (
        picture[row, columns[0]] * (1 - beside) + picture[row, columns[1]] * beside for row in rows
    )
    return np.asarray(upper * (1 - below) + lower * below, np.float64)


def lightness(bgr: Map) -> Map:
    """L* of CIELAB, 0 to 255, of sRGB with blue first, 0 to 255."""
    part = bgr / 255
    linear = np.where(part > _LINEAR_TO, ((part + 0.055) / 1.055) ** 2.4, part / 12.92)
    luminance = linear @ np.array(_LUMINANCE)
    light = np.where(luminance > _DARK_TO, 116 * np.cbrt(luminance) - 16, luminance * 24389 / 27)
    return np.asarray(light * 2.55, np.float64)


def smoothed(grey: Map, sigma_px: float) -> Map:
    """By a Gaussian, three sigma to each side, the border mirrored."""
    reach = ceil(3 * sigma_px)
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma_px) ** 2)
    bell /= bell.sum()
    for axis in (0, 1):
        edged = np.pad(grey, [(reach, reach) if at == axis else (0, 0) for at in (0, 1)], "reflect")
        grey = sum(
            weight * np.take(edged, range(at, at + grey.shape[axis]), axis=axis)
            for at, weight in enumerate(bell)
        )
    return grey


def _shares(before: int, after: int, step: float) -> NDArray[np.float32]:
    """How much of each old line goes into each new one, `step` old ones wide."""
    starts = np.arange(after)[:, None] * step
    lines = np.arange(before)[None, :]
    covered = np.minimum(starts + step, lines + 1) - np.maximum(starts, lines)
    covered = np.clip(covered, 0, None)
    return np.asarray(covered / covered.sum(axis=1, keepdims=True), np.float32)
