"""Bytes of a multipart stream to JPEG pictures, whatever the camera gets wrong; pure."""

import re
from collections.abc import Iterator

LONGEST_PART_BYTES = 8_000_000
_LONGEST_HEAD_BYTES = 4096
_JPEG_START = b"\xff\xd8\xff"
_JPEG_END = b"\xff\xd9"
_LENGTH = re.compile(rb"content-length:[ \t]*([0-9]{1,9})[ \t]*(?:\r|$)", re.IGNORECASE)
_BOUNDARY = re.compile(r'boundary="?([^";,\s]{1,70})', re.IGNORECASE)


def boundary_of(content_type: str) -> bytes | None:
    """The boundary of a multipart media type; None for every other type."""
    found = _BOUNDARY.search(content_type)
    if found is None or not content_type.lower().lstrip().startswith("multipart/"):
        return None
    # Some cameras announce the boundary with the dashes that belong before it.
    return found[1].strip("-").encode("latin-1", "replace") or None


class MjpegParts:
    """Cuts a stream into its pictures; keeps at most one picture of 8 MB in memory."""

    def __init__(self, boundary: bytes) -> None:
        self._marker = b"--" + boundary
        self._held = bytearray()

    def feed(self, data: bytes) -> tuple[bytes, ...]:
        """Whole JPEG pictures that `data` completes; parts that are none are left out."""
        self._held += data
        return tuple(jpeg for part in self._parts() if (jpeg := _jpeg(part)))

    def _parts(self) -> Iterator[bytes]:
        while (start := self._held.find(self._marker)) >= 0:
            del self._held[:start]
            head_end = self._held.find(b"\r\n\r\n", 0, _LONGEST_HEAD_BYTES)
            if head_end < 0:
                if len(self._held) < _LONGEST_HEAD_BYTES:
                    return
                self._skip_marker()
                continue
            end = self._part_end(head_end)
            if end is None:
                if len(self._held) < LONGEST_PART_BYTES:
                    return
                self._skip_marker()
                continue
            yield bytes(self._held[head_end + 4 : end])
            del self._held[:end]
        del self._held[: max(0, len(self._held) - len(self._marker))]

    def _part_end(self, head_end: int) -> int | None:
        """Where the part ends, by its length or by the next marker; None while it is not here."""
        body = head_end + 4
        told = _LENGTH.search(self._held, 0, head_end)
        if told is not None and 0 < int(told[1]) <= LONGEST_PART_BYTES:
            end = body + int(told[1])
            return end if end <= len(self._held) else None
        end = self._held.find(self._marker, body)
        return None if end < 0 else end

    def _skip_marker(self) -> None:
        """Go to the last marker of what cannot be a head, or past the only one."""
        last = self._held.rfind(self._marker, 1, _LONGEST_HEAD_BYTES)
        del self._held[: last if last > 0 else len(self._marker)]


def _jpeg(part: bytes) -> bytes:
    """The picture from its first to its last mark; nothing when one is missing (cut off)."""
    start, end = part.find(_JPEG_START), part.rfind(_JPEG_END)
    return part[start : end + len(_JPEG_END)] if 0 <= start < end else b""
