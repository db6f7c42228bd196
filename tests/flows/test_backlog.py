"""What the platform has not confirmed yet, over all epochs."""

import pytest
from model_platform import FIRST, SECOND, EventLog

from edge.core.envelope import GENESIS
from edge.core.ids import EpochId
from edge.flows.backlog import backlog_of
from edge.wire.downlink import Mark


@pytest.mark.parametrize(
    ("marks", "confirmed", "oldest"),
    [
        ({}, 0, (FIRST, 1)),
        ({FIRST: 2}, 2, (FIRST, 3)),
        ({FIRST: 3}, 3, (SECOND, 1)),
        ({SECOND: 1}, 1, (FIRST, 1)),
        ({FIRST: 3, SECOND: 2}, 5, None),
        ({FIRST: 9, SECOND: 0}, 3, (SECOND, 1)),
    ],
)
def test_a_log_is_measured_against_its_marks(
    marks: dict[EpochId, int], confirmed: int, oldest: tuple[EpochId, int] | None
) -> None:
    log = EventLog()
    log.append(3, epoch=FIRST)
    log.append(2, epoch=SECOND)
    found = backlog_of(log, {epoch: Mark(upto, GENESIS) for epoch, upto in marks.items()})

    assert (found.recorded, found.confirmed, found.waiting) == (5, confirmed, 5 - confirmed)
    if oldest is None:
        assert found.oldest_waiting is None
    else:
        epoch, sequence = oldest
        (event,) = log.events(epoch, after=sequence - 1, limit=1)
        assert found.oldest_waiting == event.recorded_at


def test_an_empty_log_waits_for_nothing() -> None:
    found = backlog_of(EventLog(), {})
    assert (found.recorded, found.waiting, found.oldest_waiting) == (0, 0, None)
