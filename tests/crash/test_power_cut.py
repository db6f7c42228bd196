"""The power goes: of what was not synced any sector may be missing, in any order of writing."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from fleet_site import FleetSite, engine, said
from signed_log import SignedLog, Writer, signed_place
from write_recorder import Promised, Recording, Synced, Written, recorded_writes

from edge.core.errors import StorageCorrupt
from edge.core.ids import SpecimenId
from edge.flows.audit import audit
from edge.storage.central import SqliteCentral
from edge.storage.db import Synchronous
from edge.storage.station import SqliteStation

pytestmark = pytest.mark.slow

STEPS = 30
CHECKPOINT_PAGES = 40
"""Small, so that the log is carried over into the database several times in a recording."""
DISKS = 2
"""Disks that are tried for each moment of the cut."""


def recording(folder: Path, synchronous: Synchronous) -> tuple[SignedLog, Recording]:
    """Steps of two events each, with a document and a custody that name the last of them."""
    log = signed_place(folder)
    with recorded_writes() as made, closing(SqliteStation(log.db)) as store:
        store._db.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
        store._db.execute(f"PRAGMA synchronous={synchronous}")
        writer = Writer(log, store)
        writer.open()
        made.promise(1)
        for _ in range(STEPS):
            made.promise(writer.step())
    return log, made


def left_by_cuts(made: Recording, db: Path, *, every: int = 1) -> Iterator[tuple[int, Path]]:
    """Each moment of the cut, with the store of a disk that it could leave."""
    first = next(at for at, deed in enumerate(made.deeds) if isinstance(deed, Promised))
    folder = db.parent
    folder.mkdir()
    for cut in range(first + 1, len(made.deeds), every):
        for seed in range(DISKS):
            for each in folder.glob(f"{db.name}*"):
                each.unlink()
            for name, content in made.disk_after(cut, Random(cut * DISKS + seed)).items():
                (folder / name).write_bytes(content)
            yield cut, db


def test_the_recording_is_what_the_disk_was_asked_for(tmp_path: Path) -> None:
    log, made = recording(tmp_path, "FULL")
    whole = made.disk_after(len(made.deeds), Random(0))
    assert whole[log.db.name] == log.db.read_bytes()
    syncs = [each.file for each in made.deeds if isinstance(each, Synced)]
    assert syncs.count("station.db-wal") >= STEPS
    assert syncs.count("station.db") >= 3, "no checkpoint came into the recording"
    assert any(isinstance(each, Written) and each.file == "station.db" for each in made.deeds)


def test_everything_that_was_confirmed_outlives_a_power_cut_at_any_moment(
    tmp_path: Path,
) -> None:
    log, made = recording(tmp_path / "station", "FULL")
    ring = log.ring()
    left = tmp_path / "left" / log.db.name
    tried = 0
    for cut, db in left_by_cuts(made, left):
        with closing(SqliteStation(db)) as store:
            found = audit(store, ring=ring)
            tip = store.tip().sequence
            step, place = store.document("step", "last"), store.custody(SpecimenId("s-1-1"))
        assert found.ok, (cut, found)
        assert tip >= made.promised(cut), f"cut after deed {cut}"
        if tip > 1:
            assert step is not None
            assert place is not None
            assert (step.body, place.place) == (b"%d" % tip, str(tip)), "half a step"
        tried += 1
    assert tried > 10 * STEPS


def test_a_store_that_does_not_wait_for_the_disk_is_seen_losing(tmp_path: Path) -> None:
    """The same cuts over `synchronous=NORMAL`: confirmed events are gone, so the cuts are real."""
    log, made = recording(tmp_path / "station", "NORMAL")
    left = tmp_path / "left" / log.db.name
    lost = 0
    for cut, db in left_by_cuts(made, left):
        try:
            with closing(SqliteStation(db)) as store:
                tip = store.tip().sequence if store.epochs() else 0
        except StorageCorrupt:
            tip = 0
        lost += tip < made.promised(cut)
    assert lost > STEPS


def test_what_the_platform_has_acknowledged_outlives_its_power_cut(tmp_path: Path) -> None:
    site = FleetSite(tmp_path, port=1, labs=1)
    (station,) = site.stations
    name, epoch = station.station.name, station.chain.epoch
    with (
        recorded_writes() as made,
        closing(SqliteCentral(tmp_path / "central.db")) as store,
    ):
        store._db.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
        platform = engine(site, store)
        for number in range(STEPS):
            batch = [station.chain.append("device.started", "desk-1", {"n": number})] * 2
            platform.receive(said(station, *batch))
            made.promise(store.marks(name)[epoch].upto)
    for cut, db in left_by_cuts(made, tmp_path / "left" / "central.db", every=3):
        with closing(SqliteCentral(db)) as store:
            mark = store.marks(name)[epoch]
            held = {sequence: digest for _, sequence, digest in store.digests(station.station)}
        assert mark.upto >= made.promised(cut), f"cut after deed {cut}"
        assert set(held) == set(range(1, mark.upto + 1)), "a hole below a watermark"
        assert held[mark.upto] == mark.digest
