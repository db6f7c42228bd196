"""A face that is refused, in real Chromium: twice not recognised, then the path of equal rank."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from screen_browser import (
    LANDSCAPE,
    PORTRAIT,
    Demonstration,
    chromium,
    demonstration,
    visit,
)
from screen_receiver import FORGET_MS, Gloves

from kiosk.words import words

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demonstration]:
    with demonstration(tmp_path) as running:
        yield running


@pytest.mark.parametrize(
    ("language", "size"), [("zh-CN", LANDSCAPE), ("en", PORTRAIT)], ids=["chinese", "english"]
)
@pytest.mark.timeout(240)
def test_a_refused_face_ends_in_the_path_of_equal_rank(
    browser: Browser, demo: Demonstration, language: str, size: tuple[int, int], tmp_path: Path
) -> None:
    texts = words(language)
    with visit(browser, demo.url, size=size, language=language) as visitor:
        assert texts["idle"]["notice"] in visitor.page.locator("#main").inner_text()
        gloves = Gloves(visitor)
        gloves.log_in()
        gloves.show_papers()
        assert visitor.on("identify", "alt_identity") == "identify"
        visitor.sees("#main .camera, #main img")
        visitor.page.screenshot(path=tmp_path / f"identify-{language}.png")
        visitor.try_out("courier")
        visitor.try_out("face")
        visitor.sees("#band .outcome")
        visitor.page.screenshot(path=tmp_path / f"refused-{language}.png")
        visitor.on("alt_identity")
        visitor.page.screenshot(path=tmp_path / f"alternative-{language}.png")
        assert texts["alt_identity"]["ask"] in visitor.page.locator("#main").inner_text()
        visitor.tap("#main [data-do='document'] >> nth=0")
        chosen = visitor.page.locator("#main [data-do='document'] >> nth=0")
        expect(chosen).to_have_attribute("aria-pressed", "true")
        visitor.page.wait_for_timeout(FORGET_MS)
        visitor.try_out("second")
        visitor.on("scanning")
        assert visitor.complaints == []
        assert visitor.foreign() == []
