"""A secret as a file that only its owner can read."""

from pathlib import Path

from edge.core.errors import ConfigError


def read_secret(path: Path) -> str:
    """The first line of the file.

    Raises ConfigError `secret_unreadable`, `secret_readable_by_others` or `secret_empty`.
    """
    try:
        if path.stat().st_mode & 0o077:
            raise ConfigError(
                "secret_readable_by_others", file=str(path), remedy=f"chmod 600 {path}"
            )
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("secret_unreadable", file=str(path), why=str(error)) from error
    if not lines or not lines[0].strip():
        raise ConfigError("secret_empty", file=str(path), remedy="write the secret as one line")
    return lines[0].strip()
