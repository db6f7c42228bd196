"""Watermarks on a full disk (step 11): what cannot be kept now is true meanwhile, and kept later.

A lost mark only means a repeated event, so the line goes on while the disk has no room.
"""

from collections.abc import Mapping
from datetime import datetime

from edge.core.errors import StorageFull
from edge.core.ids import EpochId
from edge.flows.ship import Marks
from edge.ports import Journal
from edge.wire.downlink import Mark


class PatientMarks:
    """The shipper's marks over a store that may be full."""

    def __init__(self, store: Marks, journal: Journal) -> None:
        self._store = store
        self._journal = journal
        self._unkept: dict[EpochId, Mark] = {}
        self._word: tuple[str, datetime] | None = None

    def marks(self) -> Mapping[EpochId, Mark]:
        """What the platform has confirmed, by epoch."""
        return {**self._store.marks(), **self._unkept}

    def platform(self) -> tuple[str, datetime] | None:
        """The platform's store behind the marks, and when it last spoke."""
        return self._word or self._store.platform()

    def keep_marks(self, marks: Mapping[EpochId, Mark], *, store_id: str, issued: datetime) -> None:
        """Keep them with everything that could not be kept before."""
        together = {**self._unkept, **marks}
        try:
            self._store.keep_marks(together, store_id=store_id, issued=issued)
        except StorageFull as error:
            if self._word is None:
                self._journal.warning("marks.disk_full", error=str(error))
            self._unkept, self._word = together, (store_id, issued)
            return
        self._unkept, self._word = {}, None
