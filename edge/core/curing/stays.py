"""What climate a block has had: its stays joined with the readings of the room (DOMAIN d5)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from edge.core.ids import RoomId, SensorId


@dataclass(frozen=True, slots=True)
class Stay:
    """A block in a room; `until` is None while it is there."""

    room: RoomId
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class StayClimate:
    """Minutes by verdict as one sensor saw them, and the extremes. Hundredths.

    `minutes_fault`: the sensor was not believed; `minutes_none`: nothing was measured.
    """

    sensor: SensorId
    minutes_in: int = 0
    minutes_unsure: int = 0
    minutes_out: int = 0
    minutes_fault: int = 0
    minutes_none: int = 0
    temperature_centi_c: tuple[int, int] | None = None
    humidity_centi_pct: tuple[int, int] | None = None

    @property
    def minutes(self) -> int:
        """The whole span."""
        seen = self.minutes_in + self.minutes_unsure + self.minutes_out
        return seen + self.minutes_fault + self.minutes_none

    @property
    def minutes_untold(self) -> int:
        """What nobody can say: unsure, not believed, or not measured."""
        return self.minutes_unsure + self.minutes_fault + self.minutes_none

    def share_in(self) -> float | None:
        """Share of the span that was surely within the limits, 0..1; None of no time."""
        return self.minutes_in / self.minutes if self.minutes else None


def joined(parts: Iterable[StayClimate]) -> tuple[StayClimate, ...]:
    """Parts of several stays as one line a sensor."""
    lines: dict[SensorId, StayClimate] = {}
    for part in parts:
        line = lines.get(part.sensor)
        lines[part.sensor] = part if line is None else _added(line, part)
    return tuple(lines.values())


def worst(lines: Iterable[StayClimate]) -> StayClimate | None:
    """The sensor that saw the room at its worst: a block lay nearer to it than anyone knows."""
    return max(lines, key=lambda line: (line.minutes_out, line.minutes_untold), default=None)


def _added(one: StayClimate, other: StayClimate) -> StayClimate:
    return replace(
        one,
        minutes_in=one.minutes_in + other.minutes_in,
        minutes_unsure=one.minutes_unsure + other.minutes_unsure,
        minutes_out=one.minutes_out + other.minutes_out,
        minutes_fault=one.minutes_fault + other.minutes_fault,
        minutes_none=one.minutes_none + other.minutes_none,
        temperature_centi_c=_wider(one.temperature_centi_c, other.temperature_centi_c),
        humidity_centi_pct=_wider(one.humidity_centi_pct, other.humidity_centi_pct),
    )


def _wider(one: tuple[int, int] | None, other: tuple[int, int] | None) -> tuple[int, int] | None:
    if one is None or other is None:
        return one or other
    return min(one[0], other[0]), max(one[1], other[1])
