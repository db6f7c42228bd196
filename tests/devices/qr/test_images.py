"""Picture files become grey pictures, or one error that names the file."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from qr_draw import label

from edge.core.errors import DecodeError
from edge.devices.qr.images import load_grey

# One grey pixel; OpenCV alone refuses WebP files of this size.
TINY_WEBP = bytes.fromhex("524946461600000057454250565038 4c0a0000002f000000004517 23fa1f")


def _exif_turned(jpeg: bytes) -> bytes:
    """The same JPEG with orientation 6: shown turned a quarter to the right."""
    tiff = bytes.fromhex("4d4d002a00000008 0001 0112 0003 00000001 0006 0000 00000000")
    body = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body + jpeg[2:]


def test_a_png_comes_back_as_drawn(tmp_path: Path) -> None:
    picture, file = label("FILE"), tmp_path / "试块.png"
    file.write_bytes(cv2.imencode(".png", picture)[1].tobytes())

    assert np.array_equal(load_grey(file), picture)


def test_the_orientation_word_is_obeyed(tmp_path: Path) -> None:
    file = tmp_path / "turned.jpg"
    jpeg = cv2.imencode(".jpg", np.full((40, 90), 128, np.uint8))[1].tobytes()
    file.write_bytes(_exif_turned(jpeg))

    assert load_grey(file).shape == (90, 40)


def test_a_picture_drawn_by_transparency_alone_is_laid_on_white(tmp_path: Path) -> None:
    picture, file = label("ALPHA"), tmp_path / "alpha.png"
    layers = np.dstack([np.zeros((*picture.shape, 3), np.uint8), 255 - picture])
    file.write_bytes(cv2.imencode(".png", layers)[1].tobytes())

    assert np.array_equal(load_grey(file), picture)


def test_a_picture_of_one_pixel_is_a_picture(tmp_path: Path) -> None:
    file = tmp_path / "tiny.webp"
    file.write_bytes(TINY_WEBP)

    assert load_grey(file).shape == (1, 1)


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 80])
def test_other_bytes_are_refused_by_name(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], content: bytes
) -> None:
    file = tmp_path / "broken.png"
    file.write_bytes(content)

    with pytest.raises(DecodeError) as caught:
        load_grey(file)

    assert caught.value.facts["file"] == str(file)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", ["absent.png", "."])
def test_no_file_is_refused_by_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(DecodeError) as caught:
        load_grey(tmp_path / name)

    assert caught.value.code == "image_unreadable"
