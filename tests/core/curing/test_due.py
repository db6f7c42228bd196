"""The table of test-age windows, exactly; a date alone never pretends to be a time."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import samples
from rules import shipped

from edge.core.checks_groups import window_of
from edge.core.codes import Code
from edge.core.curing.due import due_at_out, due_at_press, due_on, due_state, has_ended
from edge.core.ids import SpecimenId
from edge.core.moments import CHINA, Casting, Due, Instant, TimeQuality
from edge.core.specimen import Group, SpecimenState

RULES = shipped()
CAST_ON = date(2026, 3, 2)
MIDNIGHT = datetime(2026, 3, 2, tzinfo=CHINA)


def cast(age_days: int | None, *, at: datetime | None = None) -> Group:
    return replace(samples.group(1), age_days=age_days, casting=Casting(CAST_ON, at))


def after(days: int, clock: str = "00:00") -> datetime:
    """Local time so many days after the casting date."""
    hours, minutes = clock.split(":")
    return MIDNIGHT + timedelta(days=days, hours=int(hours), minutes=int(minutes))


def instant(at: datetime, quality: TimeQuality = TimeQuality.SYNCED) -> Instant:
    return Instant(at, 0, quality)


@pytest.mark.parametrize(
    ("age_days", "certain", "possible"),
    [
        (1, None, (after(0, "23:30"), after(2, "00:30"))),
        (3, None, (after(2, "22:00"), after(4, "02:00"))),
        (7, None, (after(6, "18:00"), after(8, "06:00"))),
        (
            28,
            (after(28, "04:00"), after(28, "20:00")),
            (after(27, "04:00"), after(29, "20:00")),
        ),
        (56, (after(56), after(57)), (after(55), after(58))),
        (60, (after(60), after(61)), (after(59), after(62))),
        (90, (after(89), after(92)), (after(88), after(93))),
    ],
)
def test_the_windows_of_a_casting_date(
    age_days: int,
    certain: tuple[datetime, datetime] | None,
    possible: tuple[datetime, datetime],
) -> None:
    window = window_of(cast(age_days), RULES)

    assert window is not None
    assert window.certain.empty == (certain is None)
    if certain is not None:
        assert (window.certain.since, window.certain.until) == certain
    assert (window.possible.since, window.possible.until) == possible


@pytest.mark.parametrize(
    ("at", "due", "codes"),
    [
        (after(27, "03:59"), Due.NOT_DUE, (Code.TOO_EARLY,)),
        (after(27, "04:00"), Due.OPENING, (Code.DUE_OPENING,)),
        (after(28, "03:59"), Due.OPENING, (Code.DUE_OPENING,)),
        (after(28, "04:00"), Due.DUE_NOW, ()),
        (after(28, "20:00"), Due.DUE_NOW, ()),
        (after(28, "20:01"), Due.CLOSING, (Code.DUE_CLOSING,)),
        (after(29, "20:00"), Due.CLOSING, (Code.DUE_CLOSING,)),
        (after(29, "20:01"), Due.OVERDUE, (Code.OVERDUE,)),
    ],
)
def test_out_on_the_28th_day_of_a_date(at: datetime, due: Due, codes: tuple[Code, ...]) -> None:
    answer = due_at_out(cast(28), now=instant(at), rules=RULES)

    assert answer.due is due
    assert tuple(each.code for each in answer.findings) == codes


@pytest.mark.parametrize(
    ("at", "due", "codes"),
    [
        (after(6, "17:59"), Due.NOT_DUE, (Code.TOO_EARLY, Code.EVIDENCE_INCOMPLETE)),
        (after(6, "18:00"), Due.OPENING, (Code.DUE_OPENING, Code.EVIDENCE_INCOMPLETE)),
        (after(8, "06:00"), Due.CLOSING, (Code.DUE_CLOSING, Code.EVIDENCE_INCOMPLETE)),
        (after(8, "06:01"), Due.OVERDUE, (Code.OVERDUE, Code.EVIDENCE_INCOMPLETE)),
    ],
)
def test_seven_days_of_a_date_are_never_certain(
    at: datetime, due: Due, codes: tuple[Code, ...]
) -> None:
    answer = due_at_out(cast(7), now=instant(at), rules=RULES)

    assert answer.due is due
    assert tuple(each.code for each in answer.findings) == codes
    assert ("ask", "casting_time") in answer.findings[-1].facts


@pytest.mark.parametrize(
    ("minutes", "due"),
    [(-361, Due.NOT_DUE), (-360, Due.DUE_NOW), (360, Due.DUE_NOW), (361, Due.OVERDUE)],
)
def test_with_a_casting_time_nothing_is_in_doubt(minutes: int, due: Due) -> None:
    at = after(0, "10:00")
    now = instant(at + timedelta(days=7, minutes=minutes))

    assert due_at_out(cast(7, at=at), now=now, rules=RULES).due is due


def test_peer_defect_the_day_before_is_done() -> None:
    """A peer's text fell through to `completed` exactly one day before the age."""
    states = [
        due_state(cast(28), now=instant(after(day, "12:00")), rules=RULES)
        for day in (24, 26, 27, 28, 29, 30)
    ]

    assert states == [
        Due.NOT_DUE,
        Due.NOT_DUE,
        Due.OPENING,
        Due.DUE_NOW,
        Due.CLOSING,
        Due.OVERDUE,
    ]


