"""What the verbs of `face` share: their options, the engine that is set, errors by name."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.process import settings_or_exit
from edge.compose.face import equipment_of
from edge.core.errors import EdgeError
from edge.core.liveness import Means
from edge.devices.face.engines import Equipment
from edge.devices.face.models import find_liveness
from edge.devices.face.populations import shipped_population

MODELS_DIR = "EDGE_MODELS_DIR"


class EngineName(StrEnum):
    """Engines to choose from."""

    DLIB = "dlib"
    OPENVINO = "openvino"


ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="Settings file; default /etc/specimen-edge/edge.toml."),
]
ThresholdOption = Annotated[
    float | None, typer.Option(min=0.0, max=1.0, help="Instead of the shipped threshold.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON instead of lines.")]
EngineOption = Annotated[
    EngineName | None, typer.Option(help="Engine; default the one in the settings, else dlib.")
]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a verb was told about the engine; without a settings file the defaults hold."""

    config: Path | None = None
    engine: EngineName | None = None
    threshold: float | None = None

    def equipment(self) -> Equipment:
        """What to build; ConfigError when the settings do not fit. Pictures are no challenge."""
        if self.config is None:
            engine = self.engine or EngineName.DLIB
            folder = os.environ.get(MODELS_DIR)
            known = shipped_population(engine=engine)
            equipment = Equipment(known, Path(folder) if folder else None, engine=engine)
        else:
            settings = settings_or_exit(self.config)
            if self.engine is not None:
                face = settings.face.model_copy(update={"engine": self.engine})
                settings = settings.model_copy(update={"face": face})
            equipment = equipment_of(settings)
        networks = find_liveness(equipment.models_dir)
        return replace(
            equipment,
            population=equipment.population.at(self.threshold),
            means=Means.NETWORK if networks else Means.NONE,
            eyes=False,
        )


@contextmanager
def errors_named() -> Iterator[None]:
    """Errors on standard error, exit status 2."""
    try:
        yield
    except EdgeError as error:
        typer.echo(f"specimen-edge: {error}", err=True)
        raise typer.Exit(2) from error
