"""Evidence: photographs and marks named by their digest; no evidence, no event."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from edge.core.ids import Digest


class EvidenceKind(StrEnum):
    """What a piece of evidence shows; faces and signatures never leave the station."""

    LAYER = "layer"
    BLOCK = "block"
    PLACARD = "placard"
    DEFECT = "defect"
    SEAL = "seal"
    FORM = "form"
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A stored file: its SHA-256 is its name."""

    kind: EvidenceKind
    sha256: Digest
    size_bytes: int
    media_type: str
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Still:
    """A picture as a camera gave it, not kept yet."""

    content: bytes
    media_type: str
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Blob:
    """A photograph that goes to the platform, by its name."""

    sha256: Digest
    kind: EvidenceKind
    media_type: str
