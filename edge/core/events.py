"""What the desk states to the platform: one frozen value per event type, before it is sealed."""

from dataclasses import dataclass
from typing import ClassVar

from edge.core.archive import ArchivePruned
from edge.core.codes import Code
from edge.core.curing.events import CuringEvent
from edge.core.evidence import Evidence
from edge.core.ids import (
    CommissionId,
    DeliveryId,
    EpochId,
    GroupId,
    KeyId,
    PersonId,
    ProjectId,
    SpecimenId,
)
from edge.core.people import Role


@dataclass(frozen=True, slots=True)
class EpochOpened:
    """Event 1 of every epoch: what this station last knew of the epoch before."""

    TYPE: ClassVar[str] = "epoch.opened"
    last_epoch: EpochId | None
    last_sequence: int
    last_digest: str | None


@dataclass(frozen=True, slots=True)
class DeviceStarted:
    """Capture came up with this version."""

    TYPE: ClassVar[str] = "device.started"
    version: str


@dataclass(frozen=True, slots=True)
class CommandHeard:
    """The platform ordered something of this station; `why` is empty unless it was refused."""

    TYPE: ClassVar[str] = "command.heard"
    corr: str
    name: str
    obeyed: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class KeyRotated:
    """From the next event on, another key signs; stated with the key before it."""

    TYPE: ClassVar[str] = "key.rotated"
    new_key_id: KeyId
    new_public: str


@dataclass(frozen=True, slots=True)
class OperatorLoggedIn:
    """A receiver took the desk."""

    TYPE: ClassVar[str] = "operator.logged_in"
    operator: PersonId


@dataclass(frozen=True, slots=True)
class OperatorLoggedOut:
    """The receiver left the desk."""

    TYPE: ClassVar[str] = "operator.logged_out"
    operator: PersonId


@dataclass(frozen=True, slots=True)
class DeliveryOpened:
    """A form code opened a delivery."""

    TYPE: ClassVar[str] = "delivery.opened"
    delivery: DeliveryId
    receiver: PersonId
    form: str
    commission: CommissionId | None
    project: ProjectId | None
    groups: int
    specimens: int


@dataclass(frozen=True, slots=True)
class FormsChecked:
    """Both forms, the contract and the age of what they were judged by."""

    TYPE: ClassVar[str] = "delivery.forms_checked"
    delivery: DeliveryId
    passed: bool
    reasons: tuple[Code, ...]
    signatures: tuple[Role, ...]
    roster_age_h: float | None
    reference_age_h: float | None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class FaceScore:
    """What leaves the station of a face check: never an image, never a template.

    liveness: not_checked, unfinished, passed or failed; liveness_by: what checked it; not_covered:
    kinds of attack about which that says nothing.
    """

    verdict: str
    score: float
    threshold: float
    margin: float | None
    engine: str
    liveness: str
    liveness_by: str = ""
    not_covered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DelivererVerified:
    """The deliverer's face was matched and may deliver (guide 四(四)2, A6)."""

    TYPE: ClassVar[str] = "deliverer.verified"
    delivery: DeliveryId
    deliverer: PersonId
    reasons: tuple[Code, ...]
    face: FaceScore


@dataclass(frozen=True, slots=True)
class DelivererVerifiedAlternative:
    """Receiver and second staff member looked at the document; no number is kept."""

    TYPE: ClassVar[str] = "deliverer.verified_alternative"
    delivery: DeliveryId
    deliverer: PersonId
    second: PersonId
    reasons: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class DelivererRejected:
    """The person was not recognised, or may not deliver."""

    TYPE: ClassVar[str] = "deliverer.rejected"
    delivery: DeliveryId
    deliverer: PersonId | None
    reasons: tuple[Code, ...]
    face: FaceScore | None = None
    second: PersonId | None = None


@dataclass(frozen=True, slots=True)
class SpecimenIdentified:
    """A block's chip was read and counted."""

    TYPE: ClassVar[str] = "specimen.identified"
    delivery: DeliveryId
    specimen: SpecimenId
    group: GroupId | None
    carrier: str
    trust: str
    reasons: tuple[Code, ...]
    custody_age_h: float | None = None
    evidence: tuple[Evidence, ...] = ()
    uid: str | None = None
    verdict: str | None = None


