"""A small city on one broker: stations with real keys and shippers, consumers as processes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from memory_doors import QuietJournal
from model_platform import MemoryMarks
from postgres_site import PASSWORD, Cluster

from edge.central.platform import Platform, Tempo
from edge.central.store import PlatformStore
from edge.core.envelope import Draft, Seal, Sealed, Tip, seal
from edge.core.errors import LinkDown, LinkError
from edge.core.ids import EpochId, KeyId, LabId, RuleSetId
from edge.flows.ship import Pace, Shipper
from edge.host.clock import SystemClock
from edge.host.identity import SystemIds
from edge.host.keys import FileSigner, PinnedKey, PinnedKeys, generate_key, write_pinned
from edge.mqtt.client import Access, Acknowledged, Arrived, Disconnected, MqttClient
from edge.runtime.supervisor import Child, own_command
from edge.storage.postgres import Database
from edge.wire.downlink import Downlink
from edge.wire.topics import Branch, Station, ack_topic, event_topic, parse_topic, replay_topic

CITY = "nanchang"
RULES = RuleSetId("nanchang-2023")
CONTROL = KeyId("control-1")
PACE = Pace(patience_s=1.0, patience_max_s=4.0, stall_s=5.0)
RETRY_S = 0.2


class SignedChain:
    """A station's log in memory, sealed with its own key; it only grows."""

    def __init__(self, station: Station, signer: FileSigner, ids: SystemIds) -> None:
        self._clock = SystemClock(assume_synced=True)
        self._ids = ids
        self._by = Seal(station.urn, "boot-1", signer.key_id, signer.sign)
        self._ruleset = RULES
        self.epoch = ids.epoch_id(self._clock.now())
        self.sealed: list[Sealed] = []

    def append(self, kind: str, subject: str, data: Mapping[str, object]) -> Sealed:
        now = self._clock.read()
        draft = Draft(kind, subject, now, self._ruleset, data)
        tip = self.tip_of(self.epoch)
        name = self._ids.event_id(now.at)
        self.sealed.append(seal(draft, tip, event_id=name, recorded_at=now.at, by=self._by))
        return self.sealed[-1]

    def epochs(self) -> tuple[EpochId, ...]:
        return (self.epoch,)

    def tip_of(self, epoch: EpochId) -> Tip:
        return self.sealed[-1].tip if self.sealed else Tip(epoch)

    def oldest(self, epoch: EpochId) -> int:
        assert epoch == self.epoch
        return self.sealed[0].sequence if self.sealed else 1

    def events(self, epoch: EpochId, *, after: int = 0, limit: int = 1000) -> tuple[Sealed, ...]:
        assert epoch == self.epoch
        return tuple(self.sealed[after : after + limit])


@dataclass
class FleetStation:
    """A station that ships with the product's own engine over the product's own client."""

    station: Station
    chain: SignedChain
    client: MqttClient
    ring: PinnedKeys
    marks: MemoryMarks = field(default_factory=MemoryMarks)
    _retry_ns: int = 0

    def __post_init__(self) -> None:
        self._clock = SystemClock(assume_synced=True)
        self.shipper = Shipper(
            outbox=self.chain,
            marks=self.marks,
            clock=self._clock,
            downlink=Downlink(self.ring, self.station),
            journal=QuietJournal(),
            pace=PACE,
        )

    @property
    def waiting(self) -> int:
        mark = self.marks.kept.get(self.chain.epoch)
        return len(self.chain.sealed) - (mark.upto if mark else 0)

    def turn(self) -> None:
        """Connect when needed, hear everything, send what may go."""
        try:
            if not self.client.is_connected:
                if self._clock.mono_ns() < self._retry_ns:
                    return
                self._retry_ns = self._clock.mono_ns() + int(RETRY_S * 1e9)
                self.client.connect()
                self.shipper.begin()
            while (happening := self.client.next(0.0)) is not None:
                self._meet(happening)
            if self.client.is_connected:
                self.shipper.pump(self._publish)
        except LinkError:
            self.client.drop()

    def _publish(self, topic: str, payload: bytes) -> int:
        return self.client.publish(topic, payload)

    def _meet(self, happening: Acknowledged | Arrived | Disconnected) -> None:
        match happening:
            case Acknowledged(token=token, reason=reason):
                self.shipper.acknowledged(token, reason)
            case Arrived(topic=topic, payload=payload):
                if parse_topic(topic).branch is Branch.ACK:
                    self.shipper.hear_ack(payload)
                else:
                    self.shipper.hear_replay(payload)
                self.client.take(happening)
            case Disconnected():
                raise LinkDown("not_connected")


