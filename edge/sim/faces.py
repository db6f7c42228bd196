"""Invented faces for the simulated camera: a look drawn with light, pose and noise.

`cast_faces` gives people looks that a face engine tells apart; in the space of `face_space`.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import ConfigError
from edge.core.ids import PersonId
from edge.sim.degrade import Picture, Rng
from edge.sim.face_look import FaceLook, draw_look
from edge.sim.face_paint import paint_body, paint_head
from edge.sim.face_sheet import HeadPose, Light, blotches, exposed, sheet_on

VGA = (640, 480)
CAST_SEEDS = (
    447, 91, 58, 29, 475, 153, 45, 469, 204, 232,
    377, 56, 40, 285, 400, 5, 66, 333, 417, 330,
    332, 396, 471, 244, 103, 501,
)  # fmt: skip
"""Chosen among 520 looks; the first of them are the farthest apart. Measured with dlib's ResNet
(cosine, 24 pictures against 5 portraits a look, strangers included): a look's own portraits lie
within .323 (99 %: .211), those of others beyond .481; HOG found every face."""

STRANGER_SEEDS = (516, 32)


@dataclass(frozen=True, slots=True)
class FaceSpace:
    """Where rendered faces lie for dlib's ResNet: subtract `mean` before comparing.

    threshold: cosine distance (0..2) up to which two pictures show one person.
    """

    mean: tuple[float, ...]
    threshold: float


def face_space() -> FaceSpace:
    """The space of rendered faces, measured on looks beside the cast."""
    file = Path(__file__).parent / "data" / "rendered_mean.json"
    space = json.loads(file.read_text(encoding="utf-8"))
    return FaceSpace(tuple(space["mean"]), space["threshold"])


def cast_faces(people: Iterable[PersonId], rng: Random) -> Mapping[PersonId, FaceLook]:
    """A look for each person, clearly unlike all others'; ConfigError beyond the table."""
    wanted = tuple(people)
    if len(wanted) > len(CAST_SEEDS):
        raise ConfigError("too_many_faces", wanted=len(wanted), most=len(CAST_SEEDS))
    seeds = list(CAST_SEEDS[: len(wanted)])
    rng.shuffle(seeds)
    looks = (_look_of(seed) for seed in seeds)
    return MappingProxyType(dict(zip(wanted, looks, strict=True)))


def strangers() -> tuple[FaceLook, ...]:
    """People whom nobody in the city knows, clearly unlike the whole cast."""
    return tuple(_look_of(seed) for seed in STRANGER_SEEDS)


def _look_of(seed: int) -> FaceLook:
    return draw_look(Random(seed))  # noqa: S311 - a look that must come back


def render_face(
    look: FaceLook,
    *,
    rng: Rng,
    size: tuple[int, int] = VGA,
    pose: HeadPose | None = None,
    light: Light | None = None,
    noise: float = 3.0,
) -> NDArray[np.uint8]:
    """A BGR picture of head and shoulders before a wall; what is not given is drawn.

    size: width and height in pixels; noise: deviation in grey levels.
    """
    pose = pose or draw_pose(size, rng)
    light = light or draw_light(rng)
    frame = _wall(size, light, rng)
    paint_body(look, sheet_on(frame, pose, (-3, -1.6, 3, 4)), light)
    flat = sheet_on(frame, pose, (-1.5, -1.5, 1.5, 1.5))
    if flat.part.size:
        paint_head(look, flat, pose, light)
    return exposed(frame, noise=noise, rng=rng)


def draw_pose(size: tuple[int, int], rng: Rng) -> HeadPose:
    """Somebody who stands at the desk and looks into the camera, more or less."""
    width, height = size
    return HeadPose(
        x=width * float(rng.uniform(0.45, 0.55)),
        y=height * float(rng.uniform(0.44, 0.52)),
        unit_px=height * float(rng.uniform(0.23, 0.29)),
        yaw_deg=float(rng.uniform(-8, 8)),
        pitch_deg=float(rng.uniform(-5, 5)),
        roll_deg=float(rng.uniform(-5, 5)),
    )


def draw_light(rng: Rng) -> Light:
    """Lamps of a laboratory: from above, from either side, warm or cold."""
    return Light(
        side_deg=float(rng.uniform(-30, 30)),
        height_deg=float(rng.uniform(8, 35)),
        ambient=float(rng.uniform(0.4, 0.65)),
        strength=float(rng.uniform(0.85, 1.12)),
        warmth=float(rng.uniform(-0.05, 0.05)),
    )


def portraits(look: FaceLook, n: int, rng: Rng) -> tuple[NDArray[np.uint8], ...]:
    """Pictures for enrolment: nearly frontal, 640 x 480, even light."""
    return tuple(_portrait(look, rng) for _ in range(n))


def _portrait(look: FaceLook, rng: Rng) -> NDArray[np.uint8]:
    pose = HeadPose(
        x=320 + float(rng.uniform(-12, 12)),
        y=230 + float(rng.uniform(-8, 8)),
        unit_px=float(rng.uniform(120, 135)),
        yaw_deg=float(rng.uniform(-6, 6)),
        pitch_deg=float(rng.uniform(-4, 4)),
        roll_deg=float(rng.uniform(-2, 2)),
    )
    light = Light(float(rng.uniform(-20, 20)), float(rng.uniform(10, 30)), 0.55, 1.0, 0.0)
    return render_face(look, rng=rng, pose=pose, light=light)


def _wall(size: tuple[int, int], light: Light, rng: Rng) -> Picture:
    width, height = size
    grey = float(rng.uniform(90, 190))
    wall = grey + 6 * blotches((height, width), height / 5, rng)
    wall *= np.linspace(1.08, 0.85, height, dtype=np.float32)[:, None]
    tint = light.tint()
    return np.asarray(wall[..., None] * tint, np.float32)
