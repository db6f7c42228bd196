"""Reference data at the platform: rows become versions of pages under a signed head (step 12)."""

from collections.abc import Iterable, Iterator
from typing import Final

from edge.central.store import RowStore
from edge.core.commission import Commission, Contract
from edge.core.envelope import digest_of
from edge.core.ids import LabId
from edge.core.plain_text import is_plain
from edge.ports import Clock, Signer
from edge.wire.downlink import Head, PageHead, sign_message
from edge.wire.reference import (
    Deleted,
    Row,
    SetName,
    decode_row,
    encode_row,
    keys_of,
    page_head,
    paginate_lines,
)
from edge.wire.topics import Station

EVERY_LAB: Final = ""
"""The line of versions that every lab follows until it has rows for itself."""


class Reference:
    """The rows of every set; a lab sees those that name it and those that name none.

    Rows for all are paginated once for all, so that a city of labs costs no more than one of them.
    """

    def __init__(self, *, store: RowStore, clock: Clock, signer: Signer) -> None:
        self._store = store
        self._clock = clock
        self._signer = signer
        self._seen = 0
        self._pending: set[tuple[str, str | None]] = set()
        self._served: set[str] = set()
        self._shared: dict[SetName, int] = {}
        self._renewed_ns: dict[SetName, int] = {}
        self._page_heads: dict[tuple[str, SetName], tuple[int, tuple[PageHead, ...]]] = {}

    def put(
        self, name: SetName, rows: Iterable[Row | Deleted], *, lab: LabId | None = None
    ) -> None:
        """Keep or remove rows, inside the caller's transaction.

        Commissions and contracts go to their own lab, other rows to `lab`, or to all without one.
        """
        kept: list[tuple[tuple[str, ...], str | None, bytes]] = []
        for row in rows:
            if isinstance(row, Deleted):
                self._store.put_lines(name, kept)  # in the order in which they were given
                kept.clear()
                self._store.drop_line(name, row.deleted)
            else:
                at = row.lab if isinstance(row, Commission | Contract) else lab
                kept.append((keys_of(row), at, encode_row(row)))
        self._store.put_lines(name, kept)

    def find(self, name: SetName, found_by: str) -> tuple[Row, ...]:
        """Rows by any of their keys; what no key can be finds none."""
        if not is_plain(found_by):
            return ()
        found = (decode_row(name, line) for line in self._store.find_lines(name, found_by))
        return tuple(row for row in found if not isinstance(row, Deleted))

    def renew(
        self, labs: frozenset[LabId], *, shared_gap_s: float = 0.0
    ) -> frozenset[tuple[LabId, SetName]]:
        """Make new versions of what any consumer changed, inside the caller's transaction.

        Rows for all labs are renewed at most every `shared_gap_s`. Answers whose versions changed;
        when the transaction fails, `forget` must follow.
        """
        self._seen, changed = self._store.changes(self._seen)
        self._pending |= changed
        new = labs - self._served
        renewed: set[tuple[LabId, SetName]] = set()
        for name in SetName:
            changed_for = {lab for each, lab in self._pending if each == name}
            if new or self._is_due(name, changed_for, shared_gap_s):
                self._pending -= {(name, lab) for lab in changed_for}
                renewed |= {(lab, name) for lab in self._renew(name, labs, new, changed_for)}
        self._served |= new
        return frozenset(renewed)

    def forget(self) -> None:
        """Look at everything again: what was renewed last was not kept."""
        self._seen = 0
        self._served.clear()
        self._shared.clear()
        self._page_heads.clear()

    def head(self, station: Station, name: SetName) -> bytes | None:
        """The signed head of the newest version for a station; None before the first."""
        line, version = self._line(station.lab, name)
        if version == 0:
            return None
        known = self._page_heads.get((line, name))
        if known is None or known[0] != version:
            pages = self._store.pages(line, name, version)
            known = (version, tuple(page_head(each) for each in pages))
            self._page_heads[line, name] = known
        head = Head(
            station=station.name,
            set=name.value,
            version=version,
            issued=self._clock.now(),
            pages=known[1],
        )
        return sign_message(head, key_id=self._signer.key_id, sign=self._signer.sign)

    def page(self, lab: LabId, name: SetName, version: int, number: int) -> bytes | None:
        """One page of a version; None when there is no such page any more."""
        for line in (lab, EVERY_LAB):
            pages = self._store.pages(line, name, version)
            if 0 <= number < len(pages):
                return pages[number]
        return None

    def _is_due(self, name: SetName, changed_for: set[str | None], shared_gap_s: float) -> bool:
        """A lab's own rows at once; rows for all when the last time is long enough ago."""
        if None not in changed_for:
            return bool(changed_for)
        last_ns = self._renewed_ns.get(name)
        return last_ns is None or self._clock.mono_ns() - last_ns >= shared_gap_s * 1e9

    def _renew(
        self,
        name: SetName,
        labs: frozenset[LabId],
        new: frozenset[LabId],
        changed_for: set[str | None],
    ) -> Iterator[LabId]:
        """The labs whose version of a set is another one now."""
        apart = self._store.labs_apart(name)
        if None in changed_for or new:
            self._renewed_ns[name] = self._clock.mono_ns()
            before, shared = self._shared.get(name), self._publish(EVERY_LAB, name)
            self._shared[name] = shared
            yield from labs - apart if shared != before else ()
        for lab in sorted(labs & apart):
            if lab in new or not changed_for.isdisjoint({lab, None}):
                before = self._store.newest_version(lab, name)
                if self._publish(lab, name) != before:
                    yield lab

    def _publish(self, line: str, name: SetName) -> int:
        """Bring a line up to its rows, unless it is, or another consumer just did; its version."""
        before = self._store.newest_version(line, name)
        pages = paginate_lines(self._store.keyed_lines(name, line))
        named = [(digest_of(each), each) for each in pages]
        held = self._store.page_names(line, name, before)
        if before and held == tuple(digest for digest, _ in named):
            return before
        self._store.hold_reference()
        if self._store.newest_version(line, name) != before:
            return self._store.newest_version(line, name)
        above = before or self._store.newest_version(EVERY_LAB, name)
        self._store.publish_version(line, name, above + 1, named)
        return above + 1

    def _line(self, lab: LabId, name: SetName) -> tuple[str, int]:
        """Which line a lab follows, and its newest version: its own from its first on."""
        own = self._store.newest_version(lab, name)
        if own:
            return lab, own
        return EVERY_LAB, self._store.newest_version(EVERY_LAB, name)
