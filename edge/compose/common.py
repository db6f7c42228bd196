"""What several processes are built from: rule sets, names, and the way to the broker."""

from importlib.resources import files
from pathlib import Path

from edge.core.backoff import Backoff
from edge.core.errors import ConfigError
from edge.core.ids import RuleSetId
from edge.core.rulesets import RuleSet
from edge.mqtt.client import Access, TlsFiles, Version
from edge.ports import Clock
from edge.settings import Settings
from edge.storage.face_asks import FaceAsks
from edge.wire.ruleset_toml import parse_ruleset
from edge.wire.topics import Station

RETRY_BASE_S = 1.0


def shipped_rules(ruleset: RuleSetId) -> RuleSet:
    """A rule set that this version ships; raise ConfigError `ruleset_unknown`."""
    folder = files("edge.rulesets")
    path = folder / f"{ruleset}.toml"
    if not path.is_file():
        known = sorted(each.name.removesuffix(".toml") for each in folder.iterdir())
        raise ConfigError("ruleset_unknown", ruleset=ruleset, known=",".join(known))
    return parse_ruleset(path.read_text(encoding="utf-8"))


def station_of(settings: Settings) -> Station:
    """The station's name in topics, certificates and events."""
    return Station(settings.station.city, settings.station.lab, settings.station.device)


def face_asks_of(settings: Settings, clock: Clock) -> FaceAsks:
    """Open questions for photographs of people: the verbs write them, the shipper carries them."""
    return FaceAsks(settings.state_dir / "face-asks", clock)


def access_of(settings: Settings, *, client_id: str, session_expiry_s: int = 0) -> Access:
    """How the configured broker is reached; raise ConfigError `password_unreadable`."""
    broker = settings.broker
    tls = TlsFiles(broker.tls.ca, broker.tls.cert, broker.tls.key) if broker.tls else None
    return Access(
        host=broker.host,
        port=broker.port,
        client_id=client_id,
        tls=tls,
        password=_password(broker.password_file) if broker.password_file else None,
        keepalive_s=broker.keepalive_s,
        connect_timeout_s=broker.connect_timeout_s,
        session_expiry_s=session_expiry_s,
        version=Version(broker.version),
        others=broker.other_addresses,
    )


def backoff_of(settings: Settings) -> Backoff:
    """How long to wait before connecting again."""
    return Backoff(base_s=RETRY_BASE_S, cap_s=settings.broker.retry_max_s)


def _password(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError("password_unreadable", file=str(path), why=error.strerror) from error
