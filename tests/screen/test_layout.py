"""Every screen in real Chromium, in both languages and on both displays, fits a gloved hand.

Pictures of all of them lie in `build/screens` afterwards.
"""

import gzip
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from urllib.request import urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser
from screen_browser import LANDSCAPE, PORTRAIT, Visitor, chromium, visit
from screen_gallery import Show, gallery
from screen_moments import AROUND, CALM, SIGNALS, groups, moment

from edge.core.codes import Code
from edge.core.intake.state import Phase
from edge.core.intake.step import Outcome
from edge.flows.view import SignalView
from kiosk.words import LANGUAGES

pytestmark = pytest.mark.slow

PICTURES = Path(__file__).parents[2] / "build" / "screens"
EYES = (Path(__file__).parents[1] / "support" / "screen_eyes.js").read_text(encoding="utf-8")
LIMITS = {"target": 48, "primary": 72, "text": 20, "contrast": 4.5, "outcome": 7}
DECIDED = groups(read=20, decided=True)
ASK = SignalView("warn", (Code.NOT_NOW,), "", (("missing", "acknowledgement"),))
PIN = SignalView("warn", (Code.NOT_NOW,), "", (("missing", "pin"),))

SHOWN = {
    "idle": moment(Phase.IDLE),
    "idle-wrong-pin": moment(Phase.IDLE, signal=PIN),
    "lock": moment(Phase.SCANNING, AROUND["locked"]),
    "ready": moment(Phase.READY),
    "ready-asking": moment(Phase.READY, asking="F2-019AB0C4D5E6", signal=SIGNALS[Outcome.WARN]),
    "opened": moment(Phase.OPENED),
    "identify": moment(Phase.IDENTIFY, replace(CALM, hint="one_at_a_time")),
    "identify-blink": moment(Phase.IDENTIFY, replace(CALM, hint="blink")),
    "identify-lost": moment(Phase.IDENTIFY, AROUND["camera lost"]),
    "alt-identity": moment(Phase.ALT_IDENTITY),
    **{f"scanning-{out}": moment(Phase.SCANNING, signal=said) for out, said in SIGNALS.items()},
    "scanning-camera-lost": moment(
        Phase.SCANNING, AROUND["camera lost"], signal=SIGNALS[Outcome.HOLD]
    ),
    "scanning-camera-absent": moment(Phase.SCANNING, AROUND["camera absent"]),
    "scanning-offline": moment(Phase.SCANNING, AROUND["offline"], signal=SIGNALS[Outcome.OFFLINE]),
    "blind": moment(Phase.BLIND, AROUND["offline"]),
    "inspect": moment(Phase.INSPECT, seal="broken"),
    "inspect-not-yet": moment(Phase.INSPECT, signal=SIGNALS[Outcome.WARN], layers=0),
    "reconcile": moment(Phase.RECONCILE, groups=DECIDED),
    "sign": moment(Phase.SIGN, groups=DECIDED),
    "sign-not-yet": moment(Phase.SIGN, groups=DECIDED, signal=ASK),
    "closed-provisional": moment(Phase.CLOSED, AROUND["offline"], provisional=True),
    "closed-pending": moment(Phase.CLOSED),
    "closed-confirmed": moment(Phase.CONFIRMED, decision="confirmed", ending="received"),
    "closed-disputed": moment(Phase.CONFIRMED, decision="disputed"),
    "closed-unverified": moment(Phase.CLOSED, ending="recorded_unverified", provisional=True),
    "held": moment(Phase.HELD, ending="held"),
    "cancelled": moment(Phase.CANCELLED, ending="cancelled", receipt=None),
}
SHEETS = {
    "sheet-staff": ("idle", "#bar [data-fetch='/staff']"),
    "sheet-unlock": ("lock", "#bar [data-fetch='/staff']"),
    "sheet-day": ("ready", "[data-fetch='/day']"),
    "sheet-hold": ("opened", "[data-sheet='end-hold']"),
    "sheet-refuse": ("sign", "[data-sheet='end-refuse']"),
    "sheet-defect": ("inspect", "button.tile"),
    "strip": ("scanning-ok", "#strip .strip-title"),
}
MAY_SCROLL = (
    "div.rows", "div.choices.names", "ul.findings", "main#main «", "p.ids", "div.one.top",
    "div.facts", "div.sheets", "div.grid",
)  # fmt: skip
"""Lists without an upper length scroll up and down inside their place; the question never does."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def show() -> Iterator[tuple[Show, str]]:
    with gallery(strip=True) as opened:
        yield opened


@pytest.fixture(
    scope="module",
    params=list(product((LANDSCAPE, PORTRAIT), LANGUAGES)),
    ids=lambda each: f"{each[0][0]}x{each[0][1]}-{each[1]}",
)
def visitor(
    browser: Browser, show: tuple[Show, str], request: pytest.FixtureRequest
) -> Iterator[Visitor]:
    size, language = request.param
    with visit(browser, show[1], size=size, language=language) as opened:
        yield opened


def bring(visitor: Visitor, show: tuple[Show, str], name: str) -> None:
    """Put a screen on show."""
    under, selector = SHEETS.get(name, (name, ""))
    show[0].latest = SHOWN[under]
    visitor.page.goto(show[1], wait_until="domcontentloaded")
    if selector:
        visitor.tap(selector)
        visitor.sees("#overlay button, .sheet:not([hidden]) button, #strip.is-open button")
    visitor.page.evaluate(
        "Promise.all([document.fonts.ready, ...[...document.images].filter((i) => i.src)"
        ".map((i) => i.complete || i.naturalWidth || new Promise((done) => { i.onload = done; }))])"
    )


@pytest.mark.parametrize("name", [*SHOWN, *SHEETS])
def test_a_screen_fits(
    visitor: Visitor, show: tuple[Show, str], name: str, request: pytest.FixtureRequest
) -> None:
    bring(visitor, show, name)
    PICTURES.mkdir(parents=True, exist_ok=True)
    where = request.node.callspec.id.removesuffix(f"-{name}").removeprefix(f"{name}-")
    visitor.page.screenshot(path=PICTURES / f"{name}-{where}.png")
    found = visitor.page.evaluate(EYES, LIMITS)
    assert found["faults"] == []
    assert [each for each in found["scrolls"] if not each.startswith(MAY_SCROLL)] == []
    assert visitor.complaints == []
    assert visitor.foreign() == []


@pytest.mark.parametrize("name", [*SHOWN, *SHEETS])
def test_a_screen_is_accessible(visitor: Visitor, show: tuple[Show, str], name: str) -> None:
    bring(visitor, show, name)
    found = Axe().run(visitor.page).response
    assert [
        (each["id"], each["nodes"][0]["html"][:120], len(each["nodes"]))
        for each in found["violations"]
    ] == []


@pytest.mark.parametrize("name", ["opened", "inspect", "sheet-staff", "sheet-hold"])
def test_keys_reach_every_button_in_the_order_of_reading(
    visitor: Visitor, show: tuple[Show, str], name: str
) -> None:
    bring(visitor, show, name)
    reachable = "button:not([disabled], [inert], [inert] *)"
    wanted = visitor.page.evaluate(
        f"[...document.querySelectorAll('{reachable}')].filter((b) => b.checkVisibility()).length"
    )
    visitor.page.evaluate(
        "window.order = []; document.addEventListener('focusin', (e) => window.order.push("
        "[...document.querySelectorAll('button')].indexOf(e.target)))"
    )
    for _ in range(wanted + 6):
        visitor.page.keyboard.press("Tab")
    order = [each for each in visitor.page.evaluate("window.order") if each >= 0]
    distinct = list(dict.fromkeys(order))
    assert len(distinct) == wanted
    first = distinct.index(min(distinct))
    assert distinct[first:] + distinct[:first] == sorted(distinct)
    visitor.page.locator("button:focus-visible, [tabindex]:focus-visible").first.wait_for()


def test_the_page_is_light(show: tuple[Show, str]) -> None:
    show[0].latest = moment(Phase.SIGN, groups=groups(decided=True))
    total = 0
    for path in ("/", "/static/desk.css", "/static/desk.js", "/staff", "/day"):
        with urlopen(show[1] + path) as answer:  # noqa: S310 - a server of this test
            total += len(gzip.compress(answer.read()))
    assert total <= 60 * 1024