@dataclass(frozen=True, slots=True)
class CarrierRead:
    """Another carrier of a counted block agrees; `verdict`: what laying the tag proved."""

    TYPE: ClassVar[str] = "specimen.carrier_read"
    delivery: DeliveryId
    specimen: SpecimenId
    carrier: str
    trust: str
    uid: str | None
    verdict: str | None
    reasons: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class ScanRefused:
    """A read that was not counted, with everything needed to look into it."""

    TYPE: ClassVar[str] = "specimen.scan_refused"
    delivery: DeliveryId
    specimen: SpecimenId | None
    carrier: str
    payload_hex: str
    alarm: bool
    reasons: tuple[Code, ...]
    facts: tuple[tuple[str, str], ...] = ()
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class ScanUndone:
    """The receiver took back a counted read."""

    TYPE: ClassVar[str] = "specimen.scan_undone"
    delivery: DeliveryId
    specimen: SpecimenId


@dataclass(frozen=True, slots=True)
class LayerPhotographed:
    """A photograph of a layer of blocks: evidence of appearance."""

    TYPE: ClassVar[str] = "delivery.layer_photographed"
    delivery: DeliveryId
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class SpecimenInspected:
    """Appearance of one block."""

    TYPE: ClassVar[str] = "specimen.inspected"
    delivery: DeliveryId
    specimen: SpecimenId
    intact: bool
    defects: tuple[str, ...]
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class SealChecked:
    """State of the seal (封样)."""

    TYPE: ClassVar[str] = "seal.checked"
    delivery: DeliveryId
    state: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class OverrideApproved:
    """Two persons set a finding aside, where the rule set allows it."""

    TYPE: ClassVar[str] = "override.approved"
    delivery: DeliveryId
    code: Code
    subject: str
    proposer: PersonId
    approver: PersonId
    reason: str


@dataclass(frozen=True, slots=True)
class GroupReconciled:
    """What happens to a whole group."""

    TYPE: ClassVar[str] = "group.reconciled"
    delivery: DeliveryId
    group: GroupId
    verdict: str
    specimens: tuple[SpecimenId, ...]
    missing: tuple[SpecimenId, ...]
    reasons: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class DeliverySigned:
    """The receiver signed and the deliverer acknowledged the list."""

    TYPE: ClassVar[str] = "delivery.signed"
    delivery: DeliveryId
    receiver: PersonId
    deliverer: PersonId | None
    acknowledged: bool
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupVerdict:
    """One line of a closing event."""

    group: GroupId
    verdict: str


@dataclass(frozen=True, slots=True)
class _Closing:
    delivery: DeliveryId
    commission: CommissionId | None
    project: ProjectId | None
    receiver: PersonId
    deliverer: PersonId | None
    groups: tuple[GroupVerdict, ...]
    specimens: int
    provisional: bool
    reasons: tuple[Code, ...]
    roster_age_h: float | None
    reference_age_h: float | None


@dataclass(frozen=True, slots=True)
class DeliveryReceived(_Closing):
    """Every group of the commission was received."""

    TYPE: ClassVar[str] = "delivery.received"


@dataclass(frozen=True, slots=True)
class DeliveryPartiallyReceived(_Closing):
    """Some whole groups were received, others held or refused."""

    TYPE: ClassVar[str] = "delivery.partially_received"


@dataclass(frozen=True, slots=True)
class DeliveryRefused(_Closing):
    """Nothing was received, and nothing stays here."""

    TYPE: ClassVar[str] = "delivery.refused"


@dataclass(frozen=True, slots=True)
class DeliveryHeld(_Closing):
    """Nothing was received; the blocks stay set aside until it is resolved."""

    TYPE: ClassVar[str] = "delivery.held"


@dataclass(frozen=True, slots=True)
class DeliveryCancelled(_Closing):
    """The delivery was broken off before signing."""

    TYPE: ClassVar[str] = "delivery.cancelled"


@dataclass(frozen=True, slots=True)
class DeliveryRecordedUnverified(_Closing):
    """Offline and unknown: chips, photographs and courier kept, no acceptance claimed."""

    TYPE: ClassVar[str] = "delivery.recorded_unverified"


Closing = (
    DeliveryReceived
    | DeliveryPartiallyReceived
    | DeliveryRefused
    | DeliveryHeld
    | DeliveryCancelled
    | DeliveryRecordedUnverified
)
"""The one event that ends a delivery."""

Event = (
    EpochOpened
    | DeviceStarted
    | CommandHeard
    | KeyRotated
    | ArchivePruned
    | OperatorLoggedIn
    | OperatorLoggedOut
    | DeliveryOpened
    | FormsChecked
    | DelivererVerified
    | DelivererVerifiedAlternative
    | DelivererRejected
    | SpecimenIdentified
    | CarrierRead
    | ScanRefused
    | ScanUndone
    | LayerPhotographed
    | SpecimenInspected
    | SealChecked
    | OverrideApproved
    | GroupReconciled
    | DeliverySigned
    | Closing
    | CuringEvent
)
"""Everything a station can state."""
