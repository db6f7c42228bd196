"""A sensor's profile: where its registers are, how exact it is, and what it gets wrong."""

import json
import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.core.curing.climate import Accuracy
from edge.core.errors import ConfigError

Text = Annotated[str, Field(min_length=1, max_length=400)]
FOLDER = "climate"


class Part(BaseModel):
    """A part of a profile: fixed once read, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Line(Part):
    """The RS-485 line as the sensor leaves its maker."""

    baud: Literal[1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200] = 9600
    parity: Literal["N", "E", "O"] = "N"
    stop_bits: Literal[1, 2] = 1
    address: int = Field(default=1, ge=1, le=247)
    answer_s: float = Field(default=0.3, ge=0.02, le=5)


class Registers(Part):
    """Both values in one read: `first` and `count`, then each value's place in the answer.

    Values are signed and stand in parts of one: 10 means tenths.
    """

    function: Literal[3, 4]
    first: int = Field(ge=0, le=0xFFFF)
    count: int = Field(ge=1, le=16)
    temperature_at: int = Field(ge=0, le=15)
    humidity_at: int | None = Field(default=None, ge=0, le=15)
    parts: Literal[10, 100]


class Exactness(Part):
    """Expanded uncertainty of one quantity in its unit, and its drift a year."""

    spec: float = Field(ge=0, le=20)
    drift_per_year: float = Field(default=0, ge=0, le=20)

    def accuracy(self, calibration_centi: int) -> Accuracy:
        """In hundredths, with what the calibration certificate adds."""
        return Accuracy(round(self.spec * 100), round(self.drift_per_year * 100), calibration_centi)


class Measures(Part):
    """What the sensor can tell; a tank's has no humidity."""

    temperature: Exactness
    humidity: Exactness | None = None
    lowest_c: float = -40
    highest_c: float = 80


class Fact(Part):
    """Something to know about a sensor, and where it stands."""

    text: Text
    source: Text
    basis: Literal["measured", "published", "general"]


class ClimateProfile(Part):
    """A temperature or humidity sensor that answers Modbus RTU."""

    schema_: Literal[1] = Field(alias="schema")
    kind: Literal["climate"]
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,40}$")]
    title: Text
    models: tuple[Text, ...]
    line: Line = Line()
    registers: Registers
    measures: Measures
    quirks: tuple[Fact, ...] = ()


def schema_text() -> str:
    """The JSON schema of these profiles, as it lies beside them for editors."""
    return json.dumps(ClimateProfile.model_json_schema(), ensure_ascii=False, indent=2) + "\n"


def read_climate_profile(path: Path) -> ClimateProfile:
    """One file; ConfigError names it, and what is wrong where."""
    try:
        return ClimateProfile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError("profile_unreadable", path=str(path), why=str(error)) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(
            "profile_malformed", path=str(path), where=where, why=first["msg"]
        ) from error


def climate_profile(name: str, configs: Path) -> ClimateProfile:
    """The profile of a name; ConfigError lists those that exist."""
    known = {path.stem: path for path in sorted((configs / FOLDER).glob("*.toml"))}
    if name not in known:
        raise ConfigError("profile_unknown", name=name, known=", ".join(known))
    return read_climate_profile(known[name])
