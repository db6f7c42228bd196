"""A module's profile: wanted settings, framing, speeds and quirks, each with its source."""

import json
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from edge.core.carriers import Carrier
from edge.core.errors import ConfigError
from edge.devices.firmware.plan import Want
from edge.devices.scanner.dialects import DIALECTS
from edge.devices.scanner.manner import Framing, Manner, Style

Baud = Literal[9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600]
Text = Annotated[str, Field(min_length=1, max_length=400)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,40}$")]
Hex = Annotated[str, Field(pattern=r"^([0-9A-F]{2}){1,16}$")]
_ENDS: Final = {"line": b"\r\n", "tab": b"\t", "etx": b"\x03"}


class Part(BaseModel):
    """A part of a profile: fixed once read, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Basis(StrEnum):
    """How well a fact is founded; only `measured` needs no look at the module."""

    MEASURED = "measured"
    PUBLISHED = "published"
    GENERAL = "general"


class Fact(Part):
    """Something to know about a module, and where it stands."""

    text: Text
    source: Text
    basis: Basis


class Line(Part):
    """The serial line: the wanted speed in bit/s, and those to try, likeliest first."""

    baud: Baud
    probe: Annotated[tuple[Baud, ...], Field(min_length=1)]
    boot_s: float = Field(default=0.0, ge=0, le=10)


class CodeEnd(Part):
    """How the module marks the end of a code; `aim` when it sends the symbology before it."""

    style: Literal["line", "length", "packet"]
    ends: Literal["line", "tab", "etx"] = "line"
    aim: bool = False
    longest_bytes: int = Field(default=8192, ge=64, le=8192)


class Watch(Part):
    """How often it is asked whether it is there, and when a code counts as shown again."""

    beat_s: float = Field(default=10.0, ge=0.05, le=600)
    misses: int = Field(default=3, ge=1, le=10)
    answer_s: float = Field(default=0.25, ge=0.05, le=5)
    same_code_s: float = Field(default=1.5, ge=0, le=60)


class Setting(Fact):
    """A wanted value: of the bits of `mask` where given; `optional` when a module may lack it."""

    key: Annotated[str, Field(pattern=r"^([0-9A-F]{4}|[A-Z0-9]{6})$")]
    value: Text
    mask: Hex | None = None
    optional: bool = False


class ScannerProfile(Part):
    """A module that reads codes or tags and tells them over a line."""

    schema_: Literal[1] = Field(alias="schema")
    kind: Literal["scanner"]
    name: Name
    title: Text
    models: tuple[Text, ...]
    dialect: Literal["generic", "gm65", "hid", "honeywell", "newland", "ssi", "uhf"]
    carrier: Literal["qr", "rf"] = "qr"
    port: Line
    framing: CodeEnd
    watch: Watch = Watch()
    settings: tuple[Setting, ...] = ()
    quirks: tuple[Fact, ...] = ()
    golden: Text = "试块 AHJ-2025-000000"

    @model_validator(mode="after")
    def _writable(self) -> "ScannerProfile":
        is_zoned = self.dialect == "gm65"
        for each in self.settings:
            if (len(each.key) == 4) is not is_zoned:  # noqa: PLR2004 - a zone is four digits
                message = f"{each.key} is no key of {self.dialect}"
                raise ValueError(message)
            if is_zoned and (each.mask is None or len(each.mask) != len(each.value)):
                message = f"{each.key} needs a mask as long as its value"
                raise ValueError(message)
        if self.settings and self.dialect not in ("gm65", "honeywell", "newland"):
            message = f"{self.dialect} has no settings that can be written"
            raise ValueError(message)
        return self

    @property
    def default_carrier(self) -> Carrier:
        """What its readings are, unless the station says otherwise."""
        return Carrier(self.carrier)

    @property
    def manner(self) -> Manner:
        """How the reader deals with it; the wanted speed is tried first."""
        others = tuple(baud for baud in self.port.probe if baud != self.port.baud)
        return Manner(
            DIALECTS[self.dialect],
            self.code_framing,
            bauds=(self.port.baud, *others),
            beat_s=self.watch.beat_s,
            misses=self.watch.misses,
            answer_s=self.watch.answer_s,
            same_code_s=self.watch.same_code_s,
        )

    @property
    def code_framing(self) -> Framing:
        """How it marks the end of a code when set as wanted."""
        return Framing(
            Style(self.framing.style),
            _ENDS[self.framing.ends],
            self.framing.longest_bytes,
            with_aim=self.framing.aim,
        )

    @property
    def wants(self) -> tuple[Want, ...]:
        """The wanted settings as bytes of the module."""
        return tuple(_want(each, is_zoned=self.dialect == "gm65") for each in self.settings)


class OriginalityKey(Part):
    """A maker's public key for the signature of a chip's UID (secp128r1, uncompressed)."""

    name: Text
    public_key: Annotated[str, Field(pattern=r"^04[0-9A-F]{64}$")]
    source: Text


class NfcProfile(Part):
    """A reader of NFC chips."""

    schema_: Literal[1] = Field(alias="schema")
    kind: Literal["nfc"]
    name: Name
    title: Text
    models: tuple[Text, ...]
    driver: Literal["pn532-hsu", "acr122"]
    baud_limit: Baud | None = None
    probe: tuple[Baud, ...] = ()
    poll_pause_ms: int = Field(ge=0, le=1000)
    gone_after_misses: int = Field(ge=1, le=20)
    heartbeat_s: float = Field(ge=1, le=600)
    reset_pin: int | None = Field(default=None, ge=0, le=27)
    originality_keys: tuple[OriginalityKey, ...] = ()
    quirks: tuple[Fact, ...] = ()


Profile: TypeAlias = ScannerProfile | NfcProfile
_ANY: Final[TypeAdapter[Profile]] = TypeAdapter(
    Annotated[ScannerProfile | NfcProfile, Field(discriminator="kind")]
)


def schema_text(model: type[ScannerProfile | NfcProfile]) -> str:
    """The JSON schema of a kind of profile, as it lies beside the profiles for editors."""
    return json.dumps(model.model_json_schema(), ensure_ascii=False, indent=2) + "\n"


def read_profile(path: Path) -> Profile:
    """One file; ConfigError names it, and what is wrong where."""
    try:
        return _ANY.validate_python(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError("profile_unreadable", path=str(path), why=str(error)) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:])
        raise ConfigError(
            "profile_malformed", path=str(path), where=where, why=first["msg"]
        ) from error


def profiles(folder: Path) -> tuple[Profile, ...]:
    """Every profile of a folder, scanners first, by name."""
    paths = (
        *sorted((folder / "scanners").glob("*.toml")),
        *sorted((folder / "nfc").glob("*.toml")),
    )
    return tuple(read_profile(path) for path in paths)


def scanner_profile(name: str, folder: Path) -> ScannerProfile:
    """The scanner profile of a name; ConfigError lists those that exist."""
    known = {each.name: each for each in profiles(folder) if isinstance(each, ScannerProfile)}
    if name not in known:
        raise ConfigError("profile_unknown", name=name, known=", ".join(known))
    return known[name]


def _want(setting: Setting, *, is_zoned: bool) -> Want:
    if not is_zoned or setting.mask is None:
        value = setting.value.encode("ascii")
        return Want(setting.key, value, b"\xff" * len(value), setting.text, setting.optional)
    return Want(
        setting.key,
        bytes.fromhex(setting.value),
        bytes.fromhex(setting.mask),
        setting.text,
        setting.optional,
    )
