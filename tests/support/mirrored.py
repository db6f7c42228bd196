"""A replica that is fed with signed heads and pages, as a platform would."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import samples
from downlinks import CONTROL, DOWNLINK, STATION, signed
from memory_doors import QuietJournal, SetClock
from sim_city import Issuer

from edge.core.people import Person, Role
from edge.flows.sync import Sync
from edge.storage.mirror import SqliteMirror
from edge.wire.downlink import Head, PageHead
from edge.wire.reference import Deleted, Row, SetName, page_head, paginate


def people(count: int, prefix: str = "person") -> tuple[Person, ...]:
    """Enough of them fill several pages: about 100 to a page."""
    return tuple(samples.person(f"{prefix}-{number:04d}", Role.TESTER) for number in range(count))


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a set as the platform holds it."""

    name: str
    version: int
    pages: tuple[bytes, ...]
    issued: datetime = samples.NOW

    @property
    def listed(self) -> tuple[PageHead, ...]:
        return tuple(page_head(page) for page in self.pages)

    def head(
        self, *, late_s: float = 0, station: str = STATION.name, by: Issuer = CONTROL
    ) -> bytes:
        """Its signed head, issued `late_s` after the version was made."""
        issued = self.issued + timedelta(seconds=late_s)
        return signed(Head(station, self.name, self.version, issued, self.listed), by)


def version(
    rows: Iterable[Row | Deleted], number: int = 1, *, name: str = "people", at_s: float = 0
) -> Version:
    return Version(name, number, paginate(rows), samples.NOW + timedelta(seconds=at_s))


@dataclass
class Replica:
    """The mirror's writer and the engine that feeds it."""

    path: Path
    clock: SetClock = field(default_factory=SetClock)
    journal: QuietJournal = field(default_factory=QuietJournal)
    asked: list[tuple[str, int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.mirror = SqliteMirror(self.path)
        self.sync = Sync(
            mirror=self.mirror, clock=self.clock, downlink=DOWNLINK, journal=self.journal
        )

    def restart(self) -> None:
        """A new process over the same file."""
        self.mirror.close()
        self.start()

    def pump(self) -> list[int]:
        """The numbers of the pages that were asked for."""
        self.asked.clear()
        self.sync.pump(lambda name, number, page: self.asked.append((name, number, page)))
        return [page for _, _, page in self.asked]

    def bring(self, of: Version, *numbers: int, body: Callable[[bytes], bytes] = bytes) -> None:
        """Pages arrive; `body` may spoil them."""
        for number in numbers:
            self.sync.hear_page(of.name, of.version, number, body(of.pages[number]))

    def take(self, of: Version, *, late_s: float = 0) -> None:
        """Head and all pages."""
        self.sync.hear_head(of.head(late_s=late_s))
        self.bring(of, *range(len(of.pages)))

    def take_rows(self, rows: dict[SetName, tuple[Row, ...]]) -> None:
        """A whole city."""
        for name, each in rows.items():
            self.take(version(each, name=name.value))

    def number(self, name: str = "people") -> int | None:
        """The version that counts."""
        held = self.mirror.held().get(name)
        return held.version if held else None

    def issued_s(self, name: str = "people") -> float:
        """When it was last vouched for, in seconds."""
        return (self.mirror.held()[name].issued - samples.NOW).total_seconds()

    def has(self, page: bytes) -> bool:
        return self.mirror.has_page(page_head(page).sha256)
