"""A file from the network by its content: resumed where it broke off, kept only if right."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from http.client import HTTPException
from ipaddress import ip_address
from pathlib import Path
from typing import BinaryIO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from edge.core.errors import ConfigError, LinkDown, StorageError

_PART_BYTES = 1 << 16
_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file as it must be; never more than `size_bytes` is written."""

    url: str
    path: Path
    size_bytes: int
    sha256: str


def download(wanted: Wanted, progress: Callable[[int], None] = lambda _: None) -> int:
    """Fetch a file; how many bytes came over the network.

    What came before a break stays beside the file as `.part` and is continued by HTTP range.
    Raises ConfigError `download_url_refused` (https only, but for loopback) or
    `download_changed`, LinkDown `download_broken`, StorageError `download_unwritable`.
    """
    _check_url(wanted.url)
    part = wanted.path.with_name(f"{wanted.path.name}.part")
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        came = _fetch(wanted, part, progress) if _size(part) < wanted.size_bytes else 0
        content = part.read_bytes()
    except (HTTPException, URLError, TimeoutError, ConnectionError) as error:
        raise LinkDown("download_broken", url=wanted.url, why=_why(error)) from error
    except OSError as error:
        raise StorageError("download_unwritable", file=str(part), why=error.strerror) from error
    if len(content) < wanted.size_bytes:
        raise LinkDown("download_broken", url=wanted.url, bytes=len(content))
    found = sha256(content).hexdigest()
    if len(content) != wanted.size_bytes or found != wanted.sha256:
        part.unlink()
        raise ConfigError("download_changed", url=wanted.url, sha256=found)
    part.replace(wanted.path)
    return came


def _fetch(wanted: Wanted, part: Path, progress: Callable[[int], None]) -> int:
    have = _size(part)
    request = Request(wanted.url)  # noqa: S310 - the scheme was checked
    if have:
        request.add_header("Range", f"bytes={have}-")
    with urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - as above
        resumed = have > 0 and answer.status == HTTPStatus.PARTIAL_CONTENT
        _check_url(answer.url)
        with part.open("ab" if resumed else "wb") as file:
            return _copy(answer, file, wanted.size_bytes - (have if resumed else 0), progress)


def _copy(
    source: BinaryIO, file: BinaryIO, most_bytes: int, progress: Callable[[int], None]
) -> int:
    came = 0
    while came <= most_bytes:
        content = source.read(min(_PART_BYTES, most_bytes + 1 - came))
        if not content:
            break
        file.write(content)
        came += len(content)
        progress(came)
    return came


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    plain = parts.scheme == "http" and _is_loopback(parts.hostname or "")
    if parts.scheme != "https" and not plain:
        raise ConfigError("download_url_refused", url=url)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _why(error: Exception) -> str:
    if isinstance(error, HTTPError):
        return f"http {error.code}"
    reason = error.reason if isinstance(error, URLError) else error
    return type(reason).__name__ if isinstance(reason, Exception) else str(reason)
