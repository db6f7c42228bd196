"""Settings: defaults, one TOML file, EDGE_* variables and explicit overrides become one value."""

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, Field, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings.exceptions import SettingsError

from edge.camera_sections import Camera, Face
from edge.core.errors import ConfigError
from edge.core.problems import Problem, setting_problem
from edge.reader_sections import Nfc, Scanners, Signals
from edge.sections import (
    Archive,
    Broker,
    Central,
    ClockTrust,
    FilePath,
    Keys,
    Page,
    Photographs,
    Qr,
    Remote,
    Rules,
    Station,
)
from edge.wall_sections import Board, Wall
from edge.wire.chip_text import OWN_GRAMMARS
from edge.wire.grammars import Grammar

DEFAULT_FILE = Path("/etc/specimen-edge/edge.toml")
FOREIGN_VARIABLES = frozenset({"EDGE_SHARED_DIR"})
"""Variables with our prefix that are no settings: where measuring data lies for the tests."""

_PREFIX = "EDGE_"
_SHOWN_CHARS = 60
_SECRET_WORDS = ("password", "passwd", "secret", "token", "private", "passphrase")
_UNSHOWN = frozenset({"missing", "bad_database"})
"""Kinds whose value is absent, or may hold a secret."""
_KINDS = {
    "missing": "missing",
    "extra_forbidden": "unknown",
    "int_type": "not_whole",
    "int_parsing": "not_whole",
    "int_from_float": "not_whole",
    "float_type": "not_number",
    "float_parsing": "not_number",
    "bool_type": "not_switch",
    "bool_parsing": "not_switch",
    "string_type": "not_text",
    "path_type": "not_path",
    "tuple_type": "not_list",
    "model_type": "not_section",
    "string_too_short": "empty",
    "string_too_long": "too_long",
    "greater_than": "out_of_range",
    "greater_than_equal": "out_of_range",
    "less_than": "out_of_range",
    "less_than_equal": "out_of_range",
    "literal_error": "not_listed",
    "enum": "not_listed",
    "date_from_datetime_parsing": "not_date",
    "date_from_datetime_inexact": "not_date",
    "date_parsing": "not_date",
    "date_type": "not_date",
    "dict_type": "not_section",
}
_BOUNDS = {"gt": "> {}", "ge": "≥ {}", "lt": "< {}", "le": "≤ {}", "max_length": "{}"}
_Tree = Mapping[str, Any]  # TOML and JSON: a value of any kind below a key


def _models_dir(validated: dict[str, Any]) -> Path:
    state_dir: Path = validated["state_dir"]
    return state_dir / "models"


