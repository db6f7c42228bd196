"""A curing room's door over a real store: cut off anywhere in a commit, and come up again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import samples
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from curing_room import KEEPER, LAYOUT, ROOM, SECOND
from memory_doors import CountingIds, MemoryRegistry, QuietJournal, SetClock, SetTagKeys
from rules import shipped

from edge.core.carriers import (
    BadgeCode,
    Carrier,
    CommandCode,
    Flaw,
    NotOurs,
    Reading,
    ScannedCode,
    Trust,
)
from edge.core.curing.inputs import RoomKind
from edge.core.curing.state import Book
from edge.core.custody import Custody
from edge.core.documents import Document
from edge.core.envelope import Seal, Sealed
from edge.core.ids import DeviceId, GroupId, KeyId, PersonId, SpecimenId
from edge.core.nfc import TagCounter
from edge.core.rulesets import RuleSet
from edge.flows.climate import ClimateWatch
from edge.flows.curing import Curing, DoorParts, Premises, Said
from edge.flows.curing_photographs import DoorEye
from edge.flows.epoch import EpochOpener
from edge.flows.record import Recorder
from edge.flows.taps import TapReader
from edge.storage.station import SqliteStation

COMMISSION = samples.commission(groups=2)
BLOCKS = tuple(block.specimen for block in COMMISSION.blocks())
WALL = DeviceId("wall-1")
PEOPLE = (KEEPER, SECOND, samples.TESTER, samples.WITNESS, samples.RECEIVER)


class PowerCutError(Exception):
    """The power went."""


class CutStation(SqliteStation):
    """The station's store, whose power goes after so many of its next writes; None: it stays."""

    cut_after: int | None = None
    cut_when_done: bool = False

    def commit(
        self,
        *,
        events: tuple[Sealed, ...] = (),
        documents: tuple[Document, ...] = (),
        custody: tuple[Custody, ...] = (),
        counters: tuple[TagCounter, ...] = (),
        book: Book | None = None,
    ) -> None:
        super().commit(
            events=events,
            documents=documents,
            custody=custody,
            counters=counters,
            book=book or Book(),
        )
        if self.cut_when_done:
            raise PowerCutError

    def break_book(self) -> None:
        """From now on the book can take no line."""
        self._db.execute(
            "CREATE TEMP TRIGGER broken BEFORE INSERT ON standings "
            "BEGIN SELECT RAISE(ABORT, 'broken'); END"
        )

    def mend_book(self) -> None:
        self._db.execute("DROP TRIGGER IF EXISTS temp.broken")

    def break_events(self) -> None:
        """From now on the log can take no event."""
        self._db.execute(
            "CREATE TEMP TRIGGER full BEFORE INSERT ON events "
            "BEGIN SELECT RAISE(ABORT, 'full'); END"
        )

    def mend_events(self) -> None:
        self._db.execute("DROP TRIGGER temp.full")

    def spoil(self, sql: str) -> None:
        """Change the file behind everybody's back."""
        self._db.execute(sql)

    def open_stays(self) -> dict[str, list[str]]:
        """Rooms in which each block is, by its stays."""
        found: dict[str, list[str]] = {}
        for specimen, room in self._all("SELECT specimen, room FROM stays WHERE until IS NULL"):
            found.setdefault(specimen, []).append(room)
        return found

    def _count(self) -> None:
        if self.cut_after is not None:
            if self.cut_after == 0:
                raise PowerCutError
            self.cut_after -= 1

    def _insert_event(self, event: Sealed) -> None:
        self._count()
        super()._insert_event(event)

    def _put_document(self, document: Document) -> None:
        self._count()
        super()._put_document(document)

    def _put_custody(self, each: Custody) -> None:
        self._count()
        super()._put_custody(each)


def identify(payload: bytes) -> ScannedCode:
    """`badge:ID`, `do:MODE`, `shelf:PLACE`, `chip:ID`; everything else is a forgery."""
    kind, _, name = payload.decode().partition(":")
    match kind:
        case "badge":
            return BadgeCode(PersonId(name), Trust.SIGNED)
        case "do":
            return CommandCode(name)
        case "shelf":
            return CommandCode("shelf", name)
        case "chip":
            return samples.chip(SpecimenId(name))
        case _:
            return NotOurs(Flaw.SIGNATURE, name)


