"""Numbers that people typed for the wall station: one small file each, taken away once obeyed."""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from edge.core.errors import DecodeError, StorageError
from edge.core.ids import Id, SpecimenId
from edge.wire.convert import converter, structure

_SUFFIX = ".json"
_LIMIT_BYTES = 4096


@dataclass(frozen=True, slots=True)
class TypedEntry:
    """One order: the number, why it was typed, at which scanner (empty: where somebody works)."""

    entry: Id
    chip: SpecimenId
    why: str
    at: datetime
    reader: str = ""


class TypedFiles:
    """The folder of these files; each has one writer, and whoever obeys it takes it away."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def make(self) -> None:
        """The folder, as its reader's; StorageError `typed_unwritable`."""
        try:
            self._folder.mkdir(mode=0o2770, parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                "typed_unwritable", file=str(self._folder), why=error.strerror
            ) from error

    def put(self, entry: TypedEntry) -> Path:
        """Keep an order, whole or not at all; StorageError `typed_unwritable`."""
        path = self._folder / f"{entry.entry}{_SUFFIX}"
        beside = path.with_suffix(".new")
        self.make()
        try:
            beside.write_text(
                json.dumps(converter.unstructure(entry), ensure_ascii=False), encoding="utf-8"
            )
            beside.chmod(0o660)
            os.replace(beside, path)  # noqa: PTH105 - over a file of the same name, in one step
        except OSError as error:
            raise StorageError("typed_unwritable", file=str(path), why=error.strerror) from error
        return path

    def waiting(self) -> tuple[TypedEntry, ...]:
        """Orders, oldest first; what is no order is put out of the way with another suffix."""
        found = []
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")) if self._folder.is_dir() else ():
            try:
                found.append(_read(path))
            except (OSError, ValueError, DecodeError):
                _set_aside(path)
        return tuple(sorted(found, key=lambda each: each.at))

    def drop(self, entry: TypedEntry) -> None:
        """An order that was obeyed, or that nobody wants any more; StorageError `typed_stays`."""
        path = self._folder / f"{entry.entry}{_SUFFIX}"
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError("typed_stays", file=str(path), why=error.strerror) from error


def _read(path: Path) -> TypedEntry:
    with path.open("rb") as file:
        entry: TypedEntry = structure(json.loads(file.read(_LIMIT_BYTES)), TypedEntry)
    if path.stem != entry.entry:
        raise DecodeError("typed_malformed", file=path.name)
    return entry


def _set_aside(path: Path) -> None:
    try:
        path.rename(path.with_suffix(".refused"))
    except OSError:
        return
