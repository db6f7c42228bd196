"""Reference data at the platform: rows become versions of pages under a signed head (step 12)."""

from collections.abc import Iterable, Iterator

from edge.central.store import RowStore
from edge.core.commission import Commission, Contract
from edge.core.ids import LabId
from edge.ports import Clock, Signer
from edge.wire.downlink import Head, sign_message
from edge.wire.reference import (
    Deleted,
    Row,
    SetName,
    decode_row,
    encode_row,
    keys_of,
    page_head,
    paginate,
)
from edge.wire.topics import Station


class Reference:
    """The rows of every set; a lab sees those that name it and those that name none."""

    def __init__(self, *, store: RowStore, clock: Clock, signer: Signer) -> None:
        self._store = store
        self._clock = clock
        self._signer = signer
        self._seen = 0
        self._served: set[str] = set()

    def put(
        self, name: SetName, rows: Iterable[Row | Deleted], *, lab: LabId | None = None
    ) -> None:
        """Keep or remove rows, inside the caller's transaction.

        Commissions and contracts go to their own lab, other rows to `lab`, or to all without one.
        """
        for row in rows:
            at = row.lab if isinstance(row, Commission | Contract) else lab
            if isinstance(row, Deleted):
                self._store.drop_line(name, row.deleted)
            else:
                self._store.put_line(name, keys_of(row), lab=at, line=encode_row(row))

    def find(self, name: SetName, found_by: str) -> tuple[Row, ...]:
        """Rows by any of their keys."""
        found = (decode_row(name, line) for line in self._store.find_lines(name, found_by))
        return tuple(row for row in found if not isinstance(row, Deleted))

    def renew(self, labs: Iterable[LabId]) -> frozenset[tuple[LabId, SetName]]:
        """Make new versions of what any consumer changed, inside the caller's transaction.

        Answers which they are; when the transaction fails, `forget` must follow.
        """
        self._seen, changed = self._store.changes(self._seen)
        renewed = set()
        for lab in labs:
            is_new = lab not in self._served
            for name in SetName:
                is_due = is_new or (name, None) in changed or (name, lab) in changed
                if is_due and self._renew(lab, name):
                    renewed.add((lab, name))
            self._served.add(lab)
        return frozenset(renewed)

    def forget(self) -> None:
        """Look at everything again: what was renewed last was not kept."""
        self._seen = 0
        self._served.clear()

    def head(self, station: Station, name: SetName) -> bytes | None:
        """The signed head of the newest version for a station; None before the first."""
        version = self._store.newest_version(station.lab, name)
        if version == 0:
            return None
        pages = self._store.pages(station.lab, name, version)
        head = Head(
            station=station.name,
            set=name.value,
            version=version,
            issued=self._clock.now(),
            pages=tuple(page_head(each) for each in pages),
        )
        return sign_message(head, key_id=self._signer.key_id, sign=self._signer.sign)

    def page(self, lab: LabId, name: SetName, version: int, number: int) -> bytes | None:
        """One page of a version; None when there is no such page any more."""
        pages = self._store.pages(lab, name, version)
        return pages[number] if 0 <= number < len(pages) else None

    def _renew(self, lab: LabId, name: SetName) -> bool:
        before = self._store.newest_version(lab, name)
        pages = paginate(self._rows(lab, name))
        if before and pages == self._store.pages(lab, name, before):
            return False
        named = [(page_head(each).sha256, each) for each in pages]
        self._store.publish_version(lab, name, before + 1, named)
        return True

    def _rows(self, lab: LabId, name: SetName) -> Iterator[Row | Deleted]:
        for line in self._store.lines(name, lab=lab):
            yield decode_row(name, line)
