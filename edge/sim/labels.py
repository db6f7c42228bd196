"""Pictures of codes as the desk's camera would take them: one label, a trolley layer, a form.

Every picture is drawn from its arguments and its `rng` alone: equal seeds give equal pixels.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from edge.sim.degrade import Degradation, Kind, Picture, Rng, amount_of, concrete
from edge.sim.placing import Grey, Placed, Pose, place, shoot
from edge.wire.label import HIGH_UP_TO_VERSION, label

FULL_HD = (1920, 1080)
VGA = (640, 480)
_MILD_DUST = 0.005
_PAGE = 232.0


@dataclass(frozen=True, slots=True)
class Photograph:
    """A grey picture and the truth about its codes."""

    picture: Grey
    placed: tuple[Placed, ...]

    def bgr(self) -> Grey:
        """The picture as a camera hands it over: three equal channels."""
        return np.asarray(cv2.cvtColor(self.picture, cv2.COLOR_GRAY2BGR), np.uint8)

    def jpeg(self, *, quality: int = 90) -> bytes:
        """The picture as a JPEG file."""
        _, coded = cv2.imencode(".jpg", self.picture, (cv2.IMWRITE_JPEG_QUALITY, quality))
        return bytes(coded)


def render_label(
    text: str,
    *,
    rng: Rng,
    worn: tuple[Degradation, ...] = (),
    size: tuple[int, int] = VGA,
    high_up_to: int = HIGH_UP_TO_VERSION,
) -> Photograph:
    """One label on concrete at a random roll, 4 px a module, with `worn` of any kind.

    size: width and height in pixels; high_up_to: 0 forces level M, 40 level H.
    """
    frame = concrete((size[1], size[0]), rng=rng)
    module_px = amount_of(Kind.MODULE_PX, worn, 4.0)
    x, y = (extent / 2 + float(rng.uniform(-8, 8)) for extent in size)
    pose = _pose((x, y), module_px, worn, rng)
    placed = place(frame, text, pose, worn=worn, rng=rng, high_up_to=high_up_to)
    return Photograph(shoot(frame, worn, module_px, rng), (placed,))


def render_layer(
    codes: tuple[str, ...],
    *,
    rng: Rng,
    size: tuple[int, int] = FULL_HD,
    worn: Mapping[str, tuple[Degradation, ...]] | None = None,
    shot: tuple[Degradation, ...] = (),
    damaged: frozenset[str] = frozenset(),
) -> Photograph:
    """A trolley layer from above: one cube a code (up to 15 in 1920 x 1080), chips rolled freely.

    worn: wear of single chips by code, instead of a little dust and up to 12 degrees of tilt;
    shot: what concerns the whole picture (motion, defocus, lowlight, shadow, noise);
    damaged: codes whose cubes show a crack and a broken edge, beside the chip.
    """
    width, height = size
    frame = concrete((height, width), rng=rng, mean=70.0)
    columns, rows = _grid(len(codes), size)
    cell = min(width / columns, height / rows)
    placed: list[Placed] = []
    for turn, text in enumerate(codes):
        x = (turn % columns + 0.5) * width / columns
        y = (turn // columns + 0.5) * height / rows
        _draw_cube(frame, (x, y), cell * 0.94, damaged=text in damaged, rng=rng)
        wear = (worn or {}).get(text) or _mild(rng)
        side = label(text).side_modules
        widest = cell * 0.9 / (side * np.sqrt(2))
        module_px = amount_of(Kind.MODULE_PX, wear, min(6.0, float(widest)))
        pose = _pose((x, y), module_px, wear, rng)
        placed.append(place(frame, text, pose, worn=wear, rng=rng))
    return Photograph(shoot(frame, shot, 4.0, rng), tuple(placed))


def render_form(
    text: str, *, rng: Rng, size: tuple[int, int] = (1280, 960), signed: bool = True
) -> Photograph:
    """A printed form on the desk with its code at the upper right; `signed` adds two strokes."""
    width, height = size
    frame = concrete((height, width), rng=rng, mean=95.0)
    page = np.full((height - 80, round((height - 80) * 0.75)), _PAGE, np.float32)
    _draw_page(page, signed=signed, rng=rng)
    left = (width - page.shape[1]) // 2
    frame[40 : height - 40, left : left + page.shape[1]] = page
    pose = Pose(left + page.shape[1] * 0.8, 40 + page.shape[0] * 0.16, 4.0, float(rng.normal(0, 2)))
    placed = place(frame, text, pose, worn=(), rng=rng)
    return Photograph(shoot(frame, (), 4.0, rng), (placed,))


def render_badge(text: str, *, rng: Rng, size: tuple[int, int] = VGA) -> Photograph:
    """A badge held before the camera: a light card with its code."""
    width, height = size
    frame = concrete((height, width), rng=rng, mean=60.0)
    corners = (int(width * 0.15), int(height * 0.05)), (int(width * 0.85), int(height * 0.95))
    cv2.rectangle(frame, corners[0], corners[1], _PAGE, cv2.FILLED)
    side = label(text, high_up_to=0).side_modules
    pose = Pose(width / 2, height / 2, height * 0.75 / side, float(rng.normal(0, 6)))
    placed = place(frame, text, pose, worn=(), rng=rng, high_up_to=0)
    return Photograph(shoot(frame, (), 4.0, rng), (placed,))


def render_seal(*, broken: bool, rng: Rng, size: tuple[int, int] = VGA) -> Photograph:
    """A paper strip across a lid; a broken one is torn through the middle. It carries no code."""
    width, height = size
    frame = concrete((height, width), rng=rng, mean=110.0)
    top, bottom = round(height * 0.4), round(height * 0.6)
    frame[top:bottom, round(width * 0.1) : round(width * 0.9)] = _PAGE
    if broken:
        steps = np.linspace(top - 2, bottom + 2, 14)
        tear = width / 2 + rng.normal(0, width * 0.012, 14)
        gap = width * 0.03
        edge = np.column_stack((tear, steps))
        other = np.column_stack((tear + gap + rng.normal(0, 3, 14), steps))[::-1]
        cv2.fillPoly(frame, [np.vstack((edge, other)).astype(np.int32)], 70.0)
    return Photograph(shoot(frame, (), 4.0, rng), ())


def _mild(rng: Rng) -> tuple[Degradation, ...]:
    return (
        Degradation(Kind.DUST, float(rng.uniform(0, _MILD_DUST))),
        Degradation(Kind.TILT, float(rng.uniform(0, 12))),
        Degradation(Kind.CONTRAST, float(rng.uniform(150, 200))),
    )


def _grid(count: int, size: tuple[int, int]) -> tuple[int, int]:
    """Columns and rows whose cells are largest."""
    shapes = [(columns, -(-count // columns)) for columns in range(1, count + 1)]
    return max(shapes or [(1, 1)], key=lambda shape: min(size[0] / shape[0], size[1] / shape[1]))


def _pose(
    at: tuple[float, float], module_px: float, worn: tuple[Degradation, ...], rng: Rng
) -> Pose:
    return Pose(
        *at,
        module_px,
        roll_deg=float(rng.uniform(0, 360)),
        tilt_deg=amount_of(Kind.TILT, worn, 0.0),
        tilt_axis_deg=float(rng.uniform(0, 360)),
    )


def _draw_cube(
    frame: Picture, at: tuple[float, float], side: float, *, damaged: bool, rng: Rng
) -> None:
    """The face of a cube; damage is a crack along one edge and a broken corner."""
    left, top = round(at[0] - side / 2), round(at[1] - side / 2)
    part = frame[max(0, top) : top + round(side), max(0, left) : left + round(side)]
    part[:] = concrete((part.shape[0], part.shape[1]), rng=rng, mean=float(rng.uniform(135, 165)))
    if not damaged:
        return
    reach = side * 0.16
    break_at = np.array([(0, 0), (reach, 0), (reach * 0.4, reach * 0.5), (0, reach)], np.int32)
    cv2.fillPoly(part, [break_at], 60.0)
    steps = np.linspace(0, side, 9)
    crack = np.column_stack((steps, side * 0.965 + rng.normal(0, side * 0.008, 9)))
    cv2.polylines(part, [crack.astype(np.int32)], isClosed=False, color=45.0, thickness=3)


def _draw_page(page: Picture, *, signed: bool, rng: Rng) -> None:
    """Frame, table lines and grey words; two strokes where signatures stand."""
    height, width = page.shape
    for row in np.linspace(0.34, 0.9, 9):
        y = round(row * height)
        cv2.line(page, (round(width * 0.06), y), (round(width * 0.94), y), 120.0, 1)
        length = round(float(rng.uniform(0.2, 0.5)) * width)
        cv2.line(page, (round(width * 0.1), y - 12), (round(width * 0.1) + length, y - 12), 90.0, 5)
    if signed:
        for x in (0.3, 0.7):
            steps = np.linspace(0, 1, 24)
            curl = np.column_stack(
                (
                    (x - 0.1 + 0.2 * steps) * width,
                    0.95 * height + np.cumsum(rng.normal(0, 4, 24)),
                )
            )
            cv2.polylines(page, [curl.astype(np.int32)], isClosed=False, color=40.0, thickness=2)
