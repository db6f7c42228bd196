"""Watermarks over a store whose disk is full: true at once, kept as soon as there is room."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import samples
from memory_doors import QuietJournal
from model_platform import FIRST, SECOND, MemoryMarks

from edge.core.errors import StorageFull
from edge.core.ids import Digest, EpochId
from edge.flows.patient_marks import PatientMarks
from edge.wire.downlink import Mark

ONE, TWO = Mark(1, Digest("a" * 64)), Mark(2, Digest("b" * 64))


class FullMarks(MemoryMarks):
    """A store that can be full."""

    is_full = False

    def keep_marks(self, marks: Mapping[EpochId, Mark], *, store_id: str, issued: datetime) -> None:
        if self.is_full:
            raise StorageFull("disk_full")
        super().keep_marks(marks, store_id=store_id, issued=issued)


def test_what_a_full_disk_cannot_keep_is_true_and_kept_later() -> None:
    store, journal = FullMarks(), QuietJournal()
    marks = PatientMarks(store, journal)
    marks.keep_marks({FIRST: ONE}, store_id="s", issued=samples.NOW)
    store.is_full = True
    later = samples.NOW + timedelta(seconds=1)
    for _ in range(3):
        marks.keep_marks({FIRST: TWO}, store_id="s", issued=later)
    marks.keep_marks({SECOND: ONE}, store_id="t", issued=later)
    assert marks.marks() == {FIRST: TWO, SECOND: ONE}
    assert marks.platform() == ("t", later)
    assert store.kept == {FIRST: ONE}
    assert journal.noted == ["marks.disk_full"]
    store.is_full = False
    marks.keep_marks({}, store_id="t", issued=later)
    assert store.kept == {FIRST: TWO, SECOND: ONE} == marks.marks()
    assert store.store == ("t", later) == marks.platform()
