"""What stands before the desk's one camera, as pictures that live: step 1 of a demonstration.

A scene is painted once; a frame of it adds sensor noise, and at times a hand's shadow
and a pixel of sway.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.core.errors import ConfigError
from edge.core.intake.state import SealState
from edge.sim.courier import Arrival, Cube
from edge.sim.degrade import Degradation, Kind, Rng, concrete
from edge.sim.face_look import FaceLook
from edge.sim.faces import render_face
from edge.sim.labels import Photograph, render_badge, render_form, render_layer, render_seal

Bgr = NDArray[np.uint8]

SIZE = (1280, 720)
FPS = 10
_WARM = np.array((0.96, 1.0, 1.03), np.float32)
_CLEAN = (Degradation(Kind.CONTRAST, 190.0),)
_HIDDEN = (*_CLEAN, Degradation(Kind.OCCL_CORNER, 0.6))
_GLOVE = np.array((70.0, 120.0, 175.0), np.float32)
_NOISE_LEVELS = 2.0
_NOISE_SLACK = 32
_SHADOW_SIDE = 240
_SHADOW_EVERY = 3 * FPS
_SHADOW_LASTS = FPS
_SHADOW_TAKES = 60.0


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the picture in pixels."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def part(self) -> tuple[slice, slice]:
        """Its rows and columns."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


