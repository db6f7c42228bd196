"""The board in real Chromium, on a wall screen and on a small one, in both languages.

Pictures of all pages lie in `build/screens` afterwards.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import samples
from axe_playwright_python.sync_playwright import Axe
from board_room import SENSOR, Room, a_day, board_room, ripening, standing
from local_site import local_site
from memory_doors import QuietJournal
from playwright.sync_api import Browser, Page
from screen_browser import chromium
from waiting import until

from edge.core.curing.alarm import Alarm, AlarmState
from edge.core.curing.climate import Quantity
from edge.core.curing.record import Heard
from edge.core.curing.state import Presence
from edge.core.custody import Custody
from edge.core.ids import DeviceId, SpecimenId
from edge.core.specimen import SpecimenState
from edge.flows.board_view import BoardView, Search, Unsent
from edge.host.reach import free_port
from edge.runtime.page import PageDoor
from edge.runtime.supervisor import Child, own_command
from kiosk.board import Entrance, build_board
from kiosk.board_screens import PAGES, Wall, typed_tenths
from kiosk.words import LANGUAGES

pytestmark = pytest.mark.slow

PICTURES = Path(__file__).parents[2] / "build" / "screens"
EYES = (Path(__file__).parents[1] / "support" / "screen_eyes.js").read_text(encoding="utf-8")
LIMITS = {"target": 48, "primary": 48, "text": 20, "contrast": 4.5, "outcome": 7}
SIZES = ((1920, 1080), (800, 480))
WALL = Wall("城东检测所", {"room-1": "一号标养室"}, "1.0", 0.2)
WALL_SCREEN = {"width": 1920, "height": 1080}
ONE_LOOK = ("overview", "strength")
"""Pages that the wall screen shows whole; all others may be scrolled."""
QUERIES = {"places": "?q=group-2", "strength": "?a=30.1&b=31.2&c=45"}


ANYBODY = Entrance()


@dataclass
class Shown:
    """A look that a test holds, and a real room to search in."""

    room: Room
    latest: BoardView | None = None
    refused: list[str] = field(default_factory=list)

    def find(self, text: str) -> Search:
        return self.room.board.find(self.room.books, text, self.room.now)


def busy(room: Room) -> None:
    """Something of everything: short, overdue, out of limits, unsent, and other stations."""
    room.put(standing("s-3-3", presence=Presence.OUTSIDE), standing("s-1-2", rack="b"))
    alarm = Alarm(AlarmState.ALARM)
    room.climate = replace(
        a_day(Heard.OUT, centi=2310), ringing=((SENSOR, Quantity.TEMPERATURE, alarm),)
    )
    room.unsent = Unsent(17, samples.NOW, online=False)
    ripe = ripening("group-21", *[310] * 20)
    room.degrees = (
        ripening("group-20", *[180] * 12, None, 205, 150),
        replace(ripe, reached_on=ripe.days[-1].on),
        ripening("group-22", None, None),
    )
    name = SpecimenId("s-9-1")
    room.registry.places = {
        name: Custody(name, SpecimenState.ACCEPTED, samples.NOW, samples.LAB, DeviceId("desk-2"))
    }


@contextmanager
def served(shown: Shown, entrance: Entrance = ANYBODY) -> Iterator[str]:
    app = build_board(shown, WALL, language="zh-CN", entrance=entrance)
    door = PageDoor(app, port=0, close_streams=lambda: None, journal=QuietJournal())
    door.start()
    try:
        yield f"http://127.0.0.1:{door.port}"
    finally:
        door.stop()


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    with board_room(tmp_path_factory.mktemp("room")) as room:
        busy(room)
        yield Shown(room, room.look())


@pytest.fixture(scope="module")
def address(shown: Shown) -> Iterator[str]:
    with served(shown) as opened:
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(
    scope="module",
    params=list(product(SIZES, LANGUAGES)),
    ids=lambda each: f"{each[0][0]}x{each[0][1]}-{each[1]}",
)
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    (width, height), language = request.param
    opened = browser.new_page(viewport={"width": width, "height": height})
    opened.set_extra_http_headers({"Cookie": f"lang={language}"})
    yield opened
    opened.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_read(
    page: Page, address: str, name: str, request: pytest.FixtureRequest
) -> None:
    asked: list[str] = []
    page.on("request", lambda each: asked.append(each.url))
    page.goto(f"{address}/{'' if name == 'overview' else name}{QUERIES.get(name, '')}")
    PICTURES.mkdir(parents=True, exist_ok=True)
    where = request.node.callspec.id.removesuffix(f"-{name}").removeprefix(f"{name}-")
    page.screenshot(path=PICTURES / f"board-{name}-{where}.png")
    found = page.evaluate(EYES, LIMITS)
    below = "cut off" if name not in ONE_LOOK or page.viewport_size != WALL_SCREEN else "nothing"
    assert [each for each in found["faults"] if not each.startswith(below)] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert all(each.startswith((address, "data:")) for each in asked)
    broken = Axe().run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"][:120]) for each in broken] == []


def test_figures_of_the_wall_screen_are_read_from_three_metres(
    browser: Browser, address: str
) -> None:
    """15 mm on a screen of 43 inches (0.5 mm a pixel) subtend the 17' that signs need at 3 m."""
    opened = browser.new_page(viewport={"width": 1920, "height": 1080})
    opened.goto(address)
    for selector in (".counts li b", ".inside .figures b", ".sensor .figures b"):
        size = opened.locator(selector).first.evaluate(
            "e => parseFloat(getComputedStyle(e).fontSize)"
        )
        assert size >= 60
    opened.close()