class FleetSite:
    """Keys, settings and stations of several labs below one folder."""

    def __init__(self, folder: Path, port: int, labs: int) -> None:
        self._folder = folder
        self._port = port
        clock = SystemClock(assume_synced=True)
        self.names = tuple(
            Station.parse(f"{CITY}/lab-{number}/desk-1") for number in range(1, labs + 1)
        )
        signers = {each: self._signer(f"event-{each.lab}") for each in self.names}
        self.control = self._signer(CONTROL)
        pinned = [PinnedKey(CONTROL, self.control.public, "control")] + [
            PinnedKey(signer.key_id, signer.public, "event", owner=each.name)
            for each, signer in signers.items()
        ]
        write_pinned(folder / "keys.json", pinned)
        self.ring = PinnedKeys(pinned, clock)
        ids = SystemIds()
        self.stations = tuple(
            FleetStation(each, SignedChain(each, signer, ids), self._client(each), self.ring)
            for each, signer in signers.items()
        )

    @property
    def labs(self) -> tuple[LabId, ...]:
        return tuple(each.lab for each in self.names)

    def consumer(self, name: str, database: Database, share: str) -> Child:
        """`specimen-edge central` for a share, e.g. `shard = "1/3"`; not started."""
        return Child(
            name,
            own_command("central", "--config", str(self.config(name, database, share))),
            log=self._folder / f"{name}.log",
        )

    def config(self, name: str, database: Database, share: str) -> Path:
        """The settings file of a consumer."""
        secret = self._folder / "database.secret"
        secret.write_text(f"{database.password}\n", encoding="utf-8")
        secret.chmod(0o600)
        path = self._folder / f"{name}.toml"
        path.write_text(
            f"""
state_dir = "{self._folder / name}"
[station]
city = "{CITY}"
lab = "platform"
device = "central"
[broker]
port = {self._port}
retry_max_s = 1.0
[keys]
pinned = "{self._folder / "keys.json"}"
control = "{self._folder / f"{CONTROL}.pem"}"
[clock]
assume_synced = true
[central]
database = "{database.url}"
database_password_file = "{secret}"
ack_min_gap_s = 0.2
{share}
""",
            encoding="utf-8",
        )
        return path

    def close(self) -> None:
        """Every station hangs up."""
        for each in self.stations:
            each.client.drop()

    def _signer(self, name: str) -> FileSigner:
        path = self._folder / f"{name}.pem"
        generate_key(path)
        return FileSigner(path, key_id=KeyId(name))

    def _client(self, station: Station) -> MqttClient:
        access = Access(host="127.0.0.1", port=self._port, client_id=station.name)
        return MqttClient(access, filters=(ack_topic(station), replay_topic(station)))


def database_of(postgres: Cluster) -> Database:
    """A new database, over TCP with its password."""
    return Database(postgres.url(postgres.new_database()), PASSWORD)


def topic_of(station: Station, event: Sealed) -> str:
    """Where an event goes up."""
    return event_topic(station, event.type)


def delivery(chain: SignedChain, name: str, specimens: tuple[str, ...]) -> Iterator[Sealed]:
    """A whole delivery of one group, accepted, by nobody in particular."""
    group = {"group": f"g-{name}", "verdict": "accept"}
    yield chain.append("delivery.opened", name, {"delivery": name})
    yield chain.append(
        "group.reconciled",
        f"g-{name}",
        {"delivery": name, **group, "specimens": list(specimens)},
    )
    yield chain.append(
        "delivery.received",
        name,
        {"delivery": name, "groups": [group], "deliverer": None, "project": None},
    )


def engine(site: FleetSite, store: PlatformStore, *, gap_patience_s: float = 60.0) -> Platform:
    """The platform's engine over a store, in this process; without a broker."""
    return Platform(
        store=store,
        clock=SystemClock(assume_synced=True),
        ring=site.ring,
        signer=site.control,
        journal=QuietJournal(),
        tempo=Tempo(gap_patience_s=gap_patience_s),
    )


def said(station: FleetStation, *events: Sealed) -> list[tuple[str, bytes]]:
    """Events as they arrive."""
    return [(topic_of(station.station, each), each.envelope) for each in events]
