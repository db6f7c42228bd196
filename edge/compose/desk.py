"""Capture at the receiving desk; what is built is closed in reverse order."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge import __version__
from edge.compose.common import shipped_rules, station_of
from edge.compose.event_key import key_shelf, settled_signer
from edge.compose.face import face_looker, face_rates
from edge.compose.readers import nfc_doors, scanner_doors, signals_of, tag_keys_of
from edge.core.carriers import ScannedCode
from edge.core.commands import CommandName
from edge.core.envelope import Seal
from edge.core.events import FaceScore
from edge.core.face_judging import Hint
from edge.core.ids import DeliveryId, PersonId
from edge.core.intake.state import Receipt
from edge.core.people import Role
from edge.devices.camera.capture import Camera
from edge.devices.camera.source import parse_source
from edge.devices.face.absent import NoFaceEngine
from edge.devices.face.looker import FaceLooker
from edge.devices.pictures import PictureEye
from edge.devices.qr.cascade import QrReader
from edge.devices.scanner.reader import Scanner
from edge.devices.sound import AlsaSounder
from edge.flows.backlog import backlog_of
from edge.flows.daybook import day_rows
from edge.flows.epoch import EpochOpener
from edge.flows.hear import Hearing
from edge.flows.intake import Doors, Intake
from edge.flows.moment import Staff, Surroundings
from edge.flows.obey import Obeying, Orders
from edge.flows.prune import Keeping, Pruning, newest_ack
from edge.flows.record import Recorder
from edge.flows.rotate import Rotation
from edge.flows.taps import TapReader
from edge.host.clock import SystemClock
from edge.host.identity import SystemIds, boot_id
from edge.host.journal import StructlogJournal
from edge.host.keys import PinnedFile
from edge.ports import Signer
from edge.runtime.commands import Commands
from edge.runtime.console import ConsoleDoor
from edge.runtime.desk import DeskLoop, DeskProcess, Door
from edge.runtime.desk_eye import DeskEye
from edge.runtime.page import PageDesk, PageDoor
from edge.runtime.signalling import Signalling
from edge.runtime.sounding import Sounding
from edge.runtime.strip import ask_strip
from edge.settings import Settings
from edge.storage.evidence import EvidenceFiles
from edge.storage.link import LinkReader
from edge.storage.registry import SqliteRegistry
from edge.storage.station import SqliteStation
from edge.wire.chip_text import ReceiptCode, identify, issue_receipt
from edge.wire.downlink import Downlink
from edge.wire.reference import SetName
from kiosk.app import build_app
from kiosk.desk_door import Hall

if TYPE_CHECKING:
    from edge.devices.nfc.reader import NfcReader


@dataclass(frozen=True, slots=True)
class Opening:
    """Which doors the desk has."""

    console: bool = False
    page: bool = True


@contextmanager
def desk_process(settings: Settings, opening: Opening) -> Iterator[DeskProcess]:
    """Capture at the receiving desk."""
    with ExitStack() as stack:
        desk = _Desk(settings, stack)
        doors: list[Door] = []
        if opening.console:
            doors.append(ConsoleDoor(desk.loop, desk.commands))
        if desk.eye is not None:
            doors.append(desk.eye)
        if desk.looker is not None:
            desk.looker.start()
            stack.callback(desk.looker.close)
        if opening.page:
            doors.append(desk.page_door())
        scanners = scanner_doors(
            settings, report=desk.loop.read, clock=desk.clock, journal=desk.journal
        )
        tags = nfc_doors(
            settings,
            report=desk.loop.tap,
            keys=desk.tag_keys,
            clock=desk.clock,
            journal=desk.journal,
        )
        desk.watch(scanners, tags)
        doors.extend((*scanners, *tags))
        signals = signals_of(settings, scanners, desk.journal)
        if signals is not None:
            doors.append(Signalling(desk.loop, signals))
        sounder = AlsaSounder()
        if opening.page and sounder.is_there:
            doors.append(Sounding(desk.loop, sounder, journal=desk.journal))
        yield DeskProcess(desk.loop, tuple(doors), version=__version__)


class _Desk:
    """Everything that capture is made of, joined."""

    def __init__(self, settings: Settings, stack: ExitStack) -> None:
        self._settings = settings
        self.tag_keys = tag_keys_of(settings)
        self._scanners: tuple[Scanner, ...] = ()
        self._tag_readers: tuple[NfcReader, ...] = ()
        self.clock = self._clock = SystemClock(assume_synced=settings.clock.assume_synced)
        self._ids = SystemIds()
        self.journal = StructlogJournal("kiosk", level=settings.log_level)
        self._ring = PinnedFile(settings.keys_file, self._clock)
        self._rules = shipped_rules(settings.rules.ruleset)
        self._station = station_of(settings)
        self._store = SqliteStation(settings.station_db)
        stack.callback(self._store.close)
        self._key_shelf = key_shelf(settings, store=self._store, ring=self._ring)
        self._signer = settled_signer(settings, self._key_shelf, journal=self.journal)
        self._registry = SqliteRegistry(
            settings.registry_db, ring=self._ring, station=self._station, journal=self.journal
        )
        stack.callback(self._registry.close)
        self._link = LinkReader(settings.link_db, clock=self._clock, boot_id=boot_id())
        stack.callback(self._link.close)
        self._open_epoch()
        self._recorder = Recorder(
            store=self._store,
            clock=self._clock,
            ids=self._ids,
            by=self._seal(),
            device=settings.station.device,
        )
        self._hint = ""
        self._camera = self._open_camera()
        self.looker = self._look() if self._camera else None
        intake = self._intake()
        hearing = Hearing(
            intake,
            inbox=self._link,
            store=self._store,
            downlink=Downlink(self._ring, self._station),
            decisions_mark=lambda: self._registry.head(SetName.DECISIONS),
            journal=self.journal,
        )
        obeying = Obeying(
            self._orders(),
            inbox=self._link,
            recorder=self._recorder,
            downlink=Downlink(self._ring, self._station),
            clock=self._clock,
            journal=self.journal,
        )
        self.loop = DeskLoop(
            intake,
            hear=lambda: any((hearing.hear(), obeying.hear())),
            look_around=self._look_around,
            identify=self._identify,
            clock=self._clock,
            journal=self.journal,
        )
        self.loop.idle_lock_s = settings.page.idle_lock_s
        self.loop.tidy = self._pruning().step
        self._flow = intake
        self.eye = self._eye(intake, self._camera) if self._camera else None
        shutter = self.eye.shoot if self.eye else lambda: None
        pictures = PictureEye(QrReader(), shutter=shutter)
        self.commands = Commands(intake, eye=pictures, read_clock=self._clock.read)

    def watch(self, scanners: tuple[Scanner, ...], tags: "tuple[NfcReader, ...]") -> None:
        """Readers whose loss is shown."""
        self._scanners, self._tag_readers = scanners, tags

    def _lost_readers(self) -> tuple[str, ...]:
        lost = [each.state.name for each in self._scanners if not each.state.live]
        return (*lost, *("NFC" for each in self._tag_readers if each.state.phase != "ready"))

    def page_door(self) -> PageDoor:
        """The touch page."""
        station = self._settings.station
        desk = PageDesk(
            self.loop,
            self.commands,
            day=lambda: day_rows(self._store, self._clock.now()),
            staff=self._staff,
            clock=self._clock,
            journal=self.journal,
        )
        hall = Hall(
            lab=station.lab_name,
            support=station.support_contact,
            language=station.language.value,
            version=__version__,
            strip=self._settings.page.strip,
            face_rates=face_rates(self._settings),
            faces=self.looker is not None,
            face_days=self._settings.face.audit_days if self._settings.face.audit_crops else 0,
        )
        url = self._settings.page.strip_url
        strip = ask_strip(url) if url else None
        app, streams = build_app(desk, hall, preview=self.eye, strip=strip)
        return PageDoor(
            app,
            port=self._settings.page.port,
            close_streams=streams.close,
            journal=self.journal,
        )

    def _open_camera(self) -> Camera | None:
        """The configured camera, if there is one."""
        wishes = self._settings.camera
        if wishes.source is None:
            return None
        return Camera(
            parse_source(wishes.source),
            read_clock=self._clock.read,
            journal=self.journal,
            width=wishes.width,
            height=wishes.height,
        )

    def _look(self) -> FaceLooker | None:
        """The face check, reporting back in the desk's own thread."""
        if self._camera is None:
            return None

        def tell(person: PersonId | None, score: FaceScore | None) -> None:
            self.loop.submit(lambda: self._flow.judge_face(person, score), touch=False)

        def hint(given: Hint | None) -> None:
            self._hint = given.value if given else ""

        return face_looker(
            self._settings,
            self._camera,
            tell=tell,
            hint=hint,
            clock=self._clock,
            journal=self.journal,
        )

    def _eye(self, intake: Intake, camera: Camera) -> DeskEye:
        """The live camera."""
        return DeskEye(
            camera,
            self.loop,
            intake,
            identify=self._identify,
            clock=self._clock,
            journal=self.journal,
        )

    def _orders(self) -> Orders:
        """What capture does when the platform orders it."""
        return Orders(
            frozenset(self._settings.remote.allow),
            {CommandName.RESTART: self._restart, CommandName.ROTATE_KEY: self._rotate_key},
            self._rules.ruleset,
        )

    def _pruning(self) -> Pruning:
        """The archive within its days."""
        downlink = Downlink(self._ring, self._station)
        return Pruning(
            self._store,
            Keeping(self._settings.archive.keep_days, self._rules.ruleset),
            ack=lambda: newest_ack(self._link, downlink),
            recorder=self._recorder,
            clock=self._clock,
            journal=self.journal,
        )

    def _rotate_key(self, _: Mapping[str, object]) -> str:
        rotation = Rotation(
            self._key_shelf, self._recorder, self.clock, self._rules.ruleset, self._seal_with
        )
        return rotation.rotate()

    def _seal_with(self, signer: Signer) -> None:
        """Everything from the next event on, receipts too."""
        self._signer = signer
        self._recorder.sign_with(self._seal())
        self.journal.info("key.rotated", key=signer.key_id)

    def _restart(self, data: Mapping[str, object]) -> str:
        """End; whoever runs the process starts it anew, with the same list."""
        if data.get("process") == "kiosk":
            self.loop.end()
        return ""

    def _intake(self) -> Intake:
        settings = self._settings
        doors = Doors(
            store=self._store,
            registry=self._registry,
            evidence=EvidenceFiles(settings.evidence_dir),
            clock=self._clock,
            ids=self._ids,
            link=self._link,
            face=self.looker or NoFaceEngine(),
            journal=self.journal,
            recorder=self._recorder,
            identify=self._identify,
            issue_receipt=self._receipt_code,
            tags=TapReader(keys=self.tag_keys, store=self._store),
        )
        return Intake(
            doors, rules=self._rules, lab=settings.station.lab, device=settings.station.device
        )

    def _identify(self, payload: bytes) -> ScannedCode:
        return identify(payload, ring=self._ring, grammars=self._settings.grammars)

    def _receipt_code(self, delivery: DeliveryId, receipt: Receipt) -> str:
        named = ReceiptCode(delivery, receipt.epoch, receipt.sequence, receipt.digest)
        return issue_receipt(named, sign=self._signer.sign)

    def _seal(self) -> Seal:
        return Seal(self._station.urn, boot_id(), self._signer.key_id, self._signer.sign)

    def _open_epoch(self) -> None:
        if self._store.is_new:
            EpochOpener(
                clock=self._clock,
                ids=self._ids,
                by=self._seal(),
                device=self._settings.station.device,
                ruleset=self._rules.ruleset,
            ).open(self._store)

    def _look_around(self) -> Surroundings:
        age_h = self._registry.age_h(SetName.PEOPLE, self._clock.now())
        camera = self.eye.camera.state if self.eye else None
        return Surroundings(
            online=self._link.online(),
            unsent=backlog_of(self._store, self._link.marks()).waiting,
            clock=self._clock.read().quality.value,
            roster_age_h=None if age_h == float("inf") else round(age_h, 1),
            camera="absent" if camera is None else "live" if camera.live else "lost",
            camera_why=camera.why if camera and not camera.live else "",
            hint=self._hint,
            lost_readers=self._lost_readers(),
        )

    def _staff(self) -> tuple[Staff, ...]:
        people = self._registry.staff(self._settings.station.lab)
        return tuple(
            Staff(each.person, each.name)
            for each in people
            if each.pin_hash and each.active and Role.RECEIVER in each.roles
        )
