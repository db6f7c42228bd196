"""Painting one face: body, skin, eyes, nose, mouth, beard, hair and glasses, in this order."""

from random import Random

import numpy as np

from edge.sim.degrade import Picture
from edge.sim.face_look import FaceLook
from edge.sim.face_sheet import HeadPose, Light, Sheet, Spot, colour, shading

_BLUSH = colour((0.12, 0.10, 0.0))
_EYE_WHITE = (196.0, 200.0, 204.0)
_COAT_FROM = 1.6


def paint_body(look: FaceLook, sheet: Sheet, light: Light) -> None:
    """Long hair behind, shoulders in a coat, and the neck in the chin's shadow."""
    if look.sides > 1:
        sheet.blend(sheet.ellipse(Spot(0, 0.25, look.wide + 0.2, 1.35), 0.1), look.hair)
    lit = light.strength * (0.9 + 0.1 * light.ambient)
    shoulder = 1.42 + 0.22 * np.abs(sheet.u) ** 1.6
    cover = sheet.soft(np.maximum(shoulder - sheet.v, np.abs(sheet.u) - 1.75), 0.05)
    fold = 1 - 0.25 * np.abs(np.sin(sheet.u * 5)) * (sheet.v > _COAT_FROM)
    sheet.blend(cover, colour(look.coat) * (lit * fold)[..., None])
    neck = np.maximum(np.abs(sheet.u) - look.wide * 0.58, sheet.v - 1.62 + 0.3 * np.abs(sheet.u))
    cover = sheet.soft(np.maximum(neck, 0.3 - sheet.v), 0.03)
    tone = lit * np.clip(0.45 + 0.35 * (sheet.v - 0.9), 0.35, 0.85)
    sheet.blend(cover, colour(look.skin) * tone[..., None])


def paint_head(look: FaceLook, flat: Sheet, pose: HeadPose, light: Light) -> None:
    """Ears, the lit skin, the features, and the hair over them."""
    for side in (-1, 1):
        ear = Spot(side * (look.wide + 0.02), look.eye_v + 0.14, 0.09, 0.2)
        flat.blend(flat.ellipse(ear, 0.03), colour(look.skin) * (0.72 * light.strength))
    outline = _outline(look, flat)
    inside = np.sqrt(np.clip(1 - outline**2, 0, 1))
    sheet = flat.turned(np.asarray(0.75 * inside, np.float32), pose)
    relief = _relief(look, sheet, inside)
    tint = light.tint()
    lit = shading(relief, pose.unit_px, light)[..., None] * tint
    cover = flat.soft((outline - 1) * look.wide, 0.02)
    flat.blend(cover, _skin(look, sheet) * lit)
    _paint_eyes(look, sheet, light)
    _paint_nose(look, sheet)
    _paint_mouth(look, sheet, lit)
    _paint_beard(look, sheet, cover)
    _paint_hair(look, flat, sheet, outline, light)
    if look.glasses:
        _paint_glasses(look, sheet)


def _outline(look: FaceLook, sheet: Sheet) -> Picture:
    """1 on the edge of the head: an egg whose jaw narrows and whose cheeks may stand out."""
    below = np.clip(sheet.v, 0, 1.2)
    cheek = look.cheeks * np.exp(-(((sheet.v - 0.35) / 0.25) ** 2))
    wide = look.wide * (1 - look.jaw * below**2 * 0.8) + cheek
    edge = (np.abs(sheet.u) / wide) ** 2.2 + np.abs(sheet.v / 1.02) ** 2.2
    return np.asarray(edge ** (1 / 2.2), np.float32)


def _relief(look: FaceLook, sheet: Sheet, inside: Picture) -> Picture:
    """Height above the plane of the face: skull, nose, sockets, cheeks, lips, chin."""
    tip = look.eye_v + look.nose_long
    hollow = look.eye_v - 0.02
    relief = 0.8 * inside
    relief += look.nose_high * sheet.bump(Spot(0, tip - 0.05, look.nose_wide * 0.75, 0.13))
    relief += look.nose_high * 0.65 * sheet.bump(Spot(0, tip - 0.26, look.nose_wide * 0.5, 0.26))
    for side in (-1, 1):
        relief -= 0.10 * sheet.bump(Spot(side * look.eye_gap, hollow, 0.2, 0.13))
        relief += 0.05 * sheet.bump(Spot(side * look.eye_gap, hollow - look.brow_rise, 0.24, 0.09))
        relief += (0.03 + look.cheeks) * sheet.bump(Spot(side * 0.42, tip - 0.02, 0.2, 0.17))
        relief += 0.06 * sheet.bump(Spot(side * look.nose_wide, tip, 0.06, 0.06))
    relief += 0.05 * sheet.bump(Spot(0, look.mouth_v, look.mouth_wide * 0.9, 0.09))
    relief += 0.06 * sheet.bump(Spot(0, 0.88, 0.2, 0.1))
    return np.asarray(relief, np.float32)


