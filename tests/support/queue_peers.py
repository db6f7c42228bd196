"""Queues that others put before paho, as their own documents show it, to be measured beside ours.

They come with `uv pip install --group peers`; one that is absent is left out.
"""

import queue
import threading
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

HOST = "127.0.0.1"
PAYLOAD = "." * 600
TOPIC = "bench/events"
LIMIT_S = 60.0


class Publisher(Protocol):
    """Makes events and sends them until the broker has acknowledged each."""

    share: float
    """Of the events of a round, so that a slow one takes no longer than the others."""

    def send(self, number: int) -> None:
        """So many, all acknowledged at return."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...


class Paho:
    """Paho alone, from memory, so many on their way at once."""

    share = 1.0

    def __init__(self, folder: Path, port: int, *, window: int = 100) -> None:
        del folder
        self._acknowledged: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._room = threading.Semaphore(window)
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.max_inflight_messages_set(window)
        self._client.on_publish = self._on_publish
        self._client.connect(HOST, port)
        self._client.loop_start()

    def publish(self) -> int:
        """Hand one over when there is room; its token comes back from `acknowledged`."""
        assert self._room.acquire(timeout=LIMIT_S)
        return self._client.publish(TOPIC, PAYLOAD, qos=1).mid

    def acknowledged(self) -> int:
        """The next token that the broker has acknowledged."""
        return self._acknowledged.get(timeout=LIMIT_S)

    def send(self, number: int) -> None:
        """So many, all acknowledged at return."""
        for _ in range(number):
            self.publish()
        for _ in range(number):
            self.acknowledged()

    def close(self) -> None:
        """Hang up."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_publish(self, _: Client, __: Any, token: int, ___: Any, ____: Any) -> None:
        self._room.release()
        self._acknowledged.put(token)


class _Queued:
    """Put durably, taken, published, and marked when acknowledged."""

    share = 0.01
    window = 20

    def __init__(self, port: int, folder: Path) -> None:
        self._paho = Paho(folder, port, window=self.window)

    def send(self, number: int) -> None:
        """So many, all acknowledged and marked at return."""
        for _ in range(number):
            self.put()
        flying: dict[int, Any] = {}
        for _ in range(number):
            item = self.take()
            if len(flying) == self.window:
                self.mark(flying.pop(self._paho.acknowledged()))
            flying[self._paho.publish()] = item
        while flying:
            self.mark(flying.pop(self._paho.acknowledged()))

    def close(self) -> None:
        """Hang up."""
        self._paho.close()

    def put(self) -> None:
        raise NotImplementedError

    def take(self) -> Any:
        raise NotImplementedError

    def mark(self, item: Any) -> None:
        raise NotImplementedError


class PersistQueue(_Queued):
    """persist-queue's SQLiteAckQueue."""

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__(port, folder)
        persistqueue: Any = import_module("persistqueue")
        self._queue = persistqueue.SQLiteAckQueue(str(folder / "persist"), auto_commit=True)

    def put(self) -> None:
        """Keep one."""
        self._queue.put(PAYLOAD)

    def take(self) -> Any:
        """The next, with its id."""
        return self._queue.get(raw=True)["pqid"]

    def mark(self, item: Any) -> None:
        """It has been acknowledged."""
        self._queue.ack(id=item)

    def close(self) -> None:
        """Hang up and close the file."""
        super().close()
        self._queue.close()


class LiteQueue(_Queued):
    """litequeue, which does not wait for the disk."""

    share = 0.25

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__(port, folder)
        litequeue: Any = import_module("litequeue")
        self._queue = litequeue.LiteQueue(str(folder / "litequeue.db"))

    def put(self) -> None:
        """Keep one."""
        self._queue.put(PAYLOAD)

    def take(self) -> Any:
        """The next, locked."""
        return self._queue.pop().message_id

    def mark(self, item: Any) -> None:
        """It has been acknowledged."""
        self._queue.done(item)

    def close(self) -> None:
        """Hang up and close the file."""
        super().close()
        self._queue.close()


PEERS: Mapping[str, Callable[[Path, int], Publisher]] = {
    "paho, window 100": Paho,
    **({"persist-queue + paho": PersistQueue} if find_spec("persistqueue") else {}),
    **({"litequeue + paho": LiteQueue} if find_spec("litequeue") else {}),
}
