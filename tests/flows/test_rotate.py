"""Changing the event key: cut short at every point, a station goes on with exactly one key."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import samples
from memory_doors import CountingIds, SetClock
from signed_log import KEY, RULES, STATION

from edge.core.documents import Document
from edge.core.envelope import Seal
from edge.core.errors import ConfigError, StorageCorrupt, StorageError, StorageFull
from edge.core.events import DeviceStarted, KeyRotated
from edge.core.ids import KeyId
from edge.flows.audit import audit
from edge.flows.epoch import EpochOpener
from edge.flows.record import Recorder
from edge.flows.rotate import DONE, ID, KIND, PENDING, KeyShelf, NewSigner, Rotation
from edge.host.event_key import EventKeyFiles, next_key_file
from edge.host.keys import (
    FileSigner,
    PinnedFile,
    PinnedKey,
    generate_key,
    key_id_of,
    read_pinned,
    write_pinned,
)
from edge.ports import Signer
from edge.storage.station import SqliteStation


class CutError(BaseException):
    """The process is killed here: nobody may catch it."""


class Knife:
    """Counts the steps that reach the disk, and kills before or after one of them."""

    def __init__(self, at: int = 0, *, error: Callable[[], BaseException] = CutError) -> None:
        self.at, self.error, self.steps = at, error, 0

    def __call__(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def cut(*given: Any, **named: Any) -> Any:
            self._pass()
            done = step(*given, **named)
            self._pass()
            return done

        return cut

    def _pass(self) -> None:
        self.steps += 1
        if self.steps == self.at:
            raise self.error()


class Sharp:
    """Something whose named steps meet the knife; the rest is as it is."""

    def __init__(self, real: object, knife: Knife, *steps: str) -> None:
        self._real, self._knife, self._steps = real, knife, steps

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        return self._knife(found) if name in self._steps else found


@dataclass
class Files:
    """A station's folder; every `run` is a process of its own over it."""

    folder: Path

    @property
    def key(self) -> Path:
        return self.folder / "event.pem"

    @property
    def keys(self) -> Path:
        return self.folder / "keys.json"

    def ring(self, clock: SetClock) -> PinnedFile:
        return PinnedFile(self.keys, clock)

    def flaw(self) -> object:
        with closing(SqliteStation(self.folder / "station.db")) as store:
            return audit(store, ring=self.ring(SetClock())).first_bad

    def sealed_by(self) -> list[KeyId]:
        with closing(SqliteStation(self.folder / "station.db")) as store:
            return [each.key_id for each in store.events(store.tip().epoch)]

    def public_keys(self) -> set[str]:
        """Of the private keys that lie there."""
        found = [each for each in (self.key, next_key_file(self.key)) if each.exists()]
        return {FileSigner(each, key_id=KEY).public for each in found}


@pytest.fixture
def files(tmp_path: Path) -> Files:
    made = Files(tmp_path)
    write_pinned(made.keys, [PinnedKey(KEY, generate_key(made.key), "event", STATION.name)])
    return made


class Run:
    """A capture process: it settles, seals and is ordered about."""

    def __init__(self, files: Files, store: SqliteStation, knife: Knife, clock: SetClock) -> None:
        self._clock, self._ids = clock, CountingIds()
        self._ids.count = 0 if store.is_new else 1000 * (store.tip().sequence + 1)
        shelf = KeyShelf(
            files=Sharp(
                EventKeyFiles(files.key, pinned=files.keys),
                knife,
                *("make", "discard", "put_in_place"),
            ),
            pins=Sharp(files.ring(clock), knife, "succeed"),
            store=Sharp(store, knife, "commit"),
            station=STATION.name,
        )
        self.settled = shelf.settle()
        signer = FileSigner(files.key, key_id=key_id_of(files.key, read_pinned(files.keys)))
        if store.is_new:
            EpochOpener(
                clock=clock,
                ids=self._ids,
                by=self._seal(signer),
                device=samples.DEVICE,
                ruleset=RULES,
            ).open(store)
        self.recorder = Recorder(
            store=shelf.store,
            clock=clock,
            ids=self._ids,
            by=self._seal(signer),
            device=samples.DEVICE,
        )
        self.rotation = Rotation(shelf, self.recorder, clock, RULES, self._seal_with)

    def start(self) -> None:
        self._clock.move(1.5)
        started = (DeviceStarted("1.0"),)
        self.recorder.record(started, occurred=self._clock.read(), ruleset=RULES)

    def _seal_with(self, signer: NewSigner) -> None:
        self.recorder.sign_with(self._seal(signer))

    def _seal(self, signer: Signer) -> Seal:
        return Seal(STATION.urn, "boot-1", signer.key_id, signer.sign)


