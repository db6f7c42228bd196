"""Labels spoilt in one measured way each: the synthetic field of the reading tests."""

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
import segno
from numpy.typing import NDArray

from edge.devices.pixels import Grey

FRAME = (480, 640)
_INK, _PAPER = 25, 225
_TEXTURE_PX = 8  # texture pixels per module
_MODULE_PX = 4  # frame pixels per module
_FOCAL_PX = 900.0

Sheet: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Spoil:
    """How a label is spoilt; zero everywhere is a clean label."""

    glare: float = 0.0  # diameter by label side
    glare_at: float = 0.55  # 0 = middle of the label, 1 = its corner
    dust: float = 0.0  # share of the label covered
    tilt_deg: float = 0.0
    contrast: float = 1.0
    motion_modules: float = 0.0
    noise: float = 3.0


def combined(strength: float) -> Spoil:
    """Everything at once, `strength` 0..1."""
    return Spoil(
        glare=0.22 * strength,
        dust=0.12 * strength,
        tilt_deg=35 * strength,
        contrast=1 - 0.5 * strength,
        motion_modules=0.9 * strength,
        noise=3 + 5 * strength,
    )


def field_frame(text: str, spoil: Spoil, *, seed: int, error: str = "m") -> Grey:
    """A 640x480 frame with one label of `text`, rolled at random, spoilt by `spoil`."""
    rng = np.random.default_rng(seed)
    code = segno.make(text, error=error, micro=False, boost_error=False)
    place = _pose(len(code.matrix) + 8, spoil, rng)
    texture = _texture(code, spoil, rng)
    frame = _concrete(rng)
    size = (FRAME[1], FRAME[0])
    drawn = cv2.warpPerspective(texture, place, size, flags=cv2.INTER_AREA)
    mask = cv2.warpPerspective(np.ones_like(texture), place, size, flags=cv2.INTER_AREA)
    frame = frame * (1 - mask) + drawn * mask
    if spoil.motion_modules:
        frame = _moved(frame, spoil.motion_modules * _MODULE_PX, rng)
    frame = np.asarray(cv2.GaussianBlur(frame, (0, 0), 0.6))
    frame = (frame + rng.normal(0, spoil.noise, FRAME)).clip(0, 255)
    jpeg = cv2.imencode(".jpg", frame.astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 85])
    return np.asarray(cv2.imdecode(jpeg[1], cv2.IMREAD_GRAYSCALE), np.uint8)


def _texture(code: segno.QRCode, spoil: Spoil, rng: np.random.Generator) -> Sheet:
    dark = np.pad(np.array([list(row) for row in code.matrix], np.uint8) & 1, 4)
    cells = np.kron(dark, np.ones((_TEXTURE_PX, _TEXTURE_PX), np.uint8))
    texture = np.where(cells, _INK, _PAPER).astype(np.float64)
    texture = 125 + (texture - 125) * spoil.contrast
    side = texture.shape[0]
    covered = np.zeros(texture.shape, np.uint8)
    while spoil.dust and covered.mean() < spoil.dust:
        x, y = (int(at) for at in rng.integers(0, side, 2))
        long, short = (int(axis) for axis in rng.uniform(0.3, 1.3, 2) * _TEXTURE_PX / 2 + 1)
        cv2.ellipse(covered, (x, y), (long, short), float(rng.uniform(0, 180)), 0, 360, 1, -1)
    texture = np.where(covered, 0.1 * texture + 0.9 * 150, texture)
    if spoil.glare:
        texture = _glared(texture, spoil, rng)
    return texture


def _glared(texture: Sheet, spoil: Spoil, rng: np.random.Generator) -> Sheet:
    side = texture.shape[0]
    radius = spoil.glare * side / 2
    # The three corners that hold a finder pattern.
    across, down = ((-1, -1), (1, -1), (-1, 1))[int(rng.integers(3))]
    x = side / 2 * (1 + across * spoil.glare_at)
    y = side / 2 * (1 + down * spoil.glare_at)
    rows, columns = np.mgrid[0:side, 0:side]
    away = np.hypot((columns - x) / rng.uniform(0.9, 1.1), rows - y)
    light = np.clip(1 - (away - radius) / (0.35 * radius), 0, 1)
    return np.asarray(texture + light * 255)


def _pose(modules: int, spoil: Spoil, rng: np.random.Generator) -> Sheet:
    """Texture to frame: scale, roll, pitch by `tilt_deg`, a pinhole camera."""
    roll, pitch = np.radians(rng.uniform(0, 360)), np.radians(spoil.tilt_deg)
    side = modules * _TEXTURE_PX
    square = np.array([(0, 0), (side, 0), (side, side), (0, side)], np.float32)
    flat = (square - side / 2) * _MODULE_PX / _TEXTURE_PX
    turn = np.array([(np.cos(roll), -np.sin(roll)), (np.sin(roll), np.cos(roll))])
    x, y = (flat @ turn.T).T
    depth = _FOCAL_PX + y * np.sin(pitch)
    middle = rng.uniform(-25, 25, 2) + np.array([FRAME[1] / 2, FRAME[0] / 2])
    seen = np.column_stack([x, y * np.cos(pitch)]) * (_FOCAL_PX / depth)[:, None] + middle
    return np.asarray(cv2.getPerspectiveTransform(square, seen.astype(np.float32)))


def _concrete(rng: np.random.Generator) -> Sheet:
    ground = np.full(FRAME, 150.0)
    for scale_px, spread in ((3, 10), (12, 14), (40, 18)):
        grain = np.asarray(cv2.GaussianBlur(rng.normal(0, 1, FRAME), (0, 0), scale_px))
        ground += spread * grain / grain.std()
    return ground


def _moved(frame: Sheet, length_px: float, rng: np.random.Generator) -> Sheet:
    size = 2 * int(np.ceil(length_px)) + 1
    kernel = np.zeros((size, size), np.float64)
    angle = rng.uniform(0, np.pi)
    for along in np.linspace(-length_px / 2, length_px / 2, 41):
        column, row = size // 2 + along * np.cos(angle), size // 2 + along * np.sin(angle)
        kernel[round(row), round(column)] += 1
    return np.asarray(cv2.filter2D(frame, -1, kernel / kernel.sum()))
