"""The day's list: today's deliveries and every open one, newest first."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import samples
from memory_station import MemoryStation

from edge.core.ids import DeliveryId, PersonId, uuid7
from edge.core.intake.state import Decision, Delivery, Ending, Phase
from edge.core.moments import CHINA
from edge.flows.daybook import LIMIT, day_rows
from edge.wire.desk_json import delivery_document

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=CHINA)


def delivery(number: int, opened_at: datetime, phase: Phase = Phase.CLOSED) -> Delivery:
    return Delivery(
        DeliveryId(uuid7(opened_at, number.to_bytes(10, "big"))),
        phase,
        PersonId("receiver-1"),
        opened_at,
        ("form-1",),
        commission=samples.commission(),
        ending=Ending.RECEIVED if phase is Phase.CLOSED else None,
    )


def store(*deliveries: Delivery) -> MemoryStation:
    kept = MemoryStation()
    kept.commit(documents=tuple(delivery_document(each) for each in deliveries))
    return kept


def test_newest_first() -> None:
    made = [delivery(number, NOON - timedelta(minutes=10 - number)) for number in range(3)]
    rows = day_rows(store(*made), NOON)
    assert [row.delivery for row in rows] == [each.delivery for each in reversed(made)]
    assert (rows[0].commission, rows[0].project, rows[0].expected) == ("WT-2026-0001", "一号桥", 6)


@pytest.mark.parametrize(
    ("opened_at", "phase", "is_shown"),
    [
        (NOON.replace(hour=0, minute=0), Phase.CLOSED, True),
        (NOON.replace(hour=0, minute=0) - timedelta(seconds=1), Phase.CLOSED, False),
        (NOON - timedelta(days=3), Phase.SCANNING, True),
        (NOON - timedelta(days=3), Phase.SIGN, True),
        (NOON - timedelta(days=3), Phase.CANCELLED, False),
        (NOON - timedelta(days=1), Phase.HELD, False),
        (NOON, Phase.CONFIRMED, True),
    ],
)
def test_today_by_the_local_day_and_whatever_is_open(
    opened_at: datetime, phase: Phase, *, is_shown: bool
) -> None:
    assert bool(day_rows(store(delivery(1, opened_at, phase)), NOON)) is is_shown


def test_a_row_says_what_became_of_it() -> None:
    ended = replace(
        delivery(1, NOON),
        ending=Ending.PARTIALLY_RECEIVED,
        provisional=True,
        decision=Decision.DISPUTED,
    )
    (row,) = day_rows(store(ended), NOON)
    assert (row.ending, row.provisional, row.decision, row.counted) == (
        "partially_received",
        True,
        "disputed",
        0,
    )


def test_a_delivery_without_a_known_form_is_there_too() -> None:
    blind = replace(delivery(1, NOON, Phase.BLIND), commission=None)
    (row,) = day_rows(store(blind), NOON)
    assert (row.commission, row.project, row.expected) == (None, None, 0)


def test_a_long_day_is_cut_at_its_older_end() -> None:
    made = [delivery(number, NOON + timedelta(seconds=number)) for number in range(LIMIT + 5)]
    rows = day_rows(store(*made), NOON)
    assert len(rows) == LIMIT
    assert rows[0].delivery == made[-1].delivery
