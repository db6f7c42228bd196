"""A curing room for tests: its door, its book in memory, and keepers who scan."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import samples
from rules import shipped

from edge.core.carriers import Carrier, ChipCode, Reading, ScannedCode, Trust
from edge.core.curing import inputs
from edge.core.curing.closing import audited_shelves
from edge.core.curing.door import last_transfer, step
from edge.core.curing.events import CuringEvent
from edge.core.curing.inputs import Context, RoomKind, ShelfBook
from edge.core.curing.places import Layout, Rack, Spot, parse_spot
from edge.core.curing.state import Door, Mode, Presence, Standing
from edge.core.curing.step import Step
from edge.core.ids import KeyId, RoomId, SpecimenId, TransactionId
from edge.core.moments import Instant, TimeQuality
from edge.core.people import OrgKind, Person, Role
from edge.core.rulesets import RuleSet
from edge.core.specimen import Group

ROOM, OTHER = RoomId("room-1"), RoomId("room-2")
START = datetime(2026, 10, 27, 0, 0, tzinfo=UTC)
KEEPER = samples.person(
    "keeper-1", Role.CURING_KEEPER, org=samples.LAB_ORG, kind=OrgKind.LAB, lab=samples.LAB
)
SECOND = samples.person(
    "keeper-2", Role.CURING_KEEPER, org=samples.LAB_ORG, kind=OrgKind.LAB, lab=samples.LAB
)
LAYOUT = Layout(ROOM, (Rack(ROOM, "a", 2, 3, 2, 480, 480), Rack(ROOM, "b", 1, 2, 1, 480, 480)), 15)
SHELF, NEXT = parse_spot("room-1/a/1/1/1"), parse_spot("room-1/a/1/2/1")


@dataclass
class CuringRoom:
    """Steps the door as its flow will: facts looked up before, everything recorded after."""

    rules: RuleSet = field(default_factory=shipped)
    kind: RoomKind = RoomKind.LAB
    layout: Layout = LAYOUT
    groups: tuple[Group, ...] = field(default_factory=lambda: (samples.group(1), samples.group(2)))
    door: Door = field(default_factory=Door)
    book: dict[SpecimenId, Standing] = field(default_factory=dict)
    events: list[CuringEvent] = field(default_factory=list)
    seconds: float = 0.0
    has_camera: bool = False
    has_placard: bool = False
    quality: TimeQuality = TimeQuality.SYNCED
    start: datetime = START
    last: Step = field(default_factory=lambda: Step(Door()))
    _numbers: int = 0

    @property
    def now(self) -> Instant:
        at = self.start + timedelta(seconds=self.seconds)
        return Instant(at, int(self.seconds * 1e9), self.quality)

    def context(self) -> Context:
        self._numbers += 1
        return Context(
            now=self.now,
            rules=self.rules,
            lab=samples.LAB,
            device=samples.DEVICE,
            room=ROOM,
            kind=self.kind,
            layout=self.layout,
            fresh=TransactionId(f"t-{self._numbers}"),
            has_camera=self.has_camera,
            has_placard=self.has_placard,
            shelves=tuple(ShelfBook(shelf, self.on(shelf)) for shelf in audited_shelves(self.door)),
        )

    def on(self, shelf: Spot) -> tuple[tuple[SpecimenId, Spot], ...]:
        return tuple(
            (each.specimen, each.spot)
            for each in self.book.values()
            if each.presence is Presence.INSIDE and each.spot and shelf.covers(each.spot)
        )

    def take(self, given: inputs.Input) -> Step:
        taken = step(self.door, given, self.context())
        self.record(taken)
        return taken

    def record(self, taken: Step) -> None:
        self.last = taken
        self.door = taken.door
        self.book.update({each.specimen: each for each in taken.book.standings})
        self.events.extend(taken.events)

    def badge(self, person: Person | None = KEEPER, reader: str = "wall") -> Step:
        return self.take(inputs.BadgeShown(reader, person))

    def mode(self, mode: Mode, reader: str = "wall") -> Step:
        return self.take(inputs.ModeShown(reader, mode))

    def shelf(self, spot: Spot | None = SHELF, reader: str = "wall") -> Step:
        return self.take(inputs.ShelfShown(reader, spot))

    def begin(self, mode: Mode, spot: Spot | None = SHELF, person: Person = KEEPER) -> None:
        self.badge(person)
        self.mode(mode)
        if spot is not None:
            self.shelf(spot)

    def scan(
        self,
        specimen: str,
        *,
        code: ScannedCode | None = None,
        last_read_s: float | None = None,
        reader: str = "wall",
        **facts: object,
    ) -> Step:
        return self.take(
            replace(self.shown(specimen, code, last_read_s, reader), **facts)  # type: ignore[arg-type]  # fields by name
        )

    def shown(
        self,
        specimen: str,
        code: ScannedCode | None = None,
        last_read_s: float | None = None,
        reader: str = "wall",
    ) -> inputs.BlockShown:
        name = SpecimenId(specimen)
        group = next((each for each in self.groups if each.holds(name)), None)
        session = self.door.at(reader)
        spot = session.transaction.spot if session and session.transaction else None
        return inputs.BlockShown(
            reader=reader,
            reading=Reading(reader, Carrier.QR, specimen.encode(), self.now),
            code=code or ChipCode(name, Trust.SIGNED, issuer=KeyId("issuer-1")),
            group=group,
            standing=self.book.get(name),
            siblings=tuple(
                self.book[each.specimen]
                for each in (group.specimens if group else ())
                if each.specimen != name and each.specimen in self.book
            ),
            beside_mm=tuple(self.book[each].size_mm for each, _ in self.on(spot)) if spot else (),
            last_read_s=last_read_s,
        )

    def undo(self, reader: str = "wall") -> Step:
        last = last_transfer(self.door, reader)
        standing = self.book.get(last.specimen) if last else None
        return self.take(inputs.UndoShown(reader, standing))

    def wait(self, seconds: float) -> Step:
        self.seconds += seconds
        return self.take(inputs.Tick())

    def types(self) -> list[str]:
        return [each.TYPE for each in self.events]
