"""Photographs at the curing room's door (step 8): taken when a transfer owes them, kept by digest.

They never hold up the door: what cannot be had at once is missing, with its reason.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from edge.core.curing.inputs import BlockShown, Context, Input
from edge.core.curing.state import Door
from edge.core.curing.step import Step
from edge.core.errors import DeviceError, StorageError
from edge.core.evidence import Evidence, EvidenceKind
from edge.ports import EvidenceStore, Journal, StillCamera

Stepping = Callable[[Door, Input, Context], Step]


@dataclass(frozen=True, slots=True)
class DoorEye:
    """A camera at the door and where its pictures are kept; `has_placard`: one stands in view."""

    camera: StillCamera
    files: EvidenceStore
    journal: Journal
    has_placard: bool = False

    def photograph(
        self, before: tuple[Door, BlockShown, Context], taken: Step, step: Stepping
    ) -> Step:
        """The same step with the photographs that it owes, or with why they are missing."""
        door, shown, context = before
        if not taken.photographs:
            return taken
        evidence: list[Evidence] = []
        why = ""
        try:
            for kind in taken.photographs:
                evidence.append(self._keep(kind))  # noqa: PERF401 - those before a failure count
        except (DeviceError, StorageError) as error:
            why = str(error.facts.get("why", error.code))
            self.journal.warning("photograph.missing", error=str(error))
        pictured = replace(shown, evidence=(*shown.evidence, *evidence), unphotographed=why)
        return step(door, pictured, context)

    def _keep(self, kind: EvidenceKind) -> Evidence:
        """A picture of now, on the disk before any event names it."""
        still = self.camera.shoot()
        return self.files.put(
            still.content,
            kind=kind,
            media_type=still.media_type,
            taken_at=still.taken_at,
        )
