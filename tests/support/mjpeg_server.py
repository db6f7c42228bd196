"""A camera on the network that can stall, drop, talk nonsense, and be switched off and on."""

from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Self


class Mood(StrEnum):
    FINE = "fine"
    UNMEASURED = "unmeasured"  # parts without a length
    STALL = "stall"
    SILENT = "silent"  # accepts, never answers
    DROP = "drop"
    GARBAGE = "garbage"
    CUT = "cut"  # every picture ends half way
    TRICKLE = "trickle"  # one byte now and then
    REFUSE = "refuse"


class MjpegServer:
    """Streams `draw(number)` as multipart JPEG; keeps its port when it is started again."""

    def __init__(self, draw: Callable[[int], bytes], *, fps: float = 20.0) -> None:
        self.draw = draw
        self.interval_s = 1 / fps
        self.mood = Mood.FINE
        self.port = 0
        self.sent = 0
        self.ending = Event()
        self._server: ThreadingHTTPServer | None = None
        self._thread: Thread | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/stream"

    def start(self) -> None:
        self.ending = Event()
        self._server = _Listener(("127.0.0.1", self.port), _Handler)
        self._server.camera = self
        self.port = self._server.server_address[1]
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), name="mjpeg-server")
        self._thread.start()

    def stop(self) -> None:
        if self._server is None or self._thread is None:
            return
        self.ending.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._server = self._thread = None


class _Listener(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for every stream
    camera: MjpegServer


class _Handler(BaseHTTPRequestHandler):
    server: _Listener

    def do_GET(self) -> None:
        camera = self.server.camera
        if camera.mood is Mood.SILENT:
            camera.ending.wait()
            return
        if camera.mood is Mood.REFUSE:
            self.send_error(503)
            return
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=--picture")
        self.end_headers()
        with suppress(OSError):
            while not camera.ending.wait(camera.interval_s) and camera.mood is not Mood.DROP:
                self.wfile.write(_part(camera))

    def log_message(self, *_: object) -> None:
        """A test's output is for its failures."""


def _part(camera: MjpegServer) -> bytes:
    if camera.mood is Mood.STALL:
        return b""
    if camera.mood is Mood.TRICKLE:
        return b"x"
    jpeg = camera.draw(camera.sent)
    camera.sent += 1
    if camera.mood is Mood.GARBAGE:
        jpeg = bytes(index * 7 & 0xFF for index in range(len(jpeg)))
    if camera.mood is Mood.CUT:
        jpeg = jpeg[: len(jpeg) // 2]
    length = "" if camera.mood is Mood.UNMEASURED else f"Content-Length: {len(jpeg)}\r\n"
    head = f"\r\n--picture\r\nContent-Type: image/jpeg\r\n{length}\r\n"
    return head.encode() + jpeg
