"""Which tags lie on a reader: each told once, gone after two empty looks."""

from hypothesis import given
from hypothesis import strategies as st

from edge.core.nfc import TagUid
from edge.devices.nfc.presence import OUTAGE_S, OVERSHADOWED_S, Presence

ONE, TWO = TagUid("0453c652fe4a80"), TagUid("0453c652fe4a81")


def holding(*uids: TagUid) -> Presence:
    presence = Presence()
    for uid in uids:
        presence.seen(uid, 0.0)
        presence.told(uid, 0.0)
    return presence


def test_two_empty_looks_in_a_row() -> None:
    presence = holding(ONE)
    assert presence.missed(0.1) == ()
    assert presence.seen(ONE, 0.2) == ()
    assert presence.missed(0.3) == ()
    assert presence.missed(0.4) == (ONE,)
    assert not presence.holds(ONE)


def test_two_tags_that_take_turns_both_stay() -> None:
    presence = holding(ONE, TWO)
    for step in range(100):
        assert presence.seen((ONE, TWO)[step % 2], step / 10) == ()
    assert presence.holds(ONE)
    assert presence.holds(TWO)


def test_one_of_two_that_left_is_gone_at_last() -> None:
    presence = holding(ONE, TWO)
    assert presence.seen(ONE, OVERSHADOWED_S) == ()
    assert presence.seen(ONE, OVERSHADOWED_S + 0.1) == (TWO,)


def test_a_short_break_of_the_reader_is_no_leaving() -> None:
    presence = holding(ONE)
    assert presence.resumed(OUTAGE_S) == ()
    assert presence.resumed(OUTAGE_S + 0.1) == (ONE,)


@given(st.lists(st.sampled_from([ONE, TWO, None])))
def test_each_tag_leaves_as_often_as_it_came(looks: list[TagUid | None]) -> None:
    presence = Presence()
    told: list[TagUid] = []
    left: list[TagUid] = []
    for step, uid in enumerate(looks):
        now_s = step / 10
        left += presence.missed(now_s) if uid is None else presence.seen(uid, now_s)
        if uid is not None and not presence.holds(uid):
            presence.told(uid, now_s)
            told.append(uid)
    left += [*presence.missed(90.0), *presence.missed(91.0)]
    assert sorted(told) == sorted(left)