class Settings(BaseSettings):
    """Everything a process of this station may be told; frozen."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix=_PREFIX, env_nested_delimiter="__"
    )

    station: Station
    state_dir: FilePath = Path("/var/lib/specimen-edge")
    models_dir: Annotated[FilePath, Field(default_factory=_models_dir)]
    broker: Broker = Broker()
    keys: Keys = Keys()
    rules: Rules = Rules()
    central: Central = Central()
    qr: Qr = Qr()
    page: Page = Page()
    camera: Camera = Camera()
    face: Face = Face()
    scanners: Scanners = ()
    nfc: Nfc = Nfc()
    signals: Signals = Signals()
    photographs: Photographs = Photographs()
    remote: Remote = Remote()
    archive: Archive = Archive()
    wall: Wall | None = None
    board: Board = Board()
    clock: ClockTrust = ClockTrust()
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """One source: `load_settings` lays the others over each other and remembers which won."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @property
    def station_db(self) -> Path:
        """Sessions and outbox; written by capture only."""
        return self.state_dir / "station.db"

    @property
    def link_db(self) -> Path:
        """Watermarks and inbox; written by ship only."""
        return self.state_dir / "link.db"

    @property
    def registry_db(self) -> Path:
        """Replica of the reference data; written by ship only."""
        return self.state_dir / "registry.db"

    @property
    def climate_db(self) -> Path:
        """Readings of rooms and cages; written by the wall station only."""
        return self.state_dir / "climate.db"

    @property
    def typed_dir(self) -> Path:
        """Numbers that people typed; written by `curing type`, taken away by the wall station."""
        return self.state_dir / "typed"

    @property
    def ledgers_dir(self) -> Path:
        """Ledgers for a running wall station; written by `curing ledger`, taken away by it."""
        return self.state_dir / "ledgers"

    @property
    def central_db(self) -> Path:
        """The platform's store; written by central only."""
        return self.central.store or self.state_dir / "central.db"

    @property
    def photographs_dir(self) -> Path:
        """The platform's photographs, named by their digest; written by central only."""
        return self.central_db.parent / "photographs"

    @property
    def faces_db(self) -> Path:
        """Encrypted templates with consent; written by `face enrol` and `face withdraw` only."""
        return self.state_dir / "faces.db"

    @property
    def face_key(self) -> Path:
        """The key of the templates, outside their database (mode 0600)."""
        return self.face.key or self.state_dir / "keys" / "face.key"

    @property
    def face_answer_key(self) -> Path:
        """The key to which the platform seals photographs (PEM, mode 0600)."""
        return self.face.answer_key or self.state_dir / "keys" / "face-answers.pem"

    @property
    def evidence_dir(self) -> Path:
        """Photographs, named by their digest."""
        return self.state_dir / "evidence"

    @property
    def grammars(self) -> tuple[Grammar, ...]:
        """Every code grammar: our own, then those of other issuers."""
        return (*OWN_GRAMMARS, *(each.value() for each in self.qr.grammars))

    @property
    def keys_file(self) -> Path:
        """Pinned public keys."""
        return self.keys.pinned or self.state_dir / "keys" / "keys.json"

    @property
    def event_key(self) -> Path:
        """This station's private event key (PEM, mode 0600)."""
        return self.keys.event or self.state_dir / "keys" / "event.pem"

    @property
    def control_key(self) -> Path:
        """The platform's private control key (PEM, mode 0600)."""
        return self.keys.control or self.state_dir / "keys" / "control.pem"


