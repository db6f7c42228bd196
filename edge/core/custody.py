"""Custody: where a specimen was last seen, and what that says about seeing it again (A7)."""

from dataclasses import dataclass
from datetime import datetime

from edge.core.ids import DeliveryId, DeviceId, LabId, SpecimenId
from edge.core.specimen import SpecimenState


@dataclass(frozen=True, slots=True)
class Custody:
    """Last known place, state, time and station of a specimen, and how old that knowledge is."""

    specimen: SpecimenId
    state: SpecimenState
    at: datetime
    lab: LabId
    device: DeviceId
    place: str = ""
    delivery: DeliveryId | None = None
    age_h: float = 0.0
    own: bool = False
