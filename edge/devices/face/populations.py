"""Populations: the mean face and the thresholds that hold for the people at hand.

A threshold is right for one engine and one population only: the same one lets far more pairs pass
in another. Each stands for a false match rate that was aimed at.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from edge.core.errors import ConfigError
from edge.core.faces import Vector
from edge.devices.face.models import BUILT_IN, NETWORK, OPTIONAL, POINTS, Serves, listed

SHIPPED = "east-asian"
UNCENTRED = "uncentred"
TARGET_FMR = 1e-3
CHIP_PX = 150
CHIP_PADDING = 0.25
"""How dlib's network was trained: faces of 150 px with a quarter of padding."""
_FILE_SUFFIX = ".json"


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """A threshold for a false match rate, and what was measured there on people not used for it.

    target_fmr: what the threshold was set for; fmr, fnmr: one photograph against one; fmr_three,
    fnmr_three: templates of three photographs; all 0..1.
    """

    target_fmr: float
    threshold: float
    fmr: float
    fnmr: float
    fmr_three: float
    fnmr_three: float


@dataclass(frozen=True, slots=True)
class Population:
    """What a score means for some people.

    mean: subtracted from every description, empty for none; shared: directions of length 1 that
    are taken off then; threshold and margin: 0..1; point: where the threshold comes from, None when
    it was set by hand.
    """

    name: str
    threshold: float
    margin: float
    mean: Vector = field(default=(), repr=False)
    shared: tuple[Vector, ...] = field(default=(), repr=False)
    point: OperatingPoint | None = None

    @property
    def centring(self) -> str:
        """The name of what is taken off, in an engine id: another mean is another engine."""
        if not self.mean:
            return UNCENTRED
        text = ",".join(f"{value:.6f}" for row in (self.mean, *self.shared) for value in row)
        return f"{self.name}-{sha256(text.encode()).hexdigest()[:8]}"

    def at(self, threshold: float | None) -> "Population":
        """The same people at a threshold set by hand; unchanged for None."""
        if threshold is None:
            return self
        return replace(self, threshold=threshold, point=None)


@dataclass(frozen=True, slots=True)
class Calibration:
    """What measuring some people gave: what they share, and a threshold for each rate aimed at."""

    mean: Vector = field(repr=False)
    shared: tuple[Vector, ...] = field(repr=False)
    margin: float
    points: tuple[OperatingPoint, ...]

    def to_json(self) -> dict[str, object]:
        """As it stands in a population file."""
        return {
            "margin": self.margin,
            "points": [asdict(point) for point in self.points],
            "mean": [round(value, 5) for value in self.mean],
            "shared": [[round(value, 5) for value in row] for row in self.shared],
        }


def shipped_population(
    name: str = SHIPPED, *, engine: str = BUILT_IN, target_fmr: float = TARGET_FMR
) -> Population:
    """A population of the shipped table, or of a file that `face calibrate` wrote.

    Raises ConfigError `face_population_unknown`, `face_population_unreadable` or
    `face_target_unknown`.
    """
    if name.endswith(_FILE_SUFFIX):
        return _population(Path(name).stem, _of_file(Path(name), engine), target_fmr)
    text = (files("edge.devices.face") / "data" / "populations.json").read_text(encoding="utf-8")
    table = json.loads(text)[engine]
    if name not in table:
        raise ConfigError("face_population_unknown", population=name, known=",".join(table))
    return _population(name, table[name], target_fmr)


def _of_file(path: Path, engine: str) -> Mapping[str, Any]:
    try:
        entry: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))[engine]
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = type(error).__name__
        raise ConfigError("face_population_unreadable", file=str(path), why=why) from error
    return entry


def _population(name: str, entry: Mapping[str, Any], target_fmr: float) -> Population:
    try:
        points = {each["target_fmr"]: OperatingPoint(**each) for each in entry["points"]}
        mean, margin = tuple(map(float, entry["mean"])), float(entry["margin"])
        shared = tuple(tuple(map(float, row)) for row in entry.get("shared", ()))
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError("face_population_unreadable", population=name) from error
    point = points.get(target_fmr)
    if point is None:
        known = ",".join(map(str, sorted(points)))
        raise ConfigError("face_target_unknown", target_fmr=target_fmr, known=known)
    return Population(name, point.threshold, margin, mean=mean, shared=shared, point=point)


def engine_id_of(population: Population, engine: str = BUILT_IN) -> str:
    """Names the model contents, the alignment and the centring: what makes vectors comparable."""
    if engine == OPTIONAL:
        return optional_engine_id(population)
    models = f"{POINTS.sha256[:8]}-{NETWORK.sha256[:8]}"
    return f"dlib-hog5-{models}-chip{CHIP_PX}p{CHIP_PADDING * 100:.0f}-{population.centring}"


def optional_engine_id(population: Population) -> str:
    """The same of the optional engine."""
    wanted = (Serves.FIND, Serves.ENCODE)
    models = "-".join(model.sha256[:8] for model in listed() if model.serves in wanted)
    return f"openvino-yunet5-{models}-crop106.94-{population.centring}"
