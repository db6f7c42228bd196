"""Answers on the page of a real desk: the newest at once, a grave one long enough to be seen."""

from collections.abc import Iterator

import pytest
from bench import BLOCKS, Bench
from playwright.sync_api import Browser, expect
from screen_browser import Visitor, chromium, visit
from screen_desk import TouchDesk, bench_with_pins, running_desk, served

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def bench() -> Bench:
    made = bench_with_pins()
    made.to_scanning()
    return made


@pytest.fixture
def both(browser: Browser, bench: Bench) -> Iterator[tuple[TouchDesk, Visitor]]:
    with running_desk(bench) as desk, served(desk) as (_, door):
        url = f"http://127.0.0.1:{door.port}"
        with visit(browser, url) as visitor:
            visitor.on("scanning")
            yield desk, visitor
            assert visitor.complaints == []


def test_an_alarm_is_not_wiped_away_by_the_block_beside_it(
    both: tuple[TouchDesk, Visitor],
) -> None:
    desk, visitor = both
    band, count = visitor.page.locator("#band .outcome"), visitor.page.locator(".count b")
    desk.scan("forged:1", *(f"chip:{block}" for block in BLOCKS[:3]))
    expect(count).to_have_text("3")
    expect(band).to_have_class("outcome alarm")
    expect(band).to_have_class("outcome group_complete", timeout=5_000)


def test_a_touch_brings_the_newest_answer(both: tuple[TouchDesk, Visitor]) -> None:
    desk, visitor = both
    band = visitor.page.locator("#band .outcome")
    desk.scan("forged:1", f"chip:{BLOCKS[0]}", f"chip:{BLOCKS[1]}")
    expect(band).to_have_class("outcome alarm")
    visitor.tap("[data-do='undo']")
    expect(visitor.page.locator(".count b")).to_have_text("1")
    expect(band).not_to_have_class("outcome alarm", timeout=1_000)


def test_a_calm_answer_follows_the_one_before_at_once(both: tuple[TouchDesk, Visitor]) -> None:
    desk, visitor = both
    chip = visitor.page.locator("#band .chip")
    for block in BLOCKS[:2]:
        desk.scan(f"chip:{block}")
        expect(chip).to_have_text(block[-4:], timeout=1_000)


def test_a_graver_answer_replaces_a_grave_one(both: tuple[TouchDesk, Visitor]) -> None:
    desk, visitor = both
    band = visitor.page.locator("#band .outcome strong")
    desk.scan("chip:s-9-9")
    first = visitor.sees("#band .outcome").get_attribute("class")
    assert first != "outcome alarm"
    desk.scan("forged:1")
    expect(band).to_have_text("报警", timeout=1_000)


def test_a_refused_touch_is_explained_and_the_next_one_clears_it(
    both: tuple[TouchDesk, Visitor],
) -> None:
    desk, visitor = both
    desk.eye.is_open = False
    visitor.tap("[data-do='shoot']")
    notice = visitor.page.locator("#notice")
    expect(notice).to_contain_text("没有摄像头画面")
    desk.eye.is_open = True
    visitor.tap("[data-do='shoot']")
    expect(notice).to_be_hidden()
    expect(visitor.page.locator(".shutter small")).to_have_text("1")


def test_a_locked_page_opens_with_the_own_pin(both: tuple[TouchDesk, Visitor]) -> None:
    desk, visitor = both
    desk.loop.idle_lock_s = 60
    desk.bench.clock.move(61)
    visitor.on("lock")
    desk.loop.idle_lock_s = 0
    visitor.tap("[data-for='unlock']")
    visitor.tap("#overlay [data-person='receiver-1']")
    for digit in "482915":
        visitor.tap(f"#overlay [data-digit='{digit}']")
    visitor.tap("[data-digit='enter']")
    visitor.on("scanning")
