"""A platform at a real broker: stores events, confirms them, and hands out what it was given."""

import threading
from contextlib import closing
from dataclasses import dataclass, field
from typing import Self

from downlinks import STATION, signed
from memory_doors import QuietJournal
from mirrored import Version
from model_platform import ModelPlatform

from edge.core.errors import LinkDown
from edge.host.clock import SystemClock
from edge.mqtt.client import Access, Arrived, Disconnected, MqttClient
from edge.wire.downlink import Answer, Ask, StationState, decode, decode_status
from edge.wire.topics import (
    Branch,
    ack_topic,
    answer_topic,
    head_topic,
    page_topic,
    parse_topic,
    uplink_filters,
)

POLL_S = 0.02


@dataclass
class ScriptedPlatform:
    """Runs in a thread of its own while it is entered."""

    host: str
    port: int
    version: Version | None = None
    answers: bool = True
    store: ModelPlatform = field(default_factory=ModelPlatform)
    states: list[StationState] = field(default_factory=list)
    journal: QuietJournal = field(default_factory=QuietJournal)

    def __post_init__(self) -> None:
        access = Access(self.host, self.port, "platform", connect_timeout_s=1.0)
        self._client = MqttClient(access, filters=uplink_filters(STATION.name))
        self._clock = SystemClock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="platform")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        with closing(self._client):
            while not self._stop.is_set():
                try:
                    self._turn()
                except LinkDown:
                    self._stop.wait(POLL_S)

    def _turn(self) -> None:
        if not self._client.is_connected:
            self._client.connect()
            if self.version is not None:
                topic = head_topic(STATION, self.version.name)
                self._client.publish(topic, self.version.head(), retain=True)
        happening = self._client.next(POLL_S)
        if isinstance(happening, Arrived):
            self._take(happening)
            self._client.take(happening)
        if isinstance(happening, Disconnected):
            self.journal.info("platform.lost")

    def _take(self, message: Arrived) -> None:
        match parse_topic(message.topic).branch:
            case Branch.EVENT:
                self.store.receive(message.payload)
                ack = self.store.ack(self._clock.now())
                if self.answers:
                    self._client.publish(ack_topic(STATION), ack, retain=True)
            case Branch.STATUS:
                self.states.append(decode_status(message.payload).state)
            case Branch.ASK:
                self._answer(decode(message.payload, Ask))
            case other:
                self.journal.warning("platform.unknown", branch=other.value)

    def _answer(self, ask: Ask) -> None:
        if ask.name == "ref-page" and self.version is not None:
            number = int(ask.data["page"])
            topic = page_topic(
                STATION, self.version.name, version=self.version.version, number=number
            )
            self._client.publish(topic, self.version.pages[number])
            return
        answer = Answer(STATION.name, ask.corr, ask.name, self._clock.now(), ask.data)
        assert ask.reply_to == answer_topic(STATION, ask.corr)
        self._client.publish(ask.reply_to, signed(answer))
