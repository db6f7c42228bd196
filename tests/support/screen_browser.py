"""A person before the page: real Chromium, touched with a finger, and the whole demonstration."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, sync_playwright
from waiting import until

from edge.host.reach import free_port

CHROMIUM = Path("/usr/bin/chromium")
LANDSCAPE, PORTRAIT = (800, 480), (720, 1280)
PATIENCE_MS = 25_000
SCREENS = {
    "idle": "#bar [data-fetch='/staff']:not([data-for])",
    "lock": "#bar [data-for='unlock']",
    "ready": "#bar [data-do='logout']",
    "opened": "#bar [data-do='confirm_forms']",
    "identify": "#bar [data-do='alternative']",
    "alt_identity": "#main [data-do='document'] >> nth=0",
    "scanning": "#main .groups >> nth=0",
    "inspect": "#bar [data-do='finish_inspection']",
    "reconcile": "#bar [data-do='accept']",
    "sign": "#bar [data-do='sign']",
    "closed": "#bar [data-do='next']",
}
"""How a screen is known: by what only it offers."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium, headless; skips where it is not installed."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Visitor:
    """One page with a finger on it, and everything that it asked for."""

    page: Page
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def tap(self, selector: str) -> None:
        """Touch the middle of something that is there and can be touched."""
        self.page.locator(selector).first.tap(timeout=PATIENCE_MS)

    def try_out(self, name: str) -> None:
        """Open the help strip, touch one thing, close it again."""
        strip = self.page.locator("#strip")
        if "is-open" not in (strip.get_attribute("class") or ""):
            self.tap("#strip .strip-title")
        with self.page.expect_response(f"**/strip/{name}"):
            self.tap(f"#strip [data-strip='{name}']")
        self.tap("#strip .strip-title")

    def sees(self, selector: str, within_ms: float = PATIENCE_MS) -> Locator:
        """Something that must come into view."""
        found = self.page.locator(selector).first
        found.wait_for(state="visible", timeout=within_ms)
        return found

    def on(self, *screens: str) -> str:
        """Wait for one of these screens; which it was."""
        joined = self.page.locator(SCREENS[screens[0]].split(" >>")[0])
        for name in screens[1:]:
            joined = joined.or_(self.page.locator(SCREENS[name].split(" >>")[0]))
        joined.first.wait_for(state="visible", timeout=PATIENCE_MS)
        return next(each for each in screens if self.page.locator(SCREENS[each]).count())

    def text(self, selector: str) -> str:
        """What a person reads there."""
        return self.page.locator(selector).first.inner_text()

    def watches(self) -> bool:
        """Whether the camera's picture is there."""
        script = "document.querySelector('img[data-preview]')?.naturalWidth > 0"
        return bool(self.page.evaluate(script))

    def foreign(self) -> list[str]:
        """Requests that left this machine."""
        return [url for url in self.asked if urlsplit(url).hostname not in {"127.0.0.1", None}]


@contextmanager
def visit(
    browser: Browser, url: str, *, size: tuple[int, int] = LANDSCAPE, language: str = "zh-CN"
) -> Iterator[Visitor]:
    """The page as a finger meets it, in one language and on one screen."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    visitor = Visitor(page)
    page.on("request", lambda request: visitor.asked.append(request.url))
    page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
    page.on(
        "console",
        lambda said: visitor.complaints.append(said.text) if said.type == "error" else None,
    )
    try:
        page.goto(f"{url}/?lang={language}", wait_until="domcontentloaded")
        yield visitor
    finally:
        context.close()


@dataclass
class Demonstration:
    """`specimen-edge demo` with its page."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        """Where the page answers."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def demonstration(folder: Path) -> Iterator[Demonstration]:
    """The whole system, up; ended in good order."""
    port, log = free_port(), folder / "demo.log"
    command = (sys.executable, "-m", "edge", "demo", "--no-browser", "--port", str(port))
    with log.open("wb") as out:
        process = subprocess.Popen([*command, "--dir", str(folder / "day")], stdout=out, stderr=out)
        try:
            until(
                lambda: process.poll() is not None or b"Ctrl-C" in log.read_bytes(),
                90.0,
            )
            assert process.poll() is None, log.read_text()
            yield Demonstration(port, process, log)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(40)
