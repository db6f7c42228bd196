"""A receiver in gloves: works through a delivery by touching the page and its help strip alone."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Error, expect
from screen_browser import PATIENCE_MS, Visitor
from waiting import until

FORGET_MS = 2_600
"""A code that comes back sooner counts as one that never left the camera's view."""


@dataclass
class Gloves:
    """One receiver at one page; `between` is done on every screen of the way."""

    see: Visitor
    between: Callable[[str], None] = lambda _: None

    def log_in(self) -> None:
        self.see.on("idle")
        self.between("idle")
        self.see.try_out("badge")
        self.see.on("ready")
        self.between("ready")

    def show_papers(self) -> None:
        self.see.try_out("forms")
        self.see.on("opened")
        self.see.sees(".paper.good >> nth=1")
        signed = self.see.page.locator("[data-do='signatures']")
        for number in range(signed.count()):
            signed.nth(number).tap()
            expect(signed.nth(number)).to_have_attribute("aria-pressed", "true")
        self.between("opened")
        self.see.tap("[data-do='confirm_forms']")

    def identify(self) -> None:
        """The face where one is looked at; else the document and a second person's badge."""
        screen = self.see.on("identify", "alt_identity")
        self.between(screen)
        if screen == "identify":
            self.see.try_out("face")
            if self.see.on("scanning", "alt_identity") == "scanning":
                return
        self.see.tap("#main [data-do='document'] >> nth=0")
        self.see.sees("#main [data-do='document'][aria-pressed='true']")
        self.between("alt_identity")
        self.see.page.wait_for_timeout(FORGET_MS)
        self.see.try_out("second")
        self.see.on("scanning")

    def scan(self, *, expected: int, hidden: bool) -> None:
        """Layer after layer until all is read but a hidden one."""
        wanted = expected - hidden
        self.see.try_out("hide" if hidden else "layer")
        for _ in range(8):
            try:
                expect(self.see.page.locator(".count b")).to_have_text(str(wanted), timeout=4_500)
                break
            except AssertionError:
                self.see.try_out("layer")
        self.between("scanning")
        assert self.see.text(".count").split()[:3] == [str(wanted), "/", str(expected)]
        self.see.tap("[data-do='finish_scan']")

    def inspect(self) -> None:
        self.see.on("inspect")
        self.see.tap("[data-do='seal'] >> nth=0")
        self.see.sees("[data-do='seal'][aria-pressed='true']")
        self.between("inspect")
        self.see.tap("[data-do='finish_inspection']")

    def reconcile(self) -> None:
        self.see.on("reconcile")
        self.between("reconcile")
        self.see.tap("[data-do='accept']")

    def sign(self) -> None:
        """A signature with the finger, and the deliverer's word."""
        self.see.on("sign")
        self.between("sign")
        self.draw()
        self.see.tap("[data-toggle='acknowledged']")
        self.see.tap("[data-do='sign']")
        self.see.on("closed")

    def draw(self) -> None:
        """Two strokes of a finger."""
        box = self.see.sees("canvas[data-pad]").bounding_box()
        assert box is not None
        session = self.see.page.context.new_cdp_session(self.see.page)
        for row in (0.35, 0.65):
            for step in range(9):
                x, y = box["x"] + box["width"] * (0.1 + step * 0.06), box["y"] + box["height"] * row
                session.send(
                    "Input.dispatchTouchEvent",
                    {
                        "type": "touchMove" if step else "touchStart",
                        "touchPoints": [{"x": x, "y": y + (step % 3) * 4}],
                    },
                )
            session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        session.detach()
        assert self.see.page.evaluate("strokes.length") == 2
        assert self.see.page.evaluate("strokes.every((s) => s.length > 5)")

    def receive(self, *, expected: int, hidden: bool = False) -> None:
        """From the forms to the receipt."""
        self.show_papers()
        self.identify()
        self.scan(expected=expected, hidden=hidden)
        self.inspect()
        self.reconcile()
        self.sign()


def reload(see: Visitor) -> None:
    """The page anew: the same question, the same list."""

    def shown() -> str:
        body: str = see.page.evaluate(
            "[byId('main'), byId('bar')].map((e) => e.innerHTML).join('')"
            '.replace(/ src="[^"]*"/g, \'\').replace(/ (class="tile [^"]*) flash/g, \' $1\')'
            ".replace(/ (width|height)=\"\\d+\"/g, '')"
        )
        return body

    before = shown()
    see.page.reload(wait_until="domcontentloaded")
    until(lambda: calm(shown) == before, PATIENCE_MS / 1000)


def calm(ask: Callable[[], str]) -> str:
    """What it answers, or nothing while the page is on its way."""
    try:
        return ask()
    except Error:
        return ""
