import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.devices.firmware.golden import Golden, judge_golden
from edge.devices.firmware.plan import Change, Plan, Want, plan

LOCK = Want("0003", b"\x03", b"\x03")
TAIL = Want("0060", b"\x81", b"\xff", optional=True)


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ({"0003": b"\x03", "0060": b"\x81"}, Plan()),
        ({"0003": b"\xa3", "0060": b"\x81"}, Plan()),
        ({"0003": b"\xa0", "0060": b"\x81"}, Plan((Change(LOCK, b"\xa0", b"\xa3"),))),
        (
            {"0003": b"\x00", "0060": b"\x01"},
            Plan((Change(LOCK, b"\x00", b"\x03"), Change(TAIL, b"\x01", b"\x81"))),
        ),
        ({"0003": None, "0060": b"\x81"}, Plan(unread=(LOCK,))),
        ({}, Plan(unread=(LOCK, TAIL))),
    ],
)
def test_only_what_differs_is_to_be_written(found: dict[str, bytes | None], wanted: Plan) -> None:
    assert plan((LOCK, TAIL), found) == wanted


@pytest.mark.parametrize(
    ("found", "is_done"),
    [
        ({"0003": b"\x03", "0060": b"\x81"}, True),
        ({"0003": b"\x03", "0060": b"\x01"}, True),
        ({"0003": b"\x03", "0060": None}, True),
        ({"0003": b"\x00", "0060": b"\x81"}, False),
        ({"0003": None, "0060": b"\x81"}, False),
    ],
)
def test_what_a_module_may_lack_does_not_count(
    found: dict[str, bytes | None], *, is_done: bool
) -> None:
    assert plan((LOCK, TAIL), found).is_done is is_done


@given(st.binary(min_size=2, max_size=2), st.binary(min_size=2, max_size=2), st.binary(min_size=2))
def test_what_was_written_as_planned_is_never_planned_again(
    value: bytes, mask: bytes, found: bytes
) -> None:
    want = Want("0003", bytes(v & m for v, m in zip(value, mask, strict=True)), mask)
    for change in plan((want,), {"0003": found[:2]}).changes:
        assert plan((want,), {"0003": change.target}) == Plan()
        kept = ((a ^ b) & ~m & 0xFF for a, b, m in zip(found, change.target, mask, strict=False))
        assert not any(kept)


@pytest.mark.parametrize(
    ("payload", "verdict"),
    [
        ("试块 AHJ-1".encode(), Golden.UTF_8),
        ("试块 AHJ-1".encode("gb18030"), Golden.GB18030),
        (b"?? AHJ-1", Golden.GARBLED),
        ("试块 AHJ-1".encode("utf-16"), Golden.GARBLED),
        ("试块 AHJ-1".encode()[:-1], Golden.GARBLED),
    ],
)
def test_the_golden_code_tells_the_encoding(payload: bytes, verdict: Golden) -> None:
    assert judge_golden(payload, "试块 AHJ-1") is verdict
