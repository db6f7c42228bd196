"""What measured facts say about a station's health, each with the way to mend it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from edge.core.envelope import Sealed, digest_of
from edge.core.moments import TimeQuality
from edge.flows.health_words import WORDS

DISK_WARN_BYTES = 2 * 1024**3
DISK_FAIL_BYTES = 256 * 1024**2
"""Below this no delivery is begun: a day's photographs take some 100 MB (house rule)."""


class Level(StrEnum):
    """How grave a diagnosis is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing looked at: what is so, and what to do about it; remedies are empty when well."""

    id: str
    level: Level
    zh: str
    en: str
    remedy_zh: str = ""
    remedy_en: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing needs to be done."""
        return self.level is Level.OK


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What was found of a private key: `key_id` None when it cannot be read, `pinned` by id."""

    path: str
    mode: int | None
    key_id: str | None = None
    why: str = ""
    pinned: bool = False
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What was found of a store: the end of its newest epoch; `why` tells what does not hold."""

    path: str
    epoch: str = "-"
    sequence: int = 0
    why: str = ""


_PASSING = frozenset({"name", "refused", "silent", "no_route"})


def diagnose(id_: str, kind: str, level: Level, **facts: object) -> Diagnosis:
    """A diagnosis with the texts of `kind`, filled with the facts."""
    zh, en, remedy_zh, remedy_en = (text.format_map(facts) for text in WORDS[kind])
    return Diagnosis(id_, level, zh, en, remedy_zh, remedy_en)


def disk_health(path: str, *, exists: bool, writable: bool, free_bytes: int) -> Diagnosis:
    """The state directory and the room on its disk."""
    free = f"{free_bytes / 1024**3:.1f} GiB"
    if not exists:
        return diagnose("disk", "disk.absent", Level.FAIL, path=path)
    if not writable:
        return diagnose("disk", "disk.readonly", Level.FAIL, path=path)
    if free_bytes >= DISK_WARN_BYTES:
        return diagnose("disk", "disk.ok", Level.OK, path=path, free=free)
    level = Level.WARN if free_bytes >= DISK_FAIL_BYTES else Level.FAIL
    return diagnose("disk", "disk.low", level, path=path, free=free)


def clock_health(quality: TimeQuality) -> Diagnosis:
    """The wall clock (A12)."""
    level = {TimeQuality.SYNCED: Level.OK, TimeQuality.HOLDOVER: Level.WARN}
    return diagnose("clock", f"clock.{quality.value}", level.get(quality, Level.FAIL))


def key_health(id_: str, facts: KeyFacts, *, station: str | None) -> Diagnosis:
    """A private key: there, private, readable, pinned, and this station's (`station`: its name)."""
    path, key_id = facts.path, facts.key_id
    if facts.mode is None:
        return diagnose(id_, "key.absent", Level.FAIL, path=path)
    if facts.mode & 0o077:
        return diagnose(id_, "key.mode", Level.FAIL, path=path, mode=f"{facts.mode:04o}")
    if key_id is None:
        return diagnose(id_, "key.unreadable", Level.FAIL, path=path, why=facts.why)
    if not facts.pinned:
        return diagnose(id_, "key.unpinned", Level.FAIL, key_id=key_id)
    if station is not None and facts.owner != station:
        owner = facts.owner or "-"
        return diagnose(id_, "key.owner", Level.FAIL, key_id=key_id, owner=owner)
    return diagnose(id_, "key.ok", Level.OK, key_id=key_id)


def broker_health(address: str, *, obstacle: str | None, why: str = "") -> Diagnosis:
    """The way to the broker; events wait meanwhile, so that only a refusal to us is grave."""
    if obstacle is None:
        return diagnose("broker", "broker.ok", Level.OK, address=address)
    level = Level.WARN if obstacle in _PASSING else Level.FAIL
    return diagnose("broker", f"broker.{obstacle}", level, address=address, why=why)


def chain_fault(events: Iterable[Sealed]) -> str:
    """Where a run of events stops being a chain; empty when it holds. Signatures are not asked."""
    before: Sealed | None = None
    for event in events:
        if digest_of(event.body) != event.digest:
            return f"digest at {event.sequence}"
        if before is not None:
            if event.sequence != before.sequence + 1:
                return f"gap after {before.sequence}"
            if f'"prev":"{before.digest}"'.encode() not in event.body:
                return f"link at {event.sequence}"
        before = event
    return ""


def store_health(id_: str, facts: StoreFacts | None, *, path: str) -> Diagnosis:
    """A store: None when its file does not exist yet."""
    if facts is None:
        return diagnose(id_, "store.absent", Level.WARN, path=path)
    if facts.why:
        return diagnose(id_, "store.bad", Level.FAIL, path=path, why=facts.why)
    return diagnose(
        id_, "store.ok", Level.OK, path=path, epoch=facts.epoch, sequence=facts.sequence
    )


def reference_health(ages_h: Mapping[str, float], *, max_age_h: float) -> tuple[Diagnosis, ...]:
    """Age of each set of reference data in hours; infinite when never received."""
    found = []
    for name, age_h in ages_h.items():
        id_ = f"reference.{name}"
        if age_h == float("inf"):
            found.append(diagnose(id_, "reference.never", Level.WARN, name=name))
        elif age_h > max_age_h:
            found.append(diagnose(id_, "reference.old", Level.WARN, name=name, age=f"{age_h:.1f}"))
        else:
            found.append(diagnose(id_, "reference.ok", Level.OK, name=name, age=f"{age_h:.1f}"))
    return tuple(found)


def reader_health(name: str, place: str, *, fault: str | None) -> Diagnosis:
    """A serial or tag reader: what is wrong with its place, e.g. `absent`; None when nothing is.

    An absent reader comes back by itself; a wrong name or missing right does not.
    """
    id_ = f"readers.{name}"
    if fault is None:
        return diagnose(id_, "reader.ok", Level.OK, name=name, place=place)
    level = Level.WARN if fault in {"absent", "unstable"} else Level.FAIL
    return diagnose(id_, f"reader.{fault}", level, name=name, place=place)


def decoder_health(names: tuple[str, ...], missing: Mapping[str, str]) -> tuple[Diagnosis, ...]:
    """The engines that read codes; `missing` gives each absent one's remedy."""
    gone = tuple(
        diagnose(f"decoders.{name}", "decoders.missing", Level.WARN, names=name, remedy=remedy)
        for name, remedy in missing.items()
    )
    if not names:
        return tuple(
            Diagnosis(each.id, Level.FAIL, each.zh, each.en, each.remedy_zh, each.remedy_en)
            for each in gone
        )
    return (diagnose("decoders", "decoders.ok", Level.OK, names=", ".join(names)), *gone)
