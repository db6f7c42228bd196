"""The state of the desk: who receives, and the delivery that lies on it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from edge.core.carriers import Carrier, Trust
from edge.core.codes import Code
from edge.core.commission import Commission, Contract
from edge.core.evidence import Evidence
from edge.core.findings import Finding
from edge.core.ids import DeliveryId, Digest, EpochId, GroupId, PersonId, SpecimenId
from edge.core.people import Person, Role


class Phase(StrEnum):
    """Where the desk or a delivery stands (DOMAIN d2)."""

    IDLE = "idle"
    READY = "ready"
    OPENED = "opened"
    IDENTIFY = "identify"
    ALT_IDENTITY = "alt_identity"
    SCANNING = "scanning"
    INSPECT = "inspect"
    RECONCILE = "reconcile"
    SIGN = "sign"
    CLOSED = "closed"
    CONFIRMED = "confirmed"
    HELD = "held"
    CANCELLED = "cancelled"
    BLIND = "blind"


ENDED = frozenset({Phase.CLOSED, Phase.CONFIRMED, Phase.HELD, Phase.CANCELLED})
"""Phases in which nothing more can be done to a delivery at the desk."""


class Choice(StrEnum):
    """What happens to a group, in rising strictness."""

    ACCEPT = "accept"
    HOLD = "hold"
    REFUSE = "refuse"


class Ending(StrEnum):
    """How a delivery ends."""

    RECEIVED = "received"
    PARTIALLY_RECEIVED = "partially_received"
    REFUSED = "refused"
    HELD = "held"
    CANCELLED = "cancelled"
    RECORDED_UNVERIFIED = "recorded_unverified"


class Decision(StrEnum):
    """The platform's word on a delivery."""

    CONFIRMED = "confirmed"
    DISPUTED = "disputed"


class SealState(StrEnum):
    """State of the seal (封样)."""

    INTACT = "intact"
    BROKEN = "broken"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Block:
    """A chip that was read and counted; `also`: other carriers that showed the same identity."""

    specimen: SpecimenId
    group: GroupId | None
    carrier: Carrier
    trust: Trust
    at: datetime
    defects: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    uid: str | None = None
    also: tuple[Carrier, ...] = ()

    @property
    def carriers(self) -> tuple[Carrier, ...]:
        """Every carrier that was read."""
        return (self.carrier, *self.also)


@dataclass(frozen=True, slots=True)
class Stray:
    """A read that was not counted, or was taken back: nothing scanned ever vanishes."""

    specimen: SpecimenId | None
    payload_hex: str
    at: datetime
    findings: tuple[Finding, ...]
    undone: bool = False


@dataclass(frozen=True, slots=True)
class Deliverer:
    """Who brought it, and how we know."""

    person: PersonId
    name: str
    method: str
    second: PersonId | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """A finding set aside by two persons."""

    code: Code
    subject: str
    proposer: PersonId
    approver: PersonId
    reason: str


@dataclass(frozen=True, slots=True)
class GroupOutcome:
    """The decision on one group; `wish` is a stricter choice of the receiver."""

    group: GroupId
    choice: Choice
    findings: tuple[Finding, ...]
    missing: tuple[SpecimenId, ...] = ()
    wish: Choice | None = None

    @property
    def final(self) -> Choice:
        """The stricter of rule and wish."""
        order = tuple(Choice)
        return max(self.choice, self.wish or Choice.ACCEPT, key=order.index)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where the closing event stands, and the signed code that says so."""

    epoch: EpochId
    sequence: int
    digest: Digest
    code: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery, from its form to its end."""

    delivery: DeliveryId
    phase: Phase
    receiver: PersonId
    opened_at: datetime
    form_codes: tuple[str, ...]
    commission: Commission | None = None
    people: tuple[Person, ...] = ()
    witness_commission: Commission | None = None
    contract: Contract | None = None
    signatures: tuple[Role, ...] = ()
    forms: tuple[Evidence, ...] = ()
    findings: tuple[Finding, ...] = ()
    attempts: int = 0
    presented: Person | None = None
    deliverer: Deliverer | None = None
    blocks: tuple[Block, ...] = ()
    strays: tuple[Stray, ...] = ()
    layers: tuple[Evidence, ...] = ()
    seal: SealState | None = None
    overrides: tuple[Override, ...] = ()
    outcomes: tuple[GroupOutcome, ...] = ()
    ending: Ending | None = None
    provisional: bool = False
    awaiting_commit: bool = False
    receipt: Receipt | None = None
    decision: Decision | None = None

    @property
    def counted(self) -> frozenset[SpecimenId]:
        """Specimens that are counted."""
        return frozenset(block.specimen for block in self.blocks)


@dataclass(frozen=True, slots=True)
class Desk:
    """The desk: idle without operator, ready without delivery, else in its delivery's phase."""

    operator: Person | None = None
    delivery: Delivery | None = None
    asking: str | None = None

    @property
    def phase(self) -> Phase:
        """The phase that decides which inputs mean something now."""
        if self.delivery is not None:
            return self.delivery.phase
        return Phase.IDLE if self.operator is None else Phase.READY