@dataclass(frozen=True, eq=False)
class Scene:
    """A painted picture of `SIZE` and where its cubes stand, in the order of the trolley."""

    name: str
    still: Bgr = field(repr=False)
    seed: int = 0
    cubes: tuple[Box, ...] = ()

    def frame(self, number: int) -> Bgr:
        """Frame `number` (0 is the first): equal numbers give equal pixels; BGR."""
        touched = np.random.default_rng((self.seed, number // _SHADOW_EVERY))
        down, across = (int(step) for step in touched.integers(0, 3, 2))
        rng = np.random.default_rng((self.seed, 1, number))
        top, left = (int(step) for step in rng.integers(0, _NOISE_SLACK, 2))
        width, height = SIZE
        grain = (slice(top, top + height), slice(left, left + width))
        brighter, darker = _grain()
        swayed = self._padded[down : down + height, across : across + width]
        seen = cv2.subtract(cv2.add(swayed, brighter[grain]), darker[grain])
        return _shadowed(np.asarray(seen, np.uint8), number)

    @cached_property
    def _padded(self) -> Bgr:
        padded = cv2.copyMakeBorder(self.still, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
        return np.asarray(padded, np.uint8)


def empty_desk(rng: Rng) -> Scene:
    """Nobody there: the bare desk."""
    return Scene("empty_desk", _warm(concrete(SIZE[::-1], rng=rng, mean=95.0)), _seed(rng))


def forms_on_desk(arrival: Arrival) -> Scene:
    """Commission form at the left, witness record form at the right."""
    rng = np.random.default_rng((arrival.seed, 1000))
    half = (SIZE[0] // 2, SIZE[1])
    sheets = [
        render_form(text, rng=rng, size=half).picture
        for text in (arrival.form, arrival.witness_form)
    ]
    return Scene("forms_on_desk", _warm(np.hstack(sheets)), _seed(rng))


def layer_on_trolley(arrival: Arrival, layer: int) -> Scene:
    """One layer of the trolley (0 is the first) from above; `cubes` in the arrival's order."""
    rng = np.random.default_rng((arrival.seed, layer))
    taken = _take(arrival.layers[layer], rng)
    return Scene(f"layer_{layer}", _warm(taken.picture), _seed(rng), _boxes(taken))


def block_close_up(cube: Cube, rng: Rng) -> Scene:
    """One cube held under the camera, as a defect is shown."""
    taken = _take((cube,), rng)
    return Scene("block_close_up", _warm(taken.picture), _seed(rng), _boxes(taken))


def badge_in_view(text: str, rng: Rng) -> Scene:
    """A badge, or any other card with a code, held before the camera."""
    card = render_badge(text, rng=rng, size=SIZE)
    return Scene("badge_in_view", _warm(card.picture), _seed(rng))


def seal_in_view(seal: SealState, rng: Rng) -> Scene:
    """The paper seal across the trolley's lid."""
    lid = render_seal(broken=seal is SealState.BROKEN, rng=rng, size=SIZE)
    return Scene("seal_in_view", _warm(lid.picture), _seed(rng))


def face_at_desk(look: FaceLook, rng: Rng) -> Scene:
    """Somebody stands at the desk; another look is another courier."""
    return Scene("face_at_desk", render_face(look, rng=rng, size=SIZE), _seed(rng))


def hide(scene: Scene, cube: int) -> Scene:
    """The scene with a glove over a cube (1 is the first): its code cannot be read."""
    still = scene.still.copy()
    part = still[_box(scene, cube).part]
    side = part.shape[0]
    rows, columns = np.mgrid[:side, :side].astype(np.float32) / side - 0.5
    folds = 1 + 0.12 * np.sin(columns * 40 + 4 * rows)
    part[:] = np.clip(_GLOVE * folds[..., None], 0, 255).astype(np.uint8)
    return replace(scene, name=f"{scene.name}_hidden_{cube}", still=still)


def copy_code(scene: Scene, cube: int, onto: int) -> Scene:
    """The scene in which cube `onto` shows a copy of the label of `cube` (1 is the first)."""
    still = scene.still.copy()
    still[_box(scene, onto).part] = scene.still[_box(scene, cube).part]
    return replace(scene, name=f"{scene.name}_copied_{cube}_{onto}", still=still)


def _box(scene: Scene, cube: int) -> Box:
    if not 1 <= cube <= len(scene.cubes):
        raise ConfigError("scene_cube_unknown", scene=scene.name, cube=cube, of=len(scene.cubes))
    return scene.cubes[cube - 1]


def _take(cubes: tuple[Cube, ...], rng: Rng) -> Photograph:
    """Chips lie flat and clean, because twelve of them share 1280 pixels."""
    return render_layer(
        tuple(cube.text for cube in cubes),
        rng=rng,
        size=SIZE,
        worn={cube.text: _CLEAN if cube.readable else _HIDDEN for cube in cubes},
        damaged=frozenset(cube.text for cube in cubes if cube.damaged),
    )


def _boxes(taken: Photograph) -> tuple[Box, ...]:
    """Equal squares around the codes that touch neither each other nor the edge."""
    middles = [np.mean(placed.quad, axis=0) for placed in taken.placed]
    reaches = [float(min(*middle, *(np.array(SIZE) - middle))) for middle in middles]
    for turn, middle in enumerate(middles):
        reaches += [float(np.abs(middle - other).max()) / 2 for other in middles[:turn]]
    half = int(min(reaches) * 0.94)
    corners = [(round(float(x)) - half, round(float(y)) - half) for x, y in middles]
    return tuple(Box(x, y, x + 2 * half, y + 2 * half) for x, y in corners)


def _warm(grey: NDArray[np.generic]) -> Bgr:
    tinted = np.asarray(grey, np.float32)[..., None] * _WARM
    return np.asarray(np.clip(tinted, 0, 255), np.uint8)


def _seed(rng: Rng) -> int:
    return int(rng.integers(0, 2**31))


@lru_cache(maxsize=1)
def _grain() -> tuple[Bgr, Bgr]:
    """What noise adds and what it takes away, a little larger than a frame."""
    shape = (SIZE[1] + _NOISE_SLACK, SIZE[0] + _NOISE_SLACK, 3)
    drawn = np.random.default_rng(1).standard_normal(shape, dtype=np.float32) * _NOISE_LEVELS
    return np.clip(drawn, 0, 9).astype(np.uint8), np.clip(-drawn, 0, 9).astype(np.uint8)


@lru_cache(maxsize=1)
def _shadow() -> Bgr:
    rows, columns = np.mgrid[:_SHADOW_SIDE, :_SHADOW_SIDE].astype(np.float32)
    middle = _SHADOW_SIDE / 2
    off = np.hypot(rows - middle, columns - middle) / middle
    dark = np.clip((1 - off) * 2, 0, 1) * _SHADOW_TAKES
    return np.asarray(np.repeat(dark.astype(np.uint8)[..., None], 3, axis=2), np.uint8)


def _shadowed(seen: Bgr, number: int) -> Bgr:
    """For one second in three a hand's shadow passes along the lower edge."""
    step = number % _SHADOW_EVERY
    if step < _SHADOW_LASTS:
        left = (SIZE[0] - _SHADOW_SIDE) * step // (_SHADOW_LASTS - 1)
        low = SIZE[1] - _SHADOW_SIDE // 2
        part = seen[low:, left : left + _SHADOW_SIDE]
        part[:] = cv2.subtract(part, _shadow()[: SIZE[1] - low])
    return seen
