"""A station that changes its event key, and a knife that cuts it short at any step."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import samples
from memory_doors import CountingIds, SetClock
from signed_log import KEY, RULES, STATION

from edge.core.envelope import Seal
from edge.core.events import DeviceStarted
from edge.core.ids import KeyId
from edge.flows.audit import audit
from edge.flows.epoch import EpochOpener
from edge.flows.record import Recorder
from edge.flows.rotate import KeyShelf, NewSigner, Rotation
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


def provisioned(folder: Path) -> Files:
    """A station's folder with a key that is pinned."""
    made = Files(folder)
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
