import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.central.share import EVERY_LAB, Shard, Share
from edge.core.errors import DecodeError
from edge.core.ids import LabId

LABS = st.from_regex(LabId.PATTERN, fullmatch=True).map(LabId)


@given(LABS, st.integers(1, 50))
def test_every_lab_falls_into_exactly_one_part(lab: LabId, parts: int) -> None:
    assert [Shard(number, parts).holds(lab) for number in range(1, parts + 1)].count(True) == 1


@pytest.mark.parametrize(
    ("lab", "part"), [("lab-1", 1), ("lab-2", 2), ("lab-3", 2), ("lab-4", 3), ("lab-5", 2)]
)
def test_the_part_of_a_lab_never_changes(lab: str, part: int) -> None:
    """Two releases beside each other must agree, or a lab has two consumers or none."""
    assert Shard(part, 3).holds(LabId(lab))


def test_parts_are_of_similar_size() -> None:
    labs = [LabId(f"lab-{number}") for number in range(400)]
    sizes = [len(Share.of_shard(Shard(number, 4), labs).labs or ()) for number in range(1, 5)]
    assert sum(sizes) == len(labs)
    assert max(sizes) < 1.3 * min(sizes)


@pytest.mark.parametrize(
    "text", ["", "1", "0/3", "4/3", "1/0", "1/3/5", "-1/3", "1 / 3", "１/3", "1/03"]
)
def test_what_is_no_part_is_refused(text: str) -> None:
    with pytest.raises(DecodeError):
        Shard.parse(text)


def test_a_part_is_read_as_it_is_written() -> None:
    assert Shard.parse("2/3") == Shard(2, 3)


def test_a_share_subscribes_to_its_labs_only() -> None:
    share = Share.of_labs([LabId("b"), LabId("a"), LabId("a")])
    assert share.scopes("nanchang") == ("nanchang/a/+", "nanchang/b/+")
    assert share.covers(LabId("a"))
    assert not share.covers(LabId("c"))
    assert share == Share.of_labs([LabId("a"), LabId("b")])
    assert share.name != Share.of_labs([LabId("a")]).name
    assert EVERY_LAB.scopes("nanchang") == ("nanchang/+/+",)
    assert EVERY_LAB.covers(LabId("c"))
