"""The board's pages: a function of one look at the room, in one language."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from edge.core.curing.limits import ClimateLimits
from edge.core.curing.places import Spot
from edge.core.curing.record import Heard, LoggedReading
from edge.core.curing.stays import StayClimate
from edge.core.curing.strength import strength_value
from edge.core.moments import CHINA, Due
from edge.flows.board_view import (
    NOTHING_FOUND,
    WAITING,
    BoardView,
    DegreeLine,
    Search,
    SensorNow,
    verdict_of,
)
from kiosk.plot import HEIGHT, WIDTH, Scale, humidity_plot, temperature_plot
from kiosk.words import board_words

PAGES = ("overview", "due", "places", "picks", "strength")
SHOWN = 8
"""So many groups of a list stand on the overview; the rest is counted."""
_SHAPES = {
    Due.OVERDUE: "octagon",
    Due.CLOSING: "triangle",
    Due.DUE_NOW: "disc",
    Due.OPENING: "pause",
    Due.NOT_DUE: "square",
    Due.CANNOT_TELL: "pause",
}
_VERDICT_SHAPES = {
    "in": "disc",
    "unsure": "pause",
    "out": "octagon",
    "fault": "triangle",
    "silent": "offline",
}
_DAY_MINUTES = 24 * 60
_TENTHS = Decimal("0.1")
_MOST = Decimal(1000)


@dataclass(frozen=True, slots=True)
class Wall:
    """What a board says of its place; `names` are rooms as people call them."""

    lab: str
    names: Mapping[str, str]
    version: str
    refresh_s: float


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked beside the page: a number to find, and three results as they were typed."""

    text: str = ""
    found: Search = NOTHING_FOUND
    values: tuple[str, ...] = ()


NOTHING = Asked()


def render_board(
    page: str, view: BoardView | None, wall: Wall, language: str, *, asked: Asked = NOTHING
) -> str:
    """One page; `view` is None while nothing could be read yet, and `trouble` then says why."""
    t = board_words(language)
    context = {
        "t": t,
        "language": language,
        "other": "en" if language == "zh-CN" else "zh-CN",
        "page": page,
        "pages": PAGES,
        "view": view,
        "wall": wall,
        "room": wall.names.get(view.room, view.room) if view else "",
        "asked": asked,
        "strength": _strength(asked.values, t) if page == "strength" else None,
        "waiting": WAITING,
        "shown": SHOWN,
        "shape": _SHAPES,
        "verdict_shape": _VERDICT_SHAPES,
        "verdict": verdict_of,
        "plots": lambda sensor: _plots(sensor, view),
        "minutes": lambda sensor: _minutes(sensor, t),
        "stay": lambda had: _stay(had, t),
        "rings": lambda sensor: " ".join(t["climate"][each.value] for each in sensor.ringing),
        "limits": lambda limits: _limits(limits, t),
        "racks": _racks(view),
        "degrees": lambda tenths: f"{tenths / 10:.1f}",
        "ripe": lambda line: _ripe(line, t),
        "local": _local,
        "clock": _clock,
        "day": _day,
        "age": lambda hours: _age(hours, t),
        "centi": _centi,
        "place": _place,
        "due_key": str,
        "width": WIDTH,
        "height": HEIGHT,
    }
    return _environment().get_template(f"board_{page}.html").render(context)


def typed_tenths(text: str) -> int | None:
    """A result as somebody types it, in tenths of MPa; None for what is none."""
    try:
        value = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        return None
    if not value.is_finite() or not 0 < value < _MOST or value % _TENTHS:
        return None
    return int(value * 10)


def _strength(values: tuple[str, ...], t: Mapping[str, Any]) -> dict[str, str] | None:
    if not any(values):
        return None
    tenths = [typed_tenths(each) for each in values]
    known = [each for each in tenths if each is not None]
    if len(known) != len(("low", "middle", "high")):
        return {"word": t["strength"]["bad"], "number": "", "state": "bad"}
    worked = strength_value((known[0], known[1], known[2]))
    number = "" if worked.tenths_mpa is None else f"{worked.tenths_mpa / 10:.1f}"
    return {"word": t["strength"][worked.basis.value], "number": number, "state": "worked"}


