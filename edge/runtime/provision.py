"""Provisioning of a whole local system: keys, certificates, settings and a simulated city."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from random import Random

from edge.core.errors import ConfigError
from edge.core.ids import CityId, DeviceId, KeyId, LabId
from edge.core.moments import CHINA
from edge.host.certificates import AUTHORITY_FILE, Authority, CertificateFiles
from edge.host.keys import FileSigner, PinnedKey, generate_key, write_pinned
from edge.sim.broker import BrokerTls
from edge.sim.world import Issuers, World, build_world, write_reference
from edge.wire.topics import Station

STATION = Station(CityId("nanchang"), LabId("lab-1"), DeviceId("desk-1"))
WALL = Station(CityId("nanchang"), LabId("lab-1"), DeviceId("door-1"))
"""The station at the laboratory's curing room."""
PLATFORM = Station(CityId("nanchang"), LabId("platform"), DeviceId("central"))
PLATFORM_USER = "platform"
MARK_FILE = "site.json"
"""Written last: seed and instant of a system that was made whole."""
ACL_FILE = Path("broker") / "acl"
_SIDES = ("station", "wall", "platform")


@dataclass(frozen=True, slots=True)
class _Key:
    """A key to be made: its purpose, its name, and whose folder holds it."""

    purpose: str
    name: KeyId
    folder: str
    owner: Station | None = None


_ISSUED = ("chip", "badge", "command")
_KEYS = (
    _Key("event", KeyId("demo-event-1"), "station", STATION),
    _Key("event", KeyId("demo-event-2"), "wall", WALL),
    _Key("control", KeyId("demo-control-1"), "platform"),
    *(_Key(each, KeyId(f"demo-{each}-1"), "issuers") for each in _ISSUED),
)


@dataclass(frozen=True, slots=True)
class Side:
    """One machine of the system: its name, its folder and its client certificate."""

    name: Station
    folder: Path
    client: CertificateFiles

    @property
    def config(self) -> Path:
        """Its settings file."""
        return self.folder / "edge.toml"


