"""What the settings may name as a camera."""

import pytest

from edge.core.errors import ConfigError
from edge.devices.camera.source import (
    DeviceSource,
    FileSource,
    MjpegSource,
    Source,
    parse_source,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", DeviceSource(0)),
        ("12", DeviceSource(12)),
        ("/dev/video2", DeviceSource("/dev/video2")),
        (
            "/dev/v4l/by-id/usb-Cam_1-video-index0",
            DeviceSource("/dev/v4l/by-id/usb-Cam_1-video-index0"),
        ),
        ("day.mp4", FileSource("day.mp4")),
        ("/srv/试块.Y4M", FileSource("/srv/试块.Y4M")),
        ("shots/%03d.jpg", FileSource("shots/%03d.jpg", numbered=True)),
        ("shots/%d.png", FileSource("shots/%d.png", numbered=True)),
        ("http://localhost:8080/s?q=1", MjpegSource("localhost", 8080, "/s?q=1")),
        ("http://127.0.0.2", MjpegSource("127.0.0.2", 80, "/")),
        ("http://[::1]:81/", MjpegSource("::1", 81, "/")),
        ("http://10.0.0.9/mjpeg", MjpegSource("10.0.0.9", 80, "/mjpeg")),
    ],
)
def test_a_source_is_understood(text: str, expected: Source) -> None:
    assert parse_source(text, allowed_host="10.0.0.9") == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 0",
        "00",
        "256",
        "-1",
        "camera",
        "shots/%s.jpg",
        "shots/%03d-%03d.jpg",
        "shots/%03d.mp4",
        "file.exe",
        "a\nb.mp4",
        "x" * 600 + ".mp4",
        "rtsp://127.0.0.1/s",
        "https://127.0.0.1/s",
        "file:///etc/x.mp4",
        "http://10.0.0.8/s",
        "http://example.org/s",
        "http://127.0.0.1.example.org/s",
        "http://user:word@127.0.0.1/s",
        "http://127.0.0.1:0/s",
        "http://127.0.0.1:99999/s",
        "http://[::1/s",
        "http:///s",
        "http://127.0.0.1/a b",
    ],
)
def test_everything_else_is_refused_by_name(text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_source(text, allowed_host="10.0.0.9")

    assert refused.value.code == "camera_source_malformed"
    assert refused.value.facts["why"]
    assert "word" not in str(refused.value.facts["source"])


def test_a_recording_may_end() -> None:
    assert parse_source("a.mp4", loop=False) == FileSource("a.mp4", loop=False)
