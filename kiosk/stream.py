"""Streams of the page: moments as server-sent events with replay, and the preview as MJPEG."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict

from edge.flows.moment import Moment
from kiosk.desk_door import DeskDoor, Hall, Preview
from kiosk.screens import render

HEARTBEAT_S = 10.0
WATCH_S = 0.5
BOUNDARY = "frame"


class Streams:
    """Open streams end when the page's service does: none may hold up the stop.

    Moments are numbered anew by every process, so their marks on the page carry its `run`.
    """

    def __init__(self) -> None:
        self.closing = False
        self._run = secrets.token_hex(4)

    def close(self) -> None:
        """End every stream."""
        self.closing = True

    def mark(self, moment: Moment) -> str:
        """What the page remembers of the moment that it shows."""
        return f"{self._run}-{moment.number}"

    async def moments(
        self, desk: DeskDoor, hall: Hall, *, language: str, since: str
    ) -> AsyncIterator[bytes]:
        """Every moment after the mark `since`; the latest one when that mark is not of this run."""
        loop = asyncio.get_running_loop()
        changed = asyncio.Event()
        end = desk.listen(lambda _: _wake(loop, changed))
        run, _, number = since.rpartition("-")
        seen = int(number) if run == self._run and number.isdecimal() else -1
        beat = loop.time()
        try:
            yield b"retry: 500\n\n"
            while not self.closing:
                changed.clear()
                fresh = desk.after(seen) if seen >= 0 else (desk.latest,)
                for moment in fresh:
                    seen = moment.number
                    body = json.dumps(asdict(render(moment, hall, language)), ensure_ascii=False)
                    yield f"id: {self.mark(moment)}\nevent: moment\ndata: {body}\n\n".encode()
                if loop.time() - beat > HEARTBEAT_S:
                    beat = loop.time()
                    yield b": here\n\n"
                try:
                    await asyncio.wait_for(changed.wait(), WATCH_S)
                except TimeoutError:
                    continue
        finally:
            end()

    async def preview(self, preview: Preview, is_gone: Callable[[], bool]) -> AsyncIterator[bytes]:
        """The camera's pictures, taken in another thread, one at a time."""
        frames = preview.frames(lambda: self.closing or is_gone())
        while not self.closing:
            frame = await asyncio.to_thread(next, frames, None)
            if frame is None:
                return
            head = (
                f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(frame)}\r\n\r\n"
            )
            yield head.encode() + frame + b"\r\n"


def _wake(loop: asyncio.AbstractEventLoop, changed: asyncio.Event) -> None:
    """From the desk's thread into the loop's; a loop that has closed hears nothing."""
    try:
        loop.call_soon_threadsafe(changed.set)
    except RuntimeError:
        return
