"""Finder repair, tier 3: a symbol with a hidden finder is read by its other two or its label.

Every decoder needs all three finders before it corrects a single error. Here the known modules
are fitted to the picture instead, painted in, and the clean bitmap goes to the first engine.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.devices.pixels import Grey
from edge.devices.qr.engine import CodeRead, Quad
from edge.devices.qr.finders import find_squares
from edge.devices.qr.grid import Known, Modules, known_modules, orientations
from edge.devices.qr.outline import find_labels
from edge.devices.qr.pairs import Guess, guess_symbols

Corners: TypeAlias = NDArray[np.float32]
ReadPure: TypeAlias = Callable[[Grey], bytes | None]

_VERSIONS = range(1, 15)
_QUIET_MODULES = (4.0, 2.5)
_MAX_LABELS = 4
_MAX_FINDERS = 6
_MAX_FITS = 2
_MIN_FIRST_FIT = 0.22
_MIN_FIT = 0.5
_STEPS_MODULES = (0.8, 0.4, 0.2, 0.1)
_MOVES = tuple((x, y) for x in (-1, 0, 1) for y in (-1, 0, 1) if x or y)
_MAX_ROUNDS = 6
_EPSILON = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Where the corners of a symbol of known version lie, and how well its known modules agree."""

    known: Known
    corners: Corners
    score: float


class FinderRepair:
    """Reads at most one code a label; costs tens of milliseconds, so it comes last."""

    name = "zxing-cpp+repair"

    def __init__(self, read_pure: ReadPure) -> None:
        self._read_pure = read_pure

    def read(self, grey: Grey) -> tuple[CodeRead, ...]:
        """The code of the best two good finders; without one, codes on bright labels."""
        soft = np.asarray(cv2.GaussianBlur(grey, (0, 0), 0.8), np.float32)
        finders = sorted(find_squares(grey), key=cv2.contourArea, reverse=True)[:_MAX_FINDERS]
        paired = self._read_best(soft, guess_symbols(finders))
        if paired is not None:
            return (paired,)
        labels = find_labels(grey, limit=_MAX_LABELS)
        reads = (self._read_best(soft, _by_label(label)) for label in labels)
        return tuple(read for read in reads if read is not None)

    def _read_best(self, soft: Modules, guesses: Iterable[Guess]) -> CodeRead | None:
        firsts = (_first_fit(soft, guess) for guess in guesses)
        fits = [fit for fit in firsts if fit.score >= _MIN_FIRST_FIT]
        fits.sort(key=lambda fit: fit.score, reverse=True)
        for first in fits[:_MAX_FITS]:
            fit = _refined(soft, first)
            if fit.score < _MIN_FIT:
                continue
            for dark in _readings(_sampled(soft, fit.corners, _centres(fit.known.size))):
                size = fit.known.size
                payload = self._read_pure(fit.known.painted(dark.reshape(size, size)))
                if payload is not None:
                    return CodeRead(payload, "QRCode", self.name, _as_quad(fit.corners))
        return None


def _by_label(label: Corners) -> Iterator[Guess]:
    """Each version and quiet zone that would fill `label`."""
    for version in _VERSIONS:
        for quiet in _QUIET_MODULES:
            size = known_modules(version).size
            yield Guess(version, _without_quiet(label, size, quiet))


def _first_fit(soft: Modules, guess: Guess) -> Fit:
    """A guess in its best roll or mirroring."""
    known = known_modules(guess.version)
    seen = _sampled(soft, guess.corners, _centres(known.size))
    scores = _agreement(seen, orientations(guess.version))
    best = int(np.argmax(scores))
    return Fit(known, _turned(guess.corners, best), float(scores[best]))


