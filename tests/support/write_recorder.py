"""Records what SQLite itself asks of the disk, and makes the disks that a power cut could leave.

A shim below SQLite's own VFS: the library that Python's sqlite3 uses is handed our writing,
truncating and syncing in place of its own, and ours do the same after taking a note.
"""

import _sqlite3
import ctypes
import os
from _ctypes import CFuncPtr
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import pytest

SECTOR_BYTES = 512
_WRITE, _TRUNCATE, _SYNC = 2, 3, 4
_METHODS = 18
_VFS_POINTERS = 24


class _Methods(ctypes.Structure):
    """`sqlite3_io_methods`: its version, then pointers in their order."""

    _fields_ = (("version", ctypes.c_int), ("calls", ctypes.c_void_p * _METHODS))


class _File(ctypes.Structure):
    """`sqlite3_file`: what every VFS keeps begins with its methods."""

    _fields_ = (("methods", ctypes.POINTER(_Methods)),)


class _Vfs(ctypes.Structure):
    """`sqlite3_vfs` of version 3."""

    _fields_ = (
        ("version", ctypes.c_int),
        ("file_bytes", ctypes.c_int),
        ("path_chars", ctypes.c_int),
        ("next", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("data", ctypes.c_void_p),
        ("open", ctypes.c_void_p),
        ("rest", ctypes.c_void_p * (_VFS_POINTERS - 8)),
    )


_OPEN = ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.POINTER(_File),
    ctypes.c_int,
    ctypes.c_void_p,
)
_DELETE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int)
_WRITING = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int64
)
_TRUNCATING = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int64)
_SYNCING = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)


@dataclass(frozen=True, slots=True)
class Written:
    """Bytes at an offset of a file."""

    file: str
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncated:
    """A file's new length."""

    file: str
    size: int


@dataclass(frozen=True, slots=True)
class Synced:
    """Everything that was asked of a file so far is on the disk."""

    file: str


@dataclass(frozen=True, slots=True)
class Deleted:
    """A file is gone; SQLite syncs the folder after it."""

    file: str


@dataclass(frozen=True, slots=True)
class Promised:
    """Somebody was told that so much is safe."""

    upto: int


Asked = Written | Truncated | Synced | Deleted
Deed = Asked | Promised


@dataclass
class Recording:
    """Deeds in their order."""

    deeds: list[Deed] = field(default_factory=list)

    def promise(self, upto: int) -> None:
        """Note that a commit has returned and the screen has said so."""
        self.deeds.append(Promised(upto))

    def promised(self, cut: int) -> int:
        """What had been promised when the power went after so many deeds."""
        told = (each.upto for each in self.deeds[:cut] if isinstance(each, Promised))
        return max(told, default=0)

    def disk_after(self, cut: int, rng: Random) -> dict[str, bytes]:
        """One disk that a power cut after so many deeds could leave.

        What was synced is there. Of what was not, each sector is there, or not, or garbled, and
        they went in any order.
        """
        files: dict[str, list[Asked]] = {}
        for each in self.deeds[:cut]:
            match each:
                case Deleted(file=file):
                    files.pop(file, None)
                case Promised():
                    pass
                case _:
                    files.setdefault(each.file, []).append(each)
        return {name: _image(files[name], rng) for name in sorted(files)}


def _image(own: Sequence[Asked], rng: Random) -> bytes:
    synced = max((at for at, each in enumerate(own, 1) if isinstance(each, Synced)), default=0)
    content = bytearray()
    for each in own[:synced]:
        _apply(content, each)
    pending = [part for each in own[synced:] for part in _parts(each)]
    survivors = [_garbled(each, rng) for each in pending if rng.random() < 0.5]
    rng.shuffle(survivors)
    for each in survivors:
        _apply(content, each)
    return bytes(content)


def _garbled(deed: Asked, rng: Random) -> Asked:
    """One sector in twenty holds something else than was written."""
    if isinstance(deed, Written) and rng.random() < 0.05:
        return replace(deed, data=rng.randbytes(len(deed.data)))
    return deed


def _parts(deed: Asked) -> Iterator[Asked]:
    """A write as the sectors that it falls into; whatever else is whole."""
    if not isinstance(deed, Written):
        yield deed
        return
    at = 0
    while at < len(deed.data):
        upto = at + SECTOR_BYTES - (deed.offset + at) % SECTOR_BYTES
        yield Written(deed.file, deed.offset + at, deed.data[at:upto])
        at = upto


