"""Which engine looks, and what it looks with: chosen by settings, built where it works (step 4)."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from edge.core.faces import DESK, Described, Flaw, Limits
from edge.core.liveness import Means
from edge.devices.face.models import (
    BUILT_IN,
    OPTIONAL,
    find_liveness,
    find_many_points,
    find_models,
    find_optional,
)
from edge.devices.face.populations import Population, engine_id_of

if TYPE_CHECKING:
    from edge.devices.face.engine import Aligned, FaceEngine
    from edge.devices.face.eyes import EyeGauge
    from edge.devices.face.minifasnet import MiniFasNet
    from edge.devices.pixels import Picture


@dataclass(frozen=True, slots=True)
class Equipment:
    """What an engine is built from.

    means: how liveness is checked; an operator's networks serve when they are there, whatever the
    means. eyes: measure how wide they are open, for the challenge and for enrolment.
    """

    population: Population
    models_dir: Path | None = None
    engine: str = BUILT_IN
    means: Means = Means.NONE
    eyes: bool = False

    @property
    def engine_id(self) -> str:
        """Names models, alignment and centring of the engine that is built."""
        return engine_id_of(self.population, self.engine)


class Eyeing:
    """An engine with its liveness networks and its gauge of the eyes, where there are such."""

    def __init__(
        self, engine: "FaceEngine", network: "MiniFasNet | None", gauge: "EyeGauge | None"
    ) -> None:
        self.engine = engine
        self.network = network
        self._gauge = gauge

    @property
    def engine_id(self) -> str:
        """Of the engine that compares."""
        return self.engine.engine_id

    def describe(
        self, bgr: "Picture", limits: Limits = DESK, *, mirrored: bool = False
    ) -> Described | Flaw:
        """The face of a picture, or the first reason why it does not count.

        A face that the networks call an attack is described all the same: whoever judges it sees
        how alive it looks.
        """
        from edge.devices.face.engine import describe  # noqa: PLC0415 - numpy may be absent

        told, aligned = describe(self.engine, bgr, limits, mirrored=mirrored)
        if isinstance(told, Flaw) or aligned is None:
            return told
        return self._with_cues(told, bgr, aligned)

    def _with_cues(self, told: Described, bgr: "Picture", aligned: "Aligned") -> Described:
        alive = None if self.network is None else self.network.score(bgr, aligned)
        if self._gauge is None:
            return replace(told, alive=alive)
        openness = self._gauge.openness(bgr, aligned)
        return replace(told, alive=alive, measures=replace(told.measures, openness=openness))


def build(equipment: Equipment, *, lean: bool = False) -> Eyeing:
    """The engine of these settings; ConfigError when something of it is missing or changed.

    lean: little memory before a quick start, for a process that stays.
    """
    network = None
    if equipment.means is not Means.NONE and (files := find_liveness(equipment.models_dir)):
        from edge.devices.face.minifasnet import MiniFasNet  # noqa: PLC0415 - cv2 may be absent

        network = MiniFasNet(files)
    engine = build_engine(equipment)
    gauge = None
    if equipment.eyes:
        from edge.devices.face.eyes import EyeGauge  # noqa: PLC0415 - dlib may be absent

        gauge = EyeGauge(find_many_points(equipment.models_dir), lean=lean)
    return Eyeing(engine, network, gauge)


def build_engine(equipment: Equipment) -> "FaceEngine":
    """Only what finds, aligns and encodes; ConfigError when a model is missing or changed."""
    if equipment.engine == OPTIONAL:
        optional = find_optional(equipment.models_dir or Path())
        from edge.devices.face.openvino_engine import (  # noqa: PLC0415 - the extra may be absent
            OpenvinoEngine,
        )

        return OpenvinoEngine(optional, equipment.population)
    models = find_models(equipment.models_dir)
    from edge.devices.face.dlib_engine import DlibEngine  # noqa: PLC0415 - the extra may be absent

    return DlibEngine(models, equipment.population)
