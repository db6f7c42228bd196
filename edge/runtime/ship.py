"""The shipping process: one thread owns the connection, the watermarks and the mirror."""

import threading
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any

from edge.core.backoff import Backoff
from edge.core.errors import DecodeError, LinkDown, LinkError, StorageError, StorageFull
from edge.flows.blobs import BlobSender
from edge.flows.questions import Questions
from edge.flows.remote import Remote
from edge.flows.ship import Shipper
from edge.flows.sync import Sync
from edge.mqtt.client import Acknowledged, Arrived, Happening, MqttClient
from edge.ports import Clock, Journal
from edge.storage.link import SqliteLink
from edge.storage.station import StationReader
from edge.wire.downlink import Ask, Status, encode
from edge.wire.topics import (
    Branch,
    Station,
    Topic,
    answer_topic,
    ask_topic,
    parse_topic,
    status_topic,
)

POLL_S = 0.1
BEAT_S = 3.0
STORE_RETRY_S = 2.0
LAST_WORD_S = 1.0


class Ending:
    """The platform's wish that this process ends; whoever runs it starts it anew."""

    requested = False


@dataclass(frozen=True, slots=True)
class Engines:
    """What moves each kind of bytes; none of them knows of a connection."""

    shipper: Shipper
    sync: Sync
    questions: Questions
    link: SqliteLink
    blobs: BlobSender | None
    remote: Remote
    ending: "Ending"
    birth: Callable[[], Status]


@dataclass(frozen=True, slots=True)
class Retry:
    """When to try again: the law of waiting, a clock, and chance in [0, 1).

    `status_s`: how often the status is said again, on average.
    """

    backoff: Backoff
    clock: Clock
    draw: Callable[[], float]
    status_s: float


