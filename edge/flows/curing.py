"""The curing room's door (steps 4 to 10): what is scanned there drives its machine, recorded whole.

One consumer, one step at a time; a step is true once events, book and door are on the disk.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from edge.core.carriers import (
    BadgeCode,
    Carrier,
    ChipCode,
    CommandCode,
    Flaw,
    NotOurs,
    Reading,
    ScannedCode,
    Trust,
)
from edge.core.codes import Code
from edge.core.curing import inputs
from edge.core.curing.climate import Sample
from edge.core.curing.closing import audited_shelves
from edge.core.curing.door import last_transfer, step
from edge.core.curing.places import Layout, Spot
from edge.core.curing.state import Door, Mode
from edge.core.curing.step import Step
from edge.core.errors import DecodeError, StorageError
from edge.core.events import DeviceStarted
from edge.core.ids import DeviceId, LabId, PersonId, RoomId, SensorId, SpecimenId, TransactionId
from edge.core.intake.step import Outcome, Signal
from edge.core.moments import Instant
from edge.core.nfc import TagSeen
from edge.core.rulesets import RuleSet
from edge.flows.climate import ClimateWatch
from edge.flows.curing_facts import CuringFacts, Matured, Seen
from edge.flows.curing_photographs import DoorEye
from edge.flows.record import Recorder
from edge.flows.taps import TapReader
from edge.ports import Clock, Ids, Journal, Registry, RoomBook, Store
from edge.wire.door_json import KIND, DoorRecord, door_document, load_door
from edge.wire.shelf import spot_of

_WELCOME = frozenset({Outcome.OK, Outcome.GROUP_COMPLETE})
UNDO, SHELF = "undo-last", "shelf"
"""Commands that are no modes."""
_NEEDS_NO_SHELVES = (inputs.BlockShown, inputs.UndoShown)
"""Inputs that never end a transaction, so that nobody asks for the book of a whole shelf."""


@dataclass(frozen=True, slots=True)
class Premises:
    """Whose door it is; `beside` names the scanner that another reader stands next to."""

    rules: RuleSet
    lab: LabId
    device: DeviceId
    room: RoomId
    kind: inputs.RoomKind
    layout: Layout
    boot: str
    beside: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DoorParts:
    """The ports that a door talks to."""

    store: Store
    book: RoomBook
    registry: Registry
    clock: Clock
    ids: Ids
    journal: Journal
    recorder: Recorder
    identify: Callable[[bytes], ScannedCode]
    tags: TapReader | None = None
    climate: ClimateWatch | None = None
    matured: Matured = lambda _, __: None
    eye: DoorEye | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What a door answers: to the person, and to the room; `about` is the kind of input."""

    about: str
    signal: Signal | None = None
    notices: tuple[Signal, ...] = ()


@dataclass(frozen=True, slots=True)
class TypedChip:
    """A number that somebody typed because its chip cannot be read; no reader: who is at work."""

    chip: SpecimenId
    why: str
    reader: str = ""


