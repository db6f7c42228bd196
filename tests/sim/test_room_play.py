"""The play of the room: in the order of time, for a world that has its cubes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.core.errors import BrokenInvariant
from edge.runtime.provision import provision
from edge.sim.room_play import PLAN, ROOM, Measured, RoomPlay, Shown
from edge.sim.stepped_clock import SteppedClock
from edge.wire.layout_toml import parse_racks

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def test_the_clock_goes_forward_only() -> None:
    clock = SteppedClock(NOW)
    clock.set(NOW + timedelta(minutes=1))
    assert (clock.now() - NOW, clock.mono_ns()) == (timedelta(minutes=1), 60_000_000_000)
    assert clock.read().trusted
    with pytest.raises(BrokenInvariant):
        clock.set(NOW)


def test_the_play_knows_its_cubes_and_its_times(tmp_path: Path) -> None:
    play = RoomPlay(provision(tmp_path, now=NOW, seed=7).world)
    scenes = tuple(play.scenes())
    times = [each.at for each in scenes]
    assert times == sorted(times)
    assert times[0] == play.begin
    assert times[-1] < NOW
    texts = [each.text for each in scenes if isinstance(each, Shown)]
    chips = [text for text in texts if text.startswith("V1.")]
    assert len(chips) == 30 + 2 + 12 - 3
    assert len(set(chips)) == 30
    assert play.world.chips[play.missing] in chips
    assert len({*play.early, *play.late}) == 30
    assert sum(isinstance(each, Measured) for each in scenes) == 100
    room, racks = parse_racks(PLAN)
    assert (room, len(racks)) == (ROOM, 2)
