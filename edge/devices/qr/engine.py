"""What a QR engine is and what it gives: bytes with their place, step 1 of the path."""

from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from edge.devices.pixels import Grey

Point: TypeAlias = tuple[float, float]
Quad: TypeAlias = tuple[Point, Point, Point, Point]


@dataclass(frozen=True, slots=True)
class CodeRead:
    """One code of one picture; corners clockwise in pixels, from the symbol's own upper left."""

    payload: bytes
    symbology: str
    engine: str
    quad: Quad
    found_ms: float = field(default=0.0, compare=False)  # after the start of its picture


@dataclass(frozen=True, slots=True)
class MissingEngine:
    """An engine that this machine cannot offer, and what a person does about it."""

    name: str
    remedy: str


class QrEngine(Protocol):
    """Reads all QR codes of one grey picture; never raises for a picture's content."""

    @property
    def name(self) -> str:
        """Short name that stands in every read."""
        ...

    def read(self, grey: Grey) -> tuple[CodeRead, ...]:
        """Every code with a payload, as raw bytes."""
        ...
