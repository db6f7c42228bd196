"""Screens are a function of the desk's moment: regions of HTML in one language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import segno
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from edge.core.codes import Code
from edge.core.intake.step import Outcome
from edge.core.moments import CHINA
from edge.flows.moment import DayRow, Moment, Staff
from edge.flows.outcomes import OUTCOMES
from edge.flows.view import DeskView, GroupRow
from kiosk.desk_door import Hall
from kiosk.words import words

DEFECTS = ("crack", "exposed_bar", "honeycomb", "hole", "slag", "loose", "corner", "size")
NOTES = ("late", "papers", "person", "blocks", "other")
_OPEN = frozenset(
    {"opened", "identify", "alt_identity", "scanning", "inspect", "reconcile", "sign", "blind"}
)
_SCANNING = frozenset({"scanning", "blind"})
_SHOWS_HOLDS = frozenset({"reconcile", "sign", "closed"})
_TEMPLATES = {"confirmed": "closed", "held": "closed", "cancelled": "closed"}


@dataclass(frozen=True, slots=True)
class Regions:
    """The parts of the page that change on their own."""

    header: str
    main: str
    bar: str
    band: str


def render(moment: Moment, hall: Hall, language: str) -> Regions:
    """Every region of a moment."""
    context = _context(moment, hall, language)
    return Regions(*(_fill(name, context) for name in _names(context["screen"])))


def render_page(moment: Moment, hall: Hall, language: str, *, mark: str) -> str:
    """The whole page, as it is first loaded; `mark` names the moment that it shows."""
    regions = render(moment, hall, language)
    context = _context(moment, hall, language) | {"regions": regions, "mark": mark}
    return _fill("page.html", context)


def render_day(rows: tuple[DayRow, ...], hall: Hall, language: str) -> str:
    """The day's list, for the sheet that shows it."""
    return _fill("day.html", {"t": words(language), "rows": rows, "hall": hall, "local": _local})


def render_staff(staff: tuple[Staff, ...], hall: Hall, language: str) -> str:
    """Names and keypad, for the sheet that asks for a PIN."""
    return _fill("staff.html", {"t": words(language), "staff": staff, "hall": hall})


def render_trouble(problems: tuple[Any, ...], hall: Hall) -> str:
    """Every wrong setting at once, in both languages, with its remedy."""
    return _fill(
        "trouble.html",
        {"zh": words("zh-CN"), "en": words("en"), "problems": problems, "hall": hall},
    )


def _names(screen: str) -> tuple[str, str, str, str]:
    return "header.html", f"screen_{screen}.html", "bar.html", "band.html"


def _context(moment: Moment, hall: Hall, language: str) -> dict[str, Any]:
    view, around = moment.view, moment.around
    t = words(language)
    comma = ", " if language == "en" else "，"
    screen = "lock" if around.locked else _TEMPLATES.get(view.phase, view.phase)
    return {
        "t": t,
        "language": language,
        "hall": hall,
        "view": view,
        "around": around,
        "screen": screen,
        "is_open": view.phase in _OPEN,
        "decided": _decided(view),
        "signal": _signal(moment, t, language) if _is_told(moment, screen) else None,
        "defects": DEFECTS,
        "notes": NOTES,
        "stamp": _stamp(view, t),
        "sentence": _sentence(view, t, comma),
        "receipt": _qr(view.receipt) if view.receipt else "",
        "short": _short,
        "local": _local,
        "numbers": lambda row: comma.join(str(number) for number in row.missing),
        "reasons": lambda row: [t["codes"][code] for code in row.reasons],
    }


def _is_told(moment: Moment, screen: str) -> bool:
    """Whether the last answer is worth a band: a screen that shows it anyway does not repeat it."""
    signal = moment.view.signal
    if signal is None:
        return False
    if screen in _SCANNING:
        return True
    if screen == "lock":
        return Code.NOT_NOW in signal.codes
    quiet = {Outcome.OK, Outcome.GROUP_COMPLETE}
    if screen in _SHOWS_HOLDS:
        quiet |= {Outcome.HOLD, Outcome.OFFLINE}
    return Outcome(signal.outcome) not in quiet


def _signal(moment: Moment, t: Mapping[str, Any], language: str) -> dict[str, Any] | None:
    """The last answer: its outcome from the one table, what happened, and what to do."""
    signal = moment.view.signal
    if signal is None:
        return None
    outcome = Outcome(signal.outcome)
    shown = OUTCOMES[outcome]
    facts = dict(signal.facts)
    what, todo = t["codes"].get(signal.codes[0], ("", "")) if signal.codes else ("", "")
    missing = t["missing"].get(facts.get("missing") or facts.get("waiting_for", ""), "")
    return {
        "outcome": outcome.value,
        "word": shown.en if language == "en" else shown.zh,
        "shape": shown.shape,
        "what": what,
        "todo": missing or todo,
        "subject": _short(signal.subject) if signal.subject else "",
    }


def _stamp(view: DeskView, t: Mapping[str, Any]) -> dict[str, str]:
    """What an ended delivery is, and how sure: provisional and confirmed never look alike."""
    closed = t["closed"]
    if view.decision == "disputed":
        state, kind = closed["disputed"], "disputed"
    elif view.decision == "confirmed":
        state, kind = closed["confirmed"], "confirmed"
    elif view.provisional:
        state, kind = closed["provisional"], "provisional"
    else:
        state, kind = closed["pending"], "pending"
    return {"word": closed.get(view.ending or "cancelled", ""), "state": state, "kind": kind}


def _sentence(view: DeskView, t: Mapping[str, Any], comma: str) -> str:
    """The summary that receiver and deliverer agree on."""
    by_choice: dict[str, list[GroupRow]] = {"accept": [], "hold": [], "refuse": []}
    for row in view.groups:
        by_choice[row.choice or "hold"].append(row)
    taken = by_choice["accept"]
    blocks = sum(tile.read for row in taken for tile in row.tiles)
    parts = [t["sign"]["sentence"].format(g=len(taken), n=blocks)]
    if by_choice["hold"]:
        parts.append(t["sign"]["sentence_hold"].format(g=len(by_choice["hold"])))
    if by_choice["refuse"]:
        parts.append(t["sign"]["sentence_refuse"].format(g=len(by_choice["refuse"])))
    return comma.join(parts)


def _decided(view: DeskView) -> list[tuple[int, GroupRow]]:
    """Groups with their numbers, those that the rules do not take first."""
    return sorted(enumerate(view.groups, 1), key=lambda each: each[1].ruled == "accept")


def _qr(text: str) -> Markup:
    """A code as inline SVG; its text is our own."""
    code = segno.make(text, error="m", boost_error=False)
    return Markup(code.svg_inline(border=4, omitsize=True, svgclass="qr", lineclass=None))  # noqa: S704 - drawn by the library from our own text


def _short(text: str) -> str:
    """The end of an identity, which people compare: its last four characters."""
    return text[-4:]


def _local(at: datetime) -> str:
    """Hour and minute in China."""
    return at.astimezone(CHINA).strftime("%H:%M")


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("kiosk"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _fill(name: str, context: Mapping[str, Any]) -> str:
    return _environment().get_template(name).render(context)
