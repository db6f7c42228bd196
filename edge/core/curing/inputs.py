"""Inputs of the door: scans and time, with the facts that were looked up for them."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from edge.core.carriers import Reading, ScannedCode
from edge.core.commission import Binding
from edge.core.curing.places import Layout, Spot
from edge.core.curing.state import Mode, Standing
from edge.core.custody import Custody
from edge.core.evidence import Evidence
from edge.core.findings import Finding
from edge.core.ids import DeviceId, LabId, RoomId, SpecimenId, TransactionId
from edge.core.moments import Instant
from edge.core.people import Person
from edge.core.rulesets import RuleSet
from edge.core.specimen import Group


class RoomKind(StrEnum):
    """Whose room it is: a laboratory's keeper signs alone, a site's tester with the witness."""

    LAB = "lab"
    SITE = "site"


@dataclass(frozen=True, slots=True)
class ShelfBook:
    """What the book has on a shelf that is under audit now."""

    shelf: Spot
    blocks: tuple[tuple[SpecimenId, Spot], ...]


@dataclass(frozen=True, slots=True)
class Context:
    """What every step may know; `fresh` names the transaction that this step may open.

    `shelves` holds the book of every shelf that `audited_shelves` names; `has_camera`: blocks are
    photographed here, so that the stage's photographs are owed; `has_placard`: a placard stands in
    the camera's view, so that its photographs are owed as well.
    """

    now: Instant
    rules: RuleSet
    lab: LabId
    device: DeviceId
    room: RoomId
    kind: RoomKind
    layout: Layout
    fresh: TransactionId
    shelves: tuple[ShelfBook, ...] = ()
    has_camera: bool = False
    has_placard: bool = False


@dataclass(frozen=True, slots=True)
class BadgeShown:
    """A badge at a scanner; unknown badges carry no person."""

    reader: str
    person: Person | None


@dataclass(frozen=True, slots=True)
class ModeShown:
    """A laminated mode code."""

    reader: str
    mode: Mode


@dataclass(frozen=True, slots=True)
class ShelfShown:
    """A shelf's label; None when it names no place at all."""

    reader: str
    spot: Spot | None


@dataclass(frozen=True, slots=True)
class BlockShown:
    """A block's code, with the book's line of it and of its group's others.

    `beside_mm`: sizes of the cubes on the chosen shelf; `last_read_s`: age of the same payload's
    previous read; `matured_on`: when a group that waits for degree days has reached them;
    `typed_why`: why its number was typed; `unphotographed`: why a photograph could not be had.
    """

    reader: str
    reading: Reading
    code: ScannedCode
    group: Group | None = None
    bindings: tuple[Binding, ...] = ()
    standing: Standing | None = None
    siblings: tuple[Standing, ...] = ()
    platform: Custody | None = None
    beside_mm: tuple[int, ...] = ()
    last_read_s: float | None = None
    matured_on: date | None = None
    typed_why: str = ""
    findings: tuple[Finding, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    unphotographed: str = ""


@dataclass(frozen=True, slots=True)
class UndoShown:
    """The undo-last code, with the book's line of the block that `last_transfer` names."""

    reader: str
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


@dataclass(frozen=True, slots=True)
class Restarted:
    """The station came up: whoever stood at the door must show the badge again."""


Input = BadgeShown | ModeShown | ShelfShown | BlockShown | UndoShown | Tick | Restarted
"""Everything a door can be told."""
