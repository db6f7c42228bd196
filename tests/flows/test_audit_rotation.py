"""The audit of a log whose key was changed: each key seals in its turn, and nobody adds one."""

import shutil
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import samples
from memory_doors import CountingIds, SetClock
from signed_log import KEY, RULES, STATION, SignedLog, change_keys, make_log

from edge.core.envelope import Seal
from edge.core.events import DeviceStarted, Event, KeyRotated
from edge.core.ids import KeyId
from edge.flows.audit import Audited, audit
from edge.flows.record import Recorder
from edge.host.event_key import next_key_file
from edge.host.keys import (
    FileSigner,
    PinnedKey,
    PinnedKeys,
    generate_key,
    read_pinned,
    write_pinned,
)
from edge.storage.station import SqliteStation

THIEF = KeyId("event-thief")


@dataclass(frozen=True, slots=True)
class Rotated:
    """A log with two changes of its key, and the pinned keys of then and now."""

    log: SignedLog
    then: Path

    def audit(self, keys: Path) -> Audited:
        with closing(SqliteStation(self.log.db)) as store:
            return audit(store, ring=PinnedKeys.load(keys, SetClock()))

    def forge(self, *events: Event, key: Path, name: KeyId) -> None:
        """Append as somebody who writes the database and has a private key."""
        signer = FileSigner(key, key_id=name)
        ids = CountingIds()
        ids.count = 50_000
        with closing(SqliteStation(self.log.db)) as store:
            recorder = Recorder(
                store=store,
                clock=SetClock(),
                ids=ids,
                by=Seal(STATION.urn, "boot-1", name, signer.sign),
                device=samples.DEVICE,
            )
            for event in events:
                recorder.record((event,), occurred=SetClock().read(), ruleset=RULES)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    log = make_log(tmp_path_factory.mktemp("rotated"))
    shutil.copy(log.keys, log.folder / "then.json")
    with closing(SqliteStation(log.db)) as store:
        change_keys(log, store, times=2)
    return log.folder


@pytest.fixture
def rotated(made: Path, tmp_path: Path) -> Rotated:
    folder = tmp_path / "station"
    shutil.copytree(made, folder)
    return Rotated(SignedLog(folder), folder / "then.json")


def test_it_holds_against_the_keys_of_now_and_of_then(rotated: Rotated) -> None:
    before = rotated.then.read_bytes()
    for keys in (rotated.log.keys, rotated.then):
        assert rotated.audit(keys).ok
    assert rotated.then.read_bytes() == before
    assert len(read_pinned(rotated.log.keys)) == len(("first", "second", "third"))


@pytest.mark.parametrize("now", [True, False])
def test_a_key_that_another_follows_seals_nothing_more(
    rotated: Rotated,
    now: bool,  # noqa: FBT001 - a table
) -> None:
    stolen = rotated.log.folder / "event.0.pem"
    rotated.forge(DeviceStarted("stolen"), key=stolen, name=KEY)
    found = rotated.audit(rotated.log.keys if now else rotated.then)
    assert found.first_bad is not None
    assert found.first_bad.code == "key"


def test_it_announces_no_other_one(rotated: Rotated) -> None:
    public = generate_key(next_key_file(rotated.log.private_key))
    stolen = rotated.log.folder / "event.0.pem"
    rotated.forge(KeyRotated(THIEF, public), key=stolen, name=KEY)
    found = rotated.audit(rotated.then)
    assert found.first_bad is not None
    assert found.first_bad.code == "key"


@pytest.mark.parametrize("name", [THIEF, KEY])
def test_whoever_has_only_the_database_forges_no_change(rotated: Rotated, name: KeyId) -> None:
    own = rotated.log.folder / "own.pem"
    announced = KeyRotated(THIEF, generate_key(own))
    rotated.forge(announced, DeviceStarted("forged"), key=own, name=name)
    for keys in (rotated.log.keys, rotated.then):
        found = rotated.audit(keys)
        assert found.first_bad is not None
        assert found.first_bad.code == "signature"


def test_a_pinned_key_that_the_log_does_not_announce_seals_nothing(rotated: Rotated) -> None:
    other = rotated.log.folder / "other.pem"
    public = generate_key(other)
    write_pinned(
        rotated.log.keys,
        (*read_pinned(rotated.log.keys), PinnedKey(THIEF, public, "event", STATION.name)),
    )
    rotated.forge(DeviceStarted("other"), key=other, name=THIEF)
    found = rotated.audit(rotated.log.keys)
    assert found.first_bad is not None
    assert found.first_bad.code == "key"