def test_peer_defect_three_days_do_not_follow_their_own_tolerance() -> None:
    """A peer gave 72 minutes to three days; the rule set gives two hours each way."""
    at = after(0, "10:00")
    window = window_of(cast(3, at=at), RULES)

    assert window is not None
    assert window.certain.until - window.certain.since == timedelta(hours=4)


@pytest.mark.parametrize(
    ("state", "waits"),
    [
        (SpecimenState.LAB_CURING, True),
        (SpecimenState.OUT_FOR_TEST, True),
        (SpecimenState.TESTED, False),
        (SpecimenState.DISPOSED, False),
        (SpecimenState.LOST, False),
    ],
)
def test_peer_defect_a_tested_block_is_overdue_for_ever(state: SpecimenState, waits: bool) -> None:  # noqa: FBT001 - a table of cases
    """A peer counted every tested block as expired, for ever."""
    blocks = ((SpecimenId("s-1-1"), state),)
    lines = due_at_press([(cast(28), blocks)], CAST_ON + timedelta(days=28), rules=RULES)

    assert has_ended(state) is not waits
    assert bool(lines) is waits


def test_what_is_due_at_the_press_on_a_day() -> None:
    early, late = cast(28), replace(cast(56), group=samples.group(2).group)
    blocks = ((SpecimenId("s-1-1"), SpecimenState.LAB_CURING),)
    day = CAST_ON + timedelta(days=28)
    (line,) = due_at_press([(late, blocks), (early, blocks)], day, rules=RULES)

    assert (line.group, line.is_certain) == (early, True)
    assert (line.during.since, line.during.until) == (after(28, "04:00"), after(28, "20:00"))
    assert due_at_press([(early, blocks)], day + timedelta(days=1), rules=RULES) == ()
    (vague,) = due_at_press([(cast(7), blocks)], CAST_ON + timedelta(days=7), rules=RULES)
    assert vague.is_certain is False


@pytest.mark.parametrize("days", range(50, 70))
def test_a_day_has_the_part_of_the_window_that_lies_in_it(days: int) -> None:
    during = due_on(cast(60), CAST_ON + timedelta(days=days), rules=RULES)

    assert (during is not None) == (days in {60, 61})


def test_an_untrusted_clock_and_missing_degree_days_cannot_tell() -> None:
    now = instant(after(28), TimeQuality.UNTRUSTED)

    assert due_state(cast(28), now=now, rules=RULES) is Due.CANNOT_TELL
    assert due_state(cast(None), now=instant(after(28)), rules=RULES) is Due.CANNOT_TELL
    answer = due_at_out(cast(None), now=now, rules=RULES, matured_on=CAST_ON)
    assert [each.code for each in answer.findings] == [Code.CLOCK_UNTRUSTED]
