"""The state of a curing room's door: who stands there, in which mode, and what is unfinished.

The book of the room (a `Standing` per block) lives in the store: a room holds ten thousand blocks.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from edge.core.curing.places import Spot
from edge.core.ids import GroupId, OrgId, PersonId, SpecimenId, TransactionId
from edge.core.moments import Instant


class Mode(StrEnum):
    """What a keeper is about to do (DOMAIN d5)."""

    IN = "in"
    OUT = "out"
    MOVE = "move"
    AUDIT = "audit"
    DISPOSE = "dispose"


NEEDS_PLACE = frozenset({Mode.IN, Mode.MOVE, Mode.AUDIT})
"""Modes in which a shelf is scanned before blocks."""


class Presence(StrEnum):
    """Where a block is, as far as doors know; `outside` has never been in, or its IN was undone."""

    INSIDE = "inside"
    OUT = "out"
    DISPOSED = "disposed"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Standing:
    """The book's line of one block; `own` is False for another station's word, `age_h` old.

    `since`: when it came to this spot; `entered_at`: when it came into this room.
    """

    specimen: SpecimenId
    group: GroupId | None
    presence: Presence
    spot: Spot | None
    since: datetime
    entered_at: datetime | None = None
    by: PersonId | None = None
    size_mm: int = 150
    own: bool = True
    age_h: float = 0.0


@dataclass(frozen=True, slots=True)
class Book:
    """What a step changes in the book; `taken_back` are lines that never were."""

    standings: tuple[Standing, ...] = ()
    taken_back: tuple[Standing, ...] = ()


NO_CHANGE = Book()


@dataclass(frozen=True, slots=True)
class Transfer:
    """One block that was counted in a transaction, and what the book said before."""

    specimen: SpecimenId
    group: GroupId | None
    before: Standing | None
    after: Standing
    bound: int


@dataclass(frozen=True, slots=True)
class Transaction:
    """What one keeper does in one mode, from choosing it until it closes."""

    transaction: TransactionId
    mode: Mode
    opened_at: datetime
    spot: Spot | None = None
    transfers: tuple[Transfer, ...] = ()
    audited: tuple[tuple[SpecimenId, Spot | None], ...] = ()
    first: Instant | None = None

    @property
    def counted(self) -> frozenset[SpecimenId]:
        """Blocks that were counted in it."""
        moved = (each.specimen for each in self.transfers)
        return frozenset(moved) | {specimen for specimen, _ in self.audited}


@dataclass(frozen=True, slots=True)
class Session:
    """A keeper at the door; `reader` is empty once another badge has taken that scanner."""

    keeper: PersonId
    org: OrgId
    reader: str
    active: Instant
    owes_witness: bool = False
    transaction: Transaction | None = None


@dataclass(frozen=True, slots=True)
class GroupWait:
    """A group of which some blocks have passed the door and others have not."""

    group: GroupId
    direction: Mode
    since: Instant
    outstanding: tuple[SpecimenId, ...]
    bound: int
    told: bool = False


@dataclass(frozen=True, slots=True)
class Pending:
    """A tester's closed transaction that waits for the witness."""

    transaction: TransactionId
    mode: Mode
    tester: PersonId
    org: OrgId
    since: Instant
    specimens: tuple[SpecimenId, ...]
    alarmed: bool = False


@dataclass(frozen=True, slots=True)
class Door:
    """All of it; sessions in the order of their badges."""

    sessions: tuple[Session, ...] = ()
    waits: tuple[GroupWait, ...] = ()
    pendings: tuple[Pending, ...] = ()

    def at(self, reader: str) -> Session | None:
        """Who uses a scanner now."""
        return next((each for each in self.sessions if each.reader == reader), None)

    def counts(self, specimen: SpecimenId) -> bool:
        """Whether an open transaction has counted this block."""
        return any(
            each.transaction is not None and specimen in each.transaction.counted
            for each in self.sessions
        )

    def of(self, keeper: PersonId) -> Session | None:
        """A keeper's session."""
        return next((each for each in self.sessions if each.keeper == keeper), None)
