"""The page's service: loopback only, server-rendered, no request to anywhere else."""

import asyncio
import hashlib
import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from edge.core.errors import EdgeError
from edge.core.ids import PersonId
from edge.flows.moment import Moment
from kiosk.desk_door import DeskDoor, Hall, Preview, Strip
from kiosk.screens import render_day, render_page, render_staff
from kiosk.stream import BOUNDARY, Streams
from kiosk.words import language_of, words

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
BODY_LIMIT_BYTES = 128 * 1024
KEYS_KEPT = 256
KEY_LIMIT_CHARS = 64
_STATIC = {
    "desk.css": "text/css; charset=utf-8",
    "desk.js": "text/javascript; charset=utf-8",
}


def build_app(
    desk: DeskDoor,
    hall: Hall,
    *,
    preview: Preview | None = None,
    strip: Strip | None = None,
) -> tuple[FastAPI, Streams]:
    """The service, and the streams that must be closed before it can stop."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    routes = _Routes(desk, hall, preview, strip)
    guard(app)
    app.get("/static/{name}")(static)
    app.get("/", response_class=HTMLResponse)(routes.page)
    app.get("/moments")(routes.moments)
    app.get("/preview")(routes.watch)
    app.get("/day", response_class=HTMLResponse)(routes.day)
    app.get("/staff", response_class=HTMLResponse)(routes.staff)
    app.post("/do")(routes.act)
    app.get("/alive")(routes.silence)
    app.post("/alive")(routes.alive)
    app.post("/strip/{name}")(routes.try_out)
    return app, routes.streams


class _Routes:
    """What each address does."""

    def __init__(
        self, desk: DeskDoor, hall: Hall, preview: Preview | None, strip: Strip | None
    ) -> None:
        self._desk = desk
        self._hall = hall
        self._preview = preview
        self._strip = strip
        self._done: OrderedDict[str, asyncio.Task[dict[str, Any]]] = OrderedDict()
        self.streams = Streams()

    async def page(self, request: Request) -> HTMLResponse:
        """The whole page."""
        spoken = self._language(request)
        moment = self._desk.latest
        mark = self.streams.mark(moment)
        answer = HTMLResponse(render_page(moment, self._hall, spoken, mark=mark))
        answer.set_cookie("lang", spoken, samesite="strict")
        return answer

    async def moments(self, request: Request) -> StreamingResponse:
        """Moments as they come, those after the last one seen first."""
        seen = request.headers.get("last-event-id") or request.query_params.get("since") or ""
        body = self.streams.moments(
            self._desk, self._hall, language=self._language(request), since=seen
        )
        return StreamingResponse(body, media_type="text/event-stream")

    async def watch(self, request: Request) -> Response:
        """The camera's picture while somebody looks."""
        if self._preview is None:
            return Response(status_code=404)
        loop = asyncio.get_running_loop()

        def is_gone() -> bool:
            asked = asyncio.run_coroutine_threadsafe(request.is_disconnected(), loop)
            return asked.result(2.0)

        kind = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
        return StreamingResponse(self.streams.preview(self._preview, is_gone), media_type=kind)

    async def act(self, request: Request) -> JSONResponse:
        """One touch, once: the same key is answered as before."""
        key = request.headers.get("idempotency-key", "")
        if not 0 < len(key) <= KEY_LIMIT_CHARS:
            return JSONResponse({"error": "no_key"}, status_code=400)
        command = await _command(request)
        if command is None:
            return JSONResponse({"error": "command_malformed"}, status_code=400)
        if key not in self._done:
            if self._desk.latest.around.locked and command.get("do") != "unlock":
                told = {"error": "locked"} | self._say("locked", request)
                return JSONResponse(told, status_code=409)
            self._done[key] = asyncio.create_task(_carry_out(self._desk, command))
            while len(self._done) > KEYS_KEPT:
                self._done.popitem(last=False)
        told = await asyncio.shield(self._done[key])
        return JSONResponse(told | self._say(told["error"], request))

    def _say(self, error: str | None, request: Request) -> dict[str, str]:
        """What a person reads when a touch did nothing."""
        if error is None:
            return {}
        texts = words(self._language(request))["errors"]
        return {"say": " · ".join(texts.get(error, texts["other"]))}

    async def day(self, request: Request) -> HTMLResponse:
        """The day's list, for the sheet that shows it; not on a locked desk."""
        if self._desk.latest.around.locked:
            return HTMLResponse("", status_code=409)
        rows = await asyncio.wrap_future(self._desk.day())
        return HTMLResponse(render_day(rows, self._hall, self._language(request)))

    async def staff(self, request: Request) -> HTMLResponse:
        """Names and keypad, for the sheet that asks for a PIN."""
        people = await asyncio.wrap_future(self._desk.staff())
        return HTMLResponse(render_staff(people, self._hall, self._language(request)))

    async def alive(self) -> Response:
        """The page has painted."""
        self._desk.page_is_alive()
        return Response(status_code=204)

    async def silence(self) -> JSONResponse:
        """How long ago the page painted, for whoever keeps its browser running."""
        return JSONResponse({"silent_s": self._desk.page_silent_s()})

    async def try_out(self, name: str) -> Response:
        """The demonstration's help strip."""
        if self._strip is None or name not in self._hall.strip:
            return Response(status_code=404)
        went = await asyncio.to_thread(self._strip, name)
        return Response(status_code=204 if went else 502)

    def _language(self, request: Request) -> str:
        wish = request.query_params.get("lang") or request.cookies.get("lang")
        return language_of(wish, self._hall.language)


async def _carry_out(desk: DeskDoor, command: dict[str, Any]) -> dict[str, Any]:
    """Give a command to the desk and wait for what became of it."""
    try:
        if command.get("do") == "unlock":
            person = PersonId.parse(str(command.get("person", "")))
            moment = await asyncio.wrap_future(desk.unlock(person, str(command.get("pin", ""))))
        else:
            moment = await asyncio.wrap_future(desk.act(command))
    except EdgeError as error:
        return {"error": error.code}
    return _told(moment)


def _told(moment: Moment) -> dict[str, Any]:
    signal = moment.view.signal
    return {
        "number": moment.number,
        "phase": moment.view.phase,
        "outcome": signal.outcome if signal else None,
        "error": moment.error or None,
    }


async def _command(request: Request) -> dict[str, Any] | None:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT_BYTES:
            return None
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def guard(app: FastAPI) -> None:
    """Only this machine's own page may ask: no other host name, no other origin."""

    @app.middleware("http")
    async def check(
        request: Request, proceed: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        host = request.headers.get("host", "").rsplit(":", 1)[0]
        site = request.headers.get("sec-fetch-site", "none")
        if host not in HOSTS or site not in {"none", "same-origin"}:
            return Response(status_code=403)
        answer = await proceed(request)
        answer.headers["Content-Security-Policy"] = CSP
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer


async def static(name: str, request: Request) -> Response:
    """Two files and nothing else; their tags change with their content."""
    if name not in _STATIC:
        return Response(status_code=404)
    content = (files("kiosk") / "static" / name).read_bytes()
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=_STATIC[name], headers=headers)
