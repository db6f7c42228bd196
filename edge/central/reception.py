"""Where messages of stations are sorted: photographs to their inbox, the rest to the engine."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from edge.central.blobs import BlobInbox
from edge.central.platform import Outgoing
from edge.core.errors import DecodeError
from edge.wire.topics import Branch, Topic, parse_topic

Message = tuple[str, bytes]


class Engine(Protocol):
    """The platform's engine."""

    def receive(self, messages: Sequence[Message]) -> tuple[Outgoing, ...]:
        """Take in a batch; on the disk at return."""
        ...

    def tick(self) -> tuple[Outgoing, ...]:
        """What time has made due."""
        ...


class Reception:
    """One door for everything: events before photographs, so that pictures never delay them."""

    def __init__(self, engine: Engine, blobs: BlobInbox) -> None:
        self._engine = engine
        self._blobs = blobs

    def receive(self, messages: Sequence[Message]) -> tuple[Outgoing, ...]:
        """Take in a batch; on the disk at return, photographs once they are whole."""
        photographs = [(topic, body) for name, body in messages if (topic := _blob(name))]
        others = [each for each in messages if not _blob(each[0])]
        answers = self._engine.receive(others) if others else ()
        return (*answers, *self._take(photographs))

    def tick(self) -> tuple[Outgoing, ...]:
        """What time has made due."""
        return self._engine.tick()

    def _take(self, photographs: Sequence[tuple[Topic, bytes]]) -> Iterator[Outgoing]:
        for topic, body in photographs:
            for name, answer in self._blobs.take(topic, body):
                yield Outgoing(name, answer)


def _blob(name: str) -> Topic | None:
    """The topic when a part of a photograph came on it."""
    try:
        topic = parse_topic(name)
    except DecodeError:
        return None
    return topic if topic.branch is Branch.BLOB else None
