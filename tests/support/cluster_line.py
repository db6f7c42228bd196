"""A station and a platform as processes, over a cluster of brokers."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass

from clusters import BrokerCluster, ServerFiles
from waiting import until

from edge.core.envelope import Seal
from edge.core.errors import StorageError
from edge.core.events import DeviceStarted, Event, LayerPhotographed
from edge.core.evidence import EvidenceKind
from edge.core.ids import DeliveryId, DeviceId, Digest, RuleSetId
from edge.flows.backlog import Backlog, backlog_of
from edge.flows.epoch import EpochOpener
from edge.flows.record import Recorder
from edge.host.clock import SystemClock
from edge.host.identity import SystemIds, boot_id
from edge.host.keys import FileSigner, key_id_of, read_pinned
from edge.mqtt.client import Access, MqttClient, TlsFiles, Version, Will
from edge.runtime.provision import BrokerAddress, Side, Site, configure
from edge.runtime.supervisor import Child, own_command
from edge.settings import Settings, load_settings
from edge.storage.central import CentralReader
from edge.storage.evidence import EvidenceFiles
from edge.storage.link import LinkReader
from edge.storage.station import SqliteStation, StationReader

RULES = RuleSetId("nanchang-2023")
DRAIN_S = 120.0
KEPT = "session_s = 3600\nstatus_s = 10\n"
"""As docs/brokers.md asks for clusters; the status more often than a station says it."""


@dataclass
class ClusterLine:
    """A log that grows, a shipper and a platform, each connected to a node of its choice."""

    site: Site
    cluster: BrokerCluster
    station: Settings
    platform: Settings
    ship: Child
    central: Child
    store: SqliteStation
    recorder: Recorder
    photographs: EvidenceFiles

    def record(self, number: int) -> None:
        self._record(DeviceStarted(f"0.{number}"))

    def photograph(self, content: bytes) -> Digest:
        """An event with a photograph; the name by which the platform will have it."""
        now = SystemClock().now()
        evidence = self.photographs.put(
            content, kind=EvidenceKind.LAYER, media_type="image/jpeg", taken_at=now
        )
        self._record(LayerPhotographed(DeliveryId("d-1"), (evidence,)))
        return evidence.sha256

    def backlog(self) -> Backlog:
        link = LinkReader(self.station.link_db, clock=SystemClock(), boot_id=boot_id())
        with closing(link), StationReader(self.station.station_db) as log:
            return backlog_of(log, link.marks())

    def settle(self) -> None:
        """Start shipper and platform anew, so that each is at the node that it prefers."""
        for child in (self.ship, self.central):
            child.stop()
            child.start()
        self.drain()

    def drain(self) -> None:
        """Wait until the platform has confirmed everything."""
        until(lambda: self.backlog().waiting == 0, DRAIN_S)

    def order(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`specimen-edge command` of this platform to this station."""
        config = ("--config", str(self.site.platform.config))
        return subprocess.run(
            (*own_command("command", self.site.station.name.name, *words, "--json"), *config),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def assert_whole(self) -> int:
        """Everything recorded is at the platform once and in its chain; how many events."""
        with (
            StationReader(self.station.station_db) as log,
            CentralReader(self.platform.central_db) as central,
        ):
            (epoch,) = log.epochs()
            recorded = {
                (epoch, each.sequence, each.digest) for each in log.events(epoch, limit=sys.maxsize)
            }
            held = list(central.digests(self.site.station.name))
            counts = central.counts()
            assert central.alarms() == ()
        assert set(held) == recorded, "lost, or something else than was sent"
        assert len(held) == len(recorded), "doubled"
        assert (counts.duplicates_stored, counts.quarantined) == (0, 0)
        return len(recorded)

    def is_whole(self) -> bool:
        """Whether the platform holds as many events as were recorded."""
        with StationReader(self.station.station_db) as log, suppress(StorageError):
            with CentralReader(self.platform.central_db) as central:
                held = len(list(central.digests(self.site.station.name)))
            return held == sum(log.tip_of(each).sequence for each in log.epochs())
        return False

    def _record(self, event: Event) -> None:
        now = SystemClock(assume_synced=True).read()
        self.recorder.record((event,), occurred=now, ruleset=RULES)


def server_files(site: Site) -> ServerFiles:
    """Certificates of the site's broker, and its stations."""
    tls = site.broker_tls
    return ServerFiles(tls.ca, tls.cert, tls.key, (site.station.name.name, site.wall.name.name))


def point(site: Site, cluster: BrokerCluster, *, station: int, platform: int) -> None:
    """Settings in which each side prefers a node and knows the others."""
    first = BrokerAddress(*cluster.addresses[0])
    configure(site, first, station={"photographs": {"send": True}})
    for side, number in ((site.station, station), (site.platform, platform)):
        host, port = cluster.addresses[number]
        others = [f"{h}:{p}" for h, p in cluster.addresses if p != port]
        text = side.config.read_text(encoding="utf-8")
        old = f'host = "{first.host}"\nport = {first.port}\n'
        assert old in text
        new = f'host = "{host}"\nport = {port}\nothers = {others}\nversion = "3.1.1"\n{KEPT}'
        side.config.write_text(text.replace(old, new), encoding="utf-8")


def client_of(
    site: Site,
    side: Side,
    address: tuple[str, int],
    *,
    filters: tuple[str, ...] = (),
    will: Will | None = None,
    session_expiry_s: int = 0,
) -> MqttClient:
    """The product's client at one node, with the certificate of a side."""
    name = side.name.name if side is not site.platform else "central/test"
    access = Access(
        *address,
        name,
        tls=TlsFiles(site.broker_tls.ca, side.client.cert, side.client.key),
        session_expiry_s=session_expiry_s,
        version=Version.V311,
    )
    return MqttClient(access, filters=filters, will=will)


@contextmanager
def cluster_line(
    site: Site, cluster: BrokerCluster, *, station: int, platform: int
) -> Iterator[ClusterLine]:
    """Shipper and platform run; at the end they are stopped."""
    point(site, cluster, station=station, platform=platform)
    with ExitStack() as stack:
        clock, ids = SystemClock(assume_synced=True), SystemIds()
        settings = load_settings(site.station.config)
        key_id = key_id_of(settings.event_key, read_pinned(settings.keys_file))
        signer = FileSigner(settings.event_key, key_id=key_id)
        by = Seal(site.station.name.urn, boot_id(), key_id, signer.sign)
        device = DeviceId(site.station.name.device)
        store = SqliteStation(settings.station_db)
        stack.callback(store.close)
        EpochOpener(clock=clock, ids=ids, by=by, device=device, ruleset=RULES).open(store)
        made = ClusterLine(
            site=site,
            cluster=cluster,
            station=settings,
            platform=load_settings(site.platform.config),
            ship=_child(site, "ship", site.station),
            central=_child(site, "central", site.platform),
            store=store,
            recorder=Recorder(store=store, clock=clock, ids=ids, by=by, device=device),
            photographs=EvidenceFiles(settings.evidence_dir),
        )
        for child in (made.central, made.ship):
            child.start()
            stack.callback(child.stop)
        yield made


def _child(site: Site, name: str, side: Side) -> Child:
    log = site.folder / "logs" / f"{name}.log"
    return Child(name, own_command(name, "--config", str(side.config)), log=log)