@dataclass
class WallBench:
    """A door with everything but the world behind it."""

    folder: Path
    kind: RoomKind = RoomKind.LAB
    clock: SetClock = field(default_factory=SetClock)
    ids: CountingIds = field(default_factory=CountingIds)
    tag_keys: SetTagKeys = field(default_factory=SetTagKeys)
    registry: MemoryRegistry = field(
        default_factory=lambda: MemoryRegistry(people=PEOPLE, commissions=(COMMISSION,))
    )
    journal: QuietJournal = field(default_factory=QuietJournal)
    boot: int = 1
    last: Said = field(default_factory=lambda: Said("start"))
    climate: ClimateWatch | None = None
    matured: dict[GroupId, date] = field(default_factory=dict)
    eye: DoorEye | None = None
    rules: RuleSet = field(default_factory=shipped)

    def __post_init__(self) -> None:
        key = Ed25519PrivateKey.from_private_bytes(bytes(32))
        urn = "urn:specimen-edge:exampleton:lab-1:wall-1"
        self.seal = Seal(urn, "boot", KeyId("key-1"), key.sign)
        self.store = CutStation(self.folder / "station.db")
        if self.store.is_new:
            opener = EpochOpener(
                clock=self.clock,
                ids=self.ids,
                by=self.seal,
                device=WALL,
                ruleset=shipped().ruleset,
            )
            opener.open(self.store)
        self.come_up()

    def come_up(self, *, new_boot: bool = False) -> None:
        """A new process over what is on the disk, after a kill or on a machine started anew."""
        self.boot += new_boot
        self.store.close()
        self.store = CutStation(self.folder / "station.db")
        self.recorder = Recorder(
            store=self.store, clock=self.clock, ids=self.ids, by=self.seal, device=WALL
        )
        self.parts = DoorParts(
            store=self.store,
            book=self.store.places,
            registry=self.registry,
            clock=self.clock,
            ids=self.ids,
            journal=self.journal,
            recorder=self.recorder,
            identify=identify,
            tags=TapReader(keys=self.tag_keys, store=self.store),
            climate=self.climate,
            matured=lambda group, _: self.matured.get(group.group),
            eye=self.eye,
        )
        self.premises = Premises(
            rules=self.rules,
            lab=samples.LAB,
            device=WALL,
            room=ROOM,
            kind=self.kind,
            layout=LAYOUT,
            boot=f"boot-{self.boot}",
            beside={"nfc": "door"},
        )
        self.curing = Curing(self.parts, of=self.premises)
        self.last = self.curing.start("0")

    def close(self) -> None:
        self.store.close()

    def scan(self, *texts: str, reader: str = "door", after_s: float = 5) -> Said:
        for text in texts:
            self.clock.move(after_s)
            self.last = self.curing.read(self.reading(text, reader))
        return self.last

    def reading(self, text: str, reader: str = "door") -> Reading:
        return Reading(reader, Carrier.QR, text.encode(), self.clock.read())

    def begin(self, mode: str, place: str = "a-1-1-1", badge: str = "keeper-1") -> None:
        """The sequence on the sheet."""
        self.scan(f"badge:{badge}", f"do:{mode}")
        if place:
            self.scan(f"shelf:{place}")

    def wait(self, seconds: float) -> Said:
        self.clock.move(seconds)
        self.last = self.curing.tick()
        return self.last

    def heard(self) -> tuple[str, tuple[str, ...]]:
        """Outcome and codes of the last answer."""
        signal = self.last.signal
        return ("", ()) if signal is None else (signal.outcome.value, tuple(signal.codes))

    def log(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Every event of the door: its type without frame, and its data."""
        epoch = self.store.epochs()[-1]
        bodies = [json.loads(each.body) for each in self.store.events(epoch, limit=100_000)]
        return [
            (each["type"].removeprefix("specimen.").removesuffix(".v1"), each["data"])
            for each in bodies
        ]

    def types(self) -> list[str]:
        """Types of the door's events, in order."""
        return [kind for kind, _ in self.log() if not kind.startswith(("device.", "epoch."))]


def with_uids(uids: Mapping[str, str]) -> MemoryRegistry:
    """A registry that knows the tags of some blocks."""
    groups = tuple(
        replace(
            group,
            specimens=tuple(replace(each, uid=uids.get(each.specimen)) for each in group.specimens),
        )
        for group in COMMISSION.groups
    )
    return MemoryRegistry(people=PEOPLE, commissions=(replace(COMMISSION, groups=groups),))
