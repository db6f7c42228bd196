"""Invented people: what a face looks like, as numbers drawn from a seed; nobody is depicted."""

from dataclasses import dataclass
from random import Random

from edge.sim.face_sheet import Bgr


@dataclass(frozen=True, slots=True)
class FaceLook:
    """One invented person; lengths in face units, angles in degrees, shares 0..1."""

    skin: Bgr
    hair: Bgr
    lips: Bgr
    coat: Bgr
    wide: float
    jaw: float
    cheeks: float
    eye_gap: float
    eye_v: float
    eye_wide: float
    eye_open: float
    eye_tilt_deg: float
    iris: float
    brow_rise: float
    brow_thick: float
    brow_tilt: float
    nose_long: float
    nose_wide: float
    nose_high: float
    mouth_v: float
    mouth_wide: float
    lip_thick: float
    smile: float
    hairline: float
    fringe: float
    parting: float
    sides: float
    moustache: float
    beard: float
    glasses: float
    creases: float
    marks: int


def draw_look(rng: Random) -> FaceLook:
    """A look with every feature drawn on its own."""
    tone, warm = rng.uniform(0, 0.7), rng.uniform(-8, 8)
    dark = rng.uniform(0, 1) ** 2
    lip = rng.uniform(0.55, 0.85)
    skin = (150 - 80 * tone + warm, 180 - 78 * tone, 225 - 75 * tone - warm)
    return FaceLook(
        skin=skin,
        hair=(18 + 110 * dark, 20 + 115 * dark, 24 + 125 * dark),
        lips=(skin[0] * lip, skin[1] * lip * 0.85, skin[2] * (lip + 0.15)),
        coat=(rng.uniform(30, 150), rng.uniform(30, 150), rng.uniform(30, 150)),
        wide=rng.uniform(0.66, 0.86),
        jaw=rng.uniform(0.08, 0.5),
        cheeks=rng.uniform(0, 0.09),
        eye_gap=rng.uniform(0.27, 0.40),
        eye_v=rng.uniform(-0.12, 0.04),
        eye_wide=rng.uniform(0.11, 0.17),
        eye_open=rng.uniform(0.32, 0.62),
        eye_tilt_deg=rng.uniform(-9, 9),
        iris=rng.uniform(15, 95),
        brow_rise=rng.uniform(0.15, 0.27),
        brow_thick=rng.uniform(0.015, 0.055),
        brow_tilt=rng.uniform(-0.3, 0.3),
        nose_long=rng.uniform(0.30, 0.48),
        nose_wide=rng.uniform(0.11, 0.21),
        nose_high=rng.uniform(0.14, 0.3),
        mouth_v=rng.uniform(0.56, 0.68),
        mouth_wide=rng.uniform(0.19, 0.33),
        lip_thick=rng.uniform(0.03, 0.085),
        smile=rng.uniform(-0.06, 0.1),
        hairline=rng.uniform(-0.78, -0.42),
        fringe=rng.uniform(-0.25, 0.25),
        parting=rng.uniform(-0.4, 0.4),
        sides=_perhaps(rng, 0.75, (-0.35, 0.5), 1.4),
        moustache=_perhaps(rng, 0.25, (0.4, 0.9), 0.0),
        beard=_perhaps(rng, 0.3, (0.25, 0.85), 0.0),
        glasses=_perhaps(rng, 0.3, (0.5, 0.95), 0.0),
        creases=rng.uniform(0, 0.35),
        marks=rng.getrandbits(31),
    )


def _perhaps(rng: Random, share: float, within: tuple[float, float], otherwise: float) -> float:
    """A drawn amount for this share of people, else the other one."""
    return rng.uniform(*within) if rng.random() < share else otherwise
