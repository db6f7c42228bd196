"""Mirroring (step 12): signed heads and pulled pages become versions of the registry replica.

A version is applied whole or not at all; the last good one stays until then.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from edge.core.envelope import digest_of
from edge.core.errors import DecodeError
from edge.core.ids import Digest
from edge.ports import Clock, Journal
from edge.wire.downlink import Downlink, Head, PageHead
from edge.wire.reference import SetName, decode_row, keys_of, lines_of

ASK_AGAIN_S = 10.0
PAGES_AT_ONCE = 4
Place = tuple[str, int, int]
"""Key, start and length in bytes of a row in its page."""


class Held(Protocol):
    """The version of a set that counts."""

    @property
    def issued(self) -> datetime:
        """When the platform last vouched for it."""
        ...

    @property
    def pages(self) -> tuple[Digest, ...]:
        """Its pages in order."""
        ...


class Mirror(Protocol):
    """The replica as its one writer sees it."""

    def held(self) -> Mapping[str, Held]:
        """Every set with the version that counts."""
        ...

    def has_page(self, sha256: Digest) -> bool:
        """Whether a page is here already, whatever version brought it."""
        ...

    def keep_page(self, sha256: Digest, body: bytes, places: Iterable[Place]) -> None:
        """Keep a verified page with the places of its rows; it counts once a version names it."""
        ...

    def switch(
        self, name: str, *, version: int, issued: datetime, pages: Iterable[Digest], envelope: bytes
    ) -> None:
        """Make a version count, whole."""
        ...

    def drop_unused(self, wanted: frozenset[Digest]) -> None:
        """Drop pages that no version names and nobody waits for."""
        ...


AskPage = Callable[[str, int, int], None]
"""Asks the platform for a page: set, version, number; raises LinkDown."""


@dataclass(slots=True)
class _Coming:
    """A version that is not here yet: its head, and when each page was asked for."""

    head: Head
    envelope: bytes
    asked_ns: dict[int, int] = field(default_factory=dict)


class Sync:
    """Follows the platform's heads."""

    def __init__(
        self, *, mirror: Mirror, clock: Clock, downlink: Downlink, journal: Journal
    ) -> None:
        self._mirror = mirror
        self._clock = clock
        self._downlink = downlink
        self._journal = journal
        self._held = mirror.held()
        self._coming: dict[str, _Coming] = {}

    def begin(self) -> None:
        """A connection stands: what was asked before it is asked again."""
        for coming in self._coming.values():
            coming.asked_ns.clear()

    def hear_head(self, payload: bytes) -> None:
        """A head; an older one than known, or one that does not verify, changes nothing."""
        try:
            head = self._downlink.open(payload, Head)
            SetName(head.set)
        except (DecodeError, ValueError) as error:
            self._journal.warning("head.refused", error=str(error))
            return
        held, coming = self._held.get(head.set), self._coming.get(head.set)
        known = [each.issued for each in (held, coming and coming.head) if each]
        if known and head.issued <= max(known):
            return
        asked = coming.asked_ns if coming and coming.head.pages == head.pages else {}
        self._coming[head.set] = _Coming(head, payload, asked)
        self._finish(head.set)

    def hear_page(self, set_name: str, version: int, number: int, body: bytes) -> None:
        """A page, by what its head says of it; any other is noted and asked for again later."""
        coming = self._coming.get(set_name)
        if coming is None or coming.head.version != version or number >= len(coming.head.pages):
            return
        wanted = coming.head.pages[number]
        if not _fits(body, wanted):
            self._journal.warning("page.refused", set=set_name, version=version, number=number)
            return
        try:
            places = _places(SetName(set_name), body)
        except DecodeError as error:
            self._journal.warning("page.refused", set=set_name, number=number, error=str(error))
            return
        self._mirror.keep_page(wanted.sha256, body, places)
        self._finish(set_name)

    def pump(self, ask: AskPage) -> None:
        """Ask for the pages that are missing, a few at a time, again when they do not come."""
        now_ns = self._clock.mono_ns()
        room = PAGES_AT_ONCE - sum(self._awaited(each, now_ns) for each in self._coming.values())
        for name, coming in self._coming.items():
            for number, page in enumerate(coming.head.pages):
                if room <= 0:
                    return
                if _is_awaited(coming, number, now_ns) or self._mirror.has_page(page.sha256):
                    continue
                ask(name, coming.head.version, number)
                coming.asked_ns[number] = now_ns
                room -= 1

    def _awaited(self, coming: _Coming, now_ns: int) -> int:
        pages = coming.head.pages
        return sum(
            _is_awaited(coming, number, now_ns)
            for number in coming.asked_ns
            if number < len(pages) and not self._mirror.has_page(pages[number].sha256)
        )

    def _finish(self, name: str) -> None:
        """Switch to a version once all of it is here."""
        coming = self._coming[name]
        pages = [page.sha256 for page in coming.head.pages]
        if not all(self._mirror.has_page(each) for each in pages):
            return
        head, before = coming.head, self._held.get(name)
        self._mirror.switch(
            name, version=head.version, issued=head.issued, pages=pages, envelope=coming.envelope
        )
        self._held = self._mirror.held()
        del self._coming[name]
        if before is not None and before.pages == tuple(pages):
            return
        self._journal.info("registry.switched", set=name, version=head.version)
        if before is not None:
            self._drop_unused()

    def _drop_unused(self) -> None:
        self._mirror.drop_unused(
            frozenset(page.sha256 for each in self._coming.values() for page in each.head.pages)
        )


def _is_awaited(coming: _Coming, number: int, now_ns: int) -> bool:
    asked_ns = coming.asked_ns.get(number)
    return asked_ns is not None and now_ns - asked_ns < ASK_AGAIN_S * 1e9


def _fits(body: bytes, wanted: PageHead) -> bool:
    return len(body) == wanted.size_bytes and digest_of(body) == wanted.sha256


def _places(name: SetName, body: bytes) -> list[Place]:
    """Where each row stands, by each of its keys; raise DecodeError when a row is malformed."""
    places: list[Place] = []
    start = 0
    for line in lines_of(body):
        keys = keys_of(decode_row(name, line))
        places += [(key, start, len(line)) for key in keys]
        start += len(line)
    return places
