"""The read API of specimens' histories: one token, one question, a polite rate; never a write."""

import hmac
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from edge import __version__
from edge.central.history import History
from edge.core.errors import DecodeError, DeviceBusy, StorageError
from edge.core.ids import SpecimenId
from edge.ports import Clock, Journal

PROBLEM: Final = "application/problem+json"
CLIENTS_KEPT: Final = 1_024
START_S: Final = 10.0
STOP_S: Final = 5.0
_POLL_S: Final = 0.02
Ask = Callable[[SpecimenId], History | None]


@dataclass(frozen=True, slots=True)
class Rate:
    """How often one client may ask: a bucket of `burst` that refills by `per_s`."""

    per_s: float
    burst: int


@dataclass(frozen=True, slots=True)
class Problem:
    """RFC 9457, with a type that stays."""

    type: str
    title: str
    status: int
    detail: str


def build_history_app(
    ask: Ask, *, token: str, rate: Rate, clock: Clock, journal: Journal
) -> FastAPI:
    """The service; `ask` raises StorageError when the store cannot be read now."""
    app = FastAPI(
        title="Specimen histories",
        version=__version__,
        description="Who had a specimen when, as signed events prove it. Read only.",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    guard = _Guard(token, rate, clock)

    @app.middleware("http")
    async def guarded(
        request: Request, proceed: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        refusal = guard.refuse(request)
        response = refusal if refusal is not None else await proceed(request)
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    @app.get(
        "/v1/specimens/{specimen}/history",
        response_model=History,
        summary="Events of one specimen in order",
        responses={
            status: {"description": title, "content": {PROBLEM: {}}}
            for status, title in _TITLES.items()
        },
    )
    def history(specimen: str) -> Any:
        try:
            found = ask(SpecimenId.parse(specimen))
        except DecodeError:
            found = None
        except StorageError as error:
            journal.warning("history.store", error=str(error))
            return problem(503, "The store cannot be read now.", retry_s=5)
        return found or problem(404, "No event names this specimen.")

    @app.get("/openapi.json", include_in_schema=False)
    def openapi(request: Request) -> Response:
        if not is_local(request):
            return problem(404, "No such resource.")
        return JSONResponse(app.openapi())

    @app.exception_handler(404)
    @app.exception_handler(405)
    async def nothing(request: Request, error: Exception) -> Response:
        del request
        status = int(getattr(error, "status_code", 404))
        return problem(status, "No such resource." if status == 404 else "Only GET.")  # noqa: PLR2004 - HTTP's number

    return app


_TITLES: Final = {
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    429: "Too Many Requests",
    503: "Service Unavailable",
}


def problem(status: int, detail: str, *, retry_s: int | None = None) -> Response:
    """A refusal as problem+json."""
    title = _TITLES[status]
    body = Problem(f"urn:specimen-edge:problem:{status}", title, status, detail)
    headers = {} if retry_s is None else {"Retry-After": str(retry_s)}
    if status == 401:  # noqa: PLR2004 - HTTP's number
        headers["WWW-Authenticate"] = "Bearer"
    content = {name: getattr(body, name) for name in ("type", "title", "status", "detail")}
    return JSONResponse(content, status_code=status, media_type=PROBLEM, headers=headers)


def is_local(request: Request) -> bool:
    """Whether the question comes from this machine and through no proxy."""
    if "x-forwarded-for" in request.headers or "forwarded" in request.headers:
        return False
    try:
        return request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        return False


class _Guard:
    """Rate first, so that tokens cannot be guessed fast; then the token, in constant time."""

    def __init__(self, token: str, rate: Rate, clock: Clock) -> None:
        self._expected = f"Bearer {token}".encode()
        self._rate = rate
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def refuse(self, request: Request) -> Response | None:
        """Why a question is not answered; None when it is."""
        wait_s = self._draw(request.client.host if request.client else "")
        if wait_s > 0:
            return problem(429, "Ask less often.", retry_s=int(wait_s) + 1)
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, self._expected):
            return problem(401, "Send the token: Authorization: Bearer …")
        return None

    def _draw(self, client: str) -> float:
        """Take one from a client's bucket; the seconds until there is one, else 0."""
        now_ns = self._clock.mono_ns()
        level, at_ns = self._buckets.pop(client, (float(self._rate.burst), now_ns))
        level = min(self._rate.burst, level + (now_ns - at_ns) / 1e9 * self._rate.per_s)
        is_free = level >= 1.0
        self._buckets[client] = (level - 1.0 if is_free else level, now_ns)
        while len(self._buckets) > CLIENTS_KEPT:
            self._buckets.popitem(last=False)
        return 0.0 if is_free else (1.0 - level) / self._rate.per_s


class HistoryProcess:
    """Serves until it is told to stop."""

    def __init__(self, app: FastAPI, *, host: str, port: int, journal: Journal) -> None:
        self._host = host
        self._journal = journal
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                log_config=None,
                access_log=False,
                server_header=False,
                limit_concurrency=64,
                timeout_keep_alive=5,
                timeout_graceful_shutdown=2,
                lifespan="off",
            )
        )

    @property
    def port(self) -> int:
        """Where it answers, once started."""
        servers = getattr(self._server, "servers", ())
        return int(servers[0].sockets[0].getsockname()[1]) if servers else 0

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; raise DeviceBusy when the port is taken."""
        thread = threading.Thread(target=self._serve, name="history", daemon=True)
        thread.start()
        while thread.is_alive() and not self._server.started:
            threading.Event().wait(_POLL_S)
        if not self._server.started:
            raise DeviceBusy("api_port_taken", host=self._host, port=self._server.config.port)
        self._journal.info("history.up", address=f"http://{self._host}:{self.port}/v1/")
        stop.wait()
        self._server.should_exit = True
        thread.join(STOP_S)

    def _serve(self) -> None:
        try:
            self._server.run()
        except SystemExit:  # uvicorn's way to say that it could not bind
            return
