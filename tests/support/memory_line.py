"""A line in memory: what the other end says is scripted, what we say is kept."""

import queue

from edge.core.errors import DeviceError, DeviceGone


class MemoryLine:
    """Implements the reader's transport; `say` puts bytes on it, `fail` breaks it."""

    def __init__(self) -> None:
        self.said: list[bytes] = []
        self.bauds: list[int] = []
        self.answers: dict[bytes, bytes] = {}
        self.refusal: DeviceError | None = None
        self.is_open = False
        self._waiting: queue.SimpleQueue[bytes | DeviceError] = queue.SimpleQueue()

    def say(self, data: bytes) -> None:
        self._waiting.put(data)

    def fail(self) -> None:
        self._waiting.put(DeviceGone("scanner_gone", path="memory", why="pulled"))

    def open(self, baud: int) -> None:
        self.bauds.append(baud)
        if self.refusal is not None:
            raise self.refusal
        self.is_open = True

    def read(self, timeout_s: float) -> bytes:
        try:
            got = self._waiting.get(timeout=timeout_s)
        except queue.Empty:
            return b""
        if isinstance(got, DeviceError):
            raise got
        return got

    def write(self, data: bytes) -> None:
        self.said.append(data)
        if data in self.answers:
            self.say(self.answers[data])

    def wake(self) -> None:
        self.say(b"")

    def close(self) -> None:
        self.is_open = False
