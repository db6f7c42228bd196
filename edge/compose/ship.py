"""The shipper; what is built is closed in reverse order."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from random import SystemRandom

from edge import __version__
from edge.compose.common import access_of, backoff_of, face_asks_of, station_of
from edge.compose.remote import Shipyard
from edge.flows.blobs import Archive, BlobSender, Rate
from edge.flows.patient_marks import PatientMarks
from edge.flows.questions import Notebooks, Questions
from edge.flows.remote import Remote
from edge.flows.ship import Pace, Shipper, birth_of
from edge.flows.sync import Sync
from edge.host.clock import SystemClock
from edge.host.identity import boot_id
from edge.host.journal import StructlogJournal
from edge.host.keys import PinnedKeys, read_pinned
from edge.mqtt.client import MqttClient, Will
from edge.runtime.ship import Ending, Engines, Retry, Shipping, ShipProcess
from edge.settings import Settings
from edge.storage.evidence import EvidenceFiles
from edge.storage.link import SqliteLink
from edge.storage.mirror import SqliteMirror
from edge.storage.station import StationReader
from edge.wire.downlink import Downlink, StationState, Status, encode
from edge.wire.topics import downlink_filters, status_topic


@contextmanager
def ship_process(settings: Settings, *, doctor: tuple[str, ...]) -> Iterator[ShipProcess]:
    """Between the station's log and the broker: no devices, no event key.

    `doctor` is the program that examines this machine, for a platform that asks.
    """
    with ExitStack() as stack:
        clock = SystemClock(assume_synced=settings.clock.assume_synced)
        journal = StructlogJournal("ship", level=settings.log_level)
        station = station_of(settings)
        downlink = Downlink(PinnedKeys(read_pinned(settings.keys_file), clock), station)
        link = SqliteLink(settings.link_db, clock=clock, boot_id=boot_id())
        stack.callback(link.close)
        mirror = SqliteMirror(settings.registry_db)
        stack.callback(mirror.close)
        client = MqttClient(
            access_of(settings, client_id=station.name, session_expiry_s=settings.broker.session_s),
            filters=downlink_filters(station),
            will=Will(status_topic(station), encode(Status(StationState.OFFLINE))),
        )

        def build(log: StationReader) -> Shipping:
            shipper = Shipper(
                outbox=log,
                marks=PatientMarks(link, journal),
                clock=clock,
                downlink=downlink,
                journal=journal,
                pace=Pace(window=settings.broker.window),
            )
            sync = Sync(mirror=mirror, clock=clock, downlink=downlink, journal=journal)
            ending = Ending()
            yard = Shipyard(log, link, shipper, sync, clock, ending, doctor)
            engines = Engines(
                shipper=shipper,
                sync=sync,
                questions=Questions(Notebooks((log, face_asks_of(settings, clock))), clock),
                link=link,
                blobs=_blobs(settings, log, link, downlink, journal),
                remote=Remote(
                    downlink=downlink,
                    ledger=link,
                    handlers=yard.handlers(),
                    allowed=frozenset(settings.remote.allow),
                    clock=clock,
                    journal=journal,
                ),
                ending=ending,
                birth=lambda: birth_of(log, version=__version__, now=clock.now()),
            )
            return Shipping(
                client=client,
                station=station,
                engines=engines,
                retry=Retry(
                    backoff_of(settings), clock, SystemRandom().random, settings.broker.status_s
                ),
                journal=journal,
            )

        yield ShipProcess(
            open_log=lambda: StationReader.open_if_made(settings.station_db),
            build=build,
            journal=journal,
        )


def _blobs(
    settings: Settings,
    log: StationReader,
    link: SqliteLink,
    downlink: Downlink,
    journal: StructlogJournal,
) -> BlobSender | None:
    """Photographs follow their events, unless this lab keeps them to itself."""
    if not settings.photographs.send:
        return None
    return BlobSender(
        archive=Archive(log, EvidenceFiles(settings.evidence_dir)),
        ledger=link,
        downlink=downlink,
        clock=SystemClock(assume_synced=settings.clock.assume_synced),
        journal=journal,
        rate=Rate(bytes_s=settings.photographs.rate_kib_s * 1024, forms=settings.photographs.forms),
    )
