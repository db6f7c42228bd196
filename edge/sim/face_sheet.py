"""Paint for simulated faces: a head's coordinates, soft shapes, relief and light.

Face units: 1.0 is half the height of a head; u runs right, v down, the origin is mid-face.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.sim.degrade import Picture

Bgr = tuple[float, float, float]
Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class HeadPose:
    """Where a head is and how it is turned: degrees, pixels, and pixels a face unit."""

    x: float
    y: float
    unit_px: float
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class Light:
    """From where and how strongly: direction in degrees (0 is the camera), share of ambient."""

    side_deg: float
    height_deg: float
    ambient: float
    strength: float
    warmth: float

    def tint(self) -> Picture:
        """Its colour as factors of blue, green and red."""
        return colour((1 - self.warmth, 1.0, 1 + self.warmth))


@dataclass(frozen=True, slots=True)
class Spot:
    """An ellipse in face units, turned by `turn_deg`."""

    u: float
    v: float
    wide: float
    high: float
    turn_deg: float = 0.0


def colour(bgr: Bgr) -> Picture:
    """A colour to reckon with."""
    return np.array(bgr, np.float32)


class Sheet:
    """A part of a picture seen in face units; painting changes the picture in place."""

    def __init__(self, part: Picture, u: Floats, v: Floats, unit_px: float) -> None:
        self.part = part
        self.u = np.asarray(u, np.float32)
        self.v = np.asarray(v, np.float32)
        self._unit_px = unit_px

    def turned(self, depth: Floats, pose: HeadPose) -> "Sheet":
        """The same part in the coordinates of a head with this depth, turned by the pose."""
        yaw, pitch = np.radians(pose.yaw_deg), np.radians(pose.pitch_deg)
        u = (self.u - depth * np.float32(np.sin(yaw))) / np.float32(np.cos(yaw))
        v = (self.v + depth * np.float32(np.sin(pitch))) / np.float32(np.cos(pitch))
        return Sheet(self.part, u, v, self._unit_px)

    def soft(self, distance: Floats, blur: float = 0.0) -> Picture:
        """1 inside (negative distance), 0 outside; at least a pixel of softness."""
        width = np.float32(max(blur, 1.5 / self._unit_px))
        return np.asarray(np.clip(0.5 - distance / width, 0, 1), np.float32)

    def radius(self, spot: Spot) -> Picture:
        """Distance from the centre over the ellipse's own radius: 1 on its edge."""
        turn = np.radians(spot.turn_deg)
        cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
        du, dv = self.u - np.float32(spot.u), self.v - np.float32(spot.v)
        across, along = (du * cos + dv * sin) / spot.wide, (dv * cos - du * sin) / spot.high
        return np.asarray(np.sqrt(across * across + along * along), np.float32)

    def ellipse(self, spot: Spot, blur: float = 0.0) -> Picture:
        """Where the ellipse covers."""
        return self.soft((self.radius(spot) - 1) * min(spot.wide, spot.high), blur)

    def bump(self, spot: Spot) -> Picture:
        """A Gaussian hill of height 1."""
        return np.asarray(np.exp(-(self.radius(spot) ** 2)), np.float32)

    def band(self, middle: Floats, half: Floats | float, blur: float = 0.0) -> Picture:
        """Where v lies within `half` of the line `middle`."""
        return self.soft(np.abs(self.v - middle) - half, blur)

    def blend(self, cover: Floats, paint: Bgr | Floats) -> None:
        """Paint a colour, or a picture, where the cover says."""
        wanted = np.asarray(paint, np.float32)
        self.part += cover[..., None] * (wanted - self.part)

    def dim(self, cover: Floats, share: float) -> None:
        """Take away a share of the light where the cover says."""
        self.part *= (1 - np.float32(share) * cover)[..., None]


def sheet_on(frame: Picture, pose: HeadPose, box: tuple[float, float, float, float]) -> Sheet:
    """The part of a frame within a box (left, top, right, bottom in face units)."""
    height, width = frame.shape[:2]
    low_x, high_x = (round(pose.x + edge * pose.unit_px) for edge in (box[0], box[2]))
    low_y, high_y = (round(pose.y + edge * pose.unit_px) for edge in (box[1], box[3]))
    low_x, high_x = (min(max(x, 0), width) for x in (low_x, high_x))
    low_y, high_y = (min(max(y, 0), height) for y in (low_y, high_y))
    rows, columns = np.mgrid[low_y:high_y, low_x:high_x].astype(np.float32)
    x, y = (columns - pose.x) / pose.unit_px, (rows - pose.y) / pose.unit_px
    roll = np.radians(pose.roll_deg)
    cos, sin = np.float32(np.cos(roll)), np.float32(np.sin(roll))
    return Sheet(
        frame[low_y:high_y, low_x:high_x], x * cos + y * sin, y * cos - x * sin, pose.unit_px
    )


def shading(relief: Picture, unit_px: float, light: Light) -> Picture:
    """Light on a relief given in face units: about 1 where it is bright."""
    smooth = cv2.GaussianBlur(relief, (0, 0), max(0.8, unit_px * 0.015))
    across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=unit_px / 8)
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=unit_px / 8)
    side, height = np.radians(light.side_deg), np.radians(light.height_deg)
    towards = (np.sin(side) * np.cos(height), -np.sin(height), np.cos(side) * np.cos(height))
    facing = -across * towards[0] - down * towards[1] + towards[2]
    facing = np.maximum(facing / np.sqrt(across**2 + down**2 + 1), 0)
    lit = light.ambient + (1 - light.ambient) * facing
    return np.asarray(lit * light.strength, np.float32)


def blotches(shape: tuple[int, int], cell_px: float, rng: np.random.Generator) -> Picture:
    """Smooth noise of deviation about 1 with grains of `cell_px`."""
    coarse = (int(shape[0] / cell_px) + 2, int(shape[1] / cell_px) + 2)
    grains = rng.standard_normal(coarse, dtype=np.float32)
    wide = cv2.resize(grains, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(wide, np.float32)


def exposed(frame: Picture, *, noise: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """What the sensor hands over: a little blur, noise of this deviation, eight bits."""
    seen = np.asarray(cv2.GaussianBlur(frame, (0, 0), 0.6), np.float32)
    grains = rng.standard_normal(seen.shape, dtype=np.float32) * noise
    return np.asarray(np.clip(seen + grains, 0, 255), np.uint8)
