"""A sensor's day as the points of an SVG plot: means of ten minutes, gaps left open."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from edge.core.curing.record import Heard, LoggedReading

WIDTH, HEIGHT = 960, 200
STEP = timedelta(minutes=10)
DAY = timedelta(hours=24)
_HOURS = 6


@dataclass(frozen=True, slots=True)
class Scale:
    """Hundredths from bottom to top, and the limits that are drawn; None for no such limit."""

    bottom: int
    top: int
    low: int | None
    high: int | None

    def y(self, centi: float) -> float:
        """Pixels from above; what lies beyond the scale lies on its edge."""
        share = (centi - self.bottom) / (self.top - self.bottom)
        return round((1 - min(1.0, max(0.0, share))) * HEIGHT, 1)


@dataclass(frozen=True, slots=True)
class Plot:
    """Lines as `x,y x,y`; `band` is top and bottom of the limits, `ticks` hours, `marks` values."""

    lines: tuple[str, ...]
    band: tuple[float, float]
    ticks: tuple[tuple[float, datetime], ...]
    marks: tuple[tuple[float, str], ...]


def temperature_plot(readings: Iterable[LoggedReading], *, now: datetime, scale: Scale) -> Plot:
    """Temperature of the last 24 hours."""
    return _plot([(each, each.temperature_centi_c) for each in readings], now, scale)


def humidity_plot(readings: Iterable[LoggedReading], *, now: datetime, scale: Scale) -> Plot:
    """Relative humidity of the last 24 hours."""
    return _plot([(each, each.humidity_centi_pct) for each in readings], now, scale)


def _plot(values: list[tuple[LoggedReading, int | None]], now: datetime, scale: Scale) -> Plot:
    begin = now - DAY
    top = 0.0 if scale.high is None else scale.y(scale.high)
    bottom = HEIGHT if scale.low is None else scale.y(scale.low)
    return Plot(
        lines=tuple(_lines(_means(values, begin), scale)),
        band=(top, bottom),
        ticks=tuple(
            (_x(hours / 24), begin + timedelta(hours=hours)) for hours in range(0, 25, _HOURS)
        ),
        marks=tuple(
            (scale.y(each), f"{each / 100:.0f}")
            for each in (scale.top, scale.high, scale.low, scale.bottom)
            if each is not None
        ),
    )


def _means(
    values: list[tuple[LoggedReading, int | None]], begin: datetime
) -> dict[int, tuple[int, int]]:
    """Sum and number of what was believed, by ten minutes since the beginning."""
    sums: dict[int, tuple[int, int]] = {}
    for reading, value in values:
        if value is None or reading.heard is Heard.FAULT:
            continue
        step = (reading.at - begin) // STEP
        total, number = sums.get(step, (0, 0))
        sums[step] = total + value, number + 1
    return sums


def _lines(means: dict[int, tuple[int, int]], scale: Scale) -> Iterable[str]:
    """One line for each stretch without a gap."""
    line: list[str] = []
    steps = DAY // STEP
    for step in range(steps + 1):
        if step in means:
            total, number = means[step]
            line.append(f"{_x(step / steps)},{scale.y(total / number)}")
        elif line:
            yield _drawn(line)
            line = []
    if line:
        yield _drawn(line)


def _drawn(line: list[str]) -> str:
    """A lone point becomes a short line, or nobody would see it."""
    return " ".join(line if len(line) > 1 else line * 2)


def _x(share: float) -> float:
    return round(share * WIDTH, 1)
