from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.devices.scanner import gm65
from edge.devices.scanner.frames import Answer, Code, Dropped, Framer, Loss
from edge.devices.scanner.framing import LengthCutter, LineCutter, StreamFramer

LONG = b"L1." + b"8" * 2045
CODES = (b"AHJ-2025-000123", "试块-0001".encode(), "试块".encode("gb18030"), LONG, b"]C1-x")


def line(*, settled: bool = True, answering: bool = False, with_aim: bool = False) -> StreamFramer:
    if answering:
        return StreamFramer(
            LineCutter(), take_answer=gm65.take_answer, with_aim=with_aim, settled=settled
        )
    return StreamFramer(LineCutter(), with_aim=with_aim, settled=settled)


def framed() -> StreamFramer:
    return StreamFramer(LengthCutter(), take_answer=gm65.take_answer, settled=True)


def codes(framer: Framer, *pieces: bytes) -> list[bytes]:
    frames = [frame for piece in pieces for frame in framer.feed(piece)]
    return [frame.payload for frame in frames if isinstance(frame, Code)]


def pieces_of(stream: bytes, cuts: set[int]) -> Iterator[bytes]:
    places = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return (stream[a:b] for a, b in pairwise(places))


@pytest.mark.parametrize("tail", [b"\r", b"\n", b"\r\n"])
@pytest.mark.parametrize("code", CODES)
def test_a_code_ends_at_its_end_however_the_module_writes_it(code: bytes, tail: bytes) -> None:
    assert codes(line(), code + tail + code + tail) == [code, code]


def test_every_single_cut_of_a_stream_gives_the_same_codes() -> None:
    stream = b"AHJ-2025-000123\r\n" + gm65.answer(b"\x00") + b"AHJ-2025-000124\r"
    for cut in range(len(stream) + 1):
        framer = line(answering=True)
        assert codes(framer, stream[:cut], stream[cut:]) == [
            b"AHJ-2025-000123",
            b"AHJ-2025-000124",
        ]


TEXTS = st.binary(min_size=1, max_size=60).map(
    lambda raw: bytes(32 + byte % 95 if byte < 128 else byte for byte in raw)
)
SAID = st.lists(
    st.one_of(
        TEXTS,
        st.sampled_from([gm65.answer(b"\x00"), gm65.answer(b"\x0d\x0a"), gm65.answer(b"\x39\x01")]),
    ),
    max_size=12,
)


@given(SAID, st.sets(st.integers(0, 2000), max_size=40), st.sampled_from([b"\r", b"\n", b"\r\n"]))
def test_no_split_of_lines_and_answers_ever_cuts_or_joins_a_code(
    said: list[bytes], cuts: set[int], tail: bytes
) -> None:
    wanted = [each for each in said if not each.startswith(b"\x02")]
    stream = b"".join(each if each.startswith(b"\x02") else each + tail for each in said)
    assert codes(line(answering=True), *pieces_of(stream, cuts)) == wanted


@given(
    st.lists(st.one_of(st.binary(min_size=1, max_size=300), st.none()), max_size=12),
    st.sets(st.integers(0, 5000), max_size=40),
)
def test_no_split_of_framed_codes_ever_cuts_or_joins_one(
    said: list[bytes | None], cuts: set[int]
) -> None:
    beat = gm65.answer(b"\x00", head=b"\x03\x00\x00")
    stream = b"".join(
        beat if each is None else b"\x03" + len(each).to_bytes(2, "big") + each for each in said
    )
    wanted = [each for each in said if each is not None]
    assert codes(framed(), *pieces_of(stream, cuts)) == wanted


@given(st.lists(TEXTS, min_size=1, max_size=6), st.data())
def test_a_stream_that_breaks_off_or_starts_late_gives_whole_codes_only(
    said: list[bytes], data: st.DataObject
) -> None:
    stream = b"".join(each + b"\r" for each in said)
    start = data.draw(st.integers(0, len(stream)))
    stop = data.draw(st.integers(start, len(stream)))
    framer = line(settled=False)
    framer.feed(b"\x00")
    got = codes(framer, stream[start:stop])
    framer.settle()
    assert all(each in said for each in got)


