"""Inputs of the desk: touches, scans and effects that report back, with the facts looked up."""

from dataclasses import dataclass

from edge.core.carriers import Reading, ScannedCode
from edge.core.codes import Code
from edge.core.commission import Binding, Commission, Contract
from edge.core.custody import Custody
from edge.core.events import FaceScore
from edge.core.evidence import Evidence
from edge.core.ids import DeliveryId, DeviceId, GroupId, LabId, SpecimenId
from edge.core.intake.state import Choice, Decision, Delivery, Receipt, SealState
from edge.core.moments import Instant
from edge.core.nfc import Tap
from edge.core.people import Grant, Person, Role
from edge.core.rulesets import RuleSet


@dataclass(frozen=True, slots=True)
class Context:
    """What every step may know: the time, the rules, the lab, and how fresh the knowledge is."""

    now: Instant
    rules: RuleSet
    lab: LabId
    device: DeviceId
    online: bool
    roster_age_h: float
    reference_age_h: float


@dataclass(frozen=True, slots=True)
class BadgeShown:
    """A badge at the desk: a receiver logs in; unknown badges carry no person."""

    person: Person | None


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """The receiver leaves; an open delivery stays on the desk."""


@dataclass(frozen=True, slots=True)
class FormShown:
    """A form code and what the registry knows about it; `delivery` is a fresh id for opening."""

    code: str
    delivery: DeliveryId
    commission: Commission | None
    contract: Contract | None = None
    people: tuple[Person, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    answered: bool = False


@dataclass(frozen=True, slots=True)
class SignaturesSeen:
    """Whose signatures the receiver sees on the two sheets."""

    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class FormsConfirmed:
    """The receiver has compared form and goods."""


@dataclass(frozen=True, slots=True)
class FaceJudged:
    """The face engine's answer; `face` is None when no engine is there."""

    person: Person | None
    grants: tuple[Grant, ...]
    face: FaceScore | None


@dataclass(frozen=True, slots=True)
class AlternativeChosen:
    """The face-free path, of equal rank."""


@dataclass(frozen=True, slots=True)
class DocumentSeen:
    """Whom the document shows, chosen from the project's people; None when not among them."""

    person: Person | None


@dataclass(frozen=True, slots=True)
class SecondConfirmed:
    """A second staff member confirms the document by badge or PIN."""

    second: Person
    grants: tuple[Grant, ...]


@dataclass(frozen=True, slots=True)
class ChipScanned:
    """A chip was read; `last_read_s` is the age of the previous read of the same payload.

    `tap`: the tag that it was read from, when it was one.
    """

    reading: Reading
    code: ScannedCode
    bindings: tuple[Binding, ...] = ()
    own: Custody | None = None
    platform: Custody | None = None
    last_read_s: float | None = None
    evidence: tuple[Evidence, ...] = ()
    tap: Tap | None = None


@dataclass(frozen=True, slots=True)
class ScanUndone:
    """Take back the last counted read."""


@dataclass(frozen=True, slots=True)
class LayerPhotographed:
    """A photograph of a layer of blocks was kept."""

    evidence: Evidence


@dataclass(frozen=True, slots=True)
class ScanFinished:
    """Nothing more to scan."""


@dataclass(frozen=True, slots=True)
class ScanResumed:
    """Back to scanning before signing."""


@dataclass(frozen=True, slots=True)
class DefectMarked:
    """A defect of a block, with a close-up."""

    specimen: SpecimenId
    defect: str
    evidence: Evidence | None


@dataclass(frozen=True, slots=True)
class SealJudged:
    """The receiver looked at the seal."""

    state: SealState
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class InspectionFinished:
    """Every block not marked is intact, as the layer photographs show."""


@dataclass(frozen=True, slots=True)
class GroupChosen:
    """The receiver is stricter than the rules with one group, or takes that back."""

    group: GroupId
    choice: Choice


@dataclass(frozen=True, slots=True)
class OverrideProposed:
    """A second person approves that a finding is set aside."""

    code: Code
    subject: str
    reason: str
    approver: Person


@dataclass(frozen=True, slots=True)
class ReconcileAccepted:
    """The list is agreed; on to signing."""


@dataclass(frozen=True, slots=True)
class ReceiptSigned:
    """The receiver signed; the deliverer acknowledges the list."""

    acknowledged: bool
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class DeliveryEnded:
    """Hold, refuse or cancel the whole delivery, with the reason."""

    choice: Choice | None
    reason: Code | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Committed:
    """The closing events are on the disk."""

    receipt: Receipt


@dataclass(frozen=True, slots=True)
class DecisionArrived:
    """The platform's decision on a delivery, verified."""

    delivery: DeliveryId
    decision: Decision


@dataclass(frozen=True, slots=True)
class NextCourier:
    """Clear the desk of an ended delivery."""


@dataclass(frozen=True, slots=True)
class Parked:
    """Set the open delivery aside for another courier."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """Bring a parked delivery back."""

    delivery: Delivery


Input = (
    BadgeShown
    | LoggedOut
    | FormShown
    | SignaturesSeen
    | FormsConfirmed
    | FaceJudged
    | AlternativeChosen
    | DocumentSeen
    | SecondConfirmed
    | ChipScanned
    | ScanUndone
    | LayerPhotographed
    | ScanFinished
    | ScanResumed
    | DefectMarked
    | SealJudged
    | InspectionFinished
    | GroupChosen
    | OverrideProposed
    | ReconcileAccepted
    | ReceiptSigned
    | DeliveryEnded
    | Committed
    | DecisionArrived
    | NextCourier
    | Parked
    | Resumed
)
"""Everything that can happen at the desk."""
