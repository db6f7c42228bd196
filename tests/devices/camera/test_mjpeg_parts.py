"""A multipart stream gives its pictures however it is cut, and nothing that is none."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.devices.camera.mjpeg_parts import MjpegParts, boundary_of

PICTURES = tuple(b"\xff\xd8\xff" + bytes([number]) * 40 + b"\xff\xd9" for number in range(1, 5))


def stream(*, measured: bool) -> bytes:
    parts = (
        b"\r\n--cut\r\nContent-Type: image/jpeg\r\n"
        + (b"Content-Length: %d\r\n" % len(picture) if measured else b"")
        + b"\r\n"
        + picture
        for picture in PICTURES
    )
    return b"".join(parts) + b"\r\n--cut--\r\n"


@given(cuts=st.lists(st.integers(0, 400), max_size=30), measured=st.booleans())
def test_pictures_do_not_depend_on_the_cuts(cuts: list[int], measured: bool) -> None:  # noqa: FBT001 - drawn
    data = stream(measured=measured)
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    parts = MjpegParts(b"cut")

    got = [picture for start, end in pairwise(edges) for picture in parts.feed(data[start:end])]

    assert tuple(got) == PICTURES


@given(data=st.binary(max_size=3000))
def test_noise_before_the_stream_costs_no_later_picture(data: bytes) -> None:
    parts = MjpegParts(b"cut")
    parts.feed(data.replace(b"--cut", b"....."))

    assert parts.feed(stream(measured=True)) == PICTURES


@pytest.mark.parametrize("filler", [b"x", b"--cut\r\n", b"--cut\r\n\r\n" + b"x" * 50])
def test_memory_stays_bounded(filler: bytes) -> None:
    parts = MjpegParts(b"cut")
    block = filler * (1_000_000 // len(filler))

    for _ in range(20):
        assert parts.feed(block) == ()

    assert len(parts._held) < 10_000_000


def test_a_picture_that_is_cut_off_is_none() -> None:
    parts = MjpegParts(b"cut")
    half = PICTURES[0][:20]

    told = b"--cut\r\nContent-Length: %d\r\n\r\n" % len(half)
    assert parts.feed(told + half + stream(measured=True)) == PICTURES


@pytest.mark.parametrize(
    ("told", "boundary"),
    [
        ("multipart/x-mixed-replace; boundary=frame", b"frame"),
        ('Multipart/X-Mixed-Replace;boundary="a b"', b"a"),
        ("multipart/x-mixed-replace;boundary=--frame", b"frame"),
        ("multipart/x-mixed-replace", None),
        ("image/jpeg; boundary=frame", None),
        ("", None),
    ],
)
def test_the_boundary_is_read(told: str, boundary: bytes | None) -> None:
    assert boundary_of(told) == boundary
