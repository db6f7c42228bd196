"""Populations: the mean face and the threshold that hold for the people at hand.

A threshold is right for one population only: the same one lets far more pairs pass in another.
"""

import json
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.resources import files

from edge.core.errors import ConfigError
from edge.core.faces import Vector
from edge.devices.face.models import NETWORK, POINTS

SHIPPED = "east-asian"
UNCENTRED = "uncentred"
CHIP_PX = 150
CHIP_PADDING = 0.25
"""How dlib's network was trained: faces of 150 px with a quarter of padding."""


@dataclass(frozen=True, slots=True)
class Population:
    """What a score means for some people.

    mean: subtracted from every description, empty for none; threshold and margin: 0..1;
    fmr, fnmr: shares measured at the threshold, one photograph against one, None when unknown.
    """

    name: str
    threshold: float
    margin: float
    mean: Vector = field(default=(), repr=False)
    fmr: float | None = None
    fnmr: float | None = None

    @property
    def centring(self) -> str:
        """The name of the mean as part of an engine id: another mean is another engine."""
        if not self.mean:
            return UNCENTRED
        text = ",".join(f"{value:.6f}" for value in self.mean)
        return f"{self.name}-{sha256(text.encode()).hexdigest()[:8]}"


def shipped_population(name: str = SHIPPED) -> Population:
    """A population of the shipped table; ConfigError `face_population_unknown`."""
    text = (files("edge.devices.face") / "data" / "populations.json").read_text(encoding="utf-8")
    table = json.loads(text)
    if name not in table:
        raise ConfigError("face_population_unknown", population=name, known=",".join(table))
    entry = table[name]
    return Population(
        name,
        entry["threshold"],
        entry["margin"],
        mean=tuple(entry["mean"]),
        fmr=entry["fmr"],
        fnmr=entry["fnmr"],
    )


def engine_id_of(population: Population) -> str:
    """Names the model contents, the alignment and the centring: what makes vectors comparable."""
    models = f"{POINTS.sha256[:8]}-{NETWORK.sha256[:8]}"
    return f"dlib-hog5-{models}-chip{CHIP_PX}p{CHIP_PADDING * 100:.0f}-{population.centring}"
