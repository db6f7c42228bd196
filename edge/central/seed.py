"""Reference rows from a folder of `{set}.jsonl`, for a platform that has no registry behind it."""

from pathlib import Path

from edge.central.platform import Platform
from edge.core.errors import ConfigError, DecodeError
from edge.wire.reference import SetName, decode_row


def load_seed(platform: Platform, folder: Path) -> int:
    """Take in every file; the number of rows. Raises ConfigError `seed_unreadable`."""
    number = 0
    for name in SetName:
        path = folder / f"{name.value}.jsonl"
        if not path.exists():
            continue
        try:
            lines = path.read_bytes().splitlines()
            rows = [decode_row(name, line) for line in lines if line.strip()]
        except (OSError, DecodeError) as error:
            raise ConfigError("seed_unreadable", file=str(path), why=str(error)) from error
        platform.load_rows(name, rows)
        number += len(rows)
    return number