def _plots(sensor: SensorNow, view: BoardView | None) -> tuple[tuple[str, Any], ...]:
    """What is drawn of a sensor: temperature, and humidity where it was ever measured."""
    if view is None:
        return ()
    limits = view.climate
    middle, spread = limits.temperature_centi_c, limits.temperature_tolerance_centi_c
    around = Scale(middle - 3 * spread, middle + 3 * spread, middle - spread, middle + spread)
    drawn: list[tuple[str, Any]] = [
        ("temperature", temperature_plot(sensor.day, now=view.at.at, scale=around))
    ]
    if any(each.humidity_centi_pct is not None for each in sensor.day):
        damp = Scale(8000, 10_000, limits.humidity_centi_pct, None)
        drawn.append(("humidity", humidity_plot(sensor.day, now=view.at.at, scale=damp)))
    return tuple(drawn)


def _minutes(sensor: SensorNow, t: Mapping[str, Any]) -> str:
    """The last day's minutes by verdict."""
    counts = {heard: _count(sensor.day, heard) for heard in Heard}
    none = max(0, _DAY_MINUTES - sum(counts.values()))
    text: str = t["climate"]["minutes"]
    return text.format(
        i=counts[Heard.IN],
        u=counts[Heard.UNSURE],
        o=counts[Heard.OUT],
        f=counts[Heard.FAULT],
        n=none,
    )


def _stay(had: StayClimate, t: Mapping[str, Any]) -> str:
    """Hours of a block's stays by what is known of them."""
    text: str = t["places"]["stay"]
    return text.format(
        sensor=had.sensor,
        i=_hours(had.minutes_in),
        u=_hours(had.minutes_untold),
        o=_hours(had.minutes_out),
    )


def _ripe(line: DegreeLine, t: Mapping[str, Any]) -> str:
    """When a group reached its degree days, or may reach them: earliest, likely, latest."""
    words = t["degrees"]
    text: str
    if line.reached_on is not None:
        text = words["reached_on"]
        return text.format(on=f"{line.reached_on:%m-%d}")
    if line.expected is None:
        text = words["unknown"]
        return text
    told = line.expected
    first, likely, last = (
        f"{each:%m-%d}" if each else "?" for each in (told.earliest, told.likely, told.latest)
    )
    text = words["expected"]
    return text.format(first=first, likely=likely, last=last)


def _hours(minutes: int) -> str:
    return f"{minutes / 60:.1f}"


def _count(readings: tuple[LoggedReading, ...], heard: Heard) -> int:
    return sum(each.heard is heard for each in readings)


def _limits(limits: ClimateLimits, t: Mapping[str, Any]) -> str:
    middle, spread = limits.temperature_centi_c / 100, limits.temperature_tolerance_centi_c / 100
    text: str = t["climate"]["limits"]
    return text.format(
        temperature=f"{middle:g} ± {spread:g}", humidity=f"{limits.humidity_centi_pct / 100:g}"
    )


def _racks(view: BoardView | None) -> tuple[tuple[str, int, tuple[tuple[str, int], ...]], ...]:
    """Racks with their blocks, and the cells of each that are not empty."""
    racks: dict[str, Counter[Spot]] = {}
    for line in view.groups if view else ():
        for spot, blocks in line.cells:
            racks.setdefault(spot.rack, Counter())[spot] += blocks
    return tuple(
        (rack, cells.total(), tuple((_place(spot), cells[spot]) for spot in sorted(cells)))
        for rack, cells in sorted(racks.items())
    )


def _place(spot: Spot) -> str:
    """A cell as it stands on its label, without the room that everybody stands in."""
    return str(spot).partition("/")[2] or str(spot)


def _local(at: datetime) -> str:
    return at.astimezone(CHINA).strftime("%m-%d %H:%M")


def _clock(at: datetime) -> str:
    return at.astimezone(CHINA).strftime("%H:%M")


def _day(at: datetime) -> date:
    return at.astimezone(CHINA).date()


def _age(hours: float, t: Mapping[str, Any]) -> str:
    span = timedelta(hours=max(0.0, hours))
    if span < timedelta(hours=1):
        key, number = "minutes", span // timedelta(minutes=1)
    elif span < timedelta(days=2):
        key, number = "hours", span // timedelta(hours=1)
    else:
        key, number = "days", span.days
    text: str = t["age"][key]
    return text.format(n=number)


def _centi(value: int | None) -> str:
    return "–" if value is None else f"{value / 100:.1f}"


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("kiosk"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