class Curing:
    """The door of one curing room."""

    def __init__(self, parts: DoorParts, *, of: Premises) -> None:
        self._parts = parts
        self._of = of
        self._door = Door()
        self._facts = CuringFacts(
            registry=parts.registry, book=parts.book, device=of.device, matured=parts.matured
        )

    @property
    def door(self) -> Door:
        """What is true now: recorded, or loaded from the record."""
        return self._door

    def start(self, version: str) -> Said:
        """Go on where the record stands; after a new start of the machine all badge again.

        A process that was killed goes on in the middle of its transactions. Monotonic times of
        another boot mean nothing, and nobody knows who stands at the door since.
        """
        known = load_door(self._parts.store.document(KIND, self._of.room))
        if known is not None:
            self._door = known.door
        self._parts.recorder.record(
            (DeviceStarted(version),),
            occurred=self._parts.clock.read(),
            ruleset=self._of.rules.ruleset,
        )
        if known is None or (known.boot == self._of.boot or not self._door.sessions):
            return Said("start")
        return self._take(inputs.Restarted(), "start")

    def read(self, reading: Reading) -> Said:
        """One payload from a scanner, by what it turns out to be."""
        return self._meet(Seen(self._reader(reading.device), reading, self._identify(reading)))

    def tap(self, tag: TagSeen) -> Said:
        """A tag on a reader: a badge, a command, or a block's chip with what the tap is worth."""
        code = self._parts.identify(tag.payload) if tag.payload else NotOurs(Flaw.NOT_TEXT)
        reader = self._reader(tag.device)
        is_chip = not isinstance(code, BadgeCode | CommandCode)
        if is_chip and self._parts.tags is not None and self._door.at(reader) is not None:
            tapped = self._parts.tags.judge(tag, code, None)
            if tag.flaw is not None and isinstance(tapped.code, NotOurs):
                return Said("block", Signal(Outcome.WARN, (Code.CHIP_UNREADABLE,), tag.uid))
            return self._meet(Seen(reader, tapped.reading, tapped.code, tap=tapped.tap))
        return self._meet(Seen(reader, Reading(tag.device, Carrier.NFC, tag.payload, tag.at), code))

    def type_in(self, typed: TypedChip) -> Said | None:
        """A typed number names a block and moves nothing; None while nobody is at work there."""
        reader = typed.reader or self._at_work()
        session = self._door.at(reader) if reader else None
        if session is None or session.transaction is None:
            return None
        now = self._parts.clock.read()
        reading = Reading("typed", Carrier.TYPED, typed.chip.encode(), now)
        code = ChipCode(typed.chip, Trust.UNSIGNED)
        return self._show_block(Seen(reader, reading, code, typed_why=typed.why))

    def poll(self, sensor: SensorId, at: Instant, sample: Sample | None) -> Said:
        """One poll of a climate sensor, None when no answer came."""
        climate = self._parts.climate
        return Said("climate", notices=climate.hear(sensor, at, sample) if climate else ())

    def tick(self) -> Said:
        """Time has passed."""
        return self._take(inputs.Tick(), "time")

    def _identify(self, reading: Reading) -> ScannedCode:
        return self._parts.identify(reading.payload)

    def _reader(self, device: str) -> str:
        return self._of.beside.get(device, device)

    def _at_work(self) -> str:
        """The only scanner at which a transaction is open, empty when it is not clear."""
        open_ = [each.reader for each in self._door.sessions if each.transaction and each.reader]
        return open_[0] if len(open_) == 1 else ""

    def _meet(self, seen: Seen) -> Said:
        match seen.code:
            case BadgeCode(person=person, trust=Trust.SIGNED):
                return self._show_badge(seen.reader, person)
            case CommandCode(mode=mode, place=place):
                return self._obey(seen.reader, mode, place)
            case _:
                return self._show_block(seen)

    def _show_badge(self, reader: str, person: PersonId) -> Said:
        """A badge that counts also opens the door, and says that somebody has seen what rings."""
        said = self._take(inputs.BadgeShown(reader, self._parts.registry.person(person)), "badge")
        climate = self._parts.climate
        if climate is not None and said.signal and said.signal.outcome in _WELCOME:
            try:
                climate.acknowledge(person)
                climate.open_door(self._parts.clock.now())
            except StorageError as error:
                self._parts.journal.warning("climate.not_acknowledged", error=str(error))
        return said

    def _obey(self, reader: str, mode: str, place: str | None) -> Said:
        if mode == SHELF:
            return self._take(inputs.ShelfShown(reader, self._spot(place)), "shelf")
        if mode == UNDO:
            last = last_transfer(self._door, reader)
            standing = self._facts.standing(last.specimen) if last else None
            return self._take(inputs.UndoShown(reader, standing), "undo")
        try:
            wanted = Mode(mode)
        except ValueError:
            return Said("mode", Signal(Outcome.WARN, (Code.CODE_UNKNOWN,), mode))
        return self._take(inputs.ModeShown(reader, wanted), "mode")

    def _spot(self, place: str | None) -> Spot | None:
        try:
            return spot_of(place or "", self._of.room)
        except DecodeError:
            return None

    def _show_block(self, seen: Seen) -> Said:
        session = self._door.at(seen.reader)
        shelf = session.transaction.spot if session and session.transaction else None
        return self._take(self._facts.block(seen, shelf), "block")

    def _take(self, given: inputs.Input, about: str) -> Said:
        now = self._parts.clock.read()
        context, eye = self._context(now, given), self._parts.eye
        taken = step(self._door, given, context)
        if eye is not None and isinstance(given, inputs.BlockShown):
            taken = eye.photograph((self._door, given, context), taken, step)
        try:
            self._record(taken, now)
        except StorageError as error:
            self._parts.journal.warning("step.not_recorded", error=str(error))
            facts = (("why", error.code),)
            return Said(about, Signal(Outcome.REFUSE, (Code.NOT_RECORDED,), facts=facts))
        return Said(about, taken.signal, taken.notices)

    def _record(self, taken: Step, now: Instant) -> None:
        """Make a step true; on StorageError it has not happened, and the door is as it was."""
        if taken.events or taken.custody or taken.door != self._door:
            self._parts.recorder.record(
                taken.events,
                occurred=now,
                ruleset=self._of.rules.ruleset,
                documents=(door_document(DoorRecord(self._of.boot, taken.door), self._of.room),),
                custody=taken.custody,
                book=taken.book,
            )
        self._door = taken.door

    def _context(self, now: Instant, given: inputs.Input) -> inputs.Context:
        of, eye = self._of, self._parts.eye
        context = inputs.Context(
            now=now,
            rules=of.rules,
            lab=of.lab,
            device=of.device,
            room=of.room,
            kind=of.kind,
            layout=of.layout,
            fresh=TransactionId(self._parts.ids.delivery_id(now.at)),
            has_camera=eye is not None,
            has_placard=eye is not None and eye.has_placard,
        )
        if isinstance(given, _NEEDS_NO_SHELVES):
            return context
        shelves = (self._shelf_book(shelf) for shelf in audited_shelves(self._door))
        return replace(context, shelves=tuple(shelves))

    def _shelf_book(self, shelf: Spot) -> inputs.ShelfBook:
        blocks = self._parts.book.on(shelf)
        return inputs.ShelfBook(
            shelf, tuple((each.specimen, each.spot) for each in blocks if each.spot)
        )
