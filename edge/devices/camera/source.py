"""Where the live pictures come from, as one word of the settings; step 1 of the path."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import PurePath
from typing import TypeAlias
from urllib.parse import SplitResult, urlsplit

from edge.core.errors import ConfigError

_HTTP_PORT = 80
_LONGEST_TEXT = 500
_NUMBERED = re.compile(r"%(0[1-9])?d")
_PICTURES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".webp"})
_VIDEOS = frozenset({".avi", ".mjpeg", ".mkv", ".mov", ".mp4", ".webm", ".y4m"})


@dataclass(frozen=True, slots=True)
class DeviceSource:
    """A V4L2 device by index or path; a by-id path finds it in whatever socket it is."""

    device: int | str


@dataclass(frozen=True, slots=True)
class FileSource:
    """A video file, or numbered pictures (`shots/%03d.jpg`); `loop` starts it again at its end."""

    path: str
    numbered: bool = False
    loop: bool = True


@dataclass(frozen=True, slots=True)
class MjpegSource:
    """A multipart JPEG stream over HTTP; `host` is loopback or the configured address."""

    host: str
    port: int
    target: str


Source: TypeAlias = DeviceSource | FileSource | MjpegSource


def parse_source(text: str, *, allowed_host: str = "", loop: bool = True) -> Source:
    """Index, /dev path, video file, numbered pictures or http URL; ConfigError when none of them.

    allowed_host: the one address beside loopback that a URL may name; loop: of recordings.
    """
    if not text or len(text) > _LONGEST_TEXT or not text.isprintable() or text != text.strip():
        raise _malformed(text, "empty, too long or with stray characters")
    if text.isascii() and text.isdigit():
        return _by_index(text)
    if "://" in text:
        return _by_url(text, allowed_host)
    if text.startswith("/dev/"):
        return DeviceSource(text)
    return _by_file(text, loop=loop)


def _by_index(text: str) -> DeviceSource:
    if str(int(text)) != text or int(text) > 255:  # noqa: PLR2004 - V4L2 has 256 minor numbers
        raise _malformed(text, "a device index is 0 to 255")
    return DeviceSource(int(text))


def _by_file(text: str, *, loop: bool) -> FileSource:
    ending = PurePath(text).suffix.lower()
    if "%" in text:
        if ending not in _PICTURES or text.count("%") != 1 or not _NUMBERED.search(text):
            raise _malformed(text, "numbered pictures are written like shots/%03d.jpg")
        return FileSource(text, numbered=True, loop=loop)
    if ending not in _VIDEOS:
        raise _malformed(text, f"a video file ends in one of {' '.join(sorted(_VIDEOS))}")
    return FileSource(text, loop=loop)


def _by_url(text: str, allowed_host: str) -> MjpegSource:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise _malformed(text, "not a URL") from error
    if parts.scheme != "http":
        raise _malformed(text, "only http:// streams of JPEG pictures are read")
    if "@" in parts.netloc:
        raise _malformed(text, "a URL here carries no password")
    host = parts.hostname or ""
    if not _is_loopback(host) and host != allowed_host.lower():
        raise _malformed(text, "only loopback or the configured address may be named")
    if port == 0 or not host or not text.isascii():
        raise _malformed(text, "host or port is missing")
    return MjpegSource(host, port or _HTTP_PORT, _target(parts))


def _target(parts: SplitResult) -> str:
    path = parts.path or "/"
    if " " in path or " " in parts.query:
        raise _malformed(parts.geturl(), "a URL holds no blank")
    return f"{path}?{parts.query}" if parts.query else path


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _malformed(text: str, why: str) -> ConfigError:
    shown = "(a URL with @)" if "@" in text else text[:80]
    return ConfigError("camera_source_malformed", source=shown, why=why)
