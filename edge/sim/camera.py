"""The desk's camera without a camera: MJPEG over HTTP on loopback; step 1 of a demonstration.

`/stream` is multipart/x-mixed-replace for any number of readers, `/still` one JPEG.
"""

import socket
import threading
import time
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import cv2

from edge.core.errors import DeviceGone
from edge.sim.scenes import FPS, Scene

HOST = "127.0.0.1"
BOUNDARY = "frame"
STOP_S = 2.0
_SEND_S = 1.0
_QUALITY = 90
_POLL_S = 0.05


class SimulatedCamera:
    """Shows one scene at 10 frames a second; drawing rests while nobody reads.

    With port 0 a free one is found at the start and kept until the stop, also while unplugged.
    """

    def __init__(self, scene: Scene, *, port: int = 0) -> None:
        self._scene = scene
        self._port = port
        self._changed = threading.Condition()
        self._picture = b""
        self._number = 0
        self._readers = 0
        self._running = False
        self._keeper: socket.socket | None = None
        self._drawing: threading.Thread | None = None
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        """Where the stream is; known once started."""
        return f"http://{HOST}:{self._port}/stream"

    @property
    def scene(self) -> Scene:
        """What it sees now."""
        return self._scene

    @property
    def readers(self) -> int:
        """How many read the stream; it draws for them alone."""
        return self._readers

    @property
    def plugged(self) -> bool:
        """Whether readers are served."""
        return self._server is not None

    def show(self, scene: Scene) -> None:
        """See another scene from the next frame on."""
        with self._changed:
            self._scene = scene

    def start(self) -> None:
        """Take the port and serve; DeviceGone `camera_port_taken` when another holds it."""
        if self._running:
            return
        self._keeper = _keep_port(self._port)
        self._port = int(self._keeper.getsockname()[1])
        self._running = True
        self._drawing = threading.Thread(target=self._draw, name="sim-camera-draw")
        self._drawing.start()
        self.plug()

    def plug(self) -> None:
        """Serve again at the same port."""
        if self._running and self._server is None:
            self._server = _Server(self, self._port)

    def unplug(self) -> None:
        """Close every connection and refuse new ones."""
        server, self._server = self._server, None
        if server is not None:
            server.unplugged = True
            with self._changed:
                self._changed.notify_all()
            server.close()

    def stop(self) -> None:
        """Close all and end every thread, within `STOP_S`."""
        self._running = False
        self.unplug()
        with self._changed:
            self._changed.notify_all()
        if self._drawing is not None:
            self._drawing.join(STOP_S)
            self._drawing = None
        if self._keeper is not None:
            self._keeper.close()
            self._keeper = None

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    def still(self) -> bytes:
        """The frame of this moment as a JPEG file."""
        with self._changed:
            scene, number = self._scene, self._number
        return _jpeg(scene, number)

    def join(self, reading: int) -> int:
        """Count a reader in (1) or out (-1); gives the number of the last frame."""
        with self._changed:
            self._readers += reading
            self._changed.notify_all()
            return self._number

    def after(self, number: int, server: "_Server") -> tuple[int, bytes]:
        """Wait for a frame newer than `number`; empty when the server was unplugged."""
        with self._changed:
            self._changed.wait_for(lambda: server.unplugged or self._number > number)
            return self._number, b"" if server.unplugged else self._picture

    def _draw(self) -> None:
        """One frame each tenth of a second while anybody reads."""
        due_s = time.monotonic()
        while self._is_wanted(due_s):
            due_s = max(due_s + 1 / FPS, time.monotonic())
            with self._changed:
                scene, number = self._scene, self._number + 1
            picture = _jpeg(scene, number)
            with self._changed:
                self._picture, self._number = picture, number
                self._changed.notify_all()

    def _is_wanted(self, due_s: float) -> bool:
        """Wait for a reader and for the frame's time; False when stopping."""
        with self._changed:
            self._changed.wait_for(lambda: self._readers > 0 or not self._running)
            self._changed.wait_for(lambda: not self._running, max(0, due_s - time.monotonic()))
            return self._running


class _Server(ThreadingHTTPServer):
    """One plugged-in period: its listener and its open connections."""

    daemon_threads = False
    allow_reuse_address = True
    request_queue_size = 32

    def __init__(self, camera: SimulatedCamera, port: int) -> None:
        self.camera = camera
        self.unplugged = False
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__((HOST, port), _Reader)
        self._thread = threading.Thread(
            target=self.serve_forever, args=(_POLL_S,), name="sim-camera-serve"
        )
        self._thread.start()

    def keep(self, connection: socket.socket) -> None:
        """Remember an open connection; one that comes too late is shut at once."""
        with self._guard:
            self._open.add(connection)
        if self.unplugged:
            _shut(connection)

    def drop(self, connection: socket.socket) -> None:
        """Forget a connection before it is closed."""
        with self._guard:
            self._open.discard(connection)

    def close(self) -> None:
        """Stop listening, cut every connection, wait for the threads."""
        self.shutdown()
        self._thread.join(STOP_S)
        self.socket.close()
        with self._guard:
            for connection in self._open:
                _shut(connection)
        self.server_close()


class _Reader(BaseHTTPRequestHandler):
    """One reader of the stream; what it cannot take in time, it does not get."""

    server: _Server
    timeout = _SEND_S

    def setup(self) -> None:
        """Name the thread and remember the connection."""
        threading.current_thread().name = "sim-camera-reader"
        super().setup()
        self.server.keep(self.connection)

    def finish(self) -> None:
        """Forget the connection."""
        self.server.drop(self.connection)
        super().finish()

    def handle(self) -> None:
        """Serve until the reader goes away, or is too slow."""
        with suppress(OSError):
            super().handle()

    def do_GET(self) -> None:
        """Serve the stream or one picture."""
        if self.path == "/stream":
            self._stream()
        elif self.path == "/still":
            self._give(self.server.camera.still())
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name
        """Say nothing: readers come and go."""

    def _give(self, picture: bytes) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "image/jpeg")
        self.send_header("Content-Length", str(len(picture)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(picture)

    def _stream(self) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={BOUNDARY}")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        camera = self.server.camera
        number = camera.join(1)
        try:
            number, picture = camera.after(number, self.server)
            while picture:
                head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}"
                self.wfile.write(head.encode() + b"\r\n\r\n" + picture + b"\r\n")
                number, picture = camera.after(number, self.server)
        finally:
            camera.join(-1)


def _jpeg(scene: Scene, number: int) -> bytes:
    _, coded = cv2.imencode(".jpg", scene.frame(number), (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))
    return bytes(coded)


def _keep_port(port: int) -> socket.socket:
    """Bind without listening: the port stays ours, and connections are refused.

    Linux lets a second socket bind beside it when both allow reuse and only one listens.
    """
    keeper = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        keeper.bind((HOST, port))
    except OSError as error:
        keeper.close()
        raise DeviceGone("camera_port_taken", port=port) from error
    return keeper


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):  # the reader may have closed it first
        connection.shutdown(socket.SHUT_RDWR)
