"""A picture file as a door of the desk (step 1): its codes, and the picture itself as evidence."""

from collections.abc import Callable
from pathlib import Path

from edge.core.errors import DecodeError, DeviceGone
from edge.devices.qr.cascade import QrReader
from edge.devices.qr.images import load_grey

_MEDIA_TYPES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n", "image/png"),
    (b"RIFF", "image/webp"),
)


Shutter = Callable[[], bytes | None]
"""Takes a JPEG of what a camera sees; None while it sees nothing."""


class PictureEye:
    """Reads whole picture files, and takes pictures; the engines are found once."""

    def __init__(self, reader: QrReader, *, shutter: Shutter = lambda: None) -> None:
        self._reader = reader
        self._shutter = shutter

    def shoot(self) -> tuple[bytes, str]:
        """What the camera sees now; raise DeviceGone `camera_absent`."""
        content = self._shutter()
        if content is None:
            raise DeviceGone("camera_absent")
        return content, "image/jpeg"

    def look(self, path: Path) -> tuple[tuple[bytes, ...], bytes, str]:
        """Payloads in reading order, content and media type; DecodeError when it is no picture."""
        grey = load_grey(path)
        content = path.read_bytes()
        media_type = next((kind for head, kind in _MEDIA_TYPES if content.startswith(head)), "")
        if not media_type:
            raise DecodeError("image_unreadable", file=str(path), why="not JPEG, PNG or WebP")
        reads = sorted(self._reader.read_still(grey), key=lambda read: read.quad[0][::-1])
        return tuple(dict.fromkeys(read.payload for read in reads)), content, media_type
