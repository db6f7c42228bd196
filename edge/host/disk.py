"""The disk below the state directory: room left, and whether it can be written."""

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DiskFacts:
    """What was found of a directory; `free_bytes` as an unprivileged process may use them."""

    exists: bool
    writable: bool
    free_bytes: int


def look_at_disk(folder: Path) -> DiskFacts:
    """Measure the disk by writing and removing one small file."""
    if not folder.is_dir():
        return DiskFacts(exists=False, writable=False, free_bytes=0)
    free_bytes = shutil.disk_usage(folder).free
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as probe:
            probe.write(b"\0" * 4096)
            probe.flush()
            os.fsync(probe.fileno())
    except OSError:
        return DiskFacts(exists=True, writable=False, free_bytes=free_bytes)
    return DiskFacts(exists=True, writable=True, free_bytes=free_bytes)
