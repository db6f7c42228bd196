"""Picture files of faces, in colour; for enrolment and measuring, never kept."""

from pathlib import Path

import cv2
import numpy as np

from edge.core.errors import DecodeError
from edge.core.faces import Box
from edge.devices.pixels import Picture

_LONGEST_PX = 1600
"""Larger photographs are made smaller: the network sees 150 px of a face anyway."""


def load_colour(path: Path) -> Picture:
    """The picture of a file, blue first, upright by its EXIF word; DecodeError when it is none."""
    try:
        content = np.fromfile(path, dtype=np.uint8)
    except OSError as error:
        why = (error.strerror or type(error).__name__).lower()
        raise DecodeError("image_unreadable", file=str(path), why=why) from error
    picture = _decode(content) if content.size else None
    if picture is None:
        raise DecodeError("image_unreadable", file=str(path), why="not a picture we can open")
    return _bounded(picture)


def picture_of(content: bytes) -> Picture:
    """The picture in some bytes, as `load_colour` gives that of a file."""
    picture = _decode(np.frombuffer(content, np.uint8)) if content else None
    if picture is None:
        raise DecodeError("image_unreadable", why="not a picture we can open")
    return _bounded(picture)


def _bounded(picture: Picture) -> Picture:
    scale = _LONGEST_PX / max(picture.shape[:2])
    if scale >= 1:
        return picture
    smaller = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(smaller, np.uint8)


def _decode(content: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> Picture | None:
    # OpenCV would print its own words about a broken file to stderr.
    previous = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        picture = cv2.imdecode(content, cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    finally:
        cv2.utils.logging.setLogLevel(previous)
    return None if picture is None or not picture.size else np.asarray(picture, np.uint8)


def crop_jpeg(bgr: Picture, box: Box) -> bytes:
    """A face with half of its width around it, as JPEG."""
    spare_x, spare_y = box.width // 2, box.height // 2
    top, left = max(0, box.top - spare_y), max(0, box.left - spare_x)
    bottom, right = box.top + box.height + spare_y, box.left + box.width + spare_x
    _, content = cv2.imencode(".jpg", bgr[top:bottom, left:right])
    return content.tobytes()
