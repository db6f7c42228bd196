"""What events cost on the disk, and that stores of before keep theirs."""

import sqlite3
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import pytest
import samples
from memory_doors import CountingIds

from edge.core.envelope import Draft, Seal, Sealed, Tip, seal
from edge.core.ids import EpochId, KeyId, RuleSetId
from edge.storage.station import SqliteStation

EPOCH = EpochId("01890000-0000-7000-8000-000000000001")
BY = Seal("urn:x", "boot-1", KeyId("key-1"), lambda _: bytes(64))
EVENTS = 400
BEFORE = 3
"""The last schema that kept events in a table without rowid."""


def chain(count: int, size_bytes: int) -> tuple[Sealed, ...]:
    """Events whose bodies have a size, or are as small as they can be."""
    ids, tip, found = CountingIds(), Tip(EPOCH), []
    pad = "x" * max(0, size_bytes - 560)
    for _ in range(count):
        draft = Draft("seal.checked", "d-1", samples.instant(), RuleSetId("r-1"), {"pad": pad})
        event_id = ids.event_id(samples.NOW)
        found.append(seal(draft, tip, event_id=event_id, recorded_at=samples.NOW, by=BY))
        tip = found[-1].tip
    return tuple(found)


def keep(path: Path, events: tuple[Sealed, ...]) -> None:
    with closing(SqliteStation(path)) as store:
        store.open_epoch(EPOCH, events[0])
        store.commit(events=events[1:])


@pytest.mark.parametrize("size_bytes", [600, 750, 1000, 1500, 3000])
def test_an_event_takes_little_more_room_than_its_bytes(tmp_path: Path, size_bytes: int) -> None:
    events = chain(EVENTS, size_bytes)
    keep(tmp_path / "s.db", events)
    body = len(events[-1].body)
    assert abs(body - size_bytes) < 60
    assert (tmp_path / "s.db").stat().st_size / EVENTS < body * 1.25 + 800


def test_a_store_of_before_keeps_every_event(tmp_path: Path) -> None:
    events = chain(50, 1000)
    keep(tmp_path / "new.db", events)
    with closing(sqlite3.connect(tmp_path / "old.db", isolation_level=None)) as old:
        for number in range(1, BEFORE + 1):
            folder = files("edge.storage") / "migrations" / "station"
            (script,) = (
                each for each in folder.iterdir() if each.name.startswith(f"{number:04d}_")
            )
            old.executescript(script.read_text(encoding="utf-8"))
        old.execute(f"PRAGMA user_version={BEFORE}")
        old.execute("ATTACH ? AS new", (str(tmp_path / "new.db"),))
        for table in ("epochs", "events"):
            old.execute(f"INSERT INTO main.{table} SELECT * FROM new.{table}")  # noqa: S608 - table names of this test
    with closing(SqliteStation(tmp_path / "old.db")) as store:
        assert store.events(EPOCH) == events
        assert store.tip() == events[-1].tip
        (answer,) = store._db.execute("PRAGMA integrity_check").fetchone()
        assert answer == "ok"
        assert store._db.execute("PRAGMA foreign_key_check").fetchall() == []