def run(
    files: Files,
    *steps: Callable[[Run], object],
    knife: Knife | None = None,
    clock: SetClock | None = None,
) -> list[object]:
    """One process from its start to its end."""
    with closing(SqliteStation(files.folder / "station.db")) as store:
        process = Run(files, store, knife or Knife(), clock or SetClock())
        return [step(process) for step in steps]


def rotate(process: Run) -> str:
    return process.rotation.rotate()


def start(process: Run) -> None:
    process.start()


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


def steps_of(files: Files, *deeds: Callable[[Run], object]) -> int:
    knife = Knife()
    run(files, *deeds, knife=knife)
    return knife.steps


def is_sound(files: Files, announced: bool) -> bool:  # noqa: FBT001 - a fact of the table
    """Whether a station that starts anew goes on with the one key that it has announced."""
    run(files, start)
    sealed = files.sealed_by()
    (one,) = files.public_keys()
    by_name = {each.key_id: each.public for each in read_pinned(files.keys)}
    return files.flaw() is None and by_name[sealed[-1]] == one and (sealed[-1] != KEY) is announced


CUTS = range(1, 13)
"""Before and after: discard, make, announce, pin, put in place, say so."""
ANNOUNCED = 5
"""Passes of the knife before the announcement is committed."""


@pytest.mark.parametrize("cut", CUTS)
def test_a_kill_at_every_point_ends_with_one_key(files: Files, cut: int) -> None:
    knife = Knife(0)
    with suppress(CutError):
        run(files, start, lambda _: setattr(knife, "at", knife.steps + cut), rotate, knife=knife)
    assert is_sound(files, announced=cut > ANNOUNCED)
    run(files, rotate, start)
    assert files.flaw() is None
    assert files.sealed_by()[-1] != KEY


def test_the_knife_meets_every_step(files: Files) -> None:
    run(files, start)
    alone = steps_of(files)
    assert steps_of(files, rotate) - alone == len(CUTS)


@pytest.mark.parametrize("second", range(1, 9))
@pytest.mark.parametrize("cut", CUTS[ANNOUNCED:])
def test_a_kill_while_a_start_settles_is_settled_by_the_next(
    files: Files, cut: int, second: int
) -> None:
    knife = Knife(0)
    with suppress(CutError):
        run(files, start, lambda _: setattr(knife, "at", knife.steps + cut), rotate, knife=knife)
    with suppress(CutError):
        run(files, start, knife=Knife(second))
    assert is_sound(files, announced=True)


@pytest.mark.parametrize("cut", CUTS)
def test_trouble_at_every_point_leaves_one_key_to_seal_with(files: Files, cut: int) -> None:
    """The process goes on: what it seals next is whole once the next start has settled."""
    knife = Knife(0, error=lambda: StorageFull("disk_full"))
    run(
        files,
        start,
        lambda _: setattr(knife, "at", knife.steps + cut),
        rotate,
        start,
        knife=knife,
    )
    run(files, start)
    assert files.flaw() is None
    assert len(files.public_keys()) == 1


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