def _skin(look: FaceLook, sheet: Sheet) -> Picture:
    """Base colour, redder cheeks, moles and creases where this person has them."""
    marks = Random(look.marks)  # noqa: S311 - the marks of a look must come back
    base = np.ones((*sheet.u.shape, 3), np.float32) * colour(look.skin)
    red = sum(sheet.bump(Spot(side * 0.4, 0.32, 0.22, 0.18)) for side in (-1, 1))
    base *= 1 - _BLUSH * np.asarray(red, np.float32)[..., None]
    for _ in range(marks.choice((0, 0, 1, 2))):
        spot = Spot(marks.uniform(-0.5, 0.5), marks.uniform(-0.4, 0.8), 0.022, 0.022)
        base *= (1 - 0.55 * sheet.ellipse(spot, 0.02))[..., None]
    for side in (-1, 1):
        fold = side * (look.nose_wide + 0.07 + (sheet.v - look.eye_v - look.nose_long) * 0.45)
        where = sheet.bump(Spot(side * 0.27, 0.48, 0.2, 0.14))
        line = np.exp(-(((sheet.u - fold) / 0.022) ** 2)) * where
        base *= (1 - look.creases * line)[..., None]
        bag = Spot(side * look.eye_gap, look.eye_v + 0.11, 0.13, 0.035)
        base *= (1 - look.creases * 0.8 * sheet.bump(bag))[..., None]
    return base


def _paint_eyes(look: FaceLook, sheet: Sheet, light: Light) -> None:
    """White, iris, pupil, glint, the upper lid's line, and the brow."""
    for side in (-1, 1):
        at, tilt = side * look.eye_gap, side * look.eye_tilt_deg
        high = look.eye_wide * look.eye_open
        shade = Spot(at, look.eye_v - 0.06, look.eye_wide * 1.25, 0.1, tilt)
        sheet.dim(sheet.bump(shade), 0.28)
        slit = Spot(at, look.eye_v, look.eye_wide, high, tilt)
        rim = Spot(at, look.eye_v - 0.012, look.eye_wide * 1.1, high * 1.25, tilt)
        sheet.blend(sheet.ellipse(rim, 0.02), (28.0, 28.0, 34.0))
        white = sheet.ellipse(slit, 0.015)
        sheet.blend(white, colour(_EYE_WHITE) * light.strength)
        disc = look.eye_wide * 0.5
        iris = (look.iris * 0.55, look.iris * 0.8, look.iris)
        sheet.blend(sheet.ellipse(Spot(at, look.eye_v, disc, disc), 0.02) * white, iris)
        dot = disc * 0.45
        sheet.blend(sheet.ellipse(Spot(at, look.eye_v, dot, dot)) * white, (8.0, 8.0, 8.0))
        glint = Spot(at + disc * 0.3, look.eye_v - disc * 0.3, 0.018, 0.018)
        sheet.blend(sheet.ellipse(glint) * white, (235.0, 235.0, 235.0))
        _paint_brow(look, sheet, side)


def _paint_brow(look: FaceLook, sheet: Sheet, side: int) -> None:
    along = (sheet.u * side - look.eye_gap) / 0.2
    middle = look.eye_v - look.brow_rise + look.brow_tilt * 0.1 * along + 0.035 * along**2
    half = look.brow_thick * np.clip(1.15 - 0.35 * along, 0.4, 1.5)
    ends = np.clip((1.05 - np.abs(along)) / 0.2, 0, 1)
    dark = tuple(level * 0.75 for level in look.hair)
    sheet.blend(sheet.band(middle, half, 0.03) * ends * 0.88, (dark[0], dark[1], dark[2]))