def _apply(content: bytearray, deed: Asked) -> None:
    match deed:
        case Written(offset=offset, data=data):
            content.extend(bytes(max(0, offset - len(content))))
            content[offset : offset + len(data)] = data
        case Truncated(size=size):
            del content[size:]
        case _:
            pass


@contextmanager
def recorded_writes() -> Iterator[Recording]:
    """Every database that is opened inside is recorded; skips where SQLite cannot be reached."""
    library = ctypes.CDLL(_sqlite3.__file__)
    if not hasattr(library, "sqlite3_vfs_find"):
        pytest.skip("Python's SQLite lets nobody below it here")
    library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
    real = library.sqlite3_vfs_find(None)
    shim = _Shim(real.contents)
    ours = _Vfs.from_buffer_copy(real.contents)
    ours.name, ours.next = b"write-recorder", None
    opening = _OPEN(shim.open)
    ours.open = ctypes.cast(opening, ctypes.c_void_p)
    deleting = _DELETE(shim.delete)
    ours.rest[0] = ctypes.cast(deleting, ctypes.c_void_p).value
    assert library.sqlite3_vfs_register(ctypes.byref(ours), 1) == 0
    try:
        yield shim.recording
    finally:
        assert library.sqlite3_vfs_register(real, 1) == 0
        assert library.sqlite3_vfs_unregister(ctypes.byref(ours)) == 0
        _KEPT.append((shim, ours, opening, deleting))


_KEPT: list[object] = []
"""A connection may outlive the recording, and calls what it was opened with."""


class _Shim:
    """Our calls beside the real ones."""

    def __init__(self, real: _Vfs) -> None:
        self.recording = Recording()
        self._real = real
        self._open = ctypes.cast(ctypes.c_void_p(real.open), _OPEN)
        self._delete = ctypes.cast(real.rest[0] or 0, _DELETE)
        self._names: dict[int, str] = {}
        self._tables: dict[int, _Methods] = {}
        self._calls: list[object] = []

    def open(self, _: int, name: int, file: "ctypes._Pointer[_File]", flags: int, out: int) -> int:
        status = self._open(ctypes.addressof(self._real), name, file, flags, out)
        table = file.contents.methods
        if status == 0 and table and name:
            path = ctypes.cast(name, ctypes.c_char_p).value or b""
            self._names[ctypes.addressof(file.contents)] = Path(os.fsdecode(path)).name
            file.contents.methods = ctypes.pointer(self._ours(table.contents))
        return int(status)

    def delete(self, _: int, name: bytes, is_synced: int) -> int:
        status = self._delete(ctypes.addressof(self._real), name, is_synced)
        if status == 0:
            self._note(Deleted(Path(os.fsdecode(name)).name))
        return int(status)

    def _ours(self, real: _Methods) -> _Methods:
        """A copy of a table with our three calls in it, made once for each table."""
        key = ctypes.addressof(real)
        if key not in self._tables:
            table = _Methods.from_buffer_copy(real)
            calls = {
                _WRITE: self._writing(ctypes.cast(real.calls[_WRITE], _WRITING)),
                _TRUNCATE: self._truncating(ctypes.cast(real.calls[_TRUNCATE], _TRUNCATING)),
                _SYNC: self._syncing(ctypes.cast(real.calls[_SYNC], _SYNCING)),
            }
            for place, call in calls.items():
                table.calls[place] = ctypes.cast(call, ctypes.c_void_p).value
            self._calls += [*calls.values(), real]
            self._tables[key] = table
        return self._tables[key]

    def _writing(self, real: Callable[..., int]) -> CFuncPtr:
        def write(file: int, data: int, size: int, offset: int) -> int:
            self._note(Written(self._names[file], offset, ctypes.string_at(data, size)))
            return real(file, data, size, offset)

        return _WRITING(write)

    def _truncating(self, real: Callable[..., int]) -> CFuncPtr:
        def truncate(file: int, size: int) -> int:
            self._note(Truncated(self._names[file], size))
            return real(file, size)

        return _TRUNCATING(truncate)

    def _syncing(self, real: Callable[..., int]) -> CFuncPtr:
        def sync(file: int, flags: int) -> int:
            status = real(file, flags)
            self._note(Synced(self._names[file]))
            return status

        return _SYNCING(sync)

    def _note(self, deed: Deed) -> None:
        self.recording.deeds.append(deed)