def _refined(soft: Modules, fit: Fit) -> Fit:
    """Coordinate descent on the four corners, from coarse steps to fine ones."""
    mask = fit.known.modules != 0
    truth = fit.known.modules[mask][None, :]
    places = _centres(fit.known.size)[mask.ravel()]
    corners, score = fit.corners, fit.score
    module_px = float(np.linalg.norm(corners - np.roll(corners, 1, axis=0), axis=1).mean())
    module_px /= fit.known.size
    for step in _STEPS_MODULES:
        for _ in range(_MAX_ROUNDS):
            before = score
            for corner in range(4):
                for move in _MOVES:
                    moved = corners.copy()
                    moved[corner] += np.multiply(move, step * module_px)
                    agreed = float(_agreement(_sampled(soft, moved, places), truth)[0])
                    if agreed > score:
                        corners, score = moved, agreed
            if score - before < _EPSILON:
                break
    return Fit(fit.known, corners, score)


def _agreement(seen: NDArray[np.float32], truths: Modules) -> NDArray[np.float32]:
    """Correlation of brightness with each row of expected modules, -1..1."""
    weights = np.abs(truths)
    count = weights.sum(axis=1)
    mean = weights @ seen / count
    spread = np.sqrt(np.maximum(weights @ (seen * seen) / count - mean * mean, _EPSILON))
    bias = truths.sum(axis=1) / count
    sway = np.sqrt(1 - bias * bias)
    return np.asarray(-((truths @ seen) / count - bias * mean) / (spread * sway), np.float32)


def _readings(seen: NDArray[np.float32]) -> Iterator[NDArray[np.bool_]]:
    """Dark modules by neighbourhood, then by one threshold, then by a wider neighbourhood."""
    size = round(len(seen) ** 0.5)
    sheet = np.clip(seen, 0, 255).reshape(size, size)
    low, high = np.percentile(sheet, (8, 92))
    for window in (7, 0, 13):
        level = (low + high) / 2
        if window:
            ones = np.ones((window, window), np.uint8)
            floor, ceiling = cv2.erode(sheet, ones), cv2.dilate(sheet, ones)
            level = (np.asarray(floor) + np.asarray(ceiling)) / 2
        yield np.asarray(sheet < level)


def _sampled(soft: Modules, corners: Corners, places: NDArray[np.float32]) -> NDArray[np.float32]:
    """Brightness at `places` of the unit square that `corners` span."""
    unit = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32)
    to_image = cv2.getPerspectiveTransform(unit, corners)
    points = np.asarray(cv2.perspectiveTransform(places[None], to_image), np.float32)
    across, down = np.ascontiguousarray(points[..., 0]), np.ascontiguousarray(points[..., 1])
    taken = cv2.remap(soft, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(taken, np.float32).ravel()


def _centres(size: int) -> NDArray[np.float32]:
    """Middles of all modules in the unit square, row by row."""
    along = (np.arange(size, dtype=np.float32) + 0.5) / size
    across, down = np.meshgrid(along, along)
    return np.asarray(np.column_stack([across.ravel(), down.ravel()]), np.float32)


def _without_quiet(label: Corners, size: int, quiet: float) -> Corners:
    unit = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32)
    margin = quiet / (size + 2 * quiet)
    inner = (margin + unit * (1 - 2 * margin)).astype(np.float32)
    to_image = cv2.getPerspectiveTransform(unit, label)
    moved = cv2.perspectiveTransform(inner[None], to_image)
    return np.asarray(moved, np.float32).reshape(4, 2)


def _turned(corners: Corners, orientation: int) -> Corners:
    """Corners in the order of the upright symbol, when it was seen in `orientation`."""
    places = np.array([(0, 1), (3, 2)])
    mirrored, turns = divmod(orientation, 4)
    face = places.T if mirrored else places
    seen = np.rot90(face, turns)
    order = {int(name): place for name, place in zip(seen.ravel(), (0, 1, 3, 2), strict=True)}
    return corners[[order[name] for name in range(4)]]


def _as_quad(corners: Corners) -> Quad:
    a, b, c, d = ((float(x), float(y)) for x, y in corners)
    return a, b, c, d
