"""Orders of people for the wall station: one small file each, taken away once it is obeyed."""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from edge.core.curing.record import Ledger
from edge.core.errors import DecodeError, StorageError
from edge.core.ids import Id, SpecimenId
from edge.wire.convert import converter, structure

_SUFFIX = ".json"
_LIMIT_BYTES = 1024 * 1024


class Order(Protocol):
    """Something with a name of its own and an instant."""

    @property
    def entry(self) -> Id:
        """Its name."""
        ...

    @property
    def at(self) -> datetime:
        """When it was given."""
        ...


@dataclass(frozen=True, slots=True)
class TypedEntry:
    """A chip's number, why it was typed, at which scanner (empty: where somebody works)."""

    entry: Id
    at: datetime
    chip: SpecimenId
    why: str
    reader: str = ""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """Daily means of others, to be imported."""

    entry: Id
    at: datetime
    ledger: Ledger


_Order = TypeVar("_Order", bound=Order)


class Spool(Generic[_Order]):
    """A folder of orders of one kind; each has one writer, and whoever obeys it takes it away."""

    def __init__(self, folder: Path, kind: type[_Order]) -> None:
        self._folder = folder
        self._kind = kind

    def make(self) -> None:
        """The folder, as its reader's; StorageError `order_unwritable`."""
        try:
            self._folder.mkdir(mode=0o2770, parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                "order_unwritable", file=str(self._folder), why=error.strerror
            ) from error

    def put(self, order: _Order) -> Path:
        """Keep an order, whole or not at all; StorageError `order_unwritable`."""
        path = self._folder / f"{order.entry}{_SUFFIX}"
        beside = path.with_suffix(".new")
        self.make()
        try:
            beside.write_text(
                json.dumps(converter.unstructure(order), ensure_ascii=False), encoding="utf-8"
            )
            beside.chmod(0o660)
            os.replace(beside, path)  # noqa: PTH105 - over a file of the same name, in one step
        except OSError as error:
            raise StorageError("order_unwritable", file=str(path), why=error.strerror) from error
        return path

    def waiting(self) -> tuple[_Order, ...]:
        """Orders, oldest first; what is no order is put out of the way with another suffix."""
        found = []
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")) if self._folder.is_dir() else ():
            try:
                found.append(self._read(path))
            except (OSError, ValueError, DecodeError):
                _set_aside(path)
        return tuple(sorted(found, key=lambda each: each.at))

    def drop(self, order: _Order) -> None:
        """An order that was obeyed, or that nobody wants any more; StorageError `order_stays`."""
        path = self._folder / f"{order.entry}{_SUFFIX}"
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError("order_stays", file=str(path), why=error.strerror) from error

    def _read(self, path: Path) -> _Order:
        with path.open("rb") as file:
            order: _Order = structure(json.loads(file.read(_LIMIT_BYTES)), self._kind)
        if path.stem != order.entry:
            raise DecodeError("order_malformed", file=path.name)
        return order


def _set_aside(path: Path) -> None:
    try:
        path.rename(path.with_suffix(".refused"))
    except OSError:
        return
