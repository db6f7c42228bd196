"""A disk of one megabyte that a test can fill; only where mounting is permitted."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

_BLOCK = 4096


class SmallDisk:
    """A mounted folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self, leave_bytes: int = 0) -> None:
        """Take all room but a little."""
        free = shutil.disk_usage(self.folder).free
        with suppress(OSError), self._ballast.open("ab", buffering=0) as file:
            file.write(bytes(max(0, free - leave_bytes) // _BLOCK * _BLOCK))

    def clear(self) -> None:
        """Give the room back."""
        self._ballast.unlink(missing_ok=True)

    def make_read_only(self) -> None:
        """Nothing can be written from now on."""
        _run("mount", "-o", "remount,ro", str(self.folder))


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    """Mount it for the time of a test, or skip the test."""
    with ExitStack() as stack:
        try:
            disk = stack.enter_context(mounted(folder, size_mb=1))
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("mounting a tmpfs is not permitted here")
        yield disk


@contextmanager
def mounted(folder: Path, *, size_mb: int) -> Iterator[SmallDisk]:
    """Mount it for a while; raise OSError or CalledProcessError where that is not permitted."""
    folder.mkdir(exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={size_mb}m", "none", str(folder))
    try:
        yield SmallDisk(folder)
    finally:
        _run("umount", "-l", str(folder))


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)
