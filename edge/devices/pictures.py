"""A picture file as a door of the desk (step 1): its codes, and the picture itself as evidence."""

from pathlib import Path

from edge.core.errors import DecodeError
from edge.devices.qr.cascade import QrReader
from edge.devices.qr.images import load_grey

_MEDIA_TYPES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n", "image/png"),
    (b"RIFF", "image/webp"),
)


class PictureEye:
    """Reads whole picture files; the engines are found once."""

    def __init__(self, reader: QrReader) -> None:
        self._reader = reader

    def look(self, path: Path) -> tuple[tuple[bytes, ...], bytes, str]:
        """Payloads in reading order, content and media type; DecodeError when it is no picture."""
        grey = load_grey(path)
        content = path.read_bytes()
        media_type = next((kind for head, kind in _MEDIA_TYPES if content.startswith(head)), "")
        if not media_type:
            raise DecodeError("image_unreadable", file=str(path), why="not JPEG, PNG or WebP")
        reads = sorted(self._reader.read_still(grey), key=lambda read: read.quad[0][::-1])
        return tuple(dict.fromkeys(read.payload for read in reads)), content, media_type
