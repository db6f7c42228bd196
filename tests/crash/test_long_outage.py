"""A long outage: what is recorded meanwhile goes in order, and costs neither memory nor pace."""

import os
from pathlib import Path

import pytest
from event_line import Drained, drain, event_line

MEGABYTE = 1_000_000
LONG = int(os.environ.get("OUTAGE_EVENTS", "260000"))
"""72 h at an event a second; 72 h at ten a second are 2,600,000."""


def drained(folder: Path, events: int) -> Drained:
    with event_line(folder) as line:
        return drain(line, events)


@pytest.mark.slow
def test_an_outage_of_hours_drains_in_order(tmp_path: Path) -> None:
    found = drained(tmp_path, 6_000)
    assert found.is_in_order
    assert found.rss_growth_bytes < 20 * MEGABYTE
    assert found.append_growth < 2.0, "beside the disk's own limit; the disk is shared"
    assert found.rate > 300


@pytest.mark.soak
@pytest.mark.timeout(4 * 3600)
def test_an_outage_of_days_drains_in_order(tmp_path: Path) -> None:
    found = drained(tmp_path, LONG)
    found.raw_s.clear()
    print(found, f"{found.rate:.0f} events/s", f"append x {found.append_growth:.2f}")  # noqa: T201 - a soak run is read by people
    assert found.is_in_order
    assert found.rss_growth_bytes < 20 * MEGABYTE
    assert found.append_growth <= 1.2