def _paint_nose(look: FaceLook, sheet: Sheet) -> None:
    """Nostrils, the wings' lines and the shadow under the tip."""
    tip = look.eye_v + look.nose_long
    sheet.dim(sheet.bump(Spot(0, tip + 0.07, look.nose_wide * 1.1, 0.05)), 0.35)
    for side in (-1, 1):
        hole = Spot(side * look.nose_wide * 0.5, tip + 0.035, look.nose_wide * 0.28, 0.026)
        sheet.dim(sheet.ellipse(hole, 0.03), 0.75)
        wing = Spot(side * look.nose_wide * 1.08, tip, 0.028, 0.07)
        sheet.dim(sheet.bump(wing), 0.35)
        flank = Spot(side * look.nose_wide * 0.8, tip - 0.2, 0.05, 0.2)
        sheet.dim(sheet.bump(flank), 0.14)


def _paint_mouth(look: FaceLook, sheet: Sheet, lit: Picture) -> None:
    """Two lips, the dark line between them, and the shadow below."""
    along = sheet.u / look.mouth_wide
    ends = np.clip(1 - along**2, 0, 1)
    line = look.mouth_v - look.smile * along**2
    upper = look.lip_thick * 0.8 * ends * (1 - 0.25 * np.exp(-((along / 0.15) ** 2)))
    lower = look.lip_thick * np.sqrt(ends)
    inside = sheet.soft((np.abs(along) - 1) * look.mouth_wide, 0.03)
    top = sheet.soft(np.maximum(line - upper - sheet.v, sheet.v - line), 0.02) * inside
    bottom = sheet.soft(np.maximum(line - sheet.v, sheet.v - line - lower), 0.02) * inside
    sheet.blend(top * 0.9, colour(look.lips) * 0.85 * lit)
    sheet.blend(bottom * 0.9, colour(look.lips) * lit)
    sheet.dim(sheet.band(line, 0.008 + 0.006 * ends, 0.02) * inside, 0.7)
    under = Spot(0, look.mouth_v + look.lip_thick + 0.07, look.mouth_wide * 0.7, 0.04)
    sheet.dim(sheet.bump(under), 0.25)


def _paint_beard(look: FaceLook, sheet: Sheet, cover: Picture) -> None:
    if look.moustache:
        middle = look.mouth_v - look.lip_thick - 0.065 + 0.12 * sheet.u**2
        ends = sheet.soft(np.abs(sheet.u) - look.mouth_wide - 0.05, 0.06)
        sheet.blend(sheet.band(middle, 0.04, 0.04) * ends * look.moustache, look.hair)
    if look.beard:
        ring = sheet.radius(Spot(0, look.mouth_v - 0.2, look.mouth_wide + 0.16, 0.34))
        low = np.clip((sheet.v - look.mouth_v + 0.18) / 0.15, 0, 1)
        chin = np.clip((ring - 0.85) / 0.25, 0, 1) * low * cover
        sheet.blend(chin * look.beard, look.hair)


def _paint_hair(look: FaceLook, flat: Sheet, sheet: Sheet, outline: Picture, light: Light) -> None:
    """A cap above the hairline and down the sides, a little wider than the head."""
    edge = look.hairline + look.fringe * (sheet.u - look.parting) ** 2
    edge = edge + 0.03 * np.sin(sheet.u * 23 + look.parting * 9)
    temple = np.clip((np.abs(sheet.u) - look.wide * 0.8) / (look.wide * 0.2), 0, 1)
    edge = edge + temple * max(look.sides - look.hairline, 0)
    cap = flat.soft((outline - 1.07) * look.wide, 0.04) * (flat.v < look.sides + 0.3)
    strands = 1 + 0.16 * np.sin(sheet.u * 37 + 3 * np.sin(sheet.v * 5))
    tone = colour(look.hair)[None, None] * (strands * light.strength)[..., None]
    flat.blend(cap * sheet.soft(sheet.v - edge, 0.05), np.asarray(tone, np.float32))


def _paint_glasses(look: FaceLook, sheet: Sheet) -> None:
    wide, high = look.eye_gap * 0.72, look.eye_gap * 0.5
    for side in (-1, 1):
        ring = sheet.radius(Spot(side * look.eye_gap, look.eye_v + 0.02, wide, high))
        frame = sheet.soft(np.abs(ring - 1) * high - 0.016, 0.015)
        sheet.blend(frame * look.glasses, (25.0, 22.0, 22.0))
    bridge = sheet.band(np.full_like(sheet.u, look.eye_v - 0.02), 0.014, 0.015)
    gap = sheet.soft(np.abs(sheet.u) - look.eye_gap + wide, 0.01)
    sheet.blend(bridge * gap * look.glasses, (25.0, 22.0, 22.0))
