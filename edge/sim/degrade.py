"""Wear and bad light for simulated pictures of codes: each kind with one number, each seeded.

The kinds and their numbers are those by which the readers are compared (tests/bench).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]
Rng = np.random.Generator

PAPER, INK = 225.0, 25.0
_WHITE = 255.0
_ELECTRONS_A_LEVEL = 2.0
_READ_NOISE = 2.0


class Kind(StrEnum):
    """What can be wrong; the comment names the unit of the amount."""

    GLARE_CENTRE = "glare_centre"  # diameter over the label's side
    GLARE_CORNER = "glare_corner"  # the same, on a finder pattern
    DUST = "dust"  # covered share of the label
    OCCL_CORNER = "occl_corner"  # hidden corner, side over the symbol's side
    CONTRAST = "contrast"  # range of grey levels, 200 is clean
    MOTION = "motion"  # modules
    DEFOCUS = "defocus"  # Gaussian sigma, modules
    TILT = "tilt"  # degrees
    CYLINDER = "cylinder"  # degrees of arc
    LOWLIGHT = "lowlight"  # grey level of paper
    MODULE_PX = "module_px"  # pixels a module
    SHADOW = "shadow"  # light in the shadow, 1 is none
    NOISE = "noise"  # standard deviation, 3 is clean


@dataclass(frozen=True, slots=True)
class Degradation:
    """One kind and how much of it."""

    kind: Kind
    amount: float


def combined(strength: float) -> tuple[Degradation, ...]:
    """Everything at once: tilt, arc, dust, glare, contrast, motion, noise; `strength` 0..1."""
    return (
        Degradation(Kind.TILT, 35 * strength),
        Degradation(Kind.CYLINDER, 40 * strength),
        Degradation(Kind.DUST, 0.12 * strength),
        Degradation(Kind.GLARE_CORNER, 0.22 * strength),
        Degradation(Kind.CONTRAST, 200 * (1 - 0.5 * strength)),
        Degradation(Kind.MOTION, 0.9 * strength),
        Degradation(Kind.NOISE, 3 + 5 * strength),
    )


def amount_of(kind: Kind, degradations: tuple[Degradation, ...], clean: float) -> float:
    """The amount of a kind among `degradations`, else the clean one."""
    return next((each.amount for each in degradations if each.kind is kind), clean)


def concrete(shape: tuple[int, int], *, rng: Rng, mean: float = 150.0) -> Picture:
    """Concrete-like texture: noise at 3, 12 and 40 px scales (sd 10, 14, 18)."""
    height, width = shape
    picture = np.full(shape, mean, np.float32)
    for scale, deviation in ((3, 10.0), (12, 14.0), (40, 18.0)):
        coarse = (height // scale + 2, width // scale + 2)
        grains = rng.standard_normal(coarse, dtype=np.float32) * deviation
        smooth = cv2.resize(grains, (coarse[1] * scale, coarse[0] * scale))
        picture += smooth[:height, :width]
    return picture


def dust(label: Picture, *, share: float, module_px: float, rng: Rng) -> None:
    """Cover `share` of the label with grains of 0.3 to 1.3 modules in radius, opacity 0.9."""
    grains = np.zeros(label.shape, np.uint8)
    side = label.shape[0]
    while cv2.countNonZero(grains) < share * label.size:
        centre = rng.integers(0, side, 2)
        axes = np.maximum(1, rng.uniform(0.3, 1.3, 2) * module_px).astype(int)
        angle = float(rng.uniform(0, 180))
        at, size = (int(centre[0]), int(centre[1])), (int(axes[0]), int(axes[1]))
        cv2.ellipse(grains, at, size, angle, 0, 360, 1, cv2.FILLED)
    grey = float(rng.uniform(130, 170))
    covered = grains > 0
    label[covered] = 0.1 * label[covered] + 0.9 * grey


def hide_corner(label: Picture, *, corner: int, side_px: float, margin_px: float) -> None:
    """Hide one corner (0..3, clockwise from the upper left) of the symbol under slurry."""
    reach = round(margin_px + side_px)
    rows = slice(None, reach) if corner in {0, 1} else slice(-reach, None)
    columns = slice(None, reach) if corner in {0, 3} else slice(-reach, None)
    label[rows, columns] = 140


def set_contrast(label: Picture, *, levels: float) -> None:
    """Scale the range of the label to `levels` grey levels around 125."""
    label -= 125
    label *= levels / (PAPER - INK)
    label += 125


def curve(label: Picture, *, arc_deg: float) -> tuple[Picture, Picture]:
    """The label wrapped on a cylinder, as seen from the front, and where it covers (0..1)."""
    side = label.shape[1]
    radius = side / np.radians(arc_deg)
    seen = (np.arange(side, dtype=np.float32) + 0.5) - side / 2
    inside = np.abs(seen) < radius * np.sin(min(np.radians(arc_deg) / 2, np.pi / 2))
    angle = np.arcsin(np.clip(seen / radius, -1, 1))
    source = (angle * radius + side / 2 - 0.5).astype(np.float32)
    across = np.broadcast_to(source, label.shape).copy()
    rows = np.arange(side, dtype=np.float32)[:, None]
    down = np.broadcast_to(rows, label.shape).copy()
    bent = cv2.remap(label, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = np.broadcast_to(inside.astype(np.float32), label.shape).copy()
    return np.asarray(bent, np.float32), cover


def glare(picture: Picture, *, at: tuple[float, float], diameter_px: float, rng: Rng) -> None:
    """A saturated ellipse with a soft skirt of 0.35 radii."""
    radius = diameter_px / 2
    reach = int(radius * 2) + 2
    x0, y0 = max(0, int(at[0]) - reach), max(0, int(at[1]) - reach)
    part = picture[y0 : y0 + 2 * reach, x0 : x0 + 2 * reach]
    if not part.size or radius <= 0:
        return
    rows, columns = np.mgrid[y0 : y0 + part.shape[0], x0 : x0 + part.shape[1]]
    stretch = float(rng.uniform(0.8, 1.25))
    distance = np.hypot((columns - at[0]) * stretch, (rows - at[1]) / stretch) / radius
    light = np.clip((1.35 - distance) / 0.35, 0, 1).astype(np.float32)
    part += (_WHITE - part) * light


def move(picture: Picture, *, length_px: float, rng: Rng) -> Picture:
    """Blur along a line of random direction."""
    reach = int(np.ceil(length_px / 2))
    if length_px <= 1:
        return picture
    angle = float(rng.uniform(0, np.pi))
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    for step in np.linspace(-length_px / 2, length_px / 2, 8 * reach + 1):
        x, y = reach + step * np.cos(angle), reach + step * np.sin(angle)
        for row, column, weight in _shares(x, y):
            if 0 <= row < kernel.shape[0] and 0 <= column < kernel.shape[1]:
                kernel[row, column] += weight
    return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum()), np.float32)


def _shares(x: float, y: float) -> Iterator[tuple[int, int, float]]:
    """The four pixels around a point, with bilinear weights."""
    left, top = int(np.floor(x)), int(np.floor(y))
    right, below = x - left, y - top
    yield top, left, (1 - right) * (1 - below)
    yield top, left + 1, right * (1 - below)
    yield top + 1, left, (1 - right) * below
    yield top + 1, left + 1, right * below


def shade(picture: Picture, *, light: float, rng: Rng) -> None:
    """Multiply one half-plane through the middle third by `light`."""
    height, width = picture.shape
    angle = float(rng.uniform(0, 2 * np.pi))
    at = rng.uniform(0.4, 0.6, 2) * (width, height)
    rows, columns = np.ogrid[:height, :width]
    side = (columns - at[0]) * np.cos(angle) + (rows - at[1]) * np.sin(angle)
    picture[side > 0] *= light


def expose(picture: Picture, *, shot: tuple[Degradation, ...], rng: Rng) -> NDArray[np.uint8]:
    """The sensor's part: point spread (sigma 0.6 px), light, noise, and JPEG at quality 85."""
    picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.6), np.float32)
    deviation = amount_of(Kind.NOISE, shot, 3.0)
    paper = amount_of(Kind.LOWLIGHT, shot, PAPER)
    if paper < PAPER:
        electrons = np.clip(picture, 0, _WHITE) * (paper / PAPER * _ELECTRONS_A_LEVEL)
        picture = rng.poisson(electrons).astype(np.float32) / _ELECTRONS_A_LEVEL
        deviation = _READ_NOISE
    picture = picture + rng.standard_normal(picture.shape, dtype=np.float32) * deviation
    exposed = np.clip(picture, 0, _WHITE).astype(np.uint8)
    _, coded = cv2.imencode(".jpg", exposed, (cv2.IMWRITE_JPEG_QUALITY, 85))
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), np.uint8)
