"""The help strip's way from the page to the demonstration: a name, posted over loopback."""

import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOST = "127.0.0.1"
TIMEOUT_S = 10.0
_GOOD, _UNKNOWN = 204, 404


class StripServer:
    """Does what the strip names, inside the demonstration's own process."""

    def __init__(self, act: Callable[[str], bool]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.send_response(_GOOD if act(self.path.lstrip("/")) else _UNKNOWN)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name
                del format, args

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="strip")

    @property
    def url(self) -> str:
        """Where names are posted."""
        return f"http://{HOST}:{self._server.server_address[1]}"

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Cease at once."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def ask_strip(url: str) -> Callable[[str], bool]:
    """Posts a name to the demonstration; False when it did not do it."""

    def ask(name: str) -> bool:
        request = urllib.request.Request(f"{url}/{name}", data=b"", method="POST")  # noqa: S310 - a loopback address of our own settings
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 - as above
                return bool(answer.status == _GOOD)
        except (urllib.error.URLError, TimeoutError):
            return False

    return ask