class SettingsInvalid(ConfigError):
    """The settings cannot be used: every problem at once."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("settings_invalid", fields=",".join(each.field for each in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Origin:
    """One setting as it holds: dotted field, value as text, and where it was set."""

    field: str
    value: str
    source: str


def load_settings(config: Path | None = None, **overrides: Any) -> Settings:
    """Settings of this process; raise SettingsInvalid with every problem at once.

    Without `config`, the file in /etc counts when it exists. An override is a whole value or a
    mapping of some keys of its section, and wins over file and environment.
    """
    settings, _ = _load(config, overrides)
    return settings


def explain_settings(config: Path | None = None, **overrides: Any) -> tuple[Origin, ...]:
    """Every setting with its value and its source; raise SettingsInvalid."""
    settings, sources = _load(config, overrides)
    return tuple(
        Origin(field, text, _source_of(field, sources)) for field, text in _leaves(settings)
    )


def _load(config: Path | None, overrides: _Tree) -> tuple[Settings, dict[str, str]]:
    problems: list[Problem] = []
    file_name, file_tree = _read_file(config, problems)
    layers = (
        (file_name, file_tree),
        ("environment", _read_environment(problems)),
        ("override", overrides),
    )
    tree: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for source, layer in layers:
        _lay_over(tree, layer, source=source, sources=sources)
    try:
        settings = Settings(**tree)
    except ValidationError as error:
        details = error.errors(include_url=False)
        problems += [found for each in details if (found := _translate(each, sources))]
    if problems:
        raise SettingsInvalid(tuple(problems))
    return settings, sources


def _read_file(config: Path | None, problems: list[Problem]) -> tuple[str, _Tree]:
    path = config or DEFAULT_FILE
    source = str(path)
    try:
        return source, tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if config is not None:
            problems.append(setting_problem("no_file", "--config", value=source))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        problems.append(setting_problem("unreadable", "--config", value=source, reason=reason))
    except ValueError as error:
        problems.append(setting_problem("not_toml", "--config", value=source, reason=str(error)))
    return source, {}


def _read_environment(problems: list[Problem]) -> _Tree:
    for name in sorted(os.environ):
        top = name.removeprefix(_PREFIX).split("__")[0].lower()
        known = name in FOREIGN_VARIABLES or top in Settings.model_fields
        if name.startswith(_PREFIX) and not known:
            near = tuple(_variable(field) for field in _fields(Settings))
            problems.append(_unknown(name, source="environment", candidates=near))
    try:
        return EnvSettingsSource(Settings)()
    except SettingsError as error:
        problems.append(setting_problem("not_json", "environment", reason=str(error)))
        return {}


def _lay_over(
    tree: dict[str, Any], layer: _Tree, *, source: str, sources: dict[str, str], prefix: str = ""
) -> None:
    for key, value in layer.items():
        field = prefix + key
        if isinstance(value, BaseModel):
            tree[key], sources[field] = value, source
        elif isinstance(value, Mapping):
            below = tree.get(key)
            tree[key] = dict(below) if isinstance(below, Mapping) else {}
            _lay_over(tree[key], value, source=source, sources=sources, prefix=f"{field}.")
        else:
            tree[key], sources[field] = value, source


def _translate(detail: ErrorDetails, sources: Mapping[str, str]) -> Problem | None:
    if detail["type"] == "default_factory_not_called":
        return None  # follows from a problem that is reported itself
    field = ".".join(str(part) for part in detail["loc"])
    source = _source_of(field, sources)
    kind = _KINDS.get(detail["type"], detail["type"])
    if kind == "unknown":
        return _unknown(field, source=source, candidates=tuple(_fields(Settings)))
    context = {key: str(value) for key, value in detail.get("ctx", {}).items()}
    bounds = [text.format(context[key]) for key, text in _BOUNDS.items() if key in context]
    return setting_problem(
        kind,
        field,
        value="" if kind in _UNSHOWN or detail["input"] is None else _shown(detail["input"]),
        source="" if kind == "missing" else source,
        expected=" ".join(bounds) or context.get("expected", "").replace(" or ", ", "),
        reason=context.get("reason", detail["msg"]),
        variable=_variable(field),
    )


def _unknown(field: str, *, source: str, candidates: tuple[str, ...]) -> Problem:
    """A key that does not exist; its value is not shown, it may be a secret."""
    leaf = field.rsplit(".", 1)[-1]
    near = difflib.get_close_matches(field, candidates, n=1, cutoff=0.6) or [
        name for name in candidates if name.rsplit(".", 1)[-1] == leaf
    ]
    is_secret = any(word in leaf.lower() for word in _SECRET_WORDS)
    return setting_problem(
        "secret" if is_secret else "unknown",
        field,
        source=source,
        near_zh=f"，或改为 {near[0]}" if near else "",
        near_en=f", or write {near[0]}" if near else "",
    )


def _fields(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Dotted names of all settings below a model, sections that may be absent included."""
    for name, info in model.model_fields.items():
        kinds = (info.annotation, *get_args(info.annotation))
        sections = [
            kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)
        ]
        if sections:
            yield from _fields(sections[0], f"{prefix}{name}.")
        else:
            yield prefix + name


def _leaves(model: BaseModel, prefix: str = "") -> Iterator[tuple[str, str]]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _leaves(value, f"{prefix}{name}.")
        elif isinstance(value, tuple):
            shown = ", ".join(
                each.model_dump_json() if isinstance(each, BaseModel) else repr(each)
                for each in value
            )
            yield prefix + name, f"[{shown}]"
        else:
            yield prefix + name, "" if value is None else str(value)


def _source_of(field: str, sources: Mapping[str, str]) -> str:
    """Where a field, or the nearest thing above it, was set."""
    above = field
    while above:
        if above in sources:
            source = sources[above]
            return _variable(above) if source == "environment" else source
        above = above.rpartition(".")[0]
    return "default"


def _variable(field: str) -> str:
    return _PREFIX + field.upper().replace(".", "__")


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 1] + "…"