class ShipProcess:
    """Waits until capture has made the station's log, then ships it."""

    def __init__(
        self,
        *,
        open_log: Callable[[], StationReader | None],
        build: Callable[[StationReader], "Shipping"],
        journal: Journal,
    ) -> None:
        self._open_log = open_log
        self._build = build
        self._journal = journal

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set."""
        log = self._open_log()
        if log is None:
            self._journal.info("ship.waits_for_log")
        while log is None:
            if stop.wait(POLL_S):
                return
            log = self._open_log()
        with closing(log):
            shipping = self._built(log)
            while shipping is None:
                if stop.wait(STORE_RETRY_S):
                    return
                shipping = self._built(log)
            shipping.run(stop)

    def _built(self, log: StationReader) -> "Shipping | None":
        """Everything joined, or None while a store cannot be read."""
        try:
            return self._build(log)
        except StorageError as error:
            self._journal.warning("ship.store", error=str(error))
            return None


class Shipping:
    """Connects, moves bytes both ways, reconnects with jitter; never gives up, never skips."""

    def __init__(
        self,
        *,
        client: MqttClient,
        station: Station,
        engines: Engines,
        retry: Retry,
        journal: Journal,
    ) -> None:
        self._client = client
        self._station = station
        self._engines = engines
        self._retry = retry
        self._journal = journal
        self._attempt = 0
        self._retry_ns = 0
        self._beat_due_ns = 0
        self._status_due_ns = 0
        self._obstacle = ""
        self._asked = 0
        self._end_ns = 0
        self._is_full = False

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; then the broker speaks the will, so nobody believes us here."""
        try:
            while not stop.is_set() and not self._is_over():
                try:
                    self._turn()
                except StorageError as error:
                    self._journal.warning("ship.store", error=str(error))
                    self._client.drop()  # what could not be kept was not taken and comes again
                    stop.wait(STORE_RETRY_S)
        finally:
            self._client.drop()
        with suppress(StorageError):
            self._beat()

    def _is_over(self) -> bool:
        """Whether the platform wants this process anew and its answer has had time to leave."""
        if not self._engines.ending.requested:
            return False
        self._end_ns = self._end_ns or self._now_ns() + int(LAST_WORD_S * 1e9)
        return self._now_ns() > self._end_ns

    def _turn(self) -> None:
        if not self._client.is_connected and self._now_ns() >= self._retry_ns:
            self._connect()
        happening = self._client.next(POLL_S)
        while happening is not None:
            self._meet(happening)
            happening = self._client.next(0.0)
        if self._client.is_connected:
            self._work()
        if self._now_ns() >= self._beat_due_ns:
            self._beat()

    def _connect(self) -> None:
        try:
            self._client.connect()
            self._say_status()
        except LinkError as error:
            self._lose(str(error))
            return
        self._journal.info("link.up", after=self._attempt)
        self._attempt = 0
        self._obstacle = ""
        self._engines.shipper.begin()
        self._engines.sync.begin()
        self._engines.questions.begin()
        if self._engines.blobs:
            self._engines.blobs.begin()
        self._beat_due_ns = 0

    def _say_status(self) -> None:
        """Where the log ends: at birth, and again for a platform that has forgotten this station.

        Its broker may keep retained messages at another node than the one it is connected to.
        """
        topic, body = status_topic(self._station), encode(self._engines.birth())
        self._client.publish(topic, body, retain=True)
        delay_s = self._retry.status_s * (0.5 + self._retry.draw())
        self._status_due_ns = self._now_ns() + int(delay_s * 1e9)

    def _lose(self, obstacle: str) -> None:
        """Note a lost or refused connection, say it once, and draw the next attempt's time."""
        self._client.drop()
        self._attempt += 1
        delay_s = self._retry.backoff.delay_s(self._attempt, self._retry.draw())
        self._retry_ns = self._now_ns() + int(delay_s * 1e9)
        if obstacle != self._obstacle:
            self._journal.warning("link.down", why=obstacle)
        self._obstacle = obstacle
        self._beat_due_ns = 0

    def _meet(self, happening: Happening) -> None:
        match happening:
            case Acknowledged(token=token, reason=reason):
                self._engines.shipper.acknowledged(token, reason)
                if self._engines.blobs:
                    self._engines.blobs.acknowledged(token, reason)
            case Arrived():
                self._hear_and_take(happening)
            case lost:
                self._lose(lost.why)

    def _hear_and_take(self, message: Arrived) -> None:
        """What a full disk cannot keep is not taken: it is said again, and the line goes on."""
        try:
            self._hear(message)
        except StorageFull as error:
            self._note_full(error)
        else:
            self._client.take(message)

    def _note_full(self, error: StorageFull) -> None:
        if not self._is_full:
            self._journal.warning("ship.disk_full", error=str(error))
        self._is_full = True

    def _hear(self, message: Arrived) -> None:
        try:
            topic = parse_topic(message.topic)
        except DecodeError as error:
            self._journal.warning("message.refused", error=str(error))
            return
        match topic:
            case Topic(station=station) if station != self._station:
                self._journal.warning("message.of_another", station=station.name)
            case Topic(branch=Branch.ACK):
                if self._engines.shipper.hear_ack(message.payload):
                    self._engines.link.keep_newest(Branch.ACK.value, message.payload)
            case Topic(branch=Branch.REPLAY):
                self._engines.shipper.hear_replay(message.payload)
            case Topic(branch=Branch.COMMAND, tail=(name,)):
                self._engines.remote.hear(name, message.payload)
                self._engines.link.receive(topic.below, message.payload)
            case Topic(branch=Branch.BLOB_ACK) if self._engines.blobs:
                self._engines.blobs.hear_ack(message.payload)
            case Topic(branch=Branch.REFERENCE, tail=(_, "head")):
                self._engines.sync.hear_head(message.payload)
            case Topic(branch=Branch.REFERENCE, tail=(name, "page", version, number)):
                self._hear_page(name, version, number, message.payload)
            case _:
                self._engines.link.receive(topic.below, message.payload)

    def _hear_page(self, name: str, version: str, number: str, body: bytes) -> None:
        if version.isdecimal() and number.isdecimal():
            self._engines.sync.hear_page(name, int(version), int(number), body)

    def _work(self) -> None:
        try:
            if self._now_ns() >= self._status_due_ns:
                self._say_status()
            self._engines.shipper.pump(self._client.publish)
            self._engines.sync.pump(self._ask_page)
            self._engines.questions.pump(self._ask)
            self._engines.remote.pump(self._client.publish)
            self._send_photographs()
        except LinkDown as error:
            self._lose(str(error))
            return
        if self._engines.shipper.is_stalled():
            self._lose("no PUBACK")

    def _send_photographs(self) -> None:
        if self._engines.blobs:
            shipper = self._engines.shipper
            self._engines.blobs.pump(
                self._client.publish, marks=shipper.confirmed, free=shipper.is_free
            )

    def _ask_page(self, set_name: str, version: int, number: int) -> None:
        self._asked += 1
        corr = f"page-{self._now_ns()}-{self._asked}"
        self._ask(corr, "ref-page", {"set": set_name, "version": version, "page": number})

    def _ask(self, corr: str, name: str, data: Mapping[str, Any]) -> None:
        ask = Ask(corr, name, data, answer_topic(self._station, corr))
        self._client.publish(ask_topic(self._station, name), encode(ask))

    def _beat(self) -> None:
        self._beat_due_ns = self._now_ns() + int(BEAT_S * 1e9)
        note = self._engines.shipper.note or self._obstacle
        try:
            self._engines.link.beat(connected=self._client.is_connected, note=note)
        except StorageFull as error:
            self._note_full(error)
        else:
            self._is_full = False

    def _now_ns(self) -> int:
        return self._retry.clock.mono_ns()
