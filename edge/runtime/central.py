"""The platform's process: one thread takes in, answers, and acknowledges after its own commit."""

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from edge.core.backoff import Backoff
from edge.core.errors import LinkDown, LinkError, StorageError
from edge.mqtt.client import FAILURE, Acknowledged, Arrived, Disconnected, MqttClient
from edge.ports import Clock, Journal

POLL_S = 0.1
BATCH = 200
STORE_RETRY_S = 1.0


class Outgoing(Protocol):
    """A message of the platform; whatever is lost on the way is said again."""

    @property
    def topic(self) -> str:
        """Where it goes."""
        ...

    @property
    def payload(self) -> bytes:
        """What it says."""
        ...

    @property
    def retain(self) -> bool:
        """Whether the broker keeps it."""
        ...


class Platform(Protocol):
    """The platform's engine."""

    def receive(self, messages: Sequence[tuple[str, bytes]]) -> Iterable[Outgoing]:
        """Take in a batch; on the disk at return."""
        ...

    def tick(self) -> Iterable[Outgoing]:
        """What time has made due."""
        ...


class CentralProcess:
    """Keeps a lasting session at the broker, so that nothing passes by while it is down."""

    def __init__(
        self,
        *,
        client: MqttClient,
        platform: Platform,
        backoff: Backoff,
        clock: Clock,
        draw: Callable[[], float],
        journal: Journal,
    ) -> None:
        self._client = client
        self._platform = platform
        self._backoff = backoff
        self._clock = clock
        self._draw = draw
        self._journal = journal
        self._attempt = 0
        self._retry_ns = 0
        self._obstacle = ""
        self._trouble = ""

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set."""
        try:
            while not stop.is_set():
                try:
                    self._turn()
                except StorageError as error:
                    self._note_store(str(error))
                    self._client.drop()  # what was not kept comes again
                    stop.wait(STORE_RETRY_S)
        finally:
            self._client.close()

    def _note_store(self, trouble: str) -> None:
        """A line when the store's trouble begins, changes and ends; never one for each attempt."""
        if trouble and trouble != self._trouble:
            self._journal.warning("central.store", error=trouble)
        elif self._trouble and not trouble:
            self._journal.info("central.store_back")
        self._trouble = trouble

    def _turn(self) -> None:
        if not self._client.is_connected:
            if self._clock.mono_ns() < self._retry_ns:
                threading.Event().wait(POLL_S)
                return
            self._connect()
        batch = self._gather()
        if batch:
            outgoing = self._platform.receive([(each.topic, each.payload) for each in batch])
            for each in batch:
                self._client.take(each)
            self._send(outgoing)
        self._send(self._platform.tick())
        self._note_store("")

    def _connect(self) -> None:
        try:
            self._client.connect()
        except LinkError as error:
            self._lose(str(error))
            return
        self._journal.info("link.up", after=self._attempt)
        self._attempt = 0
        self._obstacle = ""

    def _lose(self, obstacle: str) -> None:
        self._client.drop()
        self._attempt += 1
        delay_s = self._backoff.delay_s(self._attempt, self._draw())
        self._retry_ns = self._clock.mono_ns() + int(delay_s * 1e9)
        if obstacle != self._obstacle:
            self._journal.warning("link.down", why=obstacle)
        self._obstacle = obstacle

    def _gather(self) -> list[Arrived]:
        """Everything that has arrived, up to a batch; waits a moment for the first."""
        batch: list[Arrived] = []
        while len(batch) < BATCH:
            match self._client.next(0.0 if batch else POLL_S):
                case None:
                    break
                case Arrived() as message:
                    batch.append(message)
                case Acknowledged(reason=reason) if reason >= FAILURE:
                    self._journal.warning("central.refused", reason=reason)
                case Disconnected(why=why):
                    self._lose(why)
                    return []  # unacknowledged: the broker gives it again
                case _:
                    pass
        return batch

    def _send(self, outgoing: Iterable[Outgoing]) -> None:
        for each in outgoing:
            try:
                self._client.publish(each.topic, each.payload, retain=each.retain)
            except LinkDown:
                return