@dataclass(frozen=True, slots=True)
class Site:
    """A desk, a curing room's door and a platform that trust each other, and their city."""

    folder: Path
    station: Side
    wall: Side
    platform: Side
    broker_tls: BrokerTls
    reference: Path
    world: World


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where the broker answers; `plain` without certificates, for one that was named."""

    host: str
    port: int
    plain: bool = False


def provision(folder: Path, *, now: datetime, seed: int, reuse: bool = False) -> Site:
    """Make keys, certificates and a city signed with them.

    With `reuse`, a folder that holds a whole system is opened as it is, with the day and the seed
    it was made with. Raises ConfigError `already_provisioned`, or `provisioning_incomplete` for
    a folder where making one was interrupted.
    """
    folder = folder.absolute()
    mark = folder / MARK_FILE
    if reuse and mark.exists():
        return _reopen(folder, mark)
    if mark.exists():
        raise ConfigError("already_provisioned", folder=str(folder))
    if any((folder / side).exists() for side in (*_SIDES, "certificates")):
        raise ConfigError("provisioning_incomplete", folder=str(folder))
    for key in _KEYS:
        generate_key(_key_file(folder, key))
    signers = _signers(folder)
    pinned = tuple(_pinned(key, signers[key.name]) for key in _KEYS)
    for side in _SIDES:
        write_pinned(folder / side / "keys" / "keys.json", pinned)
    _certify(folder, now)
    _place_acl(folder)
    site = _site(folder, _world(signers, now=now, seed=seed))
    write_reference(site.world, site.reference)
    beside = mark.with_suffix(".new")
    beside.write_text(json.dumps({"seed": seed, "at": now.isoformat()}) + "\n", encoding="utf-8")
    beside.replace(mark)
    return site


Sections = Mapping[str, Mapping[str, object] | tuple[Mapping[str, object], ...]]
"""More sections of a settings file, by name; several of one name as a tuple."""


def configure(
    site: Site,
    broker: BrokerAddress,
    *,
    station: Sections | None = None,
    wall: Sections | None = None,
) -> None:
    """Write all settings files, once it is known where the broker answers."""
    _write_settings(site, site.station, broker, station or {})
    _write_settings(site, site.wall, broker, wall or {"wall": {"room": "room-1"}})
    _write_settings(site, site.platform, broker, {"central": _central(site)})


def _central(site: Site) -> Mapping[str, object]:
    return {"seed_dir": str(site.reference), "ack_min_gap_s": 0.2}


def _write_settings(site: Site, side: Side, broker: BrokerAddress, more: Sections) -> None:
    link: dict[str, object] = {"host": broker.host, "port": broker.port, "retry_max_s": 2.0}
    sections: dict[str, Mapping[str, object] | tuple[Mapping[str, object], ...]] = {
        "station": {"city": side.name.city, "lab": side.name.lab, "device": side.name.device},
        "broker": link | ({"allow_plain": True} if broker.plain else {}),
        "clock": {"assume_synced": True},
    }
    if not broker.plain:
        ca, client = site.broker_tls.ca, side.client
        sections["broker.tls"] = {"ca": str(ca), "cert": str(client.cert), "key": str(client.key)}
    lines = [f"state_dir = {_toml(str(side.folder))}"]
    for name, section in (sections | dict(more)).items():
        head = f"[[{name}]]" if isinstance(section, tuple) else f"[{name}]"
        for values in section if isinstance(section, tuple) else (section,):
            lines += ["", head, *(f"{key} = {_toml(value)}" for key, value in values.items())]
    side.config.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _toml(value: object) -> str:
    """Texts, numbers and switches are written alike in TOML and JSON; a date stands bare."""
    return value.isoformat() if isinstance(value, date) else json.dumps(value, ensure_ascii=False)


def _reopen(folder: Path, mark: Path) -> Site:
    try:
        made = json.loads(mark.read_text(encoding="utf-8"))
        now, seed = datetime.fromisoformat(made["at"]), int(made["seed"])
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError("provisioning_malformed", file=str(mark), why=str(error)) from error
    return _site(folder, _world(_signers(folder), now=now, seed=seed))


def _site(folder: Path, world: World) -> Site:
    certificates = folder / "certificates"
    server = CertificateFiles.below(certificates, "broker")
    ca = certificates / AUTHORITY_FILE
    return Site(
        folder=folder,
        station=_side(folder, "station", STATION),
        wall=_side(folder, "wall", WALL),
        platform=_side(folder, "platform", PLATFORM),
        broker_tls=BrokerTls(ca, server.cert, server.key, folder / ACL_FILE),
        reference=folder / "reference",
        world=world,
    )


def _side(folder: Path, side: str, name: Station) -> Side:
    return Side(name, folder / side, CertificateFiles.below(folder / "certificates", side))


def _certify(folder: Path, now: datetime) -> None:
    authority = Authority(folder / "certificates", now=now)
    authority.issue_server("broker", hosts=("localhost", "127.0.0.1"))
    authority.issue_client("station", name=STATION.name)
    authority.issue_client("wall", name=WALL.name)
    authority.issue_client("platform", name=PLATFORM_USER)


def _key_file(folder: Path, key: _Key) -> Path:
    return folder / key.folder / "keys" / f"{key.purpose}.pem"


def _signers(folder: Path) -> Mapping[KeyId, FileSigner]:
    return {key.name: FileSigner(_key_file(folder, key), key_id=key.name) for key in _KEYS}


def _pinned(key: _Key, signer: FileSigner) -> PinnedKey:
    owner = key.owner.name if key.owner else None
    return PinnedKey(signer.key_id, signer.public, key.purpose, owner=owner)


def _world(signers: Mapping[KeyId, FileSigner], *, now: datetime, seed: int) -> World:
    return build_world(
        Random(seed),  # noqa: S311 - a city that can be made again
        today=now.astimezone(CHINA).date(),
        issuers=Issuers(*(signers[KeyId(f"demo-{each}-1")] for each in _ISSUED)),
        lab=STATION.lab,
        city=STATION.city,
    )


def _place_acl(folder: Path) -> None:
    """The shipped access list, where the broker can read it."""
    path = folder / ACL_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    shipped = files("edge.mqtt") / "broker" / "acl"
    path.write_text(shipped.read_text(encoding="utf-8"), encoding="utf-8")
