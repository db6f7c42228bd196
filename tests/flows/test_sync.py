"""Heads and pages become versions, whole or not at all; over the real mirror."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from downlinks import OTHER, STRANGER
from mirrored import Replica, Version, people, version

from edge.core.errors import LinkDown
from edge.flows.sync import ASK_AGAIN_S, PAGES_AT_ONCE
from edge.wire.reference import Deleted, encode_row

MANY = people(900)
OLD = version(people(3, "old"))
NEW = version(MANY, 2, at_s=60)
LAST = len(NEW.pages) - 1
assert len(NEW.pages) > PAGES_AT_ONCE + 1


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[Replica]:
    made = Replica(tmp_path / "registry.db")
    made.take(OLD)
    yield made
    made.mirror.close()


def test_a_version_counts_once_its_last_page_is_here(replica: Replica) -> None:
    replica.sync.hear_head(NEW.head())
    for number in reversed(range(1, LAST + 1)):
        replica.bring(NEW, number)
        assert replica.number() == 1
        assert replica.has(OLD.pages[0])
    replica.bring(NEW, 0)
    assert replica.number() == 2
    assert replica.mirror.held()["people"].pages == tuple(each.sha256 for each in NEW.listed)
    assert not replica.has(OLD.pages[0])
    assert replica.pump() == []


def _shorter(page: bytes) -> bytes:
    return page[:-1]


def _longer(page: bytes) -> bytes:
    return page + b"\n"


def _changed(page: bytes) -> bytes:
    return page.replace(b'"name":"person', b'"name":"reason', 1)


@pytest.mark.parametrize("spoil", [_shorter, _longer, _changed, lambda _: b""])
def test_other_bytes_than_the_heads_are_refused_and_asked_for_again(
    replica: Replica, spoil: Callable[[bytes], bytes]
) -> None:
    replica.sync.hear_head(NEW.head())
    assert 0 in replica.pump()
    replica.bring(NEW, *range(1, LAST + 1))
    replica.bring(NEW, 0, body=spoil)
    assert (replica.number(), replica.has(NEW.pages[0])) == (1, False)
    assert "page.refused" in replica.journal.noted
    replica.clock.move(ASK_AGAIN_S)
    assert replica.pump() == [0]
    replica.bring(NEW, 0)
    assert replica.number() == 2


@pytest.mark.parametrize(
    "page",
    [
        b"not json\n",
        b'{"person":"p-1"}\n',
        encode_row(people(1)[0]) + b"\n",
        encode_row(people(1)[0])[:-1],
        encode_row(Deleted("person:p-1")).replace(b"deleted", b"erased"),
        b"",
    ],
    ids=["no json", "half a row", "an empty line", "no newline", "an unknown key", "empty"],
)
def test_a_page_with_a_malformed_row_is_never_applied(replica: Replica, page: bytes) -> None:
    bad = Version("people", 2, (page,), NEW.issued)
    replica.take(bad)
    assert (replica.number(), replica.has(page)) == (1, False)


@pytest.mark.parametrize(
    "head",
    [
        NEW.head(by=STRANGER),
        NEW.head(station=OTHER.name),
        NEW.head(late_s=-120),
        NEW.head(late_s=-60),
        version(MANY, 2, name="planets", at_s=60).head(),
        b"{}",
    ],
    ids=["bad signature", "another station", "older", "as old", "no such set", "no envelope"],
)
def test_a_head_that_does_not_count_changes_nothing(replica: Replica, head: bytes) -> None:
    replica.sync.hear_head(head)
    replica.bring(NEW, *range(LAST + 1))
    assert replica.pump() == []
    assert (replica.number(), replica.issued_s()) == (1, 0)
    assert list(replica.mirror.held()) == ["people"]


def test_a_head_that_is_issued_again_tells_its_age_and_needs_no_page(replica: Replica) -> None:
    replica.sync.hear_head(OLD.head(late_s=300))
    assert (replica.number(), replica.issued_s(), replica.pump()) == (1, 300, [])
    replica.sync.hear_head(OLD.head(late_s=200))
    assert replica.issued_s() == 300


def test_a_head_that_is_issued_again_while_it_comes_asks_nothing_twice(replica: Replica) -> None:
    replica.sync.hear_head(NEW.head())
    asked = replica.pump()
    replica.sync.hear_head(NEW.head(late_s=5))
    assert replica.pump() == []
    replica.bring(NEW, *asked)
    assert not set(replica.pump()) & set(asked)
    replica.bring(NEW, *range(LAST + 1))
    assert replica.issued_s() == 65


def test_a_newer_head_takes_the_place_of_one_that_is_coming(replica: Replica) -> None:
    newer = version(MANY[:-1], 3, at_s=90)
    replica.sync.hear_head(NEW.head())
    replica.bring(NEW, 0, 1)
    replica.sync.hear_head(newer.head())
    replica.sync.hear_head(NEW.head())
    asked: list[int] = []
    while batch := replica.pump():
        asked += batch
        replica.bring(newer, *batch)
    assert replica.number() == 3
    assert 0 not in asked, "a page that is the same is here already"
    assert not replica.has(NEW.pages[-1])


def test_a_few_pages_are_asked_for_at_a_time_and_each_once(replica: Replica) -> None:
    other = version(people(900, "p"), name="keys")
    replica.sync.hear_head(NEW.head())
    replica.sync.hear_head(other.head())
    assert replica.pump() == [0, 1, 2, 3]
    assert replica.pump() == []
    replica.bring(NEW, 2)
    assert replica.pump() == [4]
    replica.clock.move(ASK_AGAIN_S)
    assert replica.pump() == [0, 1, 3, 4]


def test_a_question_that_did_not_leave_is_asked_again_at_once(replica: Replica) -> None:
    def no_link(_: str, __: int, ___: int) -> None:
        raise LinkDown("not_connected")

    replica.sync.hear_head(NEW.head())
    with pytest.raises(LinkDown):
        replica.sync.pump(no_link)
    assert replica.pump() == [0, 1, 2, 3]
    replica.sync.begin()
    assert replica.pump() == [0, 1, 2, 3]


def test_pages_outlive_the_process_that_asked_for_them(replica: Replica) -> None:
    custody = version((), name="custody")
    replica.take(custody)
    replica.sync.hear_head(NEW.head())
    replica.bring(NEW, 0, 1, 2)
    replica.restart()
    assert replica.number() == 1
    replica.sync.hear_head(custody.head(late_s=5))
    replica.sync.hear_head(OLD.head(late_s=5))
    replica.sync.hear_head(NEW.head())
    assert replica.pump() == [3, 4, 5, 6][: LAST - 2]
    replica.bring(NEW, *range(3, LAST + 1))
    assert replica.number() == 2


def test_pages_of_one_set_stay_while_another_is_switched(replica: Replica) -> None:
    custody = version((), name="custody")
    replica.take(custody)
    replica.sync.hear_head(NEW.head())
    replica.bring(NEW, 0)
    replica.take(version((Deleted("specimen:s-1"),), 2, name="custody", at_s=60))
    assert replica.has(NEW.pages[0])


def test_a_version_that_went_back_is_what_the_platform_says_last(replica: Replica) -> None:
    replica.take(NEW)
    again = version(people(3, "old"), 1, at_s=90)
    replica.take(again)
    assert (replica.number(), replica.issued_s()) == (1, 90)


def test_an_empty_set_is_a_version_too(replica: Replica) -> None:
    replica.take(version((), 3, at_s=90))
    assert (replica.number(), replica.mirror.held()["people"].pages) == (3, ())
    assert not replica.has(OLD.pages[0])


def test_pages_that_are_not_awaited_leave_no_trace(replica: Replica) -> None:
    replica.bring(NEW, 0)
    replica.sync.hear_head(NEW.head())
    replica.sync.hear_page("people", 1, 0, NEW.pages[0])
    replica.sync.hear_page("people", 2, LAST + 1, NEW.pages[0])
    replica.sync.hear_page("grants", 2, 0, NEW.pages[0])
    assert not replica.has(NEW.pages[0])


def test_a_page_of_two_sets_stays_while_one_of_them_names_it(replica: Replica) -> None:
    shared = (Deleted("grant:g-1"), Deleted("person:p-1"))
    replica.take(version(shared, 2, at_s=60))
    replica.take(version(shared, name="grants"))
    (page,) = version(shared).pages
    replica.take(version((), 3, at_s=90))
    assert replica.has(page)
    replica.take(version((), 2, name="grants", at_s=90))
    assert not replica.has(page)
