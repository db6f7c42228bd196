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
        self._changed: set[tuple[str, SetName]] = set()
        self._all_changed: set[SetName] = set(SetName)

    def put(
        self, name: SetName, rows: Iterable[Row | Deleted], *, lab: LabId | None = None
    ) -> None:
        """Keep or remove rows, inside the caller's transaction.

        Commissions and contracts go to their own lab, other rows to `lab`, or to all without one.
        """
        for row in rows:
            at = row.lab if isinstance(row, Commission | Contract) else lab
            if isinstance(row, Deleted):
                changed = self._store.drop_line(name, row.deleted)
            else:
                changed = self._store.put_line(name, keys_of(row), lab=at, line=encode_row(row))
            if changed:
                self._note(name, at)

    def find(self, name: SetName, found_by: str) -> tuple[Row, ...]:
        """Rows by any of their keys."""
        found = (decode_row(name, line) for line in self._store.find_lines(name, found_by))
        return tuple(row for row in found if not isinstance(row, Deleted))

    def renew(self, labs: Iterable[LabId]) -> frozenset[tuple[LabId, SetName]]:
        """Make new versions of what changed, inside the caller's transaction; which they are."""
        renewed = set()
        for lab in labs:
            for name in SetName:
                is_changed = name in self._all_changed or (lab, name) in self._changed
                is_first = self._store.newest_version(lab, name) == 0
                if (is_changed or is_first) and self._renew(lab, name):
                    renewed.add((lab, name))
        self._changed.clear()
        self._all_changed.clear()
        return frozenset(renewed)

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

    def _note(self, name: SetName, lab: LabId | None) -> None:
        if lab is None:
            self._all_changed.add(name)
        else:
            self._changed.add((lab, name))
