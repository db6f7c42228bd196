"""Laying worn labels into a simulated picture: the plane of the label, the lens, the light."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.sim.degrade import (
    INK,
    PAPER,
    Degradation,
    Kind,
    Picture,
    Rng,
    amount_of,
    curve,
    dust,
    expose,
    glare,
    hide_corner,
    move,
    set_contrast,
    shade,
)
from edge.wire.label import HIGH_UP_TO_VERSION, MARGIN_MODULES, label

Quad = tuple[tuple[float, float], ...]
Grey = NDArray[np.uint8]

FOCAL_PX = 900.0
_TEXTURE_PX = 8
_CORNERS = 4
_FINDER_CENTRE = 3.5


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a code stands in a picture: corners of its symbol in pixels, upper left first."""

    text: str
    quad: Quad


@dataclass(frozen=True, slots=True)
class Pose:
    """How a label lies before the camera."""

    x: float
    y: float
    module_px: float
    roll_deg: float = 0.0
    tilt_deg: float = 0.0
    tilt_axis_deg: float = 0.0

    def homography(self, side_modules: int) -> NDArray[np.float64]:
        """Label plane (modules, origin at its upper left corner) to picture pixels."""
        roll, axis = np.radians(self.roll_deg), np.radians(self.tilt_axis_deg)
        turn, _ = cv2.Rodrigues(np.array([0.0, 0.0, roll]))
        lean = np.array([np.cos(axis), np.sin(axis), 0.0]) * np.radians(self.tilt_deg)
        tilt, _ = cv2.Rodrigues(lean)
        rotation = np.asarray(tilt, np.float64) @ np.asarray(turn, np.float64)
        plane = np.column_stack((rotation[:, 0], rotation[:, 1], [0, 0, FOCAL_PX / self.module_px]))
        lens = np.array([[FOCAL_PX, 0, self.x], [0, FOCAL_PX, self.y], [0, 0, 1.0]])
        centred = np.array([[1, 0, -side_modules / 2], [0, 1, -side_modules / 2], [0, 0, 1.0]])
        return np.asarray(lens @ plane @ centred, np.float64)


@lru_cache(maxsize=256)
def _texture(text: str, high_up_to: int) -> Picture:
    """The clean label at 8 px a module."""
    rows = np.array(label(text, high_up_to=high_up_to).rows())
    modules = np.where(rows, INK, PAPER).astype(np.float32)
    return np.asarray(
        np.repeat(np.repeat(modules, _TEXTURE_PX, axis=0), _TEXTURE_PX, axis=1), np.float32
    )


def place(
    frame: Picture,
    text: str,
    pose: Pose,
    *,
    worn: tuple[Degradation, ...],
    rng: Rng,
    high_up_to: int = HIGH_UP_TO_VERSION,
) -> Placed:
    """Wear the label, bend it, and lay it into the frame; glare falls on it last."""
    texture = _texture(text, high_up_to).copy()
    side = texture.shape[0] // _TEXTURE_PX
    symbol = side - 2 * MARGIN_MODULES
    corner = int(rng.integers(0, _CORNERS))
    _wear(texture, worn, symbol=symbol, corner=corner, rng=rng)
    arc = amount_of(Kind.CYLINDER, worn, 0.0)
    cover = np.ones_like(texture)
    if arc > 0:
        texture, cover = curve(texture, arc_deg=arc)
    homography = pose.homography(side)
    _lay(frame, texture, cover, homography)
    for kind, spot in _glare_spots(side, symbol, rng):
        share = amount_of(kind, worn, 0.0)
        if share > 0:
            x, y = _project(homography, (spot,))[0]
            glare(frame, at=(x, y), diameter_px=share * side * pose.module_px, rng=rng)
    low, high = float(MARGIN_MODULES), float(MARGIN_MODULES + symbol)
    corners = ((low, low), (high, low), (high, high), (low, high))
    return Placed(text, _project(homography, corners))


def _glare_spots(side: int, symbol: int, rng: Rng) -> tuple[tuple[Kind, tuple[float, float]], ...]:
    """The middle of the label, and the middle of one of its three finders."""
    near = MARGIN_MODULES + _FINDER_CENTRE
    far = MARGIN_MODULES + symbol - _FINDER_CENTRE
    finders = ((near, near), (far, near), (near, far))
    finder = finders[int(rng.integers(0, len(finders)))]
    return ((Kind.GLARE_CENTRE, (side / 2, side / 2)), (Kind.GLARE_CORNER, finder))


def _wear(
    texture: Picture, worn: tuple[Degradation, ...], *, symbol: int, corner: int, rng: Rng
) -> None:
    hidden = amount_of(Kind.OCCL_CORNER, worn, 0.0)
    if hidden > 0:
        margin_px = MARGIN_MODULES * _TEXTURE_PX
        side_px = hidden * symbol * _TEXTURE_PX
        hide_corner(texture, corner=corner, side_px=side_px, margin_px=margin_px)
    share = amount_of(Kind.DUST, worn, 0.0)
    if share > 0:
        dust(texture, share=share, module_px=_TEXTURE_PX, rng=rng)
    set_contrast(texture, levels=amount_of(Kind.CONTRAST, worn, PAPER - INK))


def _project(
    homography: NDArray[np.float64], points: tuple[tuple[float, float], ...]
) -> tuple[tuple[float, float], ...]:
    ends = np.array([[*point, 1.0] for point in points]) @ homography.T
    return tuple((float(x / w), float(y / w)) for x, y, w in ends)


def _lay(frame: Picture, texture: Picture, cover: Picture, homography: NDArray[np.float64]) -> None:
    """Blend a texture into the frame, twice supersampled within its bounding box."""
    side = texture.shape[0] / _TEXTURE_PX
    outline = np.array(_project(homography, ((0, 0), (side, 0), (side, side), (0, side))))
    limit = (frame.shape[1], frame.shape[0])
    low = np.clip(np.floor(outline.min(axis=0)) - 2, 0, limit).astype(int)
    high = np.clip(np.ceil(outline.max(axis=0)) + 2, 0, limit).astype(int)
    width, height = int(high[0] - low[0]), int(high[1] - low[1])
    if width <= 0 or height <= 0:
        return
    double = np.array([[2, 0, -2.0 * low[0]], [0, 2, -2.0 * low[1]], [0, 0, 1]])
    to_patch = double @ homography @ np.diag([1 / _TEXTURE_PX, 1 / _TEXTURE_PX, 1])
    patches = [
        cv2.resize(
            cv2.warpPerspective(source, to_patch, (2 * width, 2 * height)),
            (width, height),
            interpolation=cv2.INTER_AREA,
        )
        for source in (texture * cover, cover)
    ]
    part = frame[low[1] : high[1], low[0] : high[0]]
    part *= 1 - patches[1]
    part += patches[0]


def shoot(frame: Picture, shot: tuple[Degradation, ...], module_px: float, rng: Rng) -> Grey:
    """Light, lens and sensor over the whole frame."""
    light = amount_of(Kind.SHADOW, shot, 1.0)
    if light < 1:
        shade(frame, light=light, rng=rng)
    frame = move(frame, length_px=amount_of(Kind.MOTION, shot, 0.0) * module_px, rng=rng)
    blur = amount_of(Kind.DEFOCUS, shot, 0.0) * module_px
    if blur > 0:
        frame = np.asarray(cv2.GaussianBlur(frame, (0, 0), blur), np.float32)
    return expose(frame, shot=shot, rng=rng)
