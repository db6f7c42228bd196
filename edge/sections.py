"""Sections of the settings: each a frozen model with its limits; `edge.settings` joins them."""

import re
from collections.abc import Callable
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, TypeVar
from urllib.parse import parse_qs, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from edge.central.share import Shard
from edge.core.commands import CommandName
from edge.core.errors import DecodeError
from edge.core.ids import CityId, DeviceId, Id, LabId, RuleSetId
from edge.wire.grammars import CheckRule, Grammar, GrammarKind, grammar

_ID = TypeVar("_ID", bound=Id)


def id_parser(kind: type[_ID]) -> Callable[[object], _ID]:
    """A validator that makes ids of a kind from text."""

    def parse(value: object) -> _ID:
        try:
            return kind.parse(value if isinstance(value, str) else repr(value))
        except DecodeError as error:
            raise PydanticCustomError("bad_id", "no valid id") from error

    return parse


def _pattern(text: str) -> str:
    try:
        groups = re.compile(text).groupindex
    except re.error as error:
        raise PydanticCustomError("bad_pattern", "{reason}", {"reason": str(error)}) from error
    if "id" not in groups:
        raise PydanticCustomError("bad_pattern", "{reason}", {"reason": "(?P<id>…) ?"})
    return text


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _database(url: str) -> str:
    """A URL that names no password: settings are shown to people."""
    try:
        parts = urlsplit(url)
        is_good = (
            parts.scheme in {"postgresql", "postgres"}
            and parts.password is None
            and "password" not in parse_qs(parts.query)
        )
    except ValueError:
        is_good = False
    if not is_good:
        raise PydanticCustomError("bad_database", "not shown")
    return url


def _shard(text: str) -> str:
    try:
        Shard.parse(text)
    except DecodeError as error:
        raise PydanticCustomError("bad_shard", "no part of a city") from error
    return text


def _address(text: str) -> str:
    try:
        parts = urlsplit(f"//{text}")
        is_good = bool(parts.hostname and parts.port) and parts.netloc == text and "@" not in text
    except ValueError:
        is_good = False
    if not is_good:
        raise PydanticCustomError("bad_address", "host:port")
    return text


FilePath = Annotated[Path, AfterValidator(_absolute)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True)]
Place = Annotated[str, StringConstraints(min_length=1, max_length=1000, strip_whitespace=True)]
"""Where something is: a path or an address."""
Seconds = Annotated[float, Field(gt=0, le=86_400)]


class Section(BaseModel):
    """A section of the file: fixed once loaded, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Language(StrEnum):
    """Language of screens and terminals."""

    ZH_CN = "zh-CN"
    EN = "en"


class Station(Section):
    """Who this machine is: `{city}/{lab}/{device}` is its name in topics and certificates."""

    city: Annotated[CityId, PlainValidator(id_parser(CityId))]
    lab: Annotated[LabId, PlainValidator(id_parser(LabId))]
    device: Annotated[DeviceId, PlainValidator(id_parser(DeviceId))]
    lab_name: str = Field(default="", max_length=80)
    support_contact: str = Field(default="", max_length=120)
    language: Language = Language.ZH_CN

    @property
    def name(self) -> str:
        """`{city}/{lab}/{device}`."""
        return f"{self.city}/{self.lab}/{self.device}"


class Tls(Section):
    """Files of the encrypted link; a client certificate and its key come together."""

    ca: FilePath
    cert: FilePath | None = None
    key: FilePath | None = Field(default=None, validate_default=True)

    @field_validator("key")
    @classmethod
    def _paired(cls, key: Path | None, info: ValidationInfo) -> Path | None:
        if "cert" in info.data and (info.data["cert"] is None) != (key is None):
            raise PydanticCustomError("half_pair", "certificate and key belong together")
        return key


class Broker(Section):
    """The MQTT broker; away from this machine only with TLS, or plain when said knowingly.

    `others` are more addresses of the same cluster, as `host:port`, tried in turn. `session_s`: how
    long the broker keeps a station's session when it is gone; 0 makes each connection a new one.
    `status_s`: how often a station says again where its log ends.
    """

    host: Words = "127.0.0.1"
    port: int = Field(default=1883, ge=1, le=65_535)
    others: tuple[Annotated[Words, AfterValidator(_address)], ...] = ()
    tls: Tls | None = None
    allow_plain: bool = Field(default=False, validate_default=True)
    password_file: FilePath | None = None
    version: Literal["5", "3.1.1"] = "5"
    keepalive_s: int = Field(default=30, ge=5, le=600)
    connect_timeout_s: Seconds = 10.0
    retry_max_s: Seconds = 120.0
    session_s: int = Field(default=0, ge=0, le=31_536_000)
    status_s: float = Field(default=3600.0, ge=1.0, le=86_400.0)
    window: int = Field(default=20, ge=1, le=100)

    @field_validator("allow_plain")
    @classmethod
    def _encrypted(cls, allow_plain: bool, info: ValidationInfo) -> bool:  # noqa: FBT001 - the shape of a validator
        """A check of its own field, so that it also speaks while other fields are wrong."""
        if "tls" in info.data and info.data["tls"] is None and not allow_plain:
            others = (urlsplit(f"//{each}").hostname for each in info.data.get("others", ()))
            for host in (info.data.get("host", ""), *others):
                if host and not _is_loopback(host):
                    raise PydanticCustomError("plain_link", "{host}", {"host": host})
        return allow_plain

    @property
    def other_addresses(self) -> tuple[tuple[str, int], ...]:
        """`others` as hosts and ports."""
        parts = (urlsplit(f"//{each}") for each in self.others)
        return tuple((each.hostname or "", each.port or 0) for each in parts)


class Keys(Section):
    """Key files when they lie outside the state directory, e.g. among systemd credentials."""

    pinned: FilePath | None = None
    event: FilePath | None = None
    control: FilePath | None = None


class Rules(Section):
    """The city's rule set."""

    ruleset: Annotated[RuleSetId, PlainValidator(id_parser(RuleSetId))] = RuleSetId("nanchang-2023")