def test_the_page_follows_the_room_and_says_when_it_cannot(
    browser: Browser, tmp_path: Path
) -> None:
    with board_room(tmp_path) as room:
        own = Shown(room, room.look())
        with served(own) as address:
            opened = browser.new_page(viewport={"width": 1920, "height": 1080})
            opened.goto(address)
            assert opened.locator(".inside .figures b").first.inner_text() == "12"
            room.put(standing("s-2-1", presence=Presence.OUT))
            own.latest = room.look()
            figure = opened.locator(".inside .figures b").first
            until(lambda: figure.inner_text() == "11")
        until(opened.locator("p.stale").is_visible)
        opened.close()


def ask(address: str, host: str = "", cookie: str = "", method: str = "GET") -> tuple[int, str]:
    headers = {name: text for name, text in (("Host", host), ("Cookie", cookie)) if text}
    try:
        with urlopen(Request(address, headers=headers, method=method), timeout=10) as answer:  # noqa: S310 - loopback
            return answer.status, answer.read().decode()
    except HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def test_only_names_of_this_machine_and_only_reading(address: str) -> None:
    assert ask(address)[0] == 200
    assert ask(address, host="evil.example")[0] == 403
    assert ask(f"{address}/", method="POST")[0] == 403
    assert ask(f"{address}/nothing")[0] == 404
    assert ask(f"{address}/static/desk.css")[0] == 404


def test_beyond_loopback_a_token_opens(shown: Shown) -> None:
    entrance = Entrance(frozenset({"board.example"}), "a-token-of-the-lab")
    with served(shown, entrance) as address:
        assert ask(address, host="board.example")[0] == 403
        assert ask(f"{address}/?token=wrong", host="board.example")[0] == 403
        assert ask(address, host="board.example", cookie="board=a-token-of-the-lab")[0] == 200
        assert ask(address)[0] == 200, "this machine itself needs none"


@pytest.mark.parametrize(
    ("text", "tenths"),
    [("30.1", 301), (" 31 ", 310), ("31,2", 312), ("0", None), ("-3", None), ("30.15", None),
     ("", None), ("nan", None), ("1e9", None), ("Infinity", None), ("三十", None)],
)  # fmt: skip
def test_a_result_as_it_is_typed(text: str, tenths: int | None) -> None:
    assert typed_tenths(text) == tenths


def test_nothing_typed_breaks_the_page(address: str) -> None:
    for query in ("?a=x&b=&c=%3Cscript%3E", "?a=1&b=2&c=3", f"?a={'9' * 500}"):
        status, body = ask(f"{address}/strength{query}")
        assert status == 200
        assert "<script>" not in body.replace('<script src="/static/board.js" defer>', "")
    assert ask(f"{address}/places?q=%00%27%22%3C")[0] == 200


def test_the_process_shows_a_board_before_the_wall_has_begun_and_ends_at_once(
    tmp_path: Path,
) -> None:
    port = free_port()
    with local_site(tmp_path) as site:
        command = (*own_command(), "board", "--config", site.config)
        env = {"EDGE_BOARD__PORT": str(port), "EDGE_BOARD__REFRESH_S": "0.2"}
        with environment(env), Child("board", command, log=tmp_path / "board.log") as board:
            address = f"http://127.0.0.1:{port}/"
            until(lambda: "page.up" in board.last_words(), 30)
            assert "specimen-edge wall" in ask(address)[1]
            site.desk().start()
            until(lambda: "specimen-edge wall" not in ask(address)[1], 30)
            began = threading.Event()
            assert board.pid is not None
            os.kill(board.pid, signal.SIGTERM)
            began.set()
            until(lambda: board.exit_status is not None, 3)
            assert board.exit_status == 0


@contextmanager
def environment(wanted: dict[str, Any]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, text in before.items():
            if text is None:
                del os.environ[name]
            else:
                os.environ[name] = text
