"""Capture at the receiving desk; what is built is closed in reverse order."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from edge import __version__
from edge.compose.common import shipped_rules, station_of
from edge.core.envelope import Seal
from edge.core.ids import DeliveryId
from edge.core.intake.state import Receipt
from edge.devices.face.absent import NoFaceEngine
from edge.devices.pictures import PictureEye
from edge.devices.qr.cascade import QrReader
from edge.flows.backlog import backlog_of
from edge.flows.epoch import EpochOpener
from edge.flows.hear import Hearing
from edge.flows.intake import Doors, Intake
from edge.flows.record import Recorder
from edge.host.clock import SystemClock
from edge.host.identity import SystemIds, boot_id
from edge.host.journal import StructlogJournal
from edge.host.keys import FileSigner, PinnedKeys, key_id_of, read_pinned
from edge.runtime.console import Console
from edge.runtime.desk import DeskProcess
from edge.settings import Settings
from edge.storage.evidence import EvidenceFiles
from edge.storage.link import LinkReader
from edge.storage.registry import SqliteRegistry
from edge.storage.station import SqliteStation
from edge.wire.chip_text import ReceiptCode, identify, issue_receipt
from edge.wire.downlink import Downlink
from edge.wire.reference import SetName


@contextmanager
def desk_process(settings: Settings) -> Iterator[DeskProcess]:
    """Capture at the receiving desk."""
    with ExitStack() as stack:
        clock = SystemClock(assume_synced=settings.clock.assume_synced)
        ids = SystemIds()
        journal = StructlogJournal("kiosk", level=settings.log_level)
        pinned = read_pinned(settings.keys_file)
        ring = PinnedKeys(pinned, clock)
        signer = FileSigner(settings.event_key, key_id=key_id_of(settings.event_key, pinned))
        rules = shipped_rules(settings.rules.ruleset)
        station = station_of(settings)
        device = settings.station.device
        by = Seal(station.urn, boot_id(), signer.key_id, signer.sign)
        store = SqliteStation(settings.station_db)
        stack.callback(store.close)
        if store.is_new:
            opener = EpochOpener(clock=clock, ids=ids, by=by, device=device, ruleset=rules.ruleset)
            opener.open(store)
        registry = SqliteRegistry(settings.registry_db, ring=ring, station=station, journal=journal)
        stack.callback(registry.close)
        link = LinkReader(settings.link_db, clock=clock, boot_id=boot_id())
        stack.callback(link.close)
        grammars = settings.grammars

        def receipt_code(delivery: DeliveryId, receipt: Receipt) -> str:
            named = ReceiptCode(delivery, receipt.epoch, receipt.sequence, receipt.digest)
            return issue_receipt(named, sign=signer.sign)

        doors = Doors(
            store=store,
            registry=registry,
            evidence=EvidenceFiles(settings.evidence_dir),
            clock=clock,
            ids=ids,
            link=link,
            face=NoFaceEngine(),
            journal=journal,
            recorder=Recorder(store=store, clock=clock, ids=ids, by=by, device=device),
            identify=lambda payload: identify(payload, ring=ring, grammars=grammars),
            issue_receipt=receipt_code,
        )
        intake = Intake(doors, rules=rules, lab=settings.station.lab, device=device)
        hearing = Hearing(
            intake,
            inbox=link,
            store=store,
            downlink=Downlink(ring, station),
            decisions_mark=lambda: registry.head(SetName.DECISIONS),
            journal=journal,
        )
        yield DeskProcess(
            intake,
            console=Console(intake, eye=PictureEye(QrReader()), read_clock=clock.read),
            hear=hearing.hear,
            link_state=lambda: {
                "online": link.online(),
                "unsent": backlog_of(store, link.marks()).waiting,
            },
            journal=journal,
            version=__version__,
        )