def test_a_silence_within_a_code_never_makes_two_codes() -> None:
    framer = line()
    assert codes(framer, b"AHJ-2025") == []
    assert framer.quiet() == (Dropped(Loss.UNENDED, 8),)
    assert framer.quiet() == ()
    assert codes(framer, b"-000123\r", b"AHJ-2025-000124\r") == [b"AHJ-2025-000124"]


def test_after_an_unended_code_a_module_that_answers_proves_the_boundary() -> None:
    framer = line(answering=True)
    framer.feed(b"AHJ-2025")
    framer.quiet()
    assert codes(framer, b"-000123\r") == []
    assert codes(framer, gm65.answer(b"\x00"), b"AHJ-2025-000124\r") == [b"AHJ-2025-000124"]


def test_what_came_while_opening_is_no_code() -> None:
    framer = line(settled=False)
    assert codes(framer, b"5-000123\rAHJ-2025-000124\r") == [b"AHJ-2025-000124"]


def test_noise_of_the_opening_line_is_no_code_and_costs_none() -> None:
    framer = line(settled=False)
    framer.feed(b"\x00\xff")
    framer.settle()
    assert codes(framer, b"AHJ-2025-000124\r") == [b"AHJ-2025-000124"]


@pytest.mark.parametrize("size", [8193, 20_000])
def test_a_code_beyond_any_symbol_is_dropped_whole(size: int) -> None:
    assert codes(line(), b"x" * size, b"\rAHJ-1\r") == [b"AHJ-1"]


def test_a_spoiled_answer_takes_no_code_with_it() -> None:
    answer = gm65.answer(b"\x0d")
    broken = answer[:-1] + bytes([answer[-1] ^ 1])
    framer = line(answering=True)
    assert codes(framer, broken + b"AHJ-1\r") == []
    assert codes(framer, answer + b"AHJ-2\r") == [b"AHJ-2"]


def test_text_in_a_framed_stream_is_no_code() -> None:
    framer = framed()
    assert framer.feed(b"AHJ-1\r") == (Dropped(Loss.UNFRAMED, 6),)
    assert codes(framer, b"\x03\x00\x05AHJ-2") == []
    assert codes(framer, gm65.answer(b"\x00") + b"\x03\x00\x05AHJ-3") == [b"AHJ-3"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"]Q1AHJ-1", Code(b"AHJ-1", "]Q1")),
        (b"]cmAHJ-1", Code(b"AHJ-1", "]cm")),
        (b"AHJ-1", Code(b"AHJ-1")),
        (b"]-1", Code(b"]-1")),
    ],
)
def test_the_symbology_is_taken_off_and_kept(body: bytes, code: Code) -> None:
    assert line(with_aim=True).feed(body + b"\r") == (code,)


def test_a_code_that_looks_like_a_symbology_stays_whole_where_none_is_sent() -> None:
    assert line().feed(b"]Q1AHJ\r") == (Code(b"]Q1AHJ"),)


def test_an_stx_before_a_code_is_not_taken_for_an_answer() -> None:
    framer = StreamFramer(LineCutter(ends=b"\x03"), take_answer=gm65.take_answer, settled=True)
    assert codes(framer, b"\x02", b"AHJ-1\x03\x02AHJ-2\x03") == [b"AHJ-1", b"AHJ-2"]


def test_answers_are_told_apart_from_codes() -> None:
    answer = gm65.answer(b"\x00")
    frames = line(answering=True).feed(answer + b"AHJ-1\r" + answer)
    assert frames == (Answer(answer, b"\x00"), Code(b"AHJ-1"), Answer(answer, b"\x00"))
