"""A newcomer's delivery in real Chromium, by touch: from the badge to the platform's word."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from screen_browser import (
    LANDSCAPE,
    PORTRAIT,
    Demonstration,
    Visitor,
    chromium,
    demonstration,
    visit,
)
from screen_receiver import Gloves, reload
from waiting import until

from kiosk.words import words

pytestmark = pytest.mark.slow

SCREENS = {"idle", "ready", "opened", "scanning", "inspect", "reconcile", "sign"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demonstration]:
    with demonstration(tmp_path) as running:
        yield running


def kept(demo: Demonstration) -> list[bytes]:
    """Signatures among the station's evidence."""
    files = (demo.log.parent / "day" / "station" / "evidence").glob("??/*")
    return [content for each in files if (content := each.read_bytes()).startswith(b"<svg")]


def is_calm(visitor: Visitor) -> bool:
    return visitor.complaints == [] and visitor.foreign() == []


@pytest.mark.parametrize(
    ("language", "size"), [("zh-CN", LANDSCAPE), ("en", PORTRAIT)], ids=["chinese", "english"]
)
@pytest.mark.timeout(240)
def test_thirty_cubes_one_hidden(
    browser: Browser, demo: Demonstration, language: str, size: tuple[int, int]
) -> None:
    texts = words(language)
    seen: set[str] = set()
    with visit(browser, demo.url, size=size, language=language) as visitor:

        def between(screen: str) -> None:
            seen.add(screen)
            if language == "zh-CN":
                reload(visitor)

        gloves = Gloves(visitor, between)
        gloves.log_in()
        gloves.receive(expected=30, hidden=True)
        assert visitor.text(".stamp") == texts["closed"]["partially_received"]
        confirmed = visitor.sees(".state.confirmed")
        assert confirmed.inner_text() == texts["closed"]["confirmed"]
        visitor.sees(".receipt svg")
        reload(visitor)
        visitor.tap("[data-fetch='/day']")
        visitor.sees(f"#overlay .row:has-text('{texts['closed']['confirmed']}')")
        visitor.tap("#overlay [data-leave]")
        visitor.tap("[data-do='next']")
        visitor.on("ready")
        assert seen >= SCREENS
        assert is_calm(visitor)
        assert len(kept(demo)) == 1


@pytest.mark.timeout(240)
def test_a_delivery_without_network_is_provisional_until_the_platform_has_seen_it(
    browser: Browser, demo: Demonstration
) -> None:
    texts = words("zh-CN")
    with visit(browser, demo.url) as visitor:
        gloves = Gloves(visitor)
        gloves.log_in()
        visitor.try_out("network")
        pill = visitor.sees(".pill.off")
        gloves.receive(expected=30)
        expect(pill).to_have_text(re.compile(r"离线 · 未上传 \d\d"))
        assert visitor.text(".state") == texts["closed"]["provisional"]
        assert "provisional" in (visitor.page.get_attribute(".stamp", "class") or "")
        visitor.try_out("network")
        visitor.sees(".pill.on")
        visitor.sees(".state.confirmed")
        expect(visitor.page.locator(".pill")).to_have_text("在线")
        assert "provisional" not in (visitor.page.get_attribute(".stamp", "class") or "")
        assert is_calm(visitor)


@pytest.mark.timeout(240)
def test_a_stranger_a_pin_and_a_language_by_touch(browser: Browser, demo: Demonstration) -> None:
    world_pin = "000000"
    with visit(browser, demo.url) as visitor:
        visitor.on("idle")
        visitor.tap("#bar [data-fetch='/staff']")
        visitor.tap("#overlay [data-person]")
        for digit in world_pin:
            visitor.tap(f"#overlay [data-digit='{digit}']")
        expect(visitor.page.locator("[data-digits]")).to_have_text("●" * 6)
        visitor.tap("#overlay [data-digit='enter']")
        band = visitor.sees("#band .outcome.warn")
        assert words("zh-CN")["missing"]["pin"] in band.inner_text()
        visitor.tap("[data-language]")
        visitor.sees("html[lang='en']")
        assert visitor.text(".ask") == words("en")["idle"]["ask"]
        visitor.try_out("badge")
        visitor.on("ready")
        Gloves(visitor).show_papers()
        if visitor.on("identify", "alt_identity") == "identify":
            visitor.try_out("courier")
            visitor.sees("#band .outcome, #main .findings, .hint")
            visitor.tap("[data-do='alternative']")
            visitor.on("alt_identity")
        visitor.tap("[data-sheet='end-refuse']")
        visitor.tap(".sheet:not([hidden]) [data-do='end'] >> nth=2")
        visitor.on("closed")
        assert visitor.text(".stamp") == words("en")["closed"]["refused"]
        assert is_calm(visitor)


def test_the_picture_stops_when_it_is_out_of_sight(browser: Browser, demo: Demonstration) -> None:
    """Six streams to one address are all that a browser opens: none may be left behind."""
    with visit(browser, demo.url) as visitor:
        gloves = Gloves(visitor)
        gloves.log_in()
        visitor.try_out("empty")
        for _ in range(8):
            visitor.tap("[data-do='logout']")
            visitor.on("idle")
            visitor.page.wait_for_timeout(2_600)
            visitor.try_out("badge")
            visitor.on("ready")
            visitor.try_out("empty")
        until(visitor.watches)
        answer = visitor.page.evaluate("fetch('/staff').then((a) => a.status)")
        assert answer == 200
        assert is_calm(visitor)
