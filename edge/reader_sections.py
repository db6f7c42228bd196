"""Sections of the settings for readers, lamp and buzzer (step 1)."""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from edge.sections import FilePath, Section, Words


def serial_path(path: Path) -> Path:
    """Characters that names of ports have; nothing that a shell would read."""
    if re.fullmatch(r"/[\w./:@+,-]+", str(path)) is None:
        raise PydanticCustomError("bad_port", "no path of a port")
    return path


class ScannerEntry(Section):
    """A reader on a serial line, an input node or `socket://`; `carrier` None is the profile's.

    `mend` sets a module that differs from its profile whenever it is met.
    """

    name: Words
    path: Annotated[str, StringConstraints(min_length=2, max_length=200, strip_whitespace=True)]
    profile: Words = "generic-cr"
    carrier: Literal["qr", "rf"] | None = None
    mend: bool = True


def _named_apart(scanners: tuple[ScannerEntry, ...]) -> tuple[ScannerEntry, ...]:
    if len({each.name for each in scanners}) != len(scanners):
        raise PydanticCustomError("same_name", "names differ")
    return scanners


Scanners = Annotated[tuple[ScannerEntry, ...], AfterValidator(_named_apart)]


class Signals(Section):
    """Lamp and buzzer at the pins of the board (BCM numbers); the buzzer may be muted."""

    enabled: bool = False
    red: int = Field(default=17, ge=0, le=27)
    green: int = Field(default=27, ge=0, le=27)
    blue: int = Field(default=22, ge=0, le=27)
    buzzer: int = Field(default=23, ge=0, le=27)
    active_high: bool = True
    muted: bool = False


class Nfc(Section):
    """The NFC reader on a serial line: no path, no reader.

    `path`: a link that stays, e.g. below /dev/serial/by-path; `reset_pin`: the pin (BCM number)
    at the chip's RSTPD_N; `key_file`: keys of tags, mode 0600, see `edge.host.tag_keys`.
    """

    path: Annotated[Path, AfterValidator(serial_path)] | None = None
    baud_cap: Literal[115_200, 230_400, 460_800, 921_600] = 921_600
    reset_pin: int | None = Field(default=None, ge=0, le=27)
    key_file: FilePath | None = None
