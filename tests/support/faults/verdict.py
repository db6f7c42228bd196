"""The count after a schedule: what was confirmed to the scanner against what the platform holds."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from faults.peers import collected
from faults.roles import read_ledger
from faults.scene import Scene

from edge.core.envelope import GENESIS
from edge.core.ids import Digest, EpochId
from edge.flows.audit import audit
from edge.host.clock import SystemClock
from edge.host.keys import PinnedKeys
from edge.storage.central import CentralReader
from edge.storage.station import StationReader
from edge.wire.topics import Station

Place = tuple[str, int, str]
"""Epoch, sequence and digest."""


@dataclass(frozen=True, slots=True)
class Share:
    """What became of a comparison device's events."""

    accepted: int = 0
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """One line of the results; everything but the first three must be 0 or empty."""

    seed: int
    confirmed: int
    refused: int
    lost: int
    doubled: int
    misordered: int
    undetected: int
    false_alarms: int
    words: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    fired: tuple[str, ...] = ()
    peers: Mapping[str, Share] = field(default_factory=dict)
    again: int = 0
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        """Nothing lost, doubled, out of order or undetected, and no alarm without a cause."""
        found = (self.lost, self.doubled, self.misordered, self.undetected, self.false_alarms)
        return not any(found)

    def text(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def parse(cls, line: str) -> "Verdict":
        """The verdict of a line."""
        found: dict[str, Any] = json.loads(line)
        found["peers"] = {name: Share(**each) for name, each in found["peers"].items()}
        for name in ("words", "steps", "fired"):
            found[name] = tuple(found[name])
        return cls(**found)


@dataclass(frozen=True, slots=True)
class Held:
    """What the platform's store holds of the station, and how far it says that it is whole."""

    events: tuple[tuple[EpochId, int, Digest, Digest], ...]
    marks: Mapping[EpochId, int]
    alarms: tuple[str, ...]
    duplicates: int
    redeliveries: int

    @classmethod
    def read(cls, path: Path, station: Station) -> "Held":
        """As it stands now."""
        with CentralReader(path) as store:
            counts = store.counts()
            rows = store._door.all(
                "SELECT epoch, sequence, digest, prev FROM events WHERE station=? ORDER BY rowid",
                station.name,
            )
            return cls(
                events=tuple((EpochId(e), n, Digest(d), Digest(p)) for e, n, d, p in rows),
                marks=store.watermarks(station.name),
                alarms=tuple(f"{each.code} {each.facts}" for each in store.alarms()),
                duplicates=counts.duplicates_stored,
                redeliveries=counts.redeliveries,
            )

    @property
    def places(self) -> set[Place]:
        """Every event by its place."""
        return {(epoch, sequence, digest) for epoch, sequence, digest, _ in self.events}

    def misordered(self) -> int:
        """Events that do not follow the one before them in their chain."""
        digests = {(epoch, sequence): digest for epoch, sequence, digest, _ in self.events}
        return sum(
            prev != (digests.get((epoch, sequence - 1)) if sequence > 1 else GENESIS)
            for epoch, sequence, _, prev in self.events
        )

    def promised_too_much(self) -> int:
        """Places below a watermark that are not there: a hole that nobody would ever notice."""
        stored = Counter(epoch for epoch, _, _, _ in self.events)
        low = {
            epoch: sum(1 for e, n, _, _ in self.events if e == epoch and n <= upto)
            for epoch, upto in self.marks.items()
        }
        assert set(low) <= set(stored) | set(self.marks)
        return sum(upto - low[epoch] for epoch, upto in self.marks.items())


def judge(scene: Scene, *, seconds: float, surprises: Iterable[str] = ()) -> Verdict:
    """Count everything, once all is quiet."""
    lines = read_ledger(scene.folder / "capture.ledger")
    confirmed = [_place(line) for line in lines if line != "refused"]
    held = Held.read(scene.platform.central_db, scene.sides["station"].name)
    kept, flaw = _own_log(scene)
    surprised = list(surprises)
    words = list(surprised)
    gone = set(confirmed) - held.places
    behind = kept - held.places
    strangers = held.places - kept
    words += [f"lost {each}" for each in sorted(gone | behind)[:5]]
    words += [f"stranger {each}" for each in sorted(strangers)[:5]]
    words += [f"alarm {each}" for each in held.alarms]
    words += [f"log {flaw}"] if flaw else []
    return Verdict(
        seed=scene.plan.seed,
        confirmed=len(confirmed),
        refused=len(lines) - len(confirmed),
        lost=len(gone | behind),
        doubled=held.duplicates + len(held.events) - len(held.places) + _repeats(confirmed),
        misordered=held.misordered(),
        undetected=held.promised_too_much() + len(strangers) + len(surprised) + bool(flaw),
        false_alarms=len(held.alarms),
        words=tuple(words),
        steps=tuple(str(step) for step in scene.plan.steps),
        fired=tuple(scene.fired),
        peers=_peers(scene) if scene.with_peers else {},
        again=held.redeliveries,
        seconds=round(seconds, 2),
    )


def _own_log(scene: Scene) -> tuple[set[Place], str]:
    """What the station's own store holds, and the first thing wrong with it."""
    settings = scene.station
    ring = PinnedKeys.load(settings.keys_file, SystemClock(assume_synced=True))
    with StationReader(settings.station_db) as log:
        found = audit(log, ring=ring)
        kept = {
            (epoch, each.sequence, each.digest)
            for epoch in log.epochs()
            for each in log.events(epoch, limit=1_000_000)
        }
    return {(str(e), n, str(d)) for e, n, d in kept}, "" if found.ok else str(found.first_bad)


def _place(line: str) -> Place:
    epoch, sequence, digest = line.split()
    return epoch, int(sequence), digest


def _repeats(confirmed: list[Place]) -> int:
    return len(confirmed) - len(set(confirmed))


def _peers(scene: Scene) -> Mapping[str, Share]:
    """What each comparison device accepted, and what never came to its platform."""
    found = {}
    for name in ("bare", "forgetful"):
        accepted = {int(line) for line in read_ledger(scene.folder / f"{name}.ledger")}
        got = collected(scene.folder / "peers.db", f"peer/{name}")
        found[name] = Share(len(accepted), len(accepted - got))
    return found
