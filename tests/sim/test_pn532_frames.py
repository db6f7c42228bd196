"""Frames of the simulated chip: whole ones, however the bytes arrive, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.sim.pn532.frames import ACK, GAP_S, NACK, Frame, FrameReader, Kind, answer_frame

FIRMWARE = bytes.fromhex("0000ff02fed4022a00")


def command(body: bytes) -> bytes:
    """The same form as an answer, with the host's direction byte."""
    frame = bytearray(answer_frame(body))
    at = 8 if frame[3:5] == b"\xff\xff" else 5
    frame[at] = 0xD4
    frame[-2] = (frame[-2] + 1) & 0xFF
    return bytes(frame)


@pytest.mark.parametrize(
    ("data", "frames"),
    [
        (FIRMWARE, (Frame(Kind.COMMAND, b"\x02"),)),
        (bytes(10) + FIRMWARE, (Frame(Kind.COMMAND, b"\x02"),)),
        (ACK, (Frame(Kind.ACK),)),
        (NACK, (Frame(Kind.NACK),)),
        (ACK + FIRMWARE, (Frame(Kind.ACK), Frame(Kind.COMMAND, b"\x02"))),
        (bytes.fromhex("0000ff02fdd4022a00"), (Frame(Kind.BROKEN),)),
        (bytes.fromhex("0000ff02fed4022b00"), (Frame(Kind.BROKEN),)),
        (bytes.fromhex("0000ff02fed5022900"), (Frame(Kind.BROKEN),)),
        (b"\x55\xaa\x55", ()),
        (FIRMWARE[:-3], ()),
    ],
)
def test_what_stands_in_bytes(data: bytes, frames: tuple[Frame, ...]) -> None:
    assert FrameReader().feed(data, 0.0) == frames


@given(st.binary(min_size=1, max_size=263), st.data())
def test_a_command_of_any_length_cut_anywhere(body: bytes, data: st.DataObject) -> None:
    whole = bytes(3) + command(body)
    reader = FrameReader()
    cut = data.draw(st.integers(0, len(whole)))
    found = reader.feed(whole[:cut], 0.0) + reader.feed(whole[cut:], GAP_S / 2)
    assert found == (Frame(Kind.COMMAND, body),)


def test_half_a_frame_is_given_up_after_a_pause() -> None:
    reader = FrameReader()
    assert reader.feed(FIRMWARE[:5], 0.0) == ()
    assert reader.feed(FIRMWARE[5:], GAP_S * 2) == ()
    assert reader.feed(FIRMWARE, GAP_S * 2) == (Frame(Kind.COMMAND, b"\x02"),)


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_no_bytes_make_it_fall(chunks: list[bytes]) -> None:
    reader = FrameReader()
    for chunk in chunks:
        reader.feed(chunk, 0.0)
    assert reader.feed(bytes(600) + FIRMWARE, GAP_S * 2)[-1] == Frame(Kind.COMMAND, b"\x02")
