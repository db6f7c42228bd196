"""The board's service: reads only, server-rendered, no request to anywhere else."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Protocol

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from edge.flows.board_view import BoardView, Search
from kiosk.app import HOSTS
from kiosk.board_screens import PAGES, Asked, Wall, render_board
from kiosk.words import language_of

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
TEXT_LIMIT = 80
_STATIC = {
    "board.css": "text/css; charset=utf-8",
    "board.js": "text/javascript; charset=utf-8",
}


class Looker(Protocol):
    """Where the last look at the room lies."""

    @property
    def latest(self) -> BoardView | None:
        """The last look; None before the first."""
        ...

    def find(self, text: str) -> Search:
        """Blocks by their own or their group's number; nothing while it cannot be read."""
        ...


@dataclass(frozen=True, slots=True)
class Entrance:
    """Who may look: names under which this machine is reached, and a token beyond loopback."""

    names: frozenset[str] = frozenset()
    token: str = ""


def build_board(
    looker: Looker, wall: Wall, *, language: str, entrance: Entrance = Entrance()
) -> FastAPI:
    """The service."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    routes = _Routes(looker, wall, language)
    _guard(app, entrance)
    app.get("/static/{name}")(_static)
    app.get("/", response_class=HTMLResponse)(routes.overview)
    app.get("/{page}", response_class=HTMLResponse)(routes.page)
    return app


class _Routes:
    """What each address does."""

    def __init__(self, looker: Looker, wall: Wall, language: str) -> None:
        self._looker = looker
        self._wall = wall
        self._language = language

    def overview(self, request: Request) -> Response:
        """Everything that is read from three metres."""
        return self._answer(request, "overview", Asked())

    def page(self, request: Request, page: str) -> Response:
        """A list, the places, the pick list or the strength value."""
        if page not in PAGES or page == "overview":
            return Response(status_code=404)
        given = request.query_params
        text = given.get("q", "").strip()[:TEXT_LIMIT]
        values = tuple(given.get(name, "")[:TEXT_LIMIT] for name in ("a", "b", "c"))
        return self._answer(request, page, Asked(text, self._looker.find(text), values))

    def _answer(self, request: Request, page: str, asked: Asked) -> Response:
        wish = request.query_params.get("lang") or request.cookies.get("lang")
        spoken = language_of(wish, self._language)
        view = self._looker.latest
        body = render_board(page, view, self._wall, spoken, asked=asked).encode()
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"ETag": tag})
        answer = HTMLResponse(body, headers={"ETag": tag, "Cache-Control": "no-cache"})
        answer.set_cookie("lang", spoken, samesite="strict")
        return answer


async def _static(name: str, request: Request) -> Response:
    """Two files and nothing else; their tags change with their content."""
    if name not in _STATIC:
        return Response(status_code=404)
    content = (files("kiosk") / "static" / name).read_bytes()
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=_STATIC[name], headers=headers)


def _guard(app: FastAPI, entrance: Entrance) -> None:
    """Only names of this machine, and beyond loopback only with the token where one is set."""

    @app.middleware("http")
    async def check(
        request: Request, proceed: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        host = request.headers.get("host", "").rsplit(":", 1)[0]
        if host not in HOSTS | entrance.names or request.method not in {"GET", "HEAD"}:
            return Response(status_code=403)
        given = request.query_params.get("token")
        if entrance.token and host not in HOSTS:
            shown = given if given is not None else request.cookies.get("board", "")
            if not hmac.compare_digest(shown.encode(), entrance.token.encode()):
                return Response("403 · token", status_code=403)
        if given is not None:
            answer: Response = RedirectResponse(request.url.path, status_code=303)
            answer.set_cookie("board", given, httponly=True, samesite="strict")
        else:
            answer = await proceed(request)
        answer.headers["Content-Security-Policy"] = CSP
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        return answer
