"""The model files of the built-in face engine: where they lie, and that they are the right ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import file_digest
from importlib.util import find_spec
from pathlib import Path

from edge.core.errors import ConfigError

BUILT_IN = "dlib"
INSTALL = 'pip install "specimen-edge[face]"'
_PACKAGE = "face_recognition_models"
_LIBRARIES = ("dlib", "numpy", "cv2")


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


@dataclass(frozen=True, slots=True)
class ModelPaths:
    """The files of one engine, verified."""

    points: Path
    network: Path


def find_models(folder: Path | None = None) -> ModelPaths:
    """The model files: in the operator's folder, else in the installed package.

    Raises ConfigError `face_engine_absent`, `face_model_absent` or `face_model_changed`.
    """
    for library in _LIBRARIES:
        if find_spec(library) is None:
            raise ConfigError("face_engine_absent", library=library, install=INSTALL)
    return ModelPaths(_find(POINTS, folder), _find(NETWORK, folder))


def why_absent(folder: Path | None = None) -> ConfigError | None:
    """What keeps the face engine from working, None when nothing does; for `doctor`."""
    try:
        find_models(folder)
    except ConfigError as error:
        return error
    return None


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
    try:
        with path.open("rb") as file:
            found = file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ConfigError("face_model_absent", file=str(path), why=error.strerror) from error
    if found != model.sha256:
        raise ConfigError("face_model_changed", file=str(path), sha256=found)
