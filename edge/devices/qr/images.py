"""Image files to grey pictures: the only place that opens picture files for decoding."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.core.errors import DecodeError
from edge.devices.pixels import Grey

# OpenCV refuses WebP files shorter than 32 bytes, although smaller ones are valid.
_MIN_BUFFER_BYTES = 64
_GREY_ALPHA_CHANNELS = 2
_COLOUR_ALPHA_CHANNELS = 4


def load_grey(path: Path) -> Grey:
    """The picture in `path`, upright by its EXIF word; DecodeError where there is none."""
    try:
        data = np.fromfile(path, dtype=np.uint8)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise DecodeError("image_unreadable", file=str(path), why=reason) from error
    if not data.size:
        raise DecodeError("image_unreadable", file=str(path), why="the file is empty")
    data = np.pad(data, (0, max(0, _MIN_BUFFER_BYTES - data.size)))
    picture = _decode(data, cv2.IMREAD_GRAYSCALE)
    if picture is None or not picture.size:
        raise DecodeError("image_unreadable", file=str(path), why="not a picture we can open")
    if picture.min() == picture.max():
        return _on_white(data, picture)
    return picture


def _decode(data: NDArray[np.uint8], flags: int) -> Grey | None:
    # OpenCV would print its own words about a broken file to stderr.
    previous = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        picture = cv2.imdecode(data, flags)
    except cv2.error:
        return None
    finally:
        cv2.utils.logging.setLogLevel(previous)
    return None if picture is None else np.asarray(picture, dtype=np.uint8)


def _on_white(data: NDArray[np.uint8], flat: Grey) -> Grey:
    """A picture drawn by its transparency alone, laid on white; else the flat picture."""
    layers = _decode(data, cv2.IMREAD_UNCHANGED)
    if layers is None or layers.ndim == flat.ndim:
        return flat
    if layers.shape[2] not in {_GREY_ALPHA_CHANNELS, _COLOUR_ALPHA_CHANNELS}:
        return flat
    alpha = layers[:, :, -1].astype(np.float32) / 255
    return np.asarray(flat * alpha + 255 * (1 - alpha), dtype=np.uint8)
