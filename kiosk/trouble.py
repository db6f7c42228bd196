"""The page of a desk whose settings are wrong: every error by name, with its remedy."""

from collections.abc import Callable

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from edge.core.problems import Problem
from kiosk.app import guard, static
from kiosk.desk_door import Hall
from kiosk.screens import render_trouble


def build_trouble(
    problems: tuple[Problem, ...], hall: Hall, *, again: Callable[[], None]
) -> FastAPI:
    """A service with one page and one button; `again` is pressed when all is mended."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    guard(app)
    app.get("/static/{name}")(static)

    @app.get("/{path:path}", response_class=HTMLResponse)
    async def page(path: str) -> HTMLResponse:
        del path
        return HTMLResponse(render_trouble(problems, hall), status_code=200)

    @app.post("/again")
    async def try_again(request: Request) -> RedirectResponse:
        del request
        again()
        return RedirectResponse("/", status_code=303)

    return app
