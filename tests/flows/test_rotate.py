"""Changing the event key: what is announced, pinned and put in place."""

import json
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest
import samples
from memory_doors import CountingIds, SetClock
from rotating import CutError, Files, Knife, Run, provisioned, rotate, run, start
from signed_log import KEY, RULES, STATION

from edge.core.documents import Document
from edge.core.envelope import Seal
from edge.core.errors import ConfigError, StorageCorrupt, StorageError
from edge.core.events import KeyRotated
from edge.core.ids import KeyId
from edge.flows.record import Recorder
from edge.flows.rotate import DONE, ID, KIND, PENDING
from edge.host.event_key import EventKeyFiles, next_key_file
from edge.host.keys import (
    FileSigner,
    generate_key,
    key_id_of,
    read_pinned,
    write_pinned,
)
from edge.storage.station import SqliteStation


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return provisioned(tmp_path)


def test_the_announcement_is_the_last_event_of_the_old_key(files: Files) -> None:
    done = run(files, start, rotate, start, start)
    assert done[1] == ""
    sealed = files.sealed_by()
    (new,) = set(sealed) - {KEY}
    assert sealed == [KEY] * 3 + [new] * 2
    assert files.flaw() is None
    old, pinned = read_pinned(files.keys)
    assert old.last is not None
    assert (old.last.sequence, pinned.key_id, pinned.owner) == (3, new, STATION.name)
    assert old.valid_until == samples.NOW.replace(second=1, microsecond=500_000)
    assert files.key.stat().st_mode & 0o077 == 0
    assert not next_key_file(files.key).exists()
    assert key_id_of(files.key, read_pinned(files.keys)) == new
    run(files, start)
    assert files.sealed_by()[-1] == new


def test_again_and_again(files: Files) -> None:
    for _ in range(4):
        run(files, start, rotate, rotate, start)
    assert files.flaw() is None
    assert len(set(files.sealed_by())) == len(read_pinned(files.keys)) == 9


@pytest.mark.parametrize("jump_s", [-86_400.0 * 400, 86_400.0 * 400])
def test_a_clock_that_jumps_makes_no_event_false(files: Files, jump_s: float) -> None:
    clock = SetClock()

    def jump(_: Run) -> None:
        clock.move(jump_s)

    run(files, start, jump, start, rotate, jump, start, clock=clock)
    assert files.flaw() is None
    clock = SetClock()
    run(files, start, jump, rotate, start, clock=clock)
    run(files, start, rotate, start)
    assert files.flaw() is None


def test_a_key_that_has_ended_announces_nothing(files: Files) -> None:
    (pinned,) = read_pinned(files.keys)
    write_pinned(files.keys, [replace(pinned, valid_until=samples.NOW)])
    clock = SetClock()
    done = run(files, lambda _: clock.move(60), rotate, clock=clock)
    assert done[-1] == "key_not_valid"
    assert len(files.public_keys()) == 1


@pytest.mark.parametrize("left", [b"", b"-----BEGIN PRIV"])
def test_half_a_key_that_nobody_has_heard_of_goes(files: Files, left: bytes) -> None:
    next_key_file(files.key).write_bytes(left)
    files.keys.with_suffix(".new").write_bytes(left)
    run(files, start, rotate, start)
    assert files.flaw() is None
    assert len(files.public_keys()) == 1


def test_pins_that_cannot_be_written_announce_nothing(files: Files) -> None:
    shelf = EventKeyFiles(files.key, pinned=files.folder / "nowhere" / "keys.json")
    with pytest.raises(StorageError, match="key_not_made"):
        shelf.make()
    assert not next_key_file(files.key).exists()


def forged(place: dict[str, object]) -> Document:
    return Document(KIND, ID, PENDING, json.dumps(place).encode())


@pytest.fixture
def rotated(files: Files) -> Iterator[tuple[Files, SqliteStation]]:
    run(files, start, rotate, start)
    with closing(SqliteStation(files.folder / "station.db")) as store:
        yield files, store


@pytest.mark.parametrize("sequence", [0, 1, 2, 4, 99])
def test_whoever_has_only_the_database_announces_nothing(
    rotated: tuple[Files, SqliteStation], sequence: int
) -> None:
    files, store = rotated
    before = files.keys.read_bytes()
    store.commit(documents=(forged({"epoch": store.tip().epoch, "sequence": sequence}),))
    store.close()
    with pytest.raises(StorageCorrupt, match="rotation_unreadable"):
        run(files)
    assert files.keys.read_bytes() == before


def test_an_announcement_with_a_key_of_his_own_is_not_believed(files: Files) -> None:
    run(files, start, rotate)
    own = files.folder / "own.pem"
    public = generate_key(own)
    signer = FileSigner(own, key_id=KEY)
    with closing(SqliteStation(files.folder / "station.db")) as store:
        by = Seal(STATION.urn, "boot-1", KEY, signer.sign)
        ids = CountingIds()
        ids.count = 10**6
        recorder = Recorder(store=store, clock=SetClock(), ids=ids, by=by, device=samples.DEVICE)
        place = {"epoch": store.tip().epoch, "sequence": store.tip().sequence + 1}
        recorder.record(
            (KeyRotated(KeyId("event-own"), public),),
            occurred=SetClock().read(),
            ruleset=RULES,
            documents=(forged(place),),
        )
    with pytest.raises(StorageCorrupt, match="rotation_forged"):
        run(files)
    assert "event-own" not in {each.key_id for each in read_pinned(files.keys)}


def test_an_announced_key_that_is_gone_is_named(files: Files) -> None:
    knife = Knife(0)
    with suppress(CutError):
        run(files, lambda _: setattr(knife, "at", knife.steps + 6), rotate, knife=knife)
    next_key_file(files.key).unlink()
    with pytest.raises(ConfigError, match=r"key_lost.*event\.next\.pem"):
        run(files)


def test_the_document_says_when_it_is_done(files: Files) -> None:
    run(files, rotate)
    with closing(SqliteStation(files.folder / "station.db")) as store:
        document = store.document(KIND, ID)
    assert document is not None
    assert document.phase == DONE
