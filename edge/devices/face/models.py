"""The model files of the face engines: where they lie, and that they are the right ones.

Those of the built-in engine come with its package; optional ones lie in the operator's model
directory and are accepted by content only, as `data/models.toml` names it.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import file_digest
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from edge.core.errors import ConfigError

BUILT_IN = "dlib"
OPTIONAL = "openvino"
INSTALL = 'pip install "specimen-edge[face]"'
INSTALL_OPTIONAL = 'pip install "specimen-edge[face,face-openvino]"'
FETCH = "specimen-edge models fetch"
_PACKAGE = "face_recognition_models"
_LIBRARIES = ("dlib", "numpy", "cv2")
_OPTIONAL_LIBRARIES = ("openvino", "numpy", "cv2")


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model by its name and its content; thresholds hold for this content only."""

    name: str
    sha256: str


POINTS = ModelFile(
    "shape_predictor_5_face_landmarks.dat",
    "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
)
NETWORK = ModelFile(
    "dlib_face_recognition_resnet_model_v1.dat",
    "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
)
MANY_POINTS = ModelFile(
    "shape_predictor_68_face_landmarks.dat",
    "fbdc2cb80eb9aa7a758672cbfdda32ba6300efe9b6e6c7a299ff7e736b11b92f",
)


class Serves(StrEnum):
    """What an optional model is for."""

    FIND = "find"
    ENCODE = "encode"
    LIVENESS = "liveness"


@dataclass(frozen=True, slots=True)
class Listed:
    """An optional model as the registry names it; `url` is empty where no public one is known."""

    name: str
    file: str
    bytes: int
    sha256: str
    serves: Serves
    licence: str
    origin: str
    input: str
    alignment: str
    url: str = ""
    population: str = ""


class Presence(StrEnum):
    """What lies in the model directory under the name of a listed model."""

    PRESENT = "present"
    ABSENT = "absent"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class ModelPaths:
    """The files of the built-in engine, verified."""

    points: Path
    network: Path


@dataclass(frozen=True, slots=True)
class OptionalPaths:
    """The files of the optional engine, verified; the weights lie beside the layout."""

    finder: Path
    layout: Path


def find_models(folder: Path | None = None) -> ModelPaths:
    """The model files: in the operator's folder, else in the installed package.

    Raises ConfigError `face_engine_absent`, `face_model_absent` or `face_model_changed`.
    """
    _need(_LIBRARIES, INSTALL)
    return ModelPaths(_find(POINTS, folder), _find(NETWORK, folder))


def find_many_points(folder: Path | None = None) -> Path:
    """The model of 68 points, for eyes and mouth; raises as `find_models`."""
    _need(_LIBRARIES, INSTALL)
    return _find(MANY_POINTS, folder)


def find_optional(folder: Path) -> OptionalPaths:
    """The optional engine's files in the operator's folder; raises as `find_models`."""
    _need(_OPTIONAL_LIBRARIES, INSTALL_OPTIONAL)
    verified = {model.name: need_listed(model, folder) for model in listed() if _engine(model)}
    return OptionalPaths(verified["yunet"], verified["retail-0095-layout"])


def find_liveness(folder: Path | None) -> tuple[Path, ...]:
    """The networks against prints and screens; empty when none of them lies in the folder.

    Raises ConfigError when only some do, or one is another: never silently off.
    """
    models = [model for model in listed() if model.serves is Serves.LIVENESS]
    if folder is None or all(presence(each, folder) is Presence.ABSENT for each in models):
        return ()
    return tuple(need_listed(each, folder) for each in models)


def listed() -> tuple[Listed, ...]:
    """Every optional model of the registry."""
    text = (files("edge.devices.face") / "data" / "models.toml").read_text(encoding="utf-8")
    entries = tomllib.loads(text)["models"]
    return tuple(Listed(**entry | {"serves": Serves(entry["serves"])}) for entry in entries)


def presence(model: Listed, folder: Path) -> Presence:
    """Whether the folder holds a listed model, by its content."""
    path = folder / model.file
    if not path.is_file():
        return Presence.ABSENT
    return Presence.PRESENT if _digest(path) == model.sha256 else Presence.CHANGED


def need_listed(model: Listed, folder: Path) -> Path:
    """A listed model's file; ConfigError `face_model_absent` or `face_model_changed`."""
    path = folder / model.file
    if not path.is_file():
        raise ConfigError("face_model_absent", file=str(path), install=f"{FETCH} {model.name}")
    _verify(path, ModelFile(model.name, model.sha256))
    return path


def why_absent(folder: Path | None = None, engine: str = BUILT_IN) -> ConfigError | None:
    """What keeps a face engine from working, None when nothing does; for `doctor`."""
    try:
        if engine == OPTIONAL:
            find_optional(folder or Path())
        else:
            find_models(folder)
        find_liveness(folder)
    except ConfigError as error:
        return error
    return None


def _engine(model: Listed) -> bool:
    return model.serves in {Serves.FIND, Serves.ENCODE}


def _need(libraries: tuple[str, ...], install: str) -> None:
    for library in libraries:
        if find_spec(library) is None:
            raise ConfigError("face_engine_absent", library=library, install=install)


def _find(model: ModelFile, folder: Path | None) -> Path:
    for place in _places(folder):
        path = place / model.name
        if path.is_file():
            _verify(path, model)
            return path
    raise ConfigError("face_model_absent", file=model.name, install=INSTALL)


def _places(folder: Path | None) -> Iterator[Path]:
    """The package is found without importing it: its older form needs pkg_resources."""
    if folder is not None:
        yield folder
    spec = find_spec(_PACKAGE)
    for location in (spec.submodule_search_locations or ()) if spec else ():
        yield Path(location) / "models"


def _verify(path: Path, model: ModelFile) -> None:
    found = _digest(path)
    if found != model.sha256:
        raise ConfigError("face_model_changed", file=str(path), sha256=found)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ConfigError("face_model_absent", file=str(path), why=error.strerror) from error