class HistoryApi(Section):
    """The read API of specimens' histories; away from this machine only when said knowingly."""

    host: Words = "127.0.0.1"
    port: int = Field(default=8322, ge=0, le=65_535)
    token_file: FilePath | None = None
    allow_plain: bool = Field(default=False, validate_default=True)
    rate_per_s: float = Field(default=5.0, gt=0, le=1_000)
    burst: int = Field(default=20, ge=1, le=10_000)

    @field_validator("allow_plain")
    @classmethod
    def _local(cls, allow_plain: bool, info: ValidationInfo) -> bool:  # noqa: FBT001 - the shape of a validator
        host = info.data.get("host", "")
        if host and not allow_plain and not _is_loopback(host):
            raise PydanticCustomError("plain_api", "{host}", {"host": host})
        return allow_plain


class Central(Section):
    """The platform's side: its store, its labs, its reference data, and how often it speaks.

    Without `database` the store is a file. Several processes serve a city when each is given
    `labs`, or a `shard` such as "1/3" of those labs whose keys are pinned.
    """

    store: FilePath | None = None
    database: Annotated[str, AfterValidator(_database)] | None = None
    database_password_file: FilePath | None = None
    labs: tuple[Annotated[LabId, PlainValidator(id_parser(LabId))], ...] = ()
    shard: Annotated[str, AfterValidator(_shard)] | None = Field(
        default=None, validate_default=True
    )
    seed_dir: FilePath | None = None
    ack_every_s: Seconds = 60.0
    ack_min_gap_s: Seconds = 1.0
    gap_alarm_s: Seconds = 60.0
    api: HistoryApi = HistoryApi()

    @field_validator("shard")
    @classmethod
    def _one_share(cls, shard: str | None, info: ValidationInfo) -> str | None:
        if shard is not None and info.data.get("labs"):
            raise PydanticCustomError("two_shares", "labs or shard")
        return shard


class Photographs(Section):
    """How photographs follow their events to the platform.

    Those of layers, blocks, defects and seals go; those of papers only with `forms`; none with
    `send` off. `rate_kib_s` bounds what they take of the line.
    """

    send: bool = True
    forms: bool = False
    rate_kib_s: Annotated[float, Field(gt=0, le=102_400)] = 256.0


class Remote(Section):
    """Which orders of the platform this station obeys; each is signed, expires and is answered."""

    allow: tuple[CommandName, ...] = tuple(CommandName)


class Archive(Section):
    """How long confirmed events stay for replay; 0 keeps them for ever.

    A platform that is restored from a backup older than this cannot have them again.
    """

    keep_days: Annotated[int, Field(ge=30, le=36_500)] | Literal[0] = 730


class GrammarEntry(Section):
    """How one issuer writes codes (A8): groups `id`, and `check` where a rule is named."""

    name: Words
    kind: GrammarKind = GrammarKind.CHIP
    pattern: Annotated[str, AfterValidator(_pattern)]
    check: CheckRule = Field(default=CheckRule.NONE, validate_default=True)
    hosts: tuple[Words, ...] = ()

    @field_validator("check")
    @classmethod
    def _grouped(cls, check: CheckRule, info: ValidationInfo) -> CheckRule:
        pattern = info.data.get("pattern")
        if (
            pattern
            and check is not CheckRule.NONE
            and "check" not in re.compile(pattern).groupindex
        ):
            raise PydanticCustomError("bad_pattern", "{reason}", {"reason": "(?P<check>…) ?"})
        return check

    def value(self) -> Grammar:
        """The grammar that step 4 reads with."""
        return grammar(
            self.name, kind=self.kind, pattern=self.pattern, check=self.check, hosts=self.hosts
        )


class Qr(Section):
    """Chip codes of other issuers."""

    grammars: tuple[GrammarEntry, ...] = ()

    @field_validator("grammars")
    @classmethod
    def _named_apart(cls, grammars: tuple[GrammarEntry, ...]) -> tuple[GrammarEntry, ...]:
        names = [each.name for each in grammars]
        if len(names) != len(set(names)):
            raise PydanticCustomError("same_name", "names differ")
        return grammars


class Page(Section):
    """The touch page on loopback; `idle_lock_s` locks an untouched desk, 0 never.

    `strip` and `strip_url` are the demonstration's.
    """

    port: int = Field(default=8321, ge=0, le=65_535)
    idle_lock_s: float = Field(default=300.0, ge=0, le=86_400)
    strip: tuple[Words, ...] = ()
    strip_url: str = Field(default="", pattern=r"^$|^http://127\.0\.0\.1:\d+$")


class ClockTrust(Section):
    """Trust in the wall clock; `assume_synced` is for the demonstration only."""

    assume_synced: bool = False
