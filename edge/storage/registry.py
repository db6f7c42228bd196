"""Reference data for capture (step 5): rows of the mirror, each verified before it counts.

The shipper moves bytes and could be deceived; so the reader checks the platform's signature on a
head, the hash of every page it opens, and that a row answers to the key it was found by.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from edge.core.commission import Binding, Commission, Contract
from edge.core.custody import Custody
from edge.core.envelope import digest_of
from edge.core.errors import DecodeError, StorageCorrupt
from edge.core.ids import CommissionId, DeliveryId, Digest, LabId, PersonId, ProjectId, SpecimenId
from edge.core.people import Grant, Person
from edge.ports import Journal
from edge.storage.db import open_if_made, translated
from edge.wire.downlink import Head, Verifier, open_message
from edge.wire.reference import Decision, Deleted, Row, SetName, decode_row, keys_of
from edge.wire.topics import Station

_Row = TypeVar("_Row", bound=Row)
_FIND = (
    "SELECT e.sha256, e.start, e.length FROM entries e JOIN contents c ON c.sha256 = e.sha256 "
    "WHERE c.name = ? AND e.key = ? ORDER BY c.number, e.start"
)


_NAMES = (
    "SELECT DISTINCT e.key FROM entries e JOIN contents c ON c.sha256 = e.sha256 "
    "WHERE c.name = ? AND e.key GLOB 'commission:*' ORDER BY e.key"
)


class SqliteRegistry:
    """Implements the Registry port over `registry.db`, read-only."""

    def __init__(self, path: Path, *, ring: Verifier, station: Station, journal: Journal) -> None:
        self._path = path
        self._ring = ring
        self._station = station
        self._journal = journal
        self._db: Any = None
        self._seen = -1
        self._heads: dict[SetName, Head | None] = {}
        self._pages: dict[Digest, bytes] = {}

    def close(self) -> None:
        """Close the database."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def person(self, person: PersonId) -> Person | None:
        """A registered person."""
        return self._first(SetName.PEOPLE, f"person:{person}", Person)

    def staff(self, lab: LabId) -> tuple[Person, ...]:
        """Everybody who works for a lab."""
        return self._rows(SetName.PEOPLE, f"lab:{lab}", Person)

    def deliverers(self, project: ProjectId) -> tuple[Person, ...]:
        """Everybody who holds a grant for a project, valid or not."""
        named = dict.fromkeys(grant.person for grant in self.grants(project))
        found = (self.person(each) for each in named)
        return tuple(each for each in found if each is not None)

    def grants(self, project: ProjectId) -> tuple[Grant, ...]:
        """Grants of a project."""
        return self._rows(SetName.GRANTS, f"project:{project}", Grant)

    def commission(self, commission: CommissionId) -> Commission | None:
        """A commission by its id."""
        return self._first(SetName.COMMISSIONS, f"commission:{commission}", Commission)

    def commission_names(self) -> tuple[CommissionId, ...]:
        """Ids of all commissions, by the index alone; `commission` verifies what it opens."""
        rows = self._all(_NAMES, SetName.COMMISSIONS)
        return tuple(CommissionId.parse(key.removeprefix("commission:")) for (key,) in rows)

    def commission_by_form(self, code: str) -> Commission | None:
        """The commission whose 委托单 or 见证记录单 carries a code."""
        return self._first(SetName.COMMISSIONS, f"form:{code}", Commission)

    def bindings(self, specimen: SpecimenId) -> tuple[Binding, ...]:
        """Every group a chip is bound to; more than one is a BIND_CONFLICT."""
        return tuple(
            Binding(specimen, group.group, row.commission, row.project, row.lab)
            for row in self._rows(SetName.COMMISSIONS, f"specimen:{specimen}", Commission)
            for group in row.groups
            if group.holds(specimen)
        )

    def contract(self, project: ProjectId) -> Contract | None:
        """This lab's contract for a project; of several the one that ends last."""
        ours = (
            each
            for each in self._rows(SetName.CONTRACTS, f"project:{project}", Contract)
            if each.lab == self._station.lab
        )
        return max(ours, key=lambda each: each.valid_until, default=None)

    def custody(self, specimen: SpecimenId) -> Custody | None:
        """Where the platform last knew a specimen, over all stations."""
        return self._first(SetName.CUSTODY, f"specimen:{specimen}", Custody)

    def custody_of(self, lab: LabId) -> tuple[Custody, ...]:
        """The platform's last word on every block of a lab; the whole set is read."""
        with self._snapshot():
            head = self._head(SetName.CUSTODY)
            lines = [
                line
                for page in (head.pages if head else ())
                for line in self._page(page.sha256).splitlines()
            ]
        rows = (decode_row(SetName.CUSTODY, line) for line in lines)
        return tuple(row for row in rows if isinstance(row, Custody) and row.lab == lab)

    def version_of(self, name: str) -> int:
        """Which version of a set counts; 0 without one."""
        head = self._head(SetName(name))
        return head.version if head else 0

    def decision(self, delivery: DeliveryId) -> str | None:
        """The platform's word on a delivery."""
        found = self._first(SetName.DECISIONS, f"delivery:{delivery}", Decision)
        return found.word.value if found else None

    def age_h(self, name: str, now: datetime) -> float:
        """Hours since the platform last vouched for a set; infinite when never received."""
        head = self._head(SetName(name))
        return float("inf") if head is None else (now - head.issued).total_seconds() / 3600

    def head(self, name: SetName) -> Head | None:
        """The verified head of a set; None when there is none that can be trusted."""
        return self._head(name)

    def _first(self, name: SetName, key: str, kind: type[_Row]) -> _Row | None:
        return next(iter(self._rows(name, key, kind)), None)

    def _rows(self, name: SetName, key: str, kind: type[_Row]) -> tuple[_Row, ...]:
        with self._snapshot():
            head = self._head(name)
            if head is None:
                return ()
            listed = {page.sha256 for page in head.pages}
            rows = []
            for sha256, start, length in self._all(_FIND, name, key):
                if sha256 not in listed:
                    raise StorageCorrupt("registry_forged", set=name, page=sha256)
                line = self._page(Digest(sha256))[start : start + length]
                rows.append(_row_of(name, line, key))
        return tuple(_of_kind(row, kind) for row in rows if not isinstance(row, Deleted))

    def _head(self, name: SetName) -> Head | None:
        self._forget_what_changed()
        if name not in self._heads:
            self._heads[name] = self._verified_head(name)
        return self._heads[name]

    def _verified_head(self, name: SetName) -> Head | None:
        rows = self._all("SELECT envelope FROM heads WHERE name=?", name)
        if not rows:
            return None
        try:
            head = open_message(rows[0][0], Head, ring=self._ring, station=self._station)
        except DecodeError as error:
            self._journal.warning("registry.head_refused", set=name.value, error=str(error))
            return None
        return head if head.set == name else None

    def _page(self, sha256: Digest) -> bytes:
        if sha256 not in self._pages:
            rows = self._all("SELECT body FROM pages WHERE sha256=?", sha256)
            if not rows or digest_of(rows[0][0]) != sha256:
                raise StorageCorrupt("registry_forged", page=sha256)
            self._pages[sha256] = rows[0][0]
        return self._pages[sha256]

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """Head, index and pages as of one moment, whatever the shipper switches meanwhile."""
        self._all("BEGIN")
        try:
            yield
        finally:
            if self._db is not None and self._db.in_transaction:
                self._all("COMMIT")

    def _forget_what_changed(self) -> None:
        """What was verified counts until the file changes."""
        rows = self._all("PRAGMA data_version")
        if rows and rows[0][0] != self._seen:
            self._seen = rows[0][0]
            self._heads.clear()
            self._pages.clear()

    def _all(self, sql: str, *values: object) -> list[Any]:
        if self._db is None:
            self._db = open_if_made(self._path, migrations="registry")
        if self._db is None:
            return []
        with translated(self._path):
            return list(self._db.execute(sql, values).fetchall())


_decoded = lru_cache(maxsize=256)(decode_row)
"""The same line gives the same frozen value; a commission of ten groups costs 2 ms to decode."""


def _row_of(name: SetName, line: bytes, key: str) -> Row | Deleted:
    """The row where an index points: no part of a line, and no two lines, read as a row."""
    try:
        row = _decoded(name, line)
    except DecodeError as error:
        raise StorageCorrupt("registry_forged", set=name, why=str(error)) from error
    if key not in keys_of(row):
        raise StorageCorrupt("registry_forged", set=name, key=key)
    return row


def _of_kind(row: Row, kind: type[_Row]) -> _Row:
    if not isinstance(row, kind):
        raise StorageCorrupt("registry_forged", kind=type(row).__name__)
    return row
