"""When the platform speaks: gathered for a quiet station, at once for one that has much to tell."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fleet_site import FleetSite
from memory_doors import SetClock

from edge.central.acknowledge import HURRY, Acknowledger
from edge.storage.central import SqliteCentral

GAP_S = 1.0
EVERY_S = 60.0


class Desk:
    """An acknowledger with a clock that is set."""

    def __init__(self, folder: Path, store: SqliteCentral) -> None:
        self.clock = SetClock()
        self.site = FleetSite(folder, port=1, labs=1)
        self.name = self.site.names[0].name
        self.speaker = Acknowledger(
            store=store,
            clock=self.clock,
            signer=self.site.control,
            every_s=EVERY_S,
            min_gap_s=GAP_S,
            stations=lambda: (self.name,),
        )

    def hear(self, events: int) -> None:
        for _ in range(events):
            self.speaker.note(self.name)

    def speaks(self) -> bool:
        due = self.speaker.due()
        for each in due:
            self.speaker.acknowledge(each)
        return due == (self.name,)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with closing(SqliteCentral(tmp_path / "central.db")) as store:
        made = Desk(tmp_path, store)
        assert made.speaks(), "a station that was never spoken to hears its watermarks"
        yield made


def test_a_quiet_station_is_acknowledged_once_in_a_gap(desk: Desk) -> None:
    desk.hear(3)
    assert not desk.speaks()
    desk.clock.move(GAP_S)
    assert desk.speaks()
    assert not desk.speaks()


def test_a_station_with_much_to_tell_does_not_wait_for_the_gap(desk: Desk) -> None:
    desk.hear(HURRY - 1)
    assert not desk.speaks()
    desk.hear(1)
    assert desk.speaks()
    desk.hear(HURRY - 1)
    assert not desk.speaks(), "the count begins anew"


def test_a_silent_station_is_reminded(desk: Desk) -> None:
    desk.clock.move(EVERY_S - 1)
    assert not desk.speaks()
    desk.clock.move(1)
    assert desk.speaks()
