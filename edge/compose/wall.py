"""The wall station at a curing room's door: readers, climate and light; no screen."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta

from edge import __version__
from edge.compose.climate import RoomClimate
from edge.compose.common import shipped_rules, station_of
from edge.compose.event_key import key_shelf, settled_signer
from edge.compose.readers import nfc_doors, scanner_doors, signals_of, tag_keys_of
from edge.core.carriers import Reading, ScannedCode
from edge.core.commands import CommandName
from edge.core.curing.inputs import RoomKind
from edge.core.curing.places import Layout
from edge.core.envelope import Seal
from edge.core.errors import ConfigError
from edge.core.ids import Id
from edge.devices.camera.source import parse_source
from edge.devices.camera.still_frames import Sitting
from edge.devices.camera.stills import StillWorker, why_absent
from edge.flows.backlog import backlog_of
from edge.flows.curing import Curing, DoorParts, Premises, Said, TypedChip
from edge.flows.curing_maturity import MaturityTeller
from edge.flows.curing_photographs import DoorEye
from edge.flows.due_told import DueTeller
from edge.flows.epoch import EpochOpener
from edge.flows.obey import Obeying, Orders
from edge.flows.prune import Keeping, Pruning, newest_ack
from edge.flows.record import Recorder
from edge.flows.rotate import Rotation
from edge.flows.taps import TapReader
from edge.host.clock import SystemClock
from edge.host.identity import SystemIds, boot_id
from edge.host.journal import StructlogJournal
from edge.host.keys import PinnedFile
from edge.ports import Clock, Signer
from edge.runtime.desk import DeskProcess, Door
from edge.runtime.wall import Mood, Voice, WallLoop
from edge.settings import Settings
from edge.storage.evidence import EvidenceFiles
from edge.storage.link import LinkReader
from edge.storage.registry import SqliteRegistry
from edge.storage.spool import Spool, TypedEntry
from edge.storage.station import SqliteStation
from edge.wall_sections import Wall
from edge.wire.chip_text import identify
from edge.wire.downlink import Downlink
from edge.wire.layout_toml import parse_racks

TYPED_WAIT = timedelta(minutes=10)
"""A typed number waits so long for a keeper at work (house rule)."""
NFC = "nfc"


@contextmanager
def wall_process(settings: Settings) -> Iterator[DeskProcess]:
    """The wall station; ConfigError `wall_not_set` without the section `[wall]`."""
    clock = SystemClock(assume_synced=settings.clock.assume_synced)
    with ExitStack() as stack:
        wall = _Wall(settings, _section(settings), clock, stack)
        yield DeskProcess(wall.loop, wall.open_doors(), version=__version__)


@contextmanager
def door_alone(settings: Settings, clock: Clock) -> Iterator[Curing]:
    """The door without readers, by any clock: somebody else brings what they would."""
    with ExitStack() as stack:
        wall = _Wall(settings, _section(settings), clock, stack)
        wall.curing.start(__version__)
        yield wall.curing


def _section(settings: Settings) -> Wall:
    if settings.wall is None:
        raise ConfigError("wall_not_set", remedy="[wall] room = …, see docs/door.md")
    return settings.wall


class _Wall:
    """Everything that the wall station is made of, joined."""

    def __init__(self, settings: Settings, wall: Wall, clock: Clock, stack: ExitStack) -> None:
        self._settings = settings
        self._wall = wall
        self._clock = clock
        self._ids = SystemIds()
        self._journal = StructlogJournal("wall", level=settings.log_level)
        self._ring = PinnedFile(settings.keys_file, self._clock)
        self._rules = shipped_rules(settings.rules.ruleset)
        self._station = station_of(settings)
        self._tag_keys = tag_keys_of(settings)
        self._store = SqliteStation(settings.station_db)
        stack.callback(self._store.close)
        self._key_shelf = key_shelf(settings, store=self._store, ring=self._ring)
        self._signer = settled_signer(settings, self._key_shelf, journal=self._journal)
        self._registry = SqliteRegistry(
            settings.registry_db, ring=self._ring, station=self._station, journal=self._journal
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
        self._typed = Spool(settings.typed_dir, TypedEntry)
        self._typed.make()
        self._obeyed: set[Id] = set()
        self._climate = RoomClimate(
            settings,
            wall,
            recorder=self._recorder,
            rules=self._rules,
            clock=self._clock,
            journal=self._journal,
        )
        stack.callback(self._climate.close)
        self._stills = self._open_camera()
        if self._stills is not None:
            stack.callback(self._stills.stop)
        self._parts, self._premises = self._door_parts(), self._door_premises()
        self.curing = Curing(self._parts, of=self._premises)
        self._obeying = self._orders()
        self._due = DueTeller(self._parts, of=self._premises)
        self._maturity = self._degree_days()
        self._pruning = self._archive()
        self._scanners = scanner_doors(
            settings, report=self._read, clock=clock, journal=self._journal
        )
        self._signals = signals_of(settings, self._scanners, self._journal)
        self.loop = WallLoop(
            self.curing,
            voice=Voice(self._signals, self._journal),
            hear=self._hear,
            mood=self._mood,
            clock=clock,
            journal=self._journal,
        )

    def open_doors(self) -> tuple[Door, ...]:
        """Readers and sensors bring input to the loop; the lamp follows it."""
        tags = nfc_doors(
            self._settings,
            report=self.loop.tap,
            keys=self._tag_keys,
            clock=self._clock,
            journal=self._journal,
        )
        lines = self._climate.lines(
            lambda polled: self.loop.submit(
                lambda: self.curing.poll(polled.sensor, polled.at, polled.sample)
            )
        )
        signals = () if self._signals is None else (self._signals,)
        stills = () if self._stills is None else (self._stills,)
        return (*signals, *self._scanners, *tags, *lines, *stills)

    def _read(self, reading: Reading) -> None:
        self.loop.read(reading)

    def _door_parts(self) -> DoorParts:
        return DoorParts(
            store=self._store,
            book=self._store.places,
            registry=self._registry,
            clock=self._clock,
            ids=self._ids,
            journal=self._journal,
            recorder=self._recorder,
            identify=self._identify,
            tags=TapReader(keys=self._tag_keys, store=self._store),
            climate=self._climate.watch,
            matured=self._climate.matured,
            eye=self._eye(),
        )

    def _door_premises(self) -> Premises:
        station = self._settings.station
        return Premises(
            rules=self._rules,
            lab=station.lab,
            device=station.device,
            room=self._wall.room,
            kind=self._wall.kind,
            layout=self._layout(),
            boot=boot_id(),
            beside=self._beside(),
        )

    def _open_camera(self) -> StillWorker | None:
        """The configured camera, in a process of its own, where the rule set asks for pictures."""
        wishes = self._wall.camera
        if wishes.source is None:
            return None
        parse_source(wishes.source)
        if self._wall.kind is not RoomKind.SITE:
            self._journal.warning("camera.not_needed", kind=self._wall.kind.value)
            return None
        absent = why_absent()
        if absent is not None:
            raise absent
        sitting = Sitting(wishes.source, wishes.width, wishes.height)
        return StillWorker(
            sitting, clock=self._clock, journal=self._journal, deadline_s=wishes.deadline_s
        )

    def _eye(self) -> DoorEye | None:
        if self._stills is None:
            return None
        files = EvidenceFiles(self._settings.evidence_dir)
        return DoorEye(self._stills, files, self._journal, self._wall.camera.placard)

    def _degree_days(self) -> MaturityTeller | None:
        cage = self._climate.cage_watch(self._registry)
        if cage is None:
            return None
        return MaturityTeller(self._parts, of=self._premises, cage=cage)

    def _layout(self) -> Layout:
        path, spacing_mm = self._wall.layout, self._rules.curing.spacing_mm
        racks = parse_racks(path.read_text(encoding="utf-8"))[1] if path else ()
        return Layout(self._wall.room, racks, spacing_mm)

    def _beside(self) -> Mapping[str, str]:
        first = self._settings.scanners[0].name if self._settings.scanners else NFC
        return {NFC: first} | self._wall.beside

    def _identify(self, payload: bytes) -> ScannedCode:
        return identify(payload, ring=self._ring, grammars=self._settings.grammars)

    def _hear(self) -> tuple[Said, ...]:
        """Orders of the platform, and numbers that were typed; what is due and old besides."""
        self._obeying.hear()
        self._due.step()
        if self._maturity is not None:
            self._maturity.step()
        self._pruning.step()
        self._climate.take_ledgers()
        self._climate.tidy()
        if self._stills is not None:
            self._stills.tend()
        return tuple(self._take_typed())

    def _take_typed(self) -> Iterator[Said]:
        """Each number once, though its file may stay where somebody else owns it."""
        for entry in self._typed.waiting():
            if entry.entry in self._obeyed:
                continue
            said = self.curing.type_in(TypedChip(entry.chip, entry.why, entry.reader))
            is_late = self._clock.now() - entry.at > TYPED_WAIT
            if said is None and not is_late:
                continue
            self._obeyed.add(entry.entry)
            if said is None:
                self._journal.warning("typed.dropped", chip=entry.chip, why="nobody at work")
            else:
                yield said
            self._typed.drop(entry)

    def _mood(self) -> Mood:
        waiting = backlog_of(self._store, self._link.marks()).waiting
        unsent = waiting > 0 and not self._link.online()
        return Mood(rings=self._climate.rings, unsent=unsent)

    def _orders(self) -> Obeying:
        deeds = {CommandName.RESTART: self._restart, CommandName.ROTATE_KEY: self._rotate_key}
        allowed = frozenset(self._settings.remote.allow)
        return Obeying(
            Orders(allowed, deeds, self._rules.ruleset),
            inbox=self._link,
            recorder=self._recorder,
            downlink=Downlink(self._ring, self._station),
            clock=self._clock,
            journal=self._journal,
        )

    def _archive(self) -> Pruning:
        downlink = Downlink(self._ring, self._station)
        return Pruning(
            self._store,
            Keeping(self._settings.archive.keep_days, self._rules.ruleset),
            recorder=self._recorder,
            ack=lambda: newest_ack(self._link, downlink),
            clock=self._clock,
            journal=self._journal,
        )

    def _rotate_key(self, _: Mapping[str, object]) -> str:
        rotation = Rotation(
            self._key_shelf, self._recorder, self._clock, self._rules.ruleset, self._seal_with
        )
        return rotation.rotate()

    def _seal_with(self, signer: Signer) -> None:
        self._signer = signer
        self._recorder.sign_with(self._seal())
        self._journal.info("key.rotated", key=signer.key_id)

    def _restart(self, data: Mapping[str, object]) -> str:
        """End; whoever runs the process starts it anew."""
        if data.get("process") == "wall":
            self.loop.end()
        return ""

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
